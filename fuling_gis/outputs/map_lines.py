"""The measured distances as lines: from a site to the nearest place of the feature that a finding names.

Only distances that the tables state are drawn: a line whose own length is another than the figure beside it is left
out. For a finding inside a riverbank zone the line leads to the water, with the site's distance to rivers of that
grade.
The end of a line lies on the outline of a layer, so a map without outlines has no lines either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.map_sites import SIMPLIFIED_M, SITE_NUMBERS, Kept
from fuling_gis.outputs.map_text import texts
from fuling_gis.overlay.jurisdiction import bounds_of, judged_of
from fuling_gis.overlay.result import Run

# The most lines in the page, worst sites first.
MOST_LINES = 60_000
# Farther than this nothing is drawn: the line would say where the district ends, not why. Metres.
FARTHEST_M = 20_000.0
# A line and the distance beside it may differ by what sites are simplified by, and by a rounded centimetre. Metres.
_SLACK_M = 2 * SIMPLIFIED_M + 0.02
_BANK, _RIVER = "bank_zone", "river"


@dataclass(frozen=True)
class Lines:
    """Lines of some findings."""

    # Place of each line's finding in `Kept.findings`, ascending.
    finding: NDArray[np.int64]
    # The distance that the tables state, metres, and the name of the feature the line leads to.
    distance_m: NDArray[np.float64]
    name: NDArray[np.object_]
    # Longitude and latitude of both ends, shape (n, 2, 2): the site's first.
    ends: NDArray[np.float64]
    # Findings with a distance that are past the most lines of a page.
    left_out: int

    def of(self, first: int, stop: int) -> slice:
        """Give the lines of a run of findings."""
        start, end = np.searchsorted(self.finding, [first, stop]).tolist()
        return slice(start, end)


def no_lines() -> Lines:
    """Give no line at all."""
    return Lines(np.empty(0, np.int64), np.empty(0), np.empty(0, object), np.empty((0, 2, 2)), 0)


def measured_lines(kept: Kept, run: Run) -> Lines:
    """Draw the distances of the findings that carry one, in the working CRS, and give them in degrees."""
    asked = pd.concat([_to_features(kept, run), _to_water(kept, run)]).sort_values("finding", kind="stable")
    left_out = max(len(asked) - MOST_LINES, 0)
    asked = asked.head(MOST_LINES)
    if asked.empty:
        return no_lines()
    shapes = _inside(kept, run, asked["rank"].to_numpy())
    lines = _shortest(shapes, asked["target"].to_numpy(object))
    stated = asked["distance_m"].to_numpy(np.float64)
    right = np.abs(shapely.length(lines) - stated) <= _SLACK_M
    degrees = crs.transform(lines, run.crs, "EPSG:4326", densify=False)
    right &= np.isfinite(shapely.bounds(degrees)).all(axis=1)
    ends = shapely.get_coordinates(degrees[right]).reshape(-1, 2, 2)
    asked = asked[right]
    # Of equal ids in a layer the first whose distance is right.
    once = ~asked["finding"].duplicated().to_numpy()
    return Lines(
        asked["finding"].to_numpy(np.int64)[once],
        stated[right][once],
        asked["name"].to_numpy(object)[once],
        ends[once],
        left_out,
    )


def _to_features(kept: Kept, run: Run) -> pd.DataFrame:
    """Give the findings whose own distance is drawn, each with the feature it names."""
    distance = kept.findings["distance_m"].to_numpy(np.float64)
    drawn = kept.findings[(distance > 0) & (distance <= FARTHEST_M)]
    drawn = drawn.assign(feature_id=texts(drawn["feature_id"]))
    found = [_empty()]
    for layer_id, of_layer in drawn.groupby("layer", observed=True):
        layer = run.layers.get(str(layer_id))
        if layer is not None and len(layer.geometry):
            found.append(of_layer.join(_features(layer), on="feature_id", how="inner"))
    return pd.concat([_asked(one) for one in found])


def _features(layer: Layer) -> pd.DataFrame:
    """Give the features of a layer by their id, as text; those without an id are not to be found."""
    ids = texts(pd.Series(layer.fields["id"], dtype=object))
    names = texts(pd.Series(layer.fields["name"], dtype=object))
    there = ids != ""
    return pd.DataFrame({"target": layer.geometry[there], "name": names[there]}, ids[there])


def _to_water(kept: Kept, run: Run) -> pd.DataFrame:
    """Give the findings inside a riverbank zone, each with the nearest river of the zone's grade."""
    bank, river = run.layers.get(_BANK), run.layers.get(_RIVER)
    if bank is None or river is None or "grade" not in bank.fields or "grade" not in river.fields:
        return _asked(_empty())
    zones = pd.DataFrame({"grade": bank.fields["grade"]}, texts(pd.Series(bank.fields["id"], dtype=object)))
    zones = zones[~zones.index.duplicated() & (zones.index != "")]
    inside = kept.findings[(kept.findings["layer"] == _BANK) & ~(kept.findings["distance_m"] > 0)]
    inside = inside.assign(feature_id=texts(inside["feature_id"])).join(zones, on="feature_id", how="inner")
    found = [_empty()]
    for grade, of_grade in inside.groupby("grade"):
        chosen = river.fields["grade"] == grade
        column = f"to_{grade}_m"
        if column not in SITE_NUMBERS or not chosen.any():
            continue
        distance = kept.sites[column].to_numpy(np.float64)[of_grade["rank"]]
        dry = of_grade.assign(distance_m=distance)[distance > 0]
        nearest = shapely.STRtree(river.geometry[chosen]).nearest(_inside(kept, run, dry["rank"].to_numpy()))
        name = texts(pd.Series(river.fields["name"], dtype=object)[chosen])[nearest]
        found.append(dry.assign(target=river.geometry[chosen][nearest], name=name))
    return pd.concat([_asked(one) for one in found])


def _asked(findings: pd.DataFrame) -> pd.DataFrame:
    """Narrow findings to what a line is made from; their index is their place."""
    return pd.DataFrame(
        {
            "finding": findings.index.to_numpy(np.int64),
            "rank": findings["rank"].to_numpy(np.int64),
            "distance_m": findings["distance_m"].to_numpy(np.float64),
            "target": findings["target"].to_numpy(object),
            "name": findings["name"].to_numpy(object),
        }
    )


def _empty() -> pd.DataFrame:
    return pd.DataFrame({"rank": [], "distance_m": [], "target": [], "name": []}, index=pd.Index([], dtype=np.int64))


def _inside(kept: Kept, run: Run, rank: NDArray[np.int64]) -> NDArray[np.object_]:
    """Give the shapes of sites, cut to the district where they reach beyond it: that part was measured."""
    shapes = kept.shapes[rank]
    share = kept.sites["inside_share"].to_numpy(np.float64)[rank]
    cut = (share > 0) & (share < 1)
    if cut.any():
        shapes[cut] = judged_of(shapes[cut], bounds_of(run.layers, run.jurisdiction))
    return shapes


def _shortest(sites: NDArray[np.object_], targets: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give the shortest line from each site to its target.

    Each target is copied and prepared once: the layers' own features may be in use elsewhere.
    """
    place = {id(target): k for k, target in enumerate({id(one): one for one in targets}.values())}
    distinct = np.empty(len(place), object)
    distinct[[place[id(target)] for target in targets]] = targets
    copies = shapely.from_wkb(shapely.to_wkb(distinct))
    shapely.prepare(copies)
    # The prepared one is the first argument; the line is turned round to begin at the site.
    lines = shapely.shortest_line(copies[[place[id(target)] for target in targets]], sites)
    return np.asarray(shapely.reverse(lines), object)
