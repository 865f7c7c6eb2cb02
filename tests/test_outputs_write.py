"""The writing of a whole run: which files appear, and that they appear whole or not at all."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from outputs_made import batch, column, finding, run, site

from fuling_gis.errors import OutputError, UsageError
from fuling_gis.outputs import claim, csvfile, gpkg, parquet, write
from fuling_gis.outputs.columns import RULE_COLUMNS
from fuling_gis.outputs.palette import verdict_colours, verdict_name
from fuling_gis.outputs.publish import FILES
from fuling_gis.outputs.tables import FINDINGS_WITH_TEXTS
from fuling_gis.outputs.write import DEFAULT_OUTPUTS, OUTPUTS, SITES_IN_GPKG, write_outputs

TABLES = {"sites.csv", "findings.csv", "rules.csv", "units.csv", "run.json"}


class StoppedError(Exception):
    """Something that nobody foresaw."""


def sites(*rows, verdict="clear"):
    return batch([site(row, verdict) for row in rows], findings=[finding(row) for row in rows])


def save(out, *batches, outputs=("csv",), made=None, **options):
    return write_outputs(batches or [sites(0)], lambda: made or run(), out, outputs=outputs, **options)


def names(folder):
    return {path.name for path in folder.iterdir()}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def drawn(monkeypatch):
    """Stand in for the map: note what it is given."""
    noted = SimpleNamespace(rows=[], made=[])

    class MapWriter:
        def __init__(self, lang, zone_geometry):
            noted.made.append((lang, zone_geometry))

        def add(self, one):
            noted.rows += one.sites["row"].tolist()

        def finish(self, made, path):
            noted.crs = made.crs
            path.write_text("<html>", "utf-8")

    monkeypatch.setitem(sys.modules, "fuling_gis.outputs.map", SimpleNamespace(MapWriter=MapWriter))
    return noted


def test_each_output_leaves_its_files(tmp_path, drawn):
    tabled = {"rules.csv", "run.json"}
    expected = {
        "csv": TABLES,
        "gpkg": {"result.gpkg", *tabled},
        "parquet": {"sites.parquet", "findings.parquet", *tabled},
        "geo": {"result.gpkg", *tabled},
        "map": {"map.html", "run.json"},
    }
    for word, files in expected.items():
        written = save(tmp_path / word, outputs=[word])
        assert names(tmp_path / word) == files
        assert set(written.files) == files


def test_the_usual_outputs_are_tables_geopackage_and_map(tmp_path, drawn):
    write_outputs([sites(0)], run, tmp_path / "out")
    assert names(tmp_path / "out") == {*TABLES, "result.gpkg", "result.xlsx", "map.html", "report.docx"}


def test_above_the_limit_the_usual_outputs_have_no_workbook_unless_it_is_asked_for_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "SITES_IN_GPKG", 2)
    save(tmp_path / "usual", sites(0, 1), sites(2), outputs=["csv", "geo", "xlsx"])
    save(tmp_path / "asked", sites(0, 1), sites(2), outputs=["xlsx"])
    assert "result.xlsx" not in names(tmp_path / "usual")
    assert "result.xlsx" in names(tmp_path / "asked")


def test_above_the_limit_geo_means_geoparquet(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "SITES_IN_GPKG", 2)
    save(tmp_path / "two", sites(0, 1), outputs=["geo"])
    save(tmp_path / "three", sites(0, 1), sites(2), outputs=["geo"])
    save(tmp_path / "asked", sites(0, 1), sites(2), outputs=["gpkg"])
    assert "result.gpkg" in names(tmp_path / "two")
    assert names(tmp_path / "three") == {"sites.parquet", "findings.parquet", "rules.csv", "run.json"}
    assert "result.gpkg" in names(tmp_path / "asked")


def test_the_map_sees_every_batch_and_the_options(tmp_path, drawn):
    save(tmp_path / "out", sites(0, 1), sites(2), outputs=["map"], lang="en", zone_geometry=False)
    assert drawn.rows == [0, 1, 2]
    assert drawn.made == [("en", False)]
    assert drawn.crs == "EPSG:4545"


def test_counts_are_given_back_and_progress_is_told(tmp_path):
    done = []
    written = save(tmp_path / "out", sites(0, 1), sites(2, verdict="prohibited"), progress=done.append)
    assert done == [2, 3]
    assert (written.rows, written.findings) == (3, 3)
    assert written.verdicts["clear"] == 2
    assert written.possible["prohibited"] == 1
    assert written.states == {"ok": 3, "repaired": 0, "rejected": 0}
    assert written.out == tmp_path / "out"
    assert "batches" in written.seconds


def test_finish_is_called_once_after_the_last_batch(tmp_path):
    order = []

    def batches():
        for row in range(3):
            order.append(row)
            yield sites(row)

    def finish():
        order.append("finish")
        return run()

    write_outputs(batches(), finish, tmp_path / "out", outputs=["csv", "gpkg"])
    assert order == [0, 1, 2, "finish"]


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (["cvs"], "'cvs' is no output"),
        ([], "nothing is no output"),
    ],
)
def test_a_word_that_is_no_output_is_refused_before_anything_is_made(tmp_path, outputs, said):
    with pytest.raises(UsageError, match=said):
        save(tmp_path / "out", outputs=outputs)
    assert names(tmp_path) == set()


def failing(at):
    yield sites(0)
    if at == "batches":
        raise StoppedError
    yield sites(1)


@pytest.mark.parametrize("at", ["batches", "finish"])
@pytest.mark.parametrize("kind", ["new", "deep", "standing"])
def test_a_failure_leaves_nothing_half_made(tmp_path, at, kind):
    out = tmp_path / "out" if kind != "deep" else tmp_path / "a" / "b" / "out"
    if kind == "standing":
        out.mkdir()
        (out / "notes.txt").write_text("mine")

    def finish():
        raise StoppedError

    with pytest.raises(StoppedError):
        write_outputs(failing(at), finish, out, outputs=["csv", "gpkg", "parquet"])
    if kind == "standing":
        assert contents(out) == {"notes.txt": b"mine"}
    else:
        assert names(tmp_path) == set()


def test_an_interruption_leaves_nothing_half_made(tmp_path):
    def batches():
        yield sites(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_outputs(batches(), run, tmp_path / "out", outputs=["csv", "parquet"])
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("module", "what"),
    [(csvfile.CsvFile, "add"), (csvfile.CsvFile, "close"), (parquet._GeoParquet, "add"), (write, "write_manifest")],
)
def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(tmp_path, monkeypatch, module, what):
    real = getattr(module, what)

    def full(*given):
        if what == "close":
            real(*given)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, what, full)
    with pytest.raises(OutputError, match="the disk is full"):
        save(tmp_path / "out", outputs=["csv", "parquet"])
    assert names(tmp_path) == set()


@pytest.fixture
def small_disk():
    """Let no file grow beyond some 30 kB, as a full disk would."""
    resource = pytest.importorskip("resource", reason="this system limits no file sizes")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("word", ["csv", "gpkg", "parquet", "map"])
def test_a_disk_that_is_truly_full_is_told_and_leaves_nothing(tmp_path, small_disk, word):
    # Row numbers, and names that no compression makes small.
    letters = np.random.default_rng(5).integers(0x4E00, 0x9FA5, (400, 60))
    many = batch([site(row, name="".join(map(chr, letters[row]))) for row in range(400)])
    with pytest.raises(OutputError, match="the disk has room") as told:
        save(tmp_path / "out", many, outputs=[word])
    assert ".part" not in str(told.value)
    assert names(tmp_path) == set()


def test_a_full_disk_under_the_geopackage_is_told_too(tmp_path, monkeypatch):
    def full(*_, **__):
        msg = "Error adding features to dataset"
        raise RuntimeError(msg)

    monkeypatch.setattr(gpkg.pyogrio, "write_arrow", full)
    with pytest.raises(OutputError, match=r"result.gpkg: layer sites cannot be written \(Error adding features"):
        save(tmp_path / "out", outputs=["gpkg"])
    assert names(tmp_path) == set()


def test_a_fault_in_reading_the_sites_is_not_taken_for_a_fault_in_writing(tmp_path):
    def batches():
        yield sites(0)
        raise FileNotFoundError(errno.ENOENT, "No such file", "sites.shp")

    with pytest.raises(FileNotFoundError):
        write_outputs(batches(), run, tmp_path / "out", outputs=["csv"])


def test_another_run_is_not_overwritten_without_force(tmp_path):
    out = tmp_path / "out"
    save(out)
    before = contents(out)
    with pytest.raises(OutputError, match=r"already holds sites.csv.*--force"):
        save(out, sites(0, 1))
    assert contents(out) == before


def test_the_refusal_comes_before_the_work(tmp_path):
    out = tmp_path / "out"
    save(out)

    def batches():
        raise StoppedError
        yield

    with pytest.raises(OutputError):
        write_outputs(batches(), run, out, outputs=["csv"])


def test_force_replaces_every_file_and_removes_what_this_run_did_not_make(tmp_path):
    out = tmp_path / "out"
    save(out, sites(0), outputs=["csv", "gpkg"])
    (out / "notes.txt").write_text("mine")
    save(out, sites(0, 1), outputs=["csv"], force=True)
    assert names(out) == {*TABLES, "notes.txt"}
    assert column(out / "sites.csv", "row") == ["0", "1"]
    assert (out / "notes.txt").read_text() == "mine"


def test_force_does_not_remove_a_file_that_no_run_claims(tmp_path):
    out = tmp_path / "out"
    save(out, outputs=["csv"])
    (out / "report.docx").write_text("by hand")
    save(out, outputs=["csv"], force=True)
    assert (out / "report.docx").read_text() == "by hand"


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"toolkit": "other", "files": ["map.html"]}',
        '{"files": "map.html"}',
        '{"toolkit": "fuling-gis", "files": ["../../secret", "../secret", 7]}',
    ],
)
def test_a_foreign_manifest_claims_nothing(tmp_path, text):
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text(text)
    (out / "map.html").write_text("by hand")
    (tmp_path / "secret").write_text("secret")
    save(out, outputs=["csv"], force=True)
    assert names(out) == {*TABLES, "map.html"}
    assert (tmp_path / "secret").exists()


def test_a_folder_with_other_files_is_used_and_they_are_kept(tmp_path):
    out = tmp_path / "out"
    (out / "data").mkdir(parents=True)
    (out / "sites.shp").write_text("mine")
    save(out)
    assert names(out) == {*TABLES, "data", "sites.shp"}


def test_a_new_folder_is_open_to_whom_any_new_folder_is(tmp_path):
    save(tmp_path / "out")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").write_text("x")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "out" / "sites.csv").stat().st_mode == (tmp_path / "plain" / "file").stat().st_mode


def test_parents_that_are_missing_are_made(tmp_path):
    save(tmp_path / "a" / "b" / "out")
    assert names(tmp_path / "a" / "b") == {"out"}


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="is a file, and results need a folder"):
        save(tmp_path / "out")
    with pytest.raises(OutputError, match="no folder can be made there"):
        save(tmp_path / "out" / "below")


def test_a_folder_where_a_file_should_be_is_told(tmp_path):
    (tmp_path / "out" / "sites.csv").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"sites.csv: is a folder"):
        save(tmp_path / "out", force=True)


@pytest.mark.parametrize("at", range(10))
def test_a_file_held_open_elsewhere_leaves_the_former_run_as_it_was(tmp_path, monkeypatch, at):
    out = tmp_path / "out"
    save(out, sites(0))
    before = contents(out)
    calls = iter(range(100))
    real = Path.replace

    def replace(self, target):
        # Five files go away and five come: at any of these steps another program may hold one.
        if next(calls) == at:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match=r"Permission denied.*close it where it is open"):
        save(out, sites(0, 1), force=True)
    assert contents(out) == before


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_geopackage_open_in_another_program_is_not_replaced(tmp_path, mode):
    out = tmp_path / "out"
    save(out, outputs=["gpkg"])
    with closing(sqlite3.connect(out / "result.gpkg", isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("CREATE TABLE mine (x)")
        if mode == "delete":
            db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutputError, match="is open in another program"):
            save(out, outputs=["gpkg"], force=True)
    save(out, outputs=["gpkg"], force=True)


def test_a_file_that_was_read_is_never_replaced(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "sites.csv").write_text("site_id,lon,lat\n")
    made = run(facts={"inputs": [{"path": str(out / "sites.csv")}]})
    with pytest.raises(OutputError, match="is a file that was read"):
        save(out, made=made, force=True)
    assert contents(out) == {"sites.csv": b"site_id,lon,lat\n"}


def test_a_run_that_appears_meanwhile_is_not_overwritten(tmp_path):
    # Another machine, whose locks this one does not see, has put its results there.
    out, other = tmp_path / "out", tmp_path / "other"
    save(other, sites(7))

    def batches():
        yield sites(0)
        shutil.copytree(other, out)

    with pytest.raises(OutputError, match="already holds"):
        write_outputs(batches(), run, out, outputs=["csv"])
    assert column(out / "sites.csv", "row") == ["7"]
    assert names(tmp_path) == {"out", "other"}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("standing", [False, True])
def test_two_runs_never_write_into_one_folder_at_a_time(tmp_path, force, standing):
    out = tmp_path / "out"
    if standing:
        out.mkdir()

    def batches():
        yield sites(0)
        with pytest.raises(OutputError, match="another run is writing there"):
            save(out, sites(7), force=force)
        yield sites(1)

    write_outputs(batches(), run, out, outputs=["csv"])
    assert column(out / "sites.csv", "row") == ["0", "1"]
    assert names(out) == TABLES
    assert names(tmp_path) == {"out"}


def test_a_folder_is_one_folder_by_whatever_link_it_is_named(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    def batches():
        yield sites(0)
        with pytest.raises(OutputError, match="another run is writing there"):
            save(tmp_path / "real", sites(7))

    write_outputs(batches(), run, tmp_path / "link", outputs=["csv"])
    assert names(tmp_path) == {"real", "link"}


@pytest.mark.parametrize("end", ["done", "failed"])
def test_the_claim_ends_with_the_run(tmp_path, end):
    out = tmp_path / "out"
    if end == "failed":
        with pytest.raises(StoppedError):
            write_outputs(failing("batches"), run, out, outputs=["csv"])
    else:
        save(out, sites(3))
    save(out, sites(7), force=True)
    assert column(out / "sites.csv", "row") == ["7"]


def test_where_no_file_can_be_locked_runs_go_on_without(tmp_path, monkeypatch):
    def refused(_handle):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(claim, "_lock", refused)
    (tmp_path / f".out.{'0' * 12}.part").mkdir()
    save(tmp_path / "out")
    # It may be another run's, and stays.
    assert f".out.{'0' * 12}.part" in names(tmp_path)


def test_a_parent_that_cannot_be_listed_is_no_hindrance(tmp_path, monkeypatch):
    real = Path.iterdir

    def refused(self):
        if self == tmp_path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", refused)
    save(tmp_path / "out")
    monkeypatch.undo()
    assert names(tmp_path) == {"out"}


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    left, others, former = (
        tmp_path / f".{name}.part" for name in ("out.0123456789ab", "out2.0123456789ab", "out.f0f0")
    )
    for folder in (left, others, former):
        folder.mkdir()
        (folder / "sites.csv").write_text("half")
    moved = tmp_path / ".out.ba9876543210.part"
    (moved / "former").mkdir(parents=True)
    save(tmp_path / "out")
    # Killed while files moved, the last one holds results of the run before.
    assert names(tmp_path) == {"out", others.name, former.name, moved.name}


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    save(tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "real") == TABLES


def test_the_default_words_are_words(tmp_path):
    assert write.checked([*DEFAULT_OUTPUTS, "csv"]) == ("csv", "geo", "xlsx", "map", "report")


def test_the_page_of_outputs_names_every_word_file_column_and_colour():
    page = (Path(__file__).parents[1] / "docs" / "outputs.md").read_text("utf-8")
    for name in {*OUTPUTS, *FILES, *RULE_COLUMNS}:
        assert f"`{name}`" in page, name
    for verdict, colour in verdict_colours().items():
        assert f"| `{verdict}` | {verdict_name(verdict, 'zh')} | `{colour}` |" in page
    assert f"{SITES_IN_GPKG:,} sites" in page
    assert f"{FINDINGS_WITH_TEXTS:,} findings" in page


def test_a_notice_that_comes_twice_is_said_once(tmp_path):
    one, other = {"zh": "甲", "en": "a"}, {"zh": "乙", "en": "b"}
    written = save(tmp_path / "out", made=run(notices=(one, other, dict(one))))
    assert written.notices == (one, other)
    assert written.run.notices == (one, other)


def test_a_slow_output_holds_the_screening_back(tmp_path, monkeypatch):
    ahead = []
    taken = []
    monkeypatch.setattr(write.Tally, "add", lambda _, part: taken.append(part.batch))

    def batches():
        for row in range(20):
            ahead.append(row - len(taken))
            yield sites(row)

    write_outputs(batches(), run, tmp_path / "out", outputs=("csv",))
    assert len(taken) == 20
    # Those that wait, and the one in hand.
    assert max(ahead) <= 3


def test_no_more_rows_are_written_behind_than_is_said():
    made, written = [], []

    def take(one):
        time.sleep(0.02)
        written.append(len(one.geometry))
        return sum(written)

    def batches():
        for rows in (10, 10, 30, 10, 5, 5, 5):
            assert sum(made) - sum(written) <= 20
            made.append(rows)
            yield SimpleNamespace(geometry=np.empty(rows, object))

    # Each number once and in order; what is larger than the limit is written before more is asked for.
    assert list(write._behind(take, batches(), 20)) == [10, 20, 50, 60, 65, 70, 75]
    assert written == made
