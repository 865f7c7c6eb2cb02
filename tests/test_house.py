"""The house stands: floors, words in both languages, pages, nothing of one machine in the tree."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

from fuling_gis.labels import LANGS, parts, words

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fuling_gis"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
LONGEST_MODULE = 450
# None of these may be loaded before a command is known: each costs a tenth of a second or more.
HEAVY = ("numpy", "pandas", "geopandas", "shapely", "pyogrio", "fiona", "rasterio", "pyproj", "folium", "pyarrow")


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        steps = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(steps[:-1] if steps[-1] == "__init__" else steps)] = path
    return found


@cache
def floors() -> dict[str, float]:
    """Read the floors from the table of docs/architecture.md: `| 3 | \\`layers/\\`, \\`rules/\\` | ... |`."""
    found = {}
    for line in ARCHITECTURE.read_text("utf-8").splitlines():
        match = re.match(r"\|\s*([\d.]+)\s*\|([^|]+)\|", line)
        if match:
            for name in re.findall(r"`([a-z_0-9/]+)`", match[2]):
                found[name.rstrip("/")] = float(match[1])
    return found


def imports(name: str, path: Path) -> set[str]:
    """Give the modules of this package that a module imports, anywhere in it."""
    known = modules()
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "fuling_gis"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports by full names, not by dots"
            if (node.module or "").split(".")[0] == "fuling_gis":
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {target if target in known else str(node.module) for target in inner}
    return found - {name}


def floor_of(name: str) -> float:
    return floors()[name.split(".")[1]]


def folder_of(name: str) -> str:
    return name.split(".")[1]


INNER = {name: path for name, path in modules().items() if "." in name}


@pytest.mark.parametrize("name", INNER)
def test_a_module_imports_only_from_floors_below_or_from_its_own_folder(name):
    for target in imports(name, INNER[name]):
        if target == "fuling_gis":
            assert folder_of(name) in ("cli", "__main__"), f"{name} imports the public face of the package"
        elif folder_of(target) != folder_of(name):
            assert floor_of(target) < floor_of(name), f"{name} imports {target}"


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: imports(name, path) for name, path in modules().items()}
    done: set[str] = set()

    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above[above.index(name) :], name))
        if name not in done:
            for target in sorted(graph.get(name, ())):
                walk(target, (*above, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_every_module_stands_on_a_floor_and_every_floor_has_its_modules():
    there = {folder_of(name) for name in INNER}
    assert there == set(floors())


@pytest.mark.parametrize("path", [pytest.param(p, id=n) for n, p in modules().items()])
def test_a_module_is_short_and_opens_with_what_it_is_for(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(ast.parse(text)), "no docstring"


# Chinese says how many there are in all, English how many more.
COUNTED_OTHERWISE = {"layers.and_more"}


def places(text: str) -> set[str]:
    """Give the places to fill; `note_zh` and `note_en` are the same place, filled in the text's own language."""
    return {re.sub("_(zh|en)$", "", name) for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("part", parts())
def test_every_word_exists_in_both_languages_with_the_same_places(part):
    for entry, texts in words(part).items():
        assert set(texts) == set(LANGS), f"{part}.{entry}"
        assert all(isinstance(text, str) and text.strip() for text in texts.values()), f"{part}.{entry}"
        if f"{part}.{entry}" not in COUNTED_OTHERWISE:
            assert places(texts["zh"]) == places(texts["en"]), f"{part}.{entry}"


def test_every_entry_that_code_names_exists():
    known = {f"{part}.{entry}" for part in parts() for entry in words(part)}
    for path in modules().values():
        text = path.read_text("utf-8")
        for key in re.findall(r"""(?:label\(\s*|help=)"([a-z_]+\.[a-z_0-9.]+)\"""", text):
            assert key in known, f"{path.name}: {key}"
        for entry in re.findall(r"""\.words\(\s*"([a-z_0-9]+)\"""", text):
            assert f"cli.{entry}" in known, f"{path.name}: cli.{entry}"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        return [p for p in ROOT.rglob("*") if p.is_file() and not {".venv", ".git", "__pycache__"} & set(p.parts)]
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


# One letter of each word stands in brackets, so that this page does not hold what it looks for.
FORBIDDEN = {
    "a folder of one machine": r"(?<![\w.])/(?:wor[k]|tm[p]|roo[t]|far[m]|hom[e]/\w+)/",
    "an unfinished place": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b|raise NotImplementedErro[r]",
    "the host of a package registry": r"pyp[i]\.(?:org|python)|registry\.np[m]|files\.pythonhoste[d]|deb\.debia[n]",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what):
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert not found


def test_every_page_is_in_the_index_and_every_link_leads_somewhere():
    docs = ROOT / "docs"
    index = (docs / "index.md").read_text("utf-8")
    linked = set(re.findall(r"\]\(([\w.-]+\.md)\)", index))
    assert linked == {path.name for path in docs.glob("*.md")} - {"index.md"}
    for page in [*docs.glob("*.md"), *ROOT.glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


CONCEPTS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists())


@pytest.mark.parametrize("concept", [*CONCEPTS, "answers", "api", "crs"])
def test_every_concept_has_a_page_of_its_name(concept):
    assert (ROOT / "docs" / f"{concept}.md").read_text("utf-8").startswith("# ")


def settings() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def requirements(text: str) -> list[str]:
    found = [re.match(r"[A-Za-z0-9_.-]+", line.strip()) for line in text.strip().splitlines()]
    return [match[0].lower().replace("_", "-") for match in found if match]


def test_every_package_asked_for_is_pinned_and_explained():
    pinned = (ROOT / "constraints.txt").read_text("utf-8").lower().replace("_", "-")
    explained = ARCHITECTURE.read_text("utf-8").lower()
    asked = requirements(settings()["options"]["install_requires"])
    asked += requirements(settings()["options.extras_require"]["dev"])
    for name in asked:
        assert re.search(rf"^{re.escape(name)}==", pinned, re.MULTILINE), f"{name} is not in constraints.txt"
        assert f"`{name}`" in explained, f"docs/architecture.md does not say what {name} is for"


def test_constraints_name_versions_only():
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.+!]+", line), line


def test_continuous_integration_runs_what_the_readme_says():
    assert "scripts/bootstrap.py test" in (ROOT / ".ci" / "run").read_text("utf-8")
    for page in ("README.md", "README.zh.md"):
        text = (ROOT / page).read_text("utf-8")
        assert "scripts/bootstrap.py demo" in text
        assert "scripts/bootstrap.py test" in text


@pytest.mark.parametrize("program", ["import fuling_gis", "from fuling_gis.cli import main; main(['check', '--help'])"])
def test_nothing_heavy_is_loaded_before_it_is_needed(program):
    asks = f"{program}\nimport sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, encoding="utf-8", check=True)
    assert ran.stderr.split() == []
