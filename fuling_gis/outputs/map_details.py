"""The sites as the page reads them: a light list of all, and packets of details that it opens one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.outputs.map_geometry import deltas, encode
from fuling_gis.outputs.map_lines import Lines
from fuling_gis.outputs.map_sites import FINDING_NUMBERS, FINDING_TEXTS, SHOWN_ORDER, SITE_NUMBERS, SITE_TEXTS, Kept
from fuling_gis.outputs.map_text import numbers, texts, vocabulary
from fuling_gis.verdicts import LEVELS

# Sites whose details are read together when one of them is opened.
PACKET = 500
_LISTED = ("site_id", "name")
_ANSWER_PLACE = {"yes": 0, "lifted": 1, "maybe": 2}


def site_list(kept: Kept, working: str) -> dict[str, Any]:
    """Give what the list and the map need of every site, by rank.

    `x_y` is each site's anchor as in `map_geometry.deltas`; `unplaced` names the ranks that have none. `shapes` are
    those of sites that are not a single point, with ranks as owners. `rule` is the place in `rules` of the rule that
    decides, -1 without one; `more` counts the others.
    """
    degrees = crs.transform(kept.shapes, working, "EPSG:4326", densify=False)
    anchors = crs.transform(shapely.point_on_surface(kept.shapes), working, "EPSG:4326")
    at = np.stack([shapely.get_x(anchors), shapely.get_y(anchors)], axis=1)
    placed = np.isfinite(at).all(axis=1)
    at[~placed] = 0
    degrees = _only(degrees, np.isfinite(shapely.bounds(degrees)).all(axis=1))
    single = shapely.get_type_id(degrees) == shapely.GeometryType.POINT
    rules, first, more = _deciding(kept)
    return {
        "row": kept.sites["row"].tolist(),
        "verdict": kept.sites["verdict"].tolist(),
        "possible": kept.sites["possible"].tolist(),
        **{name: kept.sites[name].tolist() for name in _LISTED},
        "x_y": deltas(at),
        "unplaced": np.flatnonzero(~placed).tolist(),
        "shapes": encode(_only(degrees, ~single)),
        "rules": rules,
        "rule": first.tolist(),
        "more": more.tolist(),
        "detailed": kept.detailed,
        "packet": PACKET,
    }


def _only(shapes: NDArray[np.object_], chosen: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Give some of the shapes in their places, None in the others."""
    kept = np.full(len(shapes), None, object)
    kept[chosen] = shapes[chosen]
    return kept


def extents(kept: Kept, working: str) -> list[tuple[float, float, float, float] | None]:
    """Give west, south, east and north in degrees: of the sites that were asked, then of all; None without any."""
    asked = (kept.sites["verdict"] != SHOWN_ORDER.index("outside")).to_numpy()
    # A missing shape beside the others keeps the bounds of no shape at all from being an error.
    corners = [shapely.total_bounds([*shapes, None]) for shapes in (kept.shapes[asked], kept.shapes)]
    boxes = [shapely.box(*corner) if np.isfinite(corner).all() else None for corner in corners]
    found = shapely.bounds(crs.transform(np.array(boxes, object), working, "EPSG:4326", densify=False))
    return [tuple(box.tolist()) if np.isfinite(box).all() else None for box in found]


def packets(kept: Kept, lines: Lines) -> list[dict[str, Any]]:
    """Give the details of the sites that carry some, PACKET ranks to each.

    `words` holds every text once; text columns are places in it. `number` tells how many findings each site has.
    `line` holds the measured distances that are drawn: the place of each one's finding in the packet, metres, the name
    of the feature it leads to, and both ends as in `map_geometry.deltas`.
    """
    sites, findings = kept.sites.iloc[: kept.detailed], kept.findings
    number = np.bincount(findings["rank"], minlength=len(sites))
    ends = np.concatenate([[0], np.cumsum(number)])
    spoken = _Spoken()
    site_columns = {name: spoken.places(sites[name]) for name in SITE_TEXTS if name not in _LISTED}
    finding_columns = {name: spoken.places(findings[name]) for name in FINDING_TEXTS}
    site_numbers = {name: numbers(sites[name]) for name in SITE_NUMBERS}
    finding_numbers = {name: numbers(findings[name]) for name in FINDING_NUMBERS}
    vocabulary_ = spoken.words()
    made = []
    for first in range(0, len(sites), PACKET):
        of_sites = slice(first, min(first + PACKET, len(sites)))
        of_findings = slice(ends[of_sites.start], ends[of_sites.stop])
        words, columns = _own_words(vocabulary_, site_columns, of_sites, finding_columns, of_findings)
        made.append(
            {
                "words": words,
                "number": number[of_sites].tolist(),
                "site": columns[0] | {name: values[of_sites] for name, values in site_numbers.items()},
                "finding": columns[1] | {name: values[of_findings] for name, values in finding_numbers.items()},
                "line": _lines(lines, of_findings.start, of_findings.stop),
            }
        )
    return made


def _lines(lines: Lines, first: int, stop: int) -> dict[str, Any]:
    """Give the lines of a packet's findings."""
    these = lines.of(first, stop)
    return {
        "finding": (lines.finding[these] - first).tolist(),
        "m": np.round(lines.distance_m[these], 2).tolist(),
        "name": lines.name[these].tolist(),
        "xy": deltas(lines.ends[these].reshape(-1, 2)),
    }


class _Spoken:
    """One list of words for many columns: each column becomes places in it."""

    def __init__(self) -> None:
        self._lists: list[NDArray[np.object_]] = []
        self._length = 0

    def places(self, column: pd.Series[Any]) -> NDArray[np.int64]:
        """Give a column as places in the list of words."""
        codes, words = vocabulary(column)
        self._lists.append(words)
        self._length += len(words)
        return np.where(codes < 0, len(words) - 1, codes) + (self._length - len(words))

    def words(self) -> NDArray[np.object_]:
        """Give the words of all columns."""
        return np.concatenate(self._lists)


def _own_words(
    words: NDArray[np.object_],
    site_columns: dict[str, NDArray[np.int64]],
    of_sites: slice,
    finding_columns: dict[str, NDArray[np.int64]],
    of_findings: slice,
) -> tuple[list[str], tuple[dict[str, list[int]], dict[str, list[int]]]]:
    """Give the words that a packet needs, and its columns as places in these."""
    parts = [column[of_sites] for column in site_columns.values()]
    parts += [column[of_findings] for column in finding_columns.values()]
    used, places = np.unique(np.concatenate(parts), return_inverse=True)
    cut = [part.tolist() for part in np.split(places, np.cumsum([len(part) for part in parts])[:-1])]
    sites = dict(zip(site_columns, cut[: len(site_columns)], strict=True))
    findings = dict(zip(finding_columns, cut[len(site_columns) :], strict=True))
    return words[used].tolist(), (sites, findings)


def _deciding(kept: Kept) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Give the rule ids named, and for each site the place of the rule that decides and how many others it has."""
    found = kept.findings[["rank", "rule_id", "effect", "answer"]].drop_duplicates(["rank", "rule_id"])
    level = texts(found["effect"])
    rank = found["rank"].to_numpy()
    answer = texts(found["answer"])
    place = pd.Series(answer).map(_ANSWER_PLACE).fillna(len(_ANSWER_PLACE)).to_numpy()
    weight = pd.Series(np.where(answer == "lifted", "lifted", level)).map(dict(LEVELS)).fillna(0).to_numpy()
    order = np.lexsort((-weight, place, rank))
    ranks, start = np.unique(rank[order], return_index=True)
    first, more = np.full(len(kept.sites), -1, np.int64), np.zeros(len(kept.sites), np.int64)
    first[ranks] = found["rule_id"].cat.codes.to_numpy()[order][start]
    more[ranks] = np.bincount(rank, minlength=len(kept.sites))[ranks] - 1
    return found["rule_id"].cat.categories.tolist(), first, more
