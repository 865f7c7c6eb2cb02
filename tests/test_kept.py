"""What is kept on disk of outlines and of seen ground is what was computed, or it is not believed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import toy
from numpy.testing import assert_array_equal
from small_workspace import CRS, ORIGIN, make_workspace
from test_sight import ON, RIVER, SEEN, dem

from fuling_gis import api
from fuling_gis.cache import Cache
from fuling_gis.overlay import drawn, sight
from fuling_gis.overlay.compiled import gauge as gauges
from fuling_gis.overlay.compiled import keeping
from fuling_gis.overlay.compiled.gauge import gauge_of
from fuling_gis.overlay.drawn import as_arrays, grounds_in, whole_drawn
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.overlay.shapes import EMPTY
from fuling_gis.overlay.sight import range_of

KEYS = [f"{number:040x}" for number in range(5)]
SQUARE = shapely.box(0, 0, 100, 100)
# Two that overlap, a hole, a line, a point, one that is empty, and one that is not there.
FEATURES = np.array(
    [
        shapely.box(0, 0, 4_000, 3_000).difference(shapely.box(1_000, 1_000, 2_000, 2_000)),
        shapely.box(3_000, 0, 8_000, 900),
        shapely.LineString([(0, 0), (500, 5_000), (5_000, 5_000)]),
        shapely.MultiPoint([(7_000, 7_000), (1, 1)]),
        shapely.Polygon(),
        None,
    ],
    dtype=object,
)


def only_file(folder):
    (path,) = folder.glob("*.kept")
    return path


def refuse(*_):
    pytest.fail("made again")


def same(one, other):
    for a, b in ((one.tree, other.tree), (one.field, other.field)):
        for name, x, y in zip(a._fields, a, b, strict=True):
            assert_array_equal(x, y, err_msg=name)
            assert np.asarray(x).dtype == np.asarray(y).dtype


# Fields.


@pytest.mark.parametrize("geometry", [np.array([SQUARE], dtype=object), FEATURES, FEATURES[4:], FEATURES[:0]])
def test_a_kept_field_is_the_one_that_was_measured(tmp_path, monkeypatch, geometry):
    kept = Cache(tmp_path)
    fresh = gauge_of(geometry)
    same(gauge_of(geometry, kept), fresh)
    monkeypatch.setattr(gauges, "field_of", refuse)
    again = gauge_of(geometry, kept)
    same(again, fresh)
    assert not kept.damaged
    # The compiled loops take no arrays that may not be written to: they would be compiled anew for those.
    arrays = [part for part in (*again.tree, *again.field) if isinstance(part, np.ndarray)]
    assert all(part.flags.writeable and part.flags.aligned and part.flags.c_contiguous for part in arrays)


def test_other_outlines_and_another_text_of_the_loops_have_fields_of_their_own(tmp_path, monkeypatch):
    kept = Cache(tmp_path)
    for geometry in (FEATURES[:1], FEATURES[:2], FEATURES[1::-1], FEATURES[:2]):
        same(gauge_of(geometry, kept), gauge_of(geometry))
    assert len(list(tmp_path.iterdir())) == 3
    monkeypatch.setattr(keeping, "text_of_loops", lambda: "other")
    gauge_of(FEATURES[:1], kept)
    assert len(list(tmp_path.iterdir())) == 4
    monkeypatch.setattr(keeping, "_pieces", lambda: b"other")
    gauge_of(FEATURES[:1], kept)
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "other"])
def test_a_damaged_field_is_measured_again_and_told_once(tmp_path, harm):
    kept = Cache(tmp_path)
    fresh = gauge_of(FEATURES, kept)
    path = only_file(tmp_path)
    content = path.read_bytes()
    changed = content[:5_000] + bytes([content[5_000] ^ 1]) + content[5_001:]
    harmed = {"cut": content[:-100], "changed": changed, "empty": b"", "other": b"something else entirely"}
    path.write_bytes(harmed[harm])
    same(gauge_of(FEATURES, kept), fresh)
    assert path.read_bytes() == content
    assert kept.damage() == [path]
    assert kept.damage() == []
    same(gauge_of(FEATURES, kept), fresh)
    assert kept.damage() == []


def test_what_is_half_written_is_not_looked_at(tmp_path):
    kept = Cache(tmp_path)
    gauge_of(FEATURES, kept)
    path = only_file(tmp_path)
    (tmp_path / f"{path.stem}.1.2.part").write_bytes(path.read_bytes()[:1_000])
    path.unlink()
    same(gauge_of(FEATURES, kept), gauge_of(FEATURES))
    assert kept.damage() == []


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("fuling_gis.cache.os.replace", full)
    Cache(tmp_path).put("k", {"a": np.arange(3)})
    assert list(tmp_path.iterdir()) == []


def test_who_may_not_mark_a_file_as_used_reads_it_nevertheless(tmp_path, monkeypatch):
    kept = Cache(tmp_path)
    kept.put("k", {"a": np.arange(3)})
    os.utime(only_file(tmp_path), (1e9, 1e9))

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr("fuling_gis.cache.os.utime", refused)
    assert kept.get("k")["a"].tolist() == [0, 1, 2]


def test_nothing_of_others_is_removed(tmp_path):
    others = [tmp_path / name for name in ("film.mkv.part", "data.arrays", "notes.txt", "a.1.part", "my thesis.kept")]
    for path in others:
        path.write_bytes(b"mine")
        os.utime(path, (1e9, 1e9))
    kept = Cache(tmp_path, most_files=1)
    for key in KEYS[:3]:
        kept.put(key, {"a": np.arange(3)})
    assert {path.name for path in tmp_path.iterdir()} == {*(path.name for path in others), f"{KEYS[2]}.kept"}


def test_a_file_of_another_key_is_not_believed(tmp_path):
    kept = Cache(tmp_path)
    for number, key in enumerate(KEYS[:2]):
        kept.put(key, {"a": np.full(3, number)})
    path = tmp_path / f"{KEYS[0]}.kept"
    path.write_bytes((tmp_path / f"{KEYS[1]}.kept").read_bytes())
    assert kept.get(KEYS[0]) is None
    assert kept.damage() == [path]
    assert kept.get(KEYS[1])["a"].tolist() == [1, 1, 1]


def test_a_link_to_nothing_does_not_keep_room_from_being_made(tmp_path):
    try:
        (tmp_path / f"{KEYS[3]}.kept").symlink_to(tmp_path / "gone")
    except OSError:
        pytest.skip("this system lets us make no links")
    kept = Cache(tmp_path, most_files=1)
    for key in KEYS[:3]:
        kept.put(key, {"a": np.arange(3)})
    assert {path.name for path in tmp_path.iterdir()} == {f"{KEYS[2]}.kept"}


def test_files_of_a_time_to_come_go_first_and_are_marked_when_they_are_used(tmp_path):
    kept = Cache(tmp_path, most_files=3)
    for key in KEYS[:3]:
        kept.put(key, {"a": np.arange(3)})
        os.utime(tmp_path / f"{key}.kept", (4e9, 4e9))
    kept.get(KEYS[0])
    kept.put(KEYS[3], {"a": np.arange(3)})
    kept.put(KEYS[4], {"a": np.arange(3)})
    assert {path.stem for path in tmp_path.iterdir()} == {KEYS[0], KEYS[3], KEYS[4]}


def test_who_is_interrupted_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fuling_gis.cache.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path).put("k", {"a": np.arange(3)})
    assert list(tmp_path.iterdir()) == []


def test_more_than_there_is_room_for_is_neither_kept_nor_read(tmp_path, monkeypatch):
    kept = Cache(tmp_path, most_bytes=100_000)
    kept.put("k", {"a": np.zeros(20_000)})
    assert list(tmp_path.iterdir()) == []
    path = tmp_path / "k.kept"
    path.write_bytes(bytes(100_001))
    monkeypatch.setattr("fuling_gis.cache.np.fromfile", refuse)
    assert kept.get("k") is None
    assert kept.damage() == [path]
    assert not path.exists()


def test_a_damaged_file_that_cannot_be_removed_is_told_once_and_believed_when_it_is_written_anew(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError

    kept = Cache(tmp_path)
    kept.put("k", {"a": np.arange(3)})
    path = only_file(tmp_path)
    path.write_bytes(b"damaged")
    with monkeypatch.context() as patched:
        patched.setattr("fuling_gis.cache.Path.unlink", refused)
        assert [kept.get("k"), kept.get("k")] == [None, None]
    assert kept.damage() == [path]
    kept.put("k", {"a": np.arange(3)})
    assert kept.get("k")["a"].tolist() == [0, 1, 2]
    assert kept.damage() == []


def whole(body):
    """Give a file under the key `k`, with the hash of what it holds."""
    return hashlib.sha256(b"k\n" + body).hexdigest().encode() + body


def headed(text, rest=b""):
    head = text.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + rest


HEADS = {
    "brackets": headed("(" * 900),
    "signs": headed("-" * 9_000 + "1"),
    "a number": headed("{'descr': '<U1', 'fortran_order': False, 'shape': (), }\n", b"\xff\xff\xff\x7f"),
    "names of nothing": headed("{'descr': '<U0', 'fortran_order': False, 'shape': (3000000000,), }\n"),
    "more than there is": headed("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"),
    "less than nothing": headed("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n"),
    "objects": headed("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
    "no head": b"\x93NUMPY",
    "nothing": b"",
    "an earlier make": b"PK\x03\x04",
}


@pytest.mark.parametrize("body", HEADS.values(), ids=HEADS)
def test_a_whole_file_of_another_make_is_none_and_no_damage(tmp_path, body):
    (tmp_path / "k.kept").write_bytes(whole(body))
    kept = Cache(tmp_path)
    assert kept.get("k") is None
    assert kept.damage() == []


def test_a_name_that_stands_twice_is_not_believed(tmp_path):
    kept = Cache(tmp_path)
    kept.put("k", {"aa": np.arange(3), "ab": np.arange(3)})
    content = only_file(tmp_path).read_bytes()[64:]
    (tmp_path / "k.kept").write_bytes(whole(content.replace("ab".encode("utf-32-le"), "aa".encode("utf-32-le"))))
    assert kept.get("k") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "k.kept")
    assert Cache(tmp_path).get("k") is None


def test_who_changes_what_was_kept_changes_no_file(tmp_path):
    kept = Cache(tmp_path)
    kept.put("k", {"a": np.arange(1_000)})
    content = only_file(tmp_path).read_bytes()
    kept.get("k")["a"][:] = 0
    assert only_file(tmp_path).read_bytes() == content
    assert kept.get("k")["a"][7] == 7


def changed(name, value, at=-1):
    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name][at] = value

    return change


def shorter(name):
    def change(arrays):
        arrays[name] = arrays[name][:-1]

    return change


def other_type(name, kind):
    def change(arrays):
        arrays[name] = arrays[name].astype(kind)

    return change


def twice(arrays):
    # The middle of the two overlapping features lies in both: told to lie in one of them twice.
    held, first = arrays["Field.held"].copy(), arrays["Field.first"]
    both = int(np.flatnonzero(np.diff(first) == 2)[0])
    held[first[both] + 1] = held[first[both]]
    arrays["Field.held"] = held


def without(name):
    return lambda arrays: arrays.pop(name)


SPOILT = {
    "a segment less": shorter("Tree.segment"),
    "a leaf beyond the segments": changed("Tree.first", 10_000),
    "leaves that go back": changed("Tree.first", 3, 2),
    "a leaf before the first": changed("Tree.first", -1, 0),
    "a leaf without a kind": shorter("Tree.ring"),
    "a box less": shorter("Tree.box"),
    "a member above its node": changed("Tree.child", 100),
    "a node less": shorter("Tree.child"),
    "an owner that is none": changed("Tree.owner", 7),
    "an owner below the first": changed("Tree.owner", -1, 0),
    "a leaf of several features": changed("Tree.owner", 6, 0),
    "a segment that ends nowhere": changed("Tree.segment", np.nan, (3, 1)),
    "a segment without end": changed("Tree.segment", np.inf, (3, 1)),
    "a box that is none": changed("Tree.box", np.nan, (0, 0)),
    "a distance that is no number": changed("Field.signed", np.nan, 0),
    "cells without end on one side": changed("about", [1e300, 0.0], slice(4, 6)),
    "half a cell": changed("about", 16.5, 4),
    "a block of a hundred doublings": changed("Field.doublings", 100),
    "a distance less": shorter("Field.signed"),
    "a list that is none": changed("Field.inside", 10_000),
    "a list before the first": changed("Field.inside", -1),
    "lists beyond what is held": changed("Field.first", 10_000),
    "a feature that is none": changed("Field.held", 6),
    "a feature before the first": changed("Field.held", -1),
    "a feature held twice": twice,
    "leaves of a cell that go back": changed("Field.begins", 5, 100),
    "leaves beyond those listed": changed("Field.begins", 1_000_000),
    "a leaf that is none": changed("Field.leaf", 1_000_000),
    "a leaf below the first": changed("Field.leaf", -1),
    "more cells than there are": changed("about", 1e6, 4),
    "cells below none": changed("about", -16.0, 4),
    "cells of no size": changed("about", 0.0, 3),
    "a corner that is no number": changed("about", np.nan, 1),
    "more features than there are": changed("about", 7.0, 0),
    "numbers of another size": other_type("Field.held", np.int64),
    "numbers of another order": other_type("Field.signed", ">f4"),
    "a list of lists": lambda arrays: arrays.update({"Field.leaf": arrays["Field.leaf"][:, None]}),
    "no figures": shorter("about"),
    "an array less": without("Field.begins"),
    "an array more": lambda arrays: arrays.update(more=np.zeros(3)),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_whole_file_whose_numbers_do_not_hold_together_is_not_handed_to_the_loops(tmp_path, spoil):
    kept = Cache(tmp_path)
    fresh = gauge_of(FEATURES, kept)
    key = keeping.key_for(FEATURES)
    arrays = dict(kept.get(key))
    assert keeping.taken(arrays, len(FEATURES)) is not None
    spoil(arrays)
    kept.put(key, arrays)
    assert keeping.taken(kept.get(key), len(FEATURES)) is None
    same(gauge_of(FEATURES, kept), fresh)
    assert keeping.taken(kept.get(key), len(FEATURES)) is not None


def test_the_files_not_used_for_longest_make_room(tmp_path):
    kept = Cache(tmp_path, most_bytes=30_000)
    for number, key in enumerate(KEYS[:4]):
        kept.put(key, {"a": np.zeros(1_000)})
        then = time.time() - (10 - number) * 86_400
        os.utime(tmp_path / f"{key}.kept", (then, then))
        if number == 2:
            assert kept.get(KEYS[0]) is not None
    # Each has some 8,300 bytes, so three stay; the oldest was used since.
    assert {path.stem for path in tmp_path.iterdir()} == {KEYS[0], KEYS[2], KEYS[3]}


# Seen ground.


def states(*, doubtful=False):
    rng = np.random.default_rng(3)
    first = np.kron(rng.integers(0, 3, (20, 20)), np.ones((30, 30), int)).astype(np.int8)
    return [first, np.flip(first).copy() if doubtful else np.zeros_like(first)]


@pytest.mark.parametrize("doubtful", [False, True])
def test_kept_grounds_are_those_that_were_drawn(tmp_path, doubtful):
    grounds = whole_drawn(ON, states(doubtful=doubtful), Cache())
    kept = Cache(tmp_path)
    kept.put("k", as_arrays(grounds))
    again = grounds_in(kept.get("k"), Cache())
    assert [grounds.index(one) for one in grounds[:1]] == [0]
    for i, one in enumerate(grounds):
        assert shapely.to_wkb(again[i].areas).tolist() == shapely.to_wkb(one.areas).tolist()
        assert [again[i] is other for other in again] == [one is other for other in grounds]


def test_a_ground_of_which_nothing_is_seen_is_kept_as_nothing(tmp_path):
    kept = Cache(tmp_path)
    kept.put("k", as_arrays(whole_drawn(ON, [np.zeros(ON.shape, np.int8)] * 2, Cache())))
    assert all(one is EMPTY for one in grounds_in(kept.get("k"), Cache()))


SPOILT_GROUND = {
    "rings beyond the corners": {"rings0": np.array([0, 400])},
    "rings that go back": {"rings0": np.array([4, 0])},
    "a ring before the first corner": {"rings0": np.array([-4, 4])},
    "a ring of two corners": {"corners0": np.zeros((2, 2)), "rings0": np.array([0, 2])},
    "areas beyond the rings": {"areas0": np.array([0, 100])},
    "areas that go back": {"areas0": np.array([1, 0])},
    "an area of no ring": {"areas0": np.array([0, 0, 1])},
    "offsets that are no whole numbers": {"rings0": np.array([0.0, 4.0])},
    "no offsets": {"rings0": np.zeros(0, np.int64)},
    "offsets in a table": {"areas0": np.array([[0, 1]])},
    "corners in space": {"corners0": np.zeros((4, 3))},
    "corners in a row": {"corners0": np.zeros(4)},
    "corners that are no numbers": {"corners0": np.full((4, 2), np.nan)},
    "corners of text": {"corners0": np.array([["a", "b"]] * 4)},
    "three grounds": {"which": np.array([0, 0, 0])},
    "grounds between two": {"which": np.array([0.5, 0, 0, 0])},
    "no rings": {"rings0": None},
    "no grounds": {"which": None},
}


@pytest.mark.parametrize("spoilt", SPOILT_GROUND.values(), ids=SPOILT_GROUND)
def test_a_whole_file_of_ground_that_does_not_hold_together_is_not_believed(tmp_path, spoilt):
    square = {
        "which": np.array([0, 0, 0, 0]),
        "corners0": np.array([[0.0, 0], [1, 0], [1, 1], [0, 0]]),
        "rings0": np.array([0, 4]),
        "areas0": np.array([0, 1]),
    }
    kept = Cache(tmp_path)
    kept.put("k", square)
    assert [one.areas.tolist() for one in grounds_in(kept.get("k"), kept)] == [
        [shapely.Polygon(square["corners0"])]
    ] * 4
    kept.put("k", {name: value for name, value in (square | spoilt).items() if value is not None})
    assert grounds_in(kept.get("k"), kept) is None


def test_what_was_drawn_of_all_cells_is_drawn_once_for_all_runs(tmp_path, monkeypatch):
    places = [shapely.Point(*xy) for xy in np.random.default_rng(1).uniform(-4_500, 4_500, (200, 2))]

    def told():
        layers = toy.layers(RIVER, dem(cache=Cache(tmp_path)))
        plan = toy.plan(toy.rule("A", SEEN), layers)
        range_of(SEEN, plan.book).whole()
        return screen_batch(plan, toy.sites(*places)).batch.sites["possible"].tolist()

    alone = told()
    assert len(set(alone)) == 2
    monkeypatch.setattr(sight, "_PART_DRAWN", 0.0)
    with toy.many():
        assert told() == alone
        for name in ("whole_drawn", "drawn_around"):
            monkeypatch.setattr(sight, name, refuse)
        assert told() == alone
        # A damaged one is drawn again.
        kept = [
            path for path in tmp_path.glob("*.kept") if b"corners0" in path.read_bytes()[:2_000].replace(b"\0", b"")
        ]
        (path,) = kept
        content = path.read_bytes()
        path.write_bytes(content[:-64])
        monkeypatch.setattr(sight, "whole_drawn", drawn.whole_drawn)
        monkeypatch.setattr(sight, "drawn_around", drawn.drawn_around)
        assert told() == alone
        assert path.read_bytes() == content


# A workspace.


def check(root, name):
    place = api.open_workspace(root)
    with toy.many():
        api.check(root / "sites.gpkg", place, root / name, as_of="2024-06-01", outputs=["parquet"], lang="en")
    return [(root / name / f"{table}.parquet").read_bytes() for table in ("sites", "findings")]


def in_table(content):
    return pq.read_table(pa.BufferReader(content)).replace_schema_metadata().to_pylist()


def said(root, name):
    return json.loads((root / name / "run.json").read_text("utf-8"))["notices"]


def test_a_second_check_measures_no_field_and_says_the_same(tmp_path, monkeypatch):
    root = make_workspace(tmp_path)
    xy = np.random.default_rng(2).uniform(-5_500, 5_500, (300, 2)) + ORIGIN
    rows = {"id": np.arange(300).astype(str), "activity": ["化工项目"] * 300, "geometry": shapely.points(xy)}
    gpd.GeoDataFrame(rows, crs=CRS).to_file(root / "sites.gpkg")
    first = check(root, "first")
    fields = sorted((root / ".cache" / "fields").iterdir())
    assert len(fields) >= 3
    monkeypatch.setattr(gauges, "field_of", refuse)
    assert check(root, "second") == first
    monkeypatch.undo()
    fields[0].write_bytes(fields[0].read_bytes()[:-1] + b"?")
    third = check(root, "third")
    # The notice stands in the files too, the tables are the same.
    assert [in_table(content) for content in third] == [in_table(content) for content in first]
    assert third != first
    (damage,) = [notice for notice in said(root, "third") if ".cache" in notice["en"]]
    assert fields[0].name in damage["en"]
    assert fields[0].name in damage["zh"]
    assert check(root, "fourth") == first
    assert not any(".cache" in notice["en"] for notice in said(root, "fourth"))


def test_a_damaged_visible_range_is_told_once_and_a_report_made_anew_takes_no_notice_away(tmp_path):
    root = make_workspace(tmp_path)
    cache = api.open_workspace(root).cache
    cache.put("k", {"a": np.arange(3)})
    (root / ".cache" / "k.kept").write_bytes(b"damaged")
    place = api.open_workspace(root)
    assert place.cache.get("k") is None
    plan = api.plan_for(place, as_of="2024-06-01")
    assert not any(".cache" in notice["en"] for notice in api.run_of(plan, place, {}, damage=False).notices)
    assert sum(".cache" in notice["en"] for notice in api.run_of(plan, place, {}).notices) == 1
    assert not any(".cache" in notice["en"] for notice in api.run_of(plan, place, {}).notices)
    # It is gone: the next run does not come upon it again.
    assert not (root / ".cache" / "k.kept").exists()
