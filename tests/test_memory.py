"""Memory of a long run: what was let go goes back."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading

import pytest
from small_workspace import make_workspace

from fuling_gis.cli import beside, main

PROGRAM = """
import sys, threading
import numpy as np
from fuling_gis.memory import share_heaps

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))

share_heaps()
before = held()
def take():
    # Blocks of 5 MB; what is kept of them lies between those that are let go.
    blocks = [np.ones(625_000) for _ in range(40)]
    del blocks[1::2]
    kept.append(blocks)
kept = []
threads = [threading.Thread(target=take) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(held() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told how to keep its heaps")
def test_what_threads_let_go_is_given_back_even_between_blocks_that_are_kept() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    # 40 blocks of 5 MB are kept, and 40 were let go.
    assert 195_000 < int(done.stdout) < 240_000


def test_arrow_uses_the_heaps_of_all() -> None:
    program = (
        "import pyarrow; from fuling_gis.memory import share_heaps; share_heaps();"
        "print(pyarrow.default_memory_pool().backend_name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "system"


def test_python_looks_for_circles_only_after_many_objects_and_still_finds_them() -> None:
    program = """
import gc, weakref
from fuling_gis.memory import OBJECTS, look_seldom
look_seldom()
class Ring: pass
a, b = Ring(), Ring()
a.other, b.other = b, a
seen = weakref.ref(a)
del a, b
some = [[] for _ in range(OBJECTS // 2)]
print(seen() is None)
more = [[] for _ in range(OBJECTS)]
print(seen() is None)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_python_looks_seldom_only_while_something_large_is_made() -> None:
    program = """
import gc, threading
from fuling_gis.memory import OBJECTS, looking_seldom
gc.set_threshold(700, 11, 12)
first, second = threading.Event(), threading.Event()
def other():
    with looking_seldom():
        first.set()
        second.wait()
thread = threading.Thread(target=other)
thread.start()
first.wait()
try:
    with looking_seldom():
        print(gc.get_threshold() == (OBJECTS, 11, 12))
        raise ValueError
except ValueError:
    pass
print(gc.get_threshold() == (OBJECTS, 11, 12))
second.set()
thread.join()
print(gc.get_threshold() == (700, 11, 12))
gc.set_threshold(0)
with looking_seldom():
    print(gc.get_threshold()[0] == 0)
gc.set_threshold(10 * OBJECTS)
with looking_seldom():
    print(gc.get_threshold()[0] == 10 * OBJECTS)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 5


@pytest.mark.parametrize(("command", "seldom"), [("rules", True), ("serve", False)])
def test_a_command_of_one_job_looks_seldom_and_a_server_as_python_does(command, seldom) -> None:
    program = f"""
import gc, sys
sys.argv = ["fuling-gis", "{command}", "--help"]
from fuling_gis.cli import main
from fuling_gis.memory import OBJECTS
usual = gc.get_threshold()
main()
print(gc.get_threshold()[0] == OBJECTS, gc.get_threshold() == usual)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == [str(seldom), str(not seldom)]


def test_a_library_that_cannot_be_loaded_beside_is_told_by_who_needs_it_alone() -> None:
    program = """
import sys
sys.modules["folium"] = None
from fuling_gis.cli.beside import loading_beside
with loading_beside(["map"]):
    pass
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_nothing_more_is_loaded_beside_what_has_failed(monkeypatch) -> None:
    failed, asked = threading.Event(), []

    def load(name: str) -> None:
        asked.append(name)
        assert failed.wait(60)

    monkeypatch.setattr(beside, "import_module", load)

    def fail() -> None:
        with beside.loading_beside(["report"]):
            threads.extend(thread for thread in threading.enumerate() if thread._target is beside._load)
            message = "no such file"
            raise ValueError(message)

    threads: list[threading.Thread] = []
    with pytest.raises(ValueError, match="no such file"):
        fail()
    (thread,) = threads
    failed.set()
    thread.join(60)
    assert len(asked) <= 1


@pytest.mark.parametrize("own", [True, False])
def test_libraries_are_loaded_beside_and_warn_nobody_only_in_a_process_of_the_programs_own(own, tmp_path) -> None:
    words = ["check", str(tmp_path / "none.shp"), "-w", str(make_workspace(tmp_path)), "--lang", "en"]
    program = f"""
import sys, threading, warnings
from fuling_gis import api
from fuling_gis.cli import beside, main
started = []
beside.loading_beside.__wrapped__.__globals__["Thread"] = lambda **given: started.append(given) or threading.Thread()
words = {words!r}
sys.argv = ["fuling-gis", *words]
main() if {own} else main(words)
print(len(started), ("ignore", None, Warning, None, 0) in warnings.filters)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(int(own)), str(own)]


@pytest.mark.skipif(os.name == "nt", reason="that is how shells of other systems close a stream")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_stream_that_is_closed_is_no_fault(closed) -> None:
    shell = ["sh", "-c", f'"$0" -m fuling_gis rules list {closed}', sys.executable]
    done = subprocess.run(shell, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_want_of_memory_is_told_in_a_sentence(monkeypatch, capsys) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("fuling_gis.cli.program._run", full)
    assert main(["rules", "list", "--lang", "en"]) == 1
    assert "not enough memory" in capsys.readouterr().err
