"""Files that belong together: on any failure none of them appears, those of before stay, and nothing is left over."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from test_sight import DAY, place

from fuling_gis import unwritable
from fuling_gis.api import visible_range
from fuling_gis.cli import main
from fuling_gis.errors import OutputError
from fuling_gis.grid import Grid
from fuling_gis.layers import add as adding
from fuling_gis.outputs import hidden, indicators, visible
from fuling_gis.outputs.together import Together
from fuling_gis.outputs.visible import write_visible
from fuling_gis.readers.raster import write_geotiff
from fuling_gis.unwritable import reason

NO_ROOM = OSError(errno.ENOSPC, "No space left on device")
LATE = RuntimeError("Failed to commit transaction")


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return place(tmp_path_factory.mktemp("range"))


@pytest.fixture(scope="module")
def seen(space):
    return visible_range(space, as_of=DAY)


@pytest.fixture
def small_disk():
    """Let no file grow beyond some 30 kB, as a full disk would."""
    resource = pytest.importorskip("resource", reason="this system limits no file sizes")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def tiny_disk():
    """Let no file hold more than 10 bytes, until what is given is called."""
    resource = pytest.importorskip("resource", reason="this system limits no file sizes")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def failing(error):
    def write(*_, **__):
        raise error

    return write


def half(error):
    """Write half a file, then fail."""

    def write(_, path):
        path.write_bytes(b"half")
        raise error

    return write


# No library draws the picture, so that nothing of it comes late.
FAULTS = [
    (what, error)
    for what in ("_write_raster", "_write_areas", "png")
    for error in (NO_ROOM, LATE, KeyboardInterrupt())
    if (what, error) != ("png", LATE)
]


@pytest.mark.parametrize(("what", "error"), FAULTS)
@pytest.mark.parametrize("before", [False, True], ids=["new", "again"])
def test_the_three_files_of_a_range_appear_together_or_not_at_all(seen, tmp_path, monkeypatch, what, error, before):
    if before:
        write_visible(seen, tmp_path / "deep" / "range")
    stood = held(tmp_path)
    monkeypatch.setattr(visible, what, failing(error) if what == "png" else half(error))
    with pytest.raises((OutputError, OSError, KeyboardInterrupt)):
        write_visible(seen, tmp_path / "deep" / "range")
    assert held(tmp_path) == stood
    # Not even the folder that was made for them.
    assert (tmp_path / "deep").exists() == before


def test_a_disk_that_is_truly_full_is_told_in_both_languages(seen, tmp_path, small_disk):
    with pytest.raises(OutputError) as told:
        write_visible(seen, tmp_path / "range")
    # A GeoPackage is never as small as 30 kB; what GDAL and SQLite say of it helps nobody.
    assert told.value.told("en") == (
        f"{tmp_path / 'range.gpkg'}: cannot be written (the file is too large for this kind of disk, or for a limit of "
        "the system); see that the disk has room and may be written to"
    )
    assert "文件太大" in told.value.told("zh")
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_a_raster_is_never_passed_over(tmp_path, small_disk):
    # Heights without order: nothing makes them small, and GDAL writes most of them as it closes the file.
    values = np.random.default_rng(3).integers(0, 30_000, (200, 200)).astype(np.int16)
    grid = Grid(0.0, 2_000.0, 10.0, 10.0, 200, 200, "EPSG:4545")
    with pytest.raises(OSError, match="large") as told:
        write_geotiff(tmp_path / "heights.tif", values, grid, nodata=None, tags={})
    assert told.value.errno == errno.EFBIG


@pytest.mark.parametrize("moved", range(1, 7))
@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "held"), KeyboardInterrupt()], ids=["held", "stopped"])
def test_files_that_moved_go_back_where_one_cannot(seen, tmp_path, monkeypatch, moved, error):
    write_visible(seen, tmp_path / "range")
    stood = held(tmp_path)
    # Three old files go, then three new ones come; the n-th move fails.
    real, done = Path.replace, []

    def replace(source, target):
        done.append(source)
        if len(done) == moved:
            raise error
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_visible(seen, tmp_path / "range")
    assert held(tmp_path) == stood


def test_a_move_that_was_done_as_somebody_stopped_the_run_is_undone_too(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")
    real = Path.replace

    def replace(source, target):
        monkeypatch.setattr(Path, "replace", real)
        real(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        hidden.exchange([(tmp_path / "a", tmp_path / "b")])
    assert held(tmp_path) == {"a": b"old"}


def test_a_folder_in_the_way_stays_with_all_in_it(seen, tmp_path):
    (tmp_path / "range.png").mkdir()
    (tmp_path / "range.png" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError):
        write_visible(seen, tmp_path / "range")
    assert held(tmp_path) == {"range.png/mine.txt": b"mine"}
    with Together(tmp_path / "range") as together:
        together.write("range.png", b"new")
        with pytest.raises(OutputError, match="is a folder"):
            together.publish()
    assert held(tmp_path) == {"range.png/mine.txt": b"mine"}


def test_two_runs_do_not_write_files_of_one_name_at_a_time(seen, tmp_path):
    with Together(tmp_path / "range"), pytest.raises(OutputError, match="another run is writing"):
        write_visible(seen, tmp_path / "range")
    assert len(write_visible(seen, tmp_path / "range")) == 3
    assert len(held(tmp_path)) == 3


def test_what_a_killed_run_left_goes_with_the_next(seen, tmp_path):
    left = tmp_path / ".range.0123456789ab.part"
    left.mkdir()
    (left / "range.tif").write_bytes(b"half")
    write_visible(seen, tmp_path / "range")
    assert set(held(tmp_path)) == {"range.tif", "range.gpkg", "range.png"}


def test_profiles_that_cannot_be_written_leave_the_range_as_it_was(fuling, space, tmp_path, monkeypatch):
    from layers_made import X, Y

    (tmp_path / "mines.csv").write_text(f"site_id,activity,nature,x,y\nM1,采矿,新建,{X},{Y + 800}\n", "utf-8")
    out = tmp_path / "out"
    words = ("visible", "-w", space.root, "-o", out / "r", "--as-of", "2024-06-01")
    words = (*words, "--profile", tmp_path / "mines.csv", "--crs", "EPSG:4545")
    from fuling_gis.outputs import profiles

    with monkeypatch.context() as patched:
        patched.setattr(profiles, "profile_svg", failing(NO_ROOM))
        ran = fuling(*words)
        assert ran.status == 1
        assert not out.exists()
    assert fuling(*words).status == 0
    assert set(held(out)) == {"r.tif", "r.gpkg", "r.png", "r-M1.svg"}


def test_the_command_says_it_in_one_line_and_ends_with_1(fuling, space, tmp_path, monkeypatch):
    def full(_, path):
        path.write_bytes(b"half")
        raise NO_ROOM

    monkeypatch.setattr(visible, "_write_areas", full)
    words = ("visible", "-w", space.root, "-o", tmp_path / "r", "--as-of", "2024-06-01", "--quiet")
    for lang, why in (("en", "cannot be written (the disk is full)"), ("zh", "不能写入（磁盘已满）")):
        ran = fuling(*words, "--lang", lang)
        assert (ran.status, ran.out, len(ran.err.splitlines())) == (1, "", 1)
        assert f"{tmp_path / 'r.gpkg'}" in ran.err
        assert why in ran.err
    assert list(tmp_path.iterdir()) == []


def test_figures_appear_together_or_not_at_all(fuling, space, tmp_path, monkeypatch):
    words = ("indicators", "-w", space.root, "-o", tmp_path / "i", "--as-of", "2024-06-01")
    assert fuling(*words).status == 0
    stood = held(tmp_path)
    assert set(stood) == {"i.csv", "i.json", "i.svg"}
    monkeypatch.setattr(indicators, "bars_svg", failing(KeyboardInterrupt()))
    assert fuling(*words, "--lang", "zh").status == 130
    assert held(tmp_path) == stood


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NO_ROOM, "the disk is full"),
        (OSError("database or disk is full"), "the disk is full"),
        (
            OSError(errno.EFBIG, "File too large"),
            "the file is too large for this kind of disk, or for a limit of the system",
        ),
        (PermissionError(errno.EACCES, "Permission denied"), "no right to write there, or another program holds it"),
    ],
)
def test_the_reason_is_one_that_people_can_act_on(error, why):
    assert reason(error)["en"] == why
    assert reason(error)["zh"].isascii() is False


def test_what_is_not_known_is_given_as_it_was_said(tmp_path):
    assert reason(OSError(errno.EIO, "Input/output error")) == "Input/output error"
    (tmp_path / "part").write_bytes(b"")
    assert reason(LATE, tmp_path / "part") == "Failed to commit transaction"


def test_a_fault_of_ours_is_not_told_as_one_of_the_disk(tmp_path):
    with pytest.raises(RuntimeError, match="ours"), unwritable.told(tmp_path / "a"):
        raise RuntimeError("ours")  # noqa: EM101


def test_a_layer_file_copied_by_half_is_taken_away_again(tmp_path, monkeypatch):
    for name in ("red.shp", "red.shx", "red.dbf"):
        (tmp_path / name).write_bytes(b"part")
    layers = tmp_path / "layers"
    layers.mkdir()
    (layers / "red.prj").write_bytes(b"somebody's")
    real, copied = adding.shutil.copy2, []

    def copy(source, target):
        copied.append(target)
        if len(copied) == 2:
            target.write_bytes(b"ha")
            raise NO_ROOM
        return real(source, target)

    monkeypatch.setattr(adding.shutil, "copy2", copy)
    with pytest.raises(OutputError, match="the disk is full"), adding._copied(tmp_path / "red.shp", layers / "red.shp"):
        pytest.fail("the copy is not whole")
    assert held(layers) == {"red.prj": b"somebody's"}


def test_a_copy_goes_where_the_catalogue_cannot_be_written(tmp_path):
    (tmp_path / "red.geojson").write_bytes(b"part")
    layers = tmp_path / "layers"
    layers.mkdir()
    copied = adding._copied(tmp_path / "red.geojson", layers / "red.geojson")
    copied.__enter__()
    assert held(layers) == {"red.geojson": b"part"}
    assert not copied.__exit__(OutputError, OutputError(), None)
    assert held(layers) == {}


def test_a_catalogue_is_left_as_it_was_by_who_stops_the_run(tmp_path, monkeypatch):
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("layers: {}\n", "utf-8")
    monkeypatch.setattr(adding.os, "fsync", failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        adding._replace(catalog, "layers: {red: {}}\n")
    assert held(tmp_path) == {"catalog.yaml": b"layers: {}\n"}


def test_results_stand_where_the_stream_for_their_text_does_not(space, tmp_path, monkeypatch, capsys):
    class Full(io.StringIO):
        def write(self, _):
            raise NO_ROOM

    out = tmp_path / "out"
    for command, files in (("visible", 3), ("indicators", 3), ("init", 1)):
        words = ["-w", space.root, "-o", out / command, "--as-of", "2024-06-01"] if command != "init" else [out / "i"]
        monkeypatch.setattr(sys, "stdout", Full())
        assert main([command, *map(str, words), "--lang", "en"]) == 0
        assert "the results are whole" in capsys.readouterr().err
        assert len([name for name in held(out) if name.startswith(command[:1])]) >= files


def test_a_workspace_that_found_no_room_can_be_made_later(fuling, tmp_path, tiny_disk):
    assert fuling("init", tmp_path / "work").status == 1
    assert held(tmp_path) == {}
    tiny_disk()
    assert fuling("init", tmp_path / "work").status == 0
