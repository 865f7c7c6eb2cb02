"""The public face as a notebook uses it: what may be passed, and what is refused with a sentence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from small_workspace import CRS, ORIGIN, make_sites, make_workspace

import fuling_gis as fg
from fuling_gis.errors import FulingError, UsageError

DAY = dt.date(2024, 6, 1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return fg.open_workspace(make_workspace(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rows = [("NEAR", "chemical", 0, 600), ("RED", "commerce", 2500, 2500)]
    return make_sites(tmp_path_factory.mktemp("sites") / "sites.csv", rows)


@pytest.fixture(scope="module")
def sites(path, workspace):
    return fg.read_sites(path, workspace=workspace, crs=CRS)


@pytest.mark.parametrize(
    "day",
    [
        "2024-06-01",
        DAY,
        dt.datetime(2024, 6, 1, 23, 59, tzinfo=dt.UTC),
        pd.Timestamp("2024-06-01 08:00"),
    ],
)
def test_a_day_may_be_a_text_a_date_or_a_moment_of_it(sites, workspace, day):
    as_of = fg.screen(sites, workspace, as_of=day).run.as_of
    assert as_of == DAY
    assert type(as_of) is dt.date


@pytest.mark.parametrize("day", ["yesterday", "2024-13-01", "", 2024, pd.NaT, float("nan")])
def test_what_is_no_day_is_refused(sites, workspace, day):
    with pytest.raises(UsageError, match="no date"):
        fg.screen(sites, workspace, as_of=day)


def test_no_day_is_today(sites, workspace, monkeypatch):
    class Fixed(dt.date):
        @classmethod
        def today(cls):
            return cls(2024, 6, 1)

    monkeypatch.setattr("fuling_gis.arguments.dt.date", Fixed)
    assert fg.screen(sites, workspace).run.as_of == DAY


def test_a_language_there_is_none_of_is_refused(path, sites, workspace):
    for ask in (lambda: fg.screen(sites, workspace, lang="fr"), lambda: fg.read_sites(path, crs=CRS, lang="fr")):
        with pytest.raises(UsageError, match="zh, en"):
            ask()


@pytest.mark.parametrize("metres", [-1, float("nan"), float("inf"), "near", [5]])
def test_an_accuracy_that_cannot_be_is_refused_and_never_narrows_a_doubt(path, metres):
    with pytest.raises(UsageError, match="0 or more"):
        fg.read_sites(path, crs=CRS, site_accuracy=metres)


@pytest.mark.parametrize("metres", [-1.0, float("nan")])
def test_sites_that_were_made_with_an_accuracy_that_is_none_are_refused(sites, workspace, metres):
    accuracy = sites.accuracy_m.copy()
    accuracy[0] = metres
    with pytest.raises(UsageError, match="0 or more"):
        fg.screen(replace(sites, accuracy_m=accuracy), workspace)


def test_an_accuracy_may_be_any_number_of_metres(path):
    given = [fg.read_sites(path, crs=CRS, site_accuracy=metres) for metres in (7, np.float32(7), "7")]
    assert [one.accuracy_m.tolist() for one in given] == [[7.0, 7.0]] * 3


@pytest.mark.parametrize(
    "crs", [4545, "4545", "EPSG:4545", pyproj.CRS.from_epsg(4545), pyproj.CRS.from_epsg(4545).to_wkt()]
)
def test_a_crs_may_be_a_number_a_text_or_an_object(path, crs):
    found = fg.read_sites(path, crs=crs)
    east, north = ORIGIN
    assert [(point.x - east, point.y - north) for point in found.geometry] == [(0, 600), (2500, 2500)]


@pytest.mark.parametrize("jobs", [0, -1])
def test_at_least_one_thread_is_needed(sites, workspace, jobs):
    with pytest.raises(UsageError, match="at least 1"):
        fg.screen(sites, workspace, jobs=jobs)


def test_sites_and_workspace_are_opened_first(sites, workspace, path):
    frame = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=gpd.points_from_xy(*([n] for n in ORIGIN)), crs=CRS)
    for strangers in (frame, path, str(path), pd.DataFrame()):
        with pytest.raises(UsageError, match="read_sites"):
            fg.screen(strangers, workspace)
    with pytest.raises(UsageError, match="open_workspace"):
        fg.screen(sites, "somewhere")


def test_readings_that_do_not_exist_are_refused_with_those_that_do(sites, workspace):
    with pytest.raises(UsageError, match="shale_gas_mine"):
        fg.screen(sites, workspace, readings={"shale": "yes"})
    with pytest.raises(UsageError, match="no, yes"):
        fg.screen(sites, workspace, readings={"shale_gas_mine": "perhaps"})


def test_sites_of_another_system_are_refused_and_never_moved(path, workspace):
    elsewhere = fg.read_sites(path, crs=CRS)
    moved = elsewhere.__class__(**{**vars(elsewhere), "crs": "EPSG:4549"})
    with pytest.raises(FulingError, match="EPSG:4549"):
        fg.screen(moved, workspace)


def test_no_sites_give_empty_tables_with_all_columns(sites, workspace, tmp_path):
    none, some = fg.screen(sites[0:0], workspace, as_of=DAY), fg.screen(sites, workspace, as_of=DAY)
    assert (len(none.sites), len(none.findings)) == (0, 0)
    assert list(none.sites.columns) == list(some.sites.columns)
    assert list(none.findings.columns) == list(some.findings.columns)
    assert "map.html" in none.write(tmp_path / "out").files


def test_tables_are_frames_in_the_working_crs_with_a_plain_index(sites, workspace):
    result = fg.screen(sites, workspace, as_of=DAY)
    for frame in (result.sites, result.findings):
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs == CRS
        assert frame.index.tolist() == list(range(len(frame)))
    assert result.sites["site_id"].tolist() == ["NEAR", "RED"]


def test_what_is_done_to_a_table_is_not_done_to_the_result(sites, workspace, tmp_path):
    result = fg.screen(sites, workspace, as_of=DAY)
    verdicts, rules = result.sites["verdict"].tolist(), result.findings["rule_id"].tolist()
    place = dict(zip(result.sites["row"], result.sites.geometry, strict=True))
    result.sites["verdict"] = "clear"
    result.sites.loc[:, "row"] = 99
    pairs = zip(result.findings["row"], result.findings.geometry, strict=True)
    assert all(shape.equals(place[row]) for row, shape in pairs)
    result.findings["rule_id"] = "NONE"
    result.findings.loc[:, "row"] = 99
    result.units.loc[:, "row"] = 99
    result.write(tmp_path / "out", outputs="csv")
    written = pd.read_csv(tmp_path / "out" / "sites.csv")
    assert written["verdict"].tolist() == verdicts
    assert written["row"].tolist() == [0, 1]
    assert pd.read_csv(tmp_path / "out" / "findings.csv")["rule_id"].tolist() == rules
    assert sites.row.tolist() == [0, 1]


def test_findings_of_sites_in_any_order_have_the_shapes_of_their_sites(sites, workspace):
    found = fg.screen(sites[::-1], workspace, as_of=DAY)
    place = dict(zip(found.sites["row"], found.sites.geometry, strict=True))
    assert found.sites["row"].tolist() == [1, 0]
    assert len(found.findings)
    pairs = zip(found.findings["row"], found.findings.geometry, strict=True)
    assert all(shape.equals(place[row]) for row, shape in pairs)


def test_outputs_may_be_one_text_with_commas(sites, workspace, tmp_path):
    result = fg.screen(sites, workspace, as_of=DAY)
    assert set(result.write(tmp_path / "one", outputs="csv").files) == {
        "sites.csv", "findings.csv", "rules.csv", "units.csv", "run.json",
    }  # fmt: skip
    assert "map.html" in result.write(tmp_path / "two", outputs="csv, map").files


def test_every_error_is_told_in_both_languages(sites, workspace):
    with pytest.raises(UsageError) as told:
        fg.screen(sites, workspace, lang="fr")
    assert told.value.told("zh") == "lang=fr：没有这种语言；可以是 zh, en"
