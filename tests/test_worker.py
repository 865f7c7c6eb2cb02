"""Files of strangers are read in a process with limits: same sites, same sentences, and nothing else gets through."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import shapely
from attacks_made import listening
from small_workspace import CRS, box, make_sites, make_workspace

import fuling_gis as fg
from fuling_gis.errors import CrsError, FileError, LayerChoiceError, SiteError
from fuling_gis.sites.options import SiteOptions
from fuling_gis.worker import landlock, wire
from fuling_gis.worker.limits import Limits
from fuling_gis.worker.process import Worker, Workers
from fuling_gis.worker.reading import open_untrusted, parts_of

ROWS = [("A", "化工", 0.0, 600.0), ("B", "commerce", -2000.0, -3000.0), ("C", "", None, 4.0)]
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="these fences exist on Linux only")


@pytest.fixture
def table(tmp_path):
    return make_sites(tmp_path / "sites.csv", ROWS)


def opened(path, workers=None, **options):
    return open_untrusted([path], target=CRS, options=SiteOptions(crs=CRS, lang="en", **options), workers=workers)


def test_a_worker_gives_the_same_sites_as_reading_here(table, tmp_path):
    shapes = tmp_path / "plots.gpkg"
    plots = {"编号": ["P1", "P2"], "锅炉吨位": [3.0, None], "geometry": [box(0, 0, 10, 10), None]}
    gpd.GeoDataFrame(plots, crs=CRS).to_file(shapes, driver="GPKG")
    ask = {"crs": CRS, "site_accuracy": 2, "fill": {"nature": "new"}, "lang": "en"}
    here = fg.read_sites([table, shapes], **ask)
    there = fg.read_sites([table, shapes], **ask, untrusted=True)
    assert shapely.equals_exact(here.geometry, there.geometry).tolist() == [True, True, False, True, False]
    for name in ("row", "source", "site_id", "name", "activity", "nature", "accuracy_m", "status", "problem"):
        assert getattr(here, name).tolist() == getattr(there, name).tolist()
    assert {name: values.tolist() for name, values in here.facts.items()} == {
        name: values.tolist() for name, values in there.facts.items()
    }
    assert (here.crs, here.notices) == (there.crs, there.notices)


def test_a_workbook_is_read_in_a_worker_too(tmp_path):
    """Its library asks for a list of the system that no request names."""
    book = openpyxl.Workbook()
    for row in (["site_id", "x", "y"], ["A", 448_000, 3_280_000]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert opened(tmp_path / "a.xlsx").read().site_id.tolist() == ["A"]


@pytest.mark.parametrize("name", ["none.csv", "empty.csv", "text.shp"])
def test_a_fault_is_the_same_sentence_of_the_same_class(name, tmp_path):
    if name != "none.csv":
        (tmp_path / name).write_bytes(b"" if name == "empty.csv" else b"id,x\n1,2\n")
    told = []
    for untrusted in (False, True):
        with pytest.raises(FileError) as caught:
            fg.read_sites(tmp_path / name, untrusted=untrusted)
        told.append((type(caught.value), caught.value.words))
    assert told[0] == told[1]


def test_faults_keep_their_class(table):
    with pytest.raises(CrsError):
        fg.read_sites(table, untrusted=True)
    with pytest.raises(SiteError):
        fg.read_sites(table, crs="EPSG:4326", untrusted=True)


def test_a_layer_is_named_as_ever(tmp_path):
    for name, x in (("one", 0), ("two", 50)):
        plots = gpd.GeoDataFrame({"id": [name], "geometry": [box(x, 0, x + 9, 9)]}, crs=CRS)
        plots.to_file(tmp_path / "many.gpkg", layer=name, driver="GPKG")
    assert fg.read_sites(f"{tmp_path / 'many.gpkg'}::two", untrusted=True).site_id.tolist() == ["two"]


def test_the_command_line_reads_files_of_strangers(table, tmp_path, fuling):
    make_workspace(tmp_path / "space")
    ask = ("check", table, "-w", tmp_path / "space", "--crs", CRS, "--as-of", "2024-06-01", "--outputs", "csv")
    assert fuling(*ask, "-o", tmp_path / "here").status == 0
    assert fuling(*ask, "-o", tmp_path / "there", "--untrusted").status == 0
    for name in ("sites.csv", "findings.csv"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    inputs = [json.loads((tmp_path / where / "run.json").read_text("utf-8"))["inputs"] for where in ("here", "there")]
    assert inputs[0] == inputs[1]


@needs_linux
def test_every_fence_stands_on_this_machine(table):
    found = opened(table)
    held = dict(found.fences)
    assert len(found.read()) == len(ROWS)
    assert held.pop("memory")
    assert held.pop("resources")
    # These two hang on the kernel's settings; where the kernel has them, they stand.
    assert held.pop("files") == (landlock.version() > 0)
    assert set(held) == {"network"}


@needs_linux
@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_no_file_can_be_opened_that_the_request_does_not_name(table, tmp_path):
    secret = make_sites(tmp_path / "secret.csv", ROWS)
    workers = Workers()
    request = {
        "paths": [str(secret)],
        "readable": [str(table)],
        "shown": "x",
        "target": CRS,
        "options": asdict(SiteOptions(crs=CRS)),
        "limits": asdict(workers.limits),
        "size": 10,
    }
    with pytest.raises(FileError, match="Permission denied"):
        list(workers.answers(request, "x"))
    assert len(list(workers.answers({**request, "readable": [str(secret)]}, "x"))) == 2


@needs_linux
def test_too_much_memory_is_a_sentence(tmp_path):
    wide = tmp_path / "wide.csv"
    cells = "中" * 100_000
    wide.write_text("id,x,y,note\n" + "".join(f"{n},420000,3280000,{cells}\n" for n in range(200)), "utf-8")
    with pytest.raises(FileError, match="memory"):
        opened(wide, Workers(limits=Limits(memory=32 << 20))).read()
    assert len(opened(wide).read()) == 200


@needs_linux
def test_too_much_memory_is_a_sentence_of_memory_in_other_formats_too(tmp_path):
    """Libraries tell it in errors of their own, as if the file were broken."""
    angle = np.linspace(0, 2 * np.pi, 500_000)
    ring = shapely.Polygon(np.stack([420_000 + np.cos(angle), 3_280_000 + np.sin(angle)], axis=1))
    frame = gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[ring], crs=CRS)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_file(tmp_path / "a.shp")
    for name in ("a.parquet", "a.shp"):
        with pytest.raises(FileError, match="memory"):
            opened(tmp_path / name, Workers(limits=Limits(memory=48 << 20))).read()


def test_too_long_is_a_sentence(table):
    with pytest.raises(FileError, match=r"took longer than 1e-06 s"):
        opened(table, Workers(limits=Limits(wait_s=1e-6)))


def test_a_worker_that_dies_is_a_sentence(table, monkeypatch):
    ask = Worker.ask

    def killed(self, request):
        self.process.kill()
        self.process.wait()
        ask(self, request)

    monkeypatch.setattr(Worker, "ask", killed)
    with pytest.raises(FileError, match="broke off"):
        opened(table)


def test_a_driver_that_no_list_knows_is_taken_out_at_the_second_start(table, monkeypatch):
    from fuling_gis import drivers

    beyond = set()
    monkeypatch.setattr(drivers, "_KNOWN", drivers._KNOWN.replace("OGR_VRT,", ""))
    monkeypatch.setattr("fuling_gis.worker.process._beyond", beyond)
    assert len(opened(table).read()) == len(ROWS)
    assert beyond == {"OGR_VRT"}


def test_nothing_of_this_process_is_in_the_environment_of_a_worker(monkeypatch):
    monkeypatch.setenv("A_SECRET", "marker")
    monkeypatch.setenv("GDAL_DATA", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    worker = Worker()
    try:
        given = worker._environment()
    finally:
        worker.end()
    assert not {"A_SECRET", "GDAL_DATA", "PYTHONPATH", "PROJ_DATA"} & set(given)
    assert given["HOME"] == str(worker.folder)
    assert not worker.folder.exists()


def test_spare_workers_serve_many_requests_and_leave_nothing(table):
    with Workers(spares=1) as workers:
        seen = set()
        for _ in range(3):
            seen.add(workers._ready[0].process.pid)
            assert len(opened(table, workers).read()) == len(ROWS)
        folders = [worker.folder for worker in workers._ready]
        assert len(seen) == 3
    assert workers._ready == []
    assert not any(folder.exists() for folder in folders)


def test_reading_ends_as_soon_as_nobody_wants_it(table, monkeypatch):
    # It is never told what to read.
    monkeypatch.setattr(Worker, "ask", lambda *_: None)
    left = [1, 2, 3]

    def go_on():
        if not left:
            raise KeyError
        left.pop()

    with Workers(spares=1) as workers:
        worker = workers._ready[0]
        begun = time.monotonic()
        with pytest.raises(KeyError):
            open_untrusted([table], target=CRS, options=SiteOptions(crs=CRS), workers=workers, go_on=go_on)
        assert time.monotonic() - begun < 60
        assert worker.process.poll() is not None
        assert not worker.folder.exists()


def test_rows_that_nobody_wants_end_the_worker(table):
    with Workers(spares=1) as workers:
        worker = workers._ready[0]
        opened(table, workers).close()
        assert worker.process.poll() is not None


@needs_linux
def test_links_pipes_and_devices_are_refused(tmp_path, table):
    import os

    link = tmp_path / "link.csv"
    link.symlink_to(table)
    with pytest.raises(FileError, match=r"link\.csv is a link"):
        fg.read_sites(link, crs=CRS, untrusted=True)
    plots = tmp_path / "plots.shp"
    gpd.GeoDataFrame({"id": ["1"], "geometry": [box(0, 0, 9, 9)]}, crs=CRS).to_file(plots)
    (tmp_path / "plots.cpg").unlink()
    (tmp_path / "plots.cpg").symlink_to(table)
    with pytest.raises(FileError, match=r"plots\.cpg is a link"):
        fg.read_sites(plots, untrusted=True)
    (tmp_path / "plots.cpg").unlink()
    os.mkfifo(tmp_path / "plots.cpg")
    with pytest.raises(FileError, match=r"plots\.cpg is a pipe or a device"):
        fg.read_sites(plots, untrusted=True)


def test_only_files_of_the_same_name_belong_to_a_file(tmp_path):
    for name in ("a.shp", "a.dbf", "A.PRJ", "ab.shp", "b.dbf"):
        (tmp_path / name).write_bytes(b"")
    assert {path.name for path in parts_of(tmp_path / "a.shp")} == {"a.shp", "a.dbf", "A.PRJ"}


# What a worker may say: the parent holds it to this, whatever happened to the worker.


def sites_made(table):
    return fg.read_sites(table, crs=CRS)


def read_back(content, first=0):
    return wire.sites_of(content, first=first, crs=CRS, notices=())


def changed(content, name, values):
    with pa.ipc.open_stream(content) as reader:
        rows = reader.read_all()
    place = rows.column_names.index(name)
    metadata = rows.schema.metadata
    rows = rows.set_column(place, name, values).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


BAD = {
    "a state that is none": ("status", pa.array(["ok", "fine", "rejected"])),
    "no text": ("name", pa.array(["a", None, "c"])),
    "numbers for text": ("name", pa.array([1, 2, 3])),
    "rows out of order": ("row", pa.array([0, 2, 1], pa.int64())),
    "an accuracy below nothing": ("accuracy_m", pa.array([0.0, -1.0, 0.0])),
    "an accuracy that is no number": ("accuracy_m", pa.array([0.0, np.nan, 0.0])),
    "geometry that is none": ("geometry", pa.array([b"x", b"y", None], pa.binary())),
    "geometry for a rejected row": ("geometry", pa.array([shapely.to_wkb(shapely.Point(0, 0))] * 3, pa.binary())),
    "a geometry with heights": (
        "geometry",
        pa.array([*[shapely.to_wkb(shapely.Point(0, 0, 1))] * 2, None], pa.binary()),
    ),
    "a geometry that crosses itself": (
        "geometry",
        pa.array([*[shapely.to_wkb(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))] * 2, None], pa.binary()),
    ),
    "a place that is no number": (
        "geometry",
        pa.array([*[shapely.to_wkb(shapely.Point(np.inf, 1))] * 2, None], pa.binary()),
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_an_answer_is_refused_that_has(what, table):
    content = wire.rows_of(sites_made(table))
    assert len(read_back(content)) == len(ROWS)
    with pytest.raises(wire.UnsoundReplyError):
        read_back(changed(content, *BAD[what]))


def test_an_answer_is_refused_that_is_no_table_or_another_one(table):
    sites = sites_made(table)
    content = wire.rows_of(sites)
    for wrong in (b"", content[:200], b"{}", content[:-400] + bytes(400)):
        with pytest.raises(wire.UnsoundReplyError):
            read_back(wrong)
    with pytest.raises(wire.UnsoundReplyError):
        read_back(content, first=7)
    with pytest.raises(wire.UnsoundReplyError):
        read_back(wire.rows_of(replace(sites, crs="EPSG:4326")))


@pytest.mark.parametrize(
    "frame",
    [struct.pack(">cQ", b"B", 1 << 40), struct.pack(">cQ", b"?", 0), struct.pack(">cQ", b"Z", 1)],
    ids=["too long", "of no kind", "an end with something in it"],
)
def test_a_frame_is_refused_that_is(frame):
    with pytest.raises(wire.UnsoundReplyError):
        wire.receive(io.BytesIO(frame))


@pytest.mark.parametrize("said", [b"[]", b"{", b"{}", b'{"words": {"en": "only"}}', b"[" * 100_000])
def test_a_fault_is_refused_that_is_no_sentence(said):
    with pytest.raises(wire.UnsoundReplyError):
        wire.error_of(said)


@pytest.mark.parametrize("numbers", ["1,2", {"a": 1}, ["1"], [True], [float("nan")]])
def test_what_is_said_of_a_file_has_no_shift_but_numbers(numbers):
    said = {"rows": 1, "parts": {}, "crs_shift": numbers}
    with pytest.raises(wire.UnsoundReplyError):
        wire.head_of(wire.packed({"inputs": [said], "notices": [], "fences": {}}))


def test_only_faults_of_this_program_come_back():
    words = {"zh": "坏", "en": "bad"}
    assert type(wire.error_of(wire.packed({"kind": "SystemExit", "words": words}))) is FileError
    assert type(wire.error_of(wire.packed({"kind": "CrsError", "words": words}))) is CrsError


@pytest.mark.parametrize("offers", ["east", {"a": 1}, [1], [None], [["east"]]])
def test_what_is_offered_with_a_fault_is_names_and_nothing_else(offers):
    said = {"kind": "LayerChoiceError", "words": {"zh": "坏", "en": "bad"}}
    with pytest.raises(wire.UnsoundReplyError):
        wire.error_of(wire.packed({**said, "offers": offers}))
    # 200 are for a person to choose from; the others are counted: 100 of 300 names, and the one that is too long.
    offered = ["x" * 501, *map(str, range(300))]
    many = wire.error_of(wire.packed({**said, "offers": offered}))
    assert (many.offers, many.unoffered) == (tuple(map(str, range(200))), 101)
    sent = LayerChoiceError(said["words"], offers=offered)
    over = wire.error_of(wire.fault_of(sent))
    assert (type(over), over.offers, over.unoffered) == (LayerChoiceError, many.offers, 101)


@pytest.mark.parametrize("left", [-1, "1", True, None, 1.5])
def test_how_many_names_are_not_offered_is_a_number(left):
    said = {"kind": "LayerChoiceError", "words": {"zh": "坏", "en": "bad"}, "offers": []}
    with pytest.raises(wire.UnsoundReplyError):
        wire.error_of(wire.packed({**said, "unoffered": left}))


def test_a_worker_that_answers_something_else_is_not_believed(table, monkeypatch):
    real = wire.sites_of
    monkeypatch.setattr(wire, "sites_of", lambda content, **ask: real(content[:100], **ask))
    with pytest.raises(FileError, match="nothing of it was taken"):
        opened(table).read()


def test_a_worker_reads_a_workbook_also_where_the_system_lists_kinds_of_files(tmp_path):
    # Fails without the remedy on a machine that has /etc/mime.types.
    book = openpyxl.Workbook()
    for row in (["编号", "x", "y"], ["1", 448_000, 3_280_000]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    sites = next(opened(tmp_path / "a.xlsx").batches(10))
    assert [shape.wkt for shape in sites.geometry] == ["POINT (448000 3280000)"]


# What a worker may do, whoever has taken it over: something is run in it in the place of a reader.

TAKEN_OVER = """
import sys
sys.path.append(sys.argv[1])
from fuling_gis.worker import child

confine = child.confine_to

class NothingHeldError(Exception):
    pass

def confine_to(*given, **network):
    import os, socket, time
    confine(*given, **network)
    {tried}
    raise NothingHeldError

child.confine_to = confine_to
child.main()
"""
# One limit, what goes beyond it, and the sentence of that.
TRIED = {
    "memory": (Limits(memory=64 << 20), "bytearray(1 << 29)", "more memory than"),
    "processor time": (
        Limits(processor_s=0), "end = time.process_time() + 3\n    while time.process_time() < end: pass", "broke off"
    ),
    "the size of a file": (Limits(file=1 << 20), "open('a', 'wb').write(bytes(2 << 20))", "(OSError)"),
    "open files": (Limits(descriptors=40), "os.dup2(0, 100)", "(OSError)"),
}  # fmt: skip


def tried(table, monkeypatch, code, limits=None):
    monkeypatch.setattr("fuling_gis.worker.process._PROGRAM", TAKEN_OVER.format(tried=code))
    with pytest.raises(FileError) as caught:
        opened(table, Workers(limits=limits))
    return str(caught.value)


@needs_linux
@pytest.mark.parametrize("what", TRIED)
def test_a_worker_that_was_taken_over_has_no_more_than_its_limit_of(what, table, monkeypatch):
    limits, code, said = TRIED[what]
    assert said in tried(table, monkeypatch, code, limits)
    # Nothing else stops it: within the usual limits the same goes through.
    assert "(NothingHeldError)" in tried(table, monkeypatch, code)


def may_leave_the_network():
    """Tell whether this kernel lets a process of this user have a network of its own, asked of the kernel itself."""
    code = "import ctypes, sys; sys.exit(all(ctypes.CDLL(None).unshare(asked) for asked in (0x50000000, 0x40000000)))"
    return sys.platform == "linux" and subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CALL = "socket.socket().connect(('127.0.0.1', {port}))"
SHOUT = "socket.socket(type=socket.SOCK_DGRAM).sendto(b'a', ('127.0.0.1', {port}))"


@needs_linux
def test_a_worker_that_was_taken_over_is_in_no_network(table, monkeypatch):
    if not may_leave_the_network():
        pytest.skip("this kernel lets no process leave the network")
    assert dict(opened(table).fences)["network"]
    with listening() as listener:
        # What goes out without a connection is stopped by nothing else.
        assert "(OSError)" in tried(table, monkeypatch, SHOUT.format(port=listener.port))
        assert "NothingHeldError" not in tried(table, monkeypatch, CALL.format(port=listener.port))
        assert listener.calls == []


@needs_linux
@pytest.mark.skipif(landlock.version() < landlock._NET_FROM, reason="this kernel's Landlock holds no connections")
def test_a_worker_that_could_not_leave_the_network_connects_to_nobody(table, monkeypatch):
    with listening() as listener:
        code = TAKEN_OVER.replace("confine = child", "child.isolate = lambda: False\nconfine = child")
        monkeypatch.setattr(sys.modules[__name__], "TAKEN_OVER", code)
        assert "(PermissionError)" in tried(table, monkeypatch, CALL.format(port=listener.port))
        assert listener.calls == []


# A program that runs by itself, without another that loads it.
LOADERS = sorted(map(str, Path("/").glob("lib*/ld-*.so*")))
RUN = "os.execv({program!r}, [{program!r}])"
RUN_A_COPY = (
    "open('mine', 'wb').write(open({program!r}, 'rb').read())\n"
    "    os.chmod('mine', 0o700)\n"
    "    os.execv('./mine', ['./mine'])"
)


@needs_linux
@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
@pytest.mark.skipif(not LOADERS, reason="no program is known here that runs by itself")
@pytest.mark.parametrize("code", [RUN, RUN_A_COPY], ids=["that is there", "that it wrote itself"])
def test_a_worker_that_was_taken_over_runs_no_program(code, table, monkeypatch):
    code = code.format(program=LOADERS[0])
    assert "(PermissionError)" in tried(table, monkeypatch, code)
    # Nothing else stops it: without the fence it becomes that program, and answers no more.
    open_fence = TAKEN_OVER.replace(
        "confine = child",
        "from fuling_gis.worker import landlock\nlandlock.restrict = lambda *_: False\nconfine = child",
    )
    monkeypatch.setattr(sys.modules[__name__], "TAKEN_OVER", open_fence)
    if "(PermissionError)" in (said := tried(table, monkeypatch, code)):
        pytest.skip("nothing may be run in folders of this kind here")
    assert "broke off" in said


LEAVES = "import resource\n    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0): raise LookupError"


@needs_linux
def test_a_worker_that_dies_leaves_no_picture_of_its_memory(table, monkeypatch):
    """A core file would hold a stranger's rows; neither limit leaves room for one, and the hard one is never raised."""
    assert "(LookupError)" in tried(table, monkeypatch, LEAVES)
