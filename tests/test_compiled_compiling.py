"""What was compiled is kept, and nothing that happens to the files can stop a job."""

from __future__ import annotations

import os
from pathlib import Path

import numba
import numpy as np
import pytest

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
    monkeypatch.setattr(compiling, "_version", lambda: "other")
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
