"""Reports of a result that is there: of the whole, or of some of its sites.

The findings are those of the result; nothing is screened again. What a report needs besides, rules for their words and
layers for the maps, is taken from the workspace, as far as it is what it was then. What is not is told in the report.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuling_gis.errors import CatalogError, FulingError, OutputError, UsageError
from fuling_gis.labels import Lang, label, sentence
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.earlier import Earlier, read_earlier
from fuling_gis.outputs.publish import replace_file
from fuling_gis.outputs.report import NAME, Remark, sites_report, whole_report
from fuling_gis.outputs.report_rows import Row, named
from fuling_gis.overlay.result import Run
from fuling_gis.rules.model import Words
from fuling_gis.workspace import LAYERS_FOLDER, Workspace, find_workspace, open_workspace

SUFFIX: Final = ".docx"
# Signs of a file's name that come from ids of sites.
_LONGEST: Final = 60


@dataclass(frozen=True)
class Report:
    """A report that was written."""

    file: Path
    # Ids of the sites told; () for all of them.
    sites: tuple[str, ...]
    # What has changed since the result was made.
    changed: tuple[Words, ...]


def report_of(
    out: str | Path,
    *,
    sites: Sequence[str] = (),
    workspace: Workspace | None = None,
    file: str | Path | None = None,
    lang: Lang | None = None,
    force: bool = False,
) -> Report:
    """Write a report from a folder of results.

    sites: ids of the sites to be told, `#12` for row 12; none for the whole. workspace: the one of the result; looked
    for above the folder, then above the current one, where none is given. file: where it goes, a name in the folder of
    results unless told. lang: that of the result unless told. force: a file of that name may be replaced.

    Raises UsageError for an id that no site has or several have; OutputError where the folder holds no result, its
    rules are not those of today, or the report cannot be written.
    """
    folder = Path(out)
    earlier = read_earlier(folder)
    place = workspace if workspace is not None else _workspace_of(folder)
    chosen = _chosen(earlier, sites)
    target = Path(file) if file is not None else folder / _name(sites)
    target = target if target.suffix.lower() == SUFFIX else target.with_name(target.name + SUFFIX)
    if not force and target.exists():
        raise OutputError(sentence("errors_run.report_there", path=target))
    run, changed = _run(earlier, place, lang or earlier.lang)
    remark = _remark(earlier, changed, run.lang)
    geometry = earlier.zone_geometry
    if chosen:
        page = sites_report(earlier.pieces, chosen, run, zone_geometry=geometry, remark=remark)
    else:
        page = whole_report(earlier.pieces, run, earlier, zone_geometry=geometry, remark=remark)
    replace_file(target, page.save)
    return Report(target, tuple(sites), tuple(changed))


def _workspace_of(folder: Path) -> Workspace:
    try:
        return open_workspace(find_workspace(folder))
    except UsageError:
        return open_workspace()


def _chosen(earlier: Earlier, names: Sequence[str]) -> list[Row]:
    """Give the sites of some ids, each once, in the order asked."""
    found = named(earlier.pieces, list(dict.fromkeys(names))) if names else {}
    for name, rows in found.items():
        if not rows:
            raise UsageError(sentence("errors_run.no_such_site", site=name, folder=earlier.folder))
        if len(rows) > 1:
            numbers = ", ".join(f"#{row['row']}" for row in rows[:10])
            raise UsageError(sentence("errors_run.many_such_sites", site=name, n=len(rows), rows=numbers))
    return list({row["row"]: row for rows in found.values() for row in rows}.values())


def _name(names: Sequence[str]) -> str:
    """Name the file of some sites: what is in their ids and is safe in a name of a file."""
    if not names:
        return NAME
    safe = "-".join(re.sub(r"[^\w.-]+", "_", name).strip("._-") or "site" for name in dict.fromkeys(names))
    return f"report-{safe[:_LONGEST].rstrip('._-')}{SUFFIX}"


def _run(earlier: Earlier, workspace: Workspace, lang: Lang) -> tuple[Run, list[Words]]:
    """Say what was run, with the layers that are what they were, and tell which are not."""
    rules = workspace.rules()
    if dict(rules.hashes) != dict(earlier.rule_files):
        raise OutputError(sentence("errors_run.rules_changed", folder=earlier.folder))
    layers: dict[str, Layer] = {}
    changed: list[Words] = []
    for layer_id, then in earlier.layers.items():
        now = _layer(workspace, layer_id, earlier)
        same = now is not None and (now.digest, now.accuracy_m) == (then.digest, then.accuracy_m)
        layers[layer_id] = now if now is not None and same else then
        if not same:
            entry = "report.gone_layer" if now is None else "report.changed_layer"
            changed.append(sentence(entry, title=then.title))
    if _sha256(workspace.root / LAYERS_FOLDER / "catalog.yaml") != earlier.catalog_hash:
        changed.append(sentence("report.changed_catalog"))
    changed += [sentence("report.changed_file", name=Path(str(one["path"])).name) for one in earlier.inputs
                if _other_file(one)]  # fmt: skip
    facts = {"workspace": earlier.workspace, "inputs": earlier.inputs}
    catalog = {"path": "layers/catalog.yaml", "sha256": earlier.catalog_hash}
    in_force = set(earlier.rules)
    run = Run(
        as_of=earlier.as_of,
        lang=lang,
        crs=earlier.crs,
        readings=earlier.readings,
        layers=layers,
        missing_layers=earlier.missing_layers,
        rules=tuple(rule for rule in rules.rules if rule.id in in_force and rule.in_force(earlier.as_of)),
        everywhere=earlier.everywhere,
        notices=earlier.notices,
        reading_terms=rules.readings,
        unchecked=earlier.unchecked,
        facts={**facts, "catalog": catalog},
    )
    return run, changed


def _layer(workspace: Workspace, layer_id: str, earlier: Earlier) -> Layer | None:
    """Give a layer as it is now; None where the workspace has none that can be read and drawn with the sites."""
    try:
        layer = workspace.layer(layer_id, earlier.as_of)
    except CatalogError:
        raise
    except FulingError:
        return None
    return layer if layer is None or layer.crs == earlier.crs else None


def _other_file(told: Mapping[str, object]) -> bool:
    """Tell whether a file of sites is there and is another than it was; one that is gone changes no verdict."""
    path = Path(str(told.get("path", "")))
    return path.is_file() and bool(told.get("sha256")) and _sha256(path) != told["sha256"]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _remark(earlier: Earlier, changed: Sequence[Words], lang: Lang) -> Remark:
    ended = earlier.ended[:16].replace("T", " ")
    said = [label("report.made_from", lang, ended=ended, rows=f"{earlier.rows:,}")]
    if changed:
        names = label("report.comma", lang).join(one[lang] for one in changed)
        said.append(label("report.changed", lang, names=names))
    return Remark(" ".join(said), loud=bool(changed))
