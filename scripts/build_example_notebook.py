"""Writes docs/example.ipynb, the example notebook, without outputs: `python scripts/build_example_notebook.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TARGET = Path(__file__).resolve().parent.parent / "docs" / "example.ipynb"
CELLS = (
    (
        "markdown",
        """# 选址筛查示例 / A siting check

打开示范工作区，读入地块，按规则筛查，看结果，写文件。示范数据仅为示意。

Open the demonstration workspace, read sites, put the rules to them, look, write. All its data are indicative.""",
    ),
    ("code", 'import fuling_gis as fg\n\nws = fg.open_workspace("demo")'),
    ("code", 'sites = fg.read_sites("demo/layers/samples/polygons.shp", workspace=ws)\nlen(sites)'),
    ("markdown", "每个地块、每条规则，三种回答：是、可能、否。/ Every site, every rule: yes, maybe or no."),
    ("code", 'result = fg.screen(sites, ws, as_of="2024-06-01")\nresult'),
    ("markdown", "命中的规则和依据 / What was found, with clause and evidence"),
    (
        "code",
        """columns = ["site_id", "rule_id", "answer", "cause", "feature_name", "distance_m", "title"]
result.findings.loc[result.findings["answer"] != "lifted", columns].head(8)""",
    ),
    ("markdown", "写出表格、地图和报告 / Tables, map and report"),
    ("code", 'written = result.write("out", force=True)\nsorted(written.files)'),
)


def notebook() -> nbformat.NotebookNode:
    """Make the notebook; the same every time."""
    makers: dict[str, Any] = {"markdown": new_markdown_cell, "code": new_code_cell}
    cells = [makers[kind](text, id=f"cell-{number}") for number, (kind, text) in enumerate(CELLS)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    info = {"kernelspec": kernel, "language_info": {"name": "python"}}
    made: nbformat.NotebookNode = new_notebook(cells=cells, metadata=info)  # type: ignore[no-untyped-call]
    return made


if __name__ == "__main__":
    nbformat.write(notebook(), TARGET)  # type: ignore[no-untyped-call]
