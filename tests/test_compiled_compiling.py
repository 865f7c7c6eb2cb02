"""What was compiled is kept, and nothing that happens to the files can stop a job."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from fuling_gis.overlay import visibility_kernel
from fuling_gis.overlay.compiled import compiling


def twice(out):
    for i in range(len(out)):
        out[i] = 2 * out[i]


def doubled() -> list[float]:
    """Compile `twice` anew, as another process would, and run it."""
    out = np.array([1.0, 2.0])
    compiling.step(twice)(out)
    return out.tolist()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Name a folder for what is compiled, as the user would."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


DAY_S = 24 * 3600
OLD = "0123456789abcdef"


@pytest.fixture
def left(folder) -> Path:
    """Make what an earlier text of the loops left behind, used 61 days ago."""
    compiling._tend.cache_clear()
    old = folder / OLD
    below = old / f"compiled_{40 * 'a'}"
    below.mkdir(parents=True)
    for name in ("loop-1.py311.nbi", "loop-1.py311.1.nbc", "loop-1.py311.1.nbc.tmp.0f3a"):
        (below / name).write_bytes(b"code")
    age(old, 61)
    return old


def age(top: Path, days: float) -> None:
    """Make a folder and all below it look as if it had been used so many days ago."""
    then = time.time() - days * DAY_S
    for path in (*top.rglob("*"), top):
        os.utime(path, (then, then), follow_symlinks=False)


def everything(top: Path) -> set[str]:
    return {str(path.relative_to(top)) for path in top.rglob("*")}


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in {".nbi", ".nbc"})


def test_what_was_compiled_is_kept_in_the_folder_that_the_user_named_and_found_there_again(folder):
    assert doubled() == [2.0, 4.0]
    index, code = sorted(kept(folder), key=lambda path: path.suffix, reverse=True)
    assert (index.suffix, code.suffix) == (".nbi", ".nbc")
    written = code.stat().st_mtime_ns
    loop = compiling.step(twice)
    loop(np.zeros(1))
    assert list(loop.stats.cache_hits.values()) == [1]
    assert code.stat().st_mtime_ns == written


def test_another_text_of_the_loops_has_another_folder(folder, monkeypatch):
    doubled()
    before = {path.relative_to(folder).parts[0] for path in kept(folder)}
    monkeypatch.setattr(compiling, "text_of_loops", lambda: "other")
    doubled()
    after = {path.relative_to(folder).parts[0] for path in kept(folder)}
    assert len(before) == 1
    assert after == {*before, "other"}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("left", [b"", b"half of it", None])
def test_a_broken_file_is_as_good_as_none_and_is_mended(folder, suffix, left):
    doubled()
    (path,) = (path for path in kept(folder) if path.suffix == suffix)
    path.write_bytes(path.read_bytes()[:60] if left is None else left)
    assert doubled() == [2.0, 4.0]
    loop = compiling.step(twice)
    loop(np.zeros(1))
    assert list(loop.stats.cache_hits.values()) == [1]


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_one_bit_that_has_changed_is_seen_wherever_it_is(folder, suffix):
    doubled()
    (path,) = (path for path in kept(folder) if path.suffix == suffix)
    content = path.read_bytes()
    for place in [*np.linspace(0, len(content) - 1, 24).astype(int).tolist()]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        loop = compiling.step(twice)
        loop(np.zeros(1))
        assert not loop.stats.cache_hits, place
        assert path.read_bytes() != flipped


def test_code_for_other_types_is_not_taken(folder):
    for kind in (float, int):
        compiling.step(twice)(np.ones(3, kind))
    first, second = (path for path in kept(folder) if path.suffix == ".nbc")
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    for kind in (float, int):
        out = np.arange(3).astype(kind)
        compiling.step(twice)(out)
        assert out.tolist() == [0, 2, 4]


def test_a_broken_index_that_cannot_be_replaced_stops_nothing(folder, monkeypatch):
    doubled()
    (path,) = (path for path in kept(folder) if path.suffix == ".nbi")
    path.write_bytes(b"broken")

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refused)
    assert doubled() == [2.0, 4.0]


def test_the_loops_of_the_visible_range_are_kept_like_the_others():
    loops = ("first_hidden", "is_hidden_near", "look", "fallen", "walk")
    assert all(isinstance(getattr(visibility_kernel, name)._cache, compiling._Kept) for name in loops)


def test_a_full_disk_keeps_nothing_and_stops_nothing(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert doubled() == [2.0, 4.0]
    assert not kept(folder)


def test_without_any_folder_loops_are_compiled_all_the_same(monkeypatch):
    def homeless(_):
        message = "Could not determine home directory."
        raise RuntimeError(message)

    monkeypatch.setattr(compiling, "_folder", homeless)
    assert doubled() == [2.0, 4.0]


def test_where_the_package_cannot_be_written_the_users_own_folder_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiling._folder("").parent == tmp_path / "fuling-gis"


def test_what_an_upgrade_left_goes_after_sixty_days_and_what_is_in_use_stays(folder, left):
    doubled()
    assert not left.exists()
    assert kept(folder)


def test_what_was_used_within_sixty_days_stays(folder, left):
    age(left, 59)
    before = everything(left)
    doubled()
    assert everything(left) == before


def test_a_folder_that_a_process_uses_is_marked_as_used(folder, left, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(compiling, "text_of_loops", lambda: OLD)
        doubled()
    compiling._tend.cache_clear()
    doubled()
    assert time.time() - left.stat().st_mtime < DAY_S
    assert (left / f"compiled_{40 * 'a'}" / "loop-1.py311.nbi").exists()


@pytest.mark.parametrize("name", ["mine.txt", f"compiled_{40 * 'a'}/mine.txt", f"compiled_{40 * 'b'}/deep/loop.nbi"])
def test_a_folder_that_holds_anything_not_ours_stays_whole(folder, left, name):
    path = left / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("somebody's", "utf-8")
    age(left, 400)
    before = everything(left)
    doubled()
    assert everything(left) == before


def test_folders_and_files_of_other_names_stay(folder, left):
    for name in (f"other_{40 * 'a'}", "0123456789abcde", "0123456789ABCDEF"):
        shutil.copytree(left, folder / name)
        age(folder / name, 400)
    (folder / "fedcba9876543210").write_text("a file", "utf-8")
    age(folder / "fedcba9876543210", 400)
    doubled()
    assert {path.name for path in folder.iterdir()} == {
        *(f"other_{40 * 'a'}", "0123456789abcde", "0123456789ABCDEF", "fedcba9876543210"),
        compiling.text_of_loops(),
    }


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_not_followed(folder, left, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "code"
    left.rename(elsewhere)
    before = everything(elsewhere)
    left.symlink_to(elsewhere, target_is_directory=True)
    doubled()
    assert everything(elsewhere) == before
    assert left.is_symlink()


@pytest.mark.parametrize(
    ("place", "name", "stays"),
    [(os, "utime", False), (Path, "iterdir", True), (Path, "unlink", True), (Path, "rmdir", True)],
)
def test_what_cannot_be_marked_listed_or_removed_stops_nothing(folder, left, monkeypatch, place, name, stays):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as read_only:
        read_only.setattr(place, name, refused)
        assert doubled() == [2.0, 4.0]
    assert left.exists() is stays


def test_two_processes_may_remove_the_same_at_once(folder, left, monkeypatch):
    plain = Path.unlink

    def late(path, *, missing_ok=False):
        plain(path)
        plain(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", late)
    doubled()
    assert not left.exists()
