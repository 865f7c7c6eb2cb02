"""Somebody stops a run: wherever Python stands, the run ends, and imports go on for whoever still has some."""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fuling_gis.cli import stopping

ROOT = Path(__file__).parents[1]

# Imports modules again and again while a signal comes every few milliseconds; tells how many stopped it, whether one
# was lost, and whether a thread can import still. Half of the time Python is in the midst of an import.
STRESS = """
import importlib, random, signal, sys, threading, time
from fuling_gis.cli.stopping import stop
sys.path.insert(0, sys.argv[1])
signal.signal(signal.SIGALRM, stop)
chance, stopped, lost = random.Random(1), 0, 0
while stopped + lost < 2000:
    try:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0002, 0.004))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for number in range(20):
                sys.modules.pop(f"empty_{number}", None)
                importlib.import_module(f"empty_{number}")
        lost += 1
    except KeyboardInterrupt:
        stopped += 1
    if lost:
        break
sys.modules.pop("empty_1", None)
last = threading.Thread(target=importlib.import_module, args=["empty_1"], daemon=True)
last.start()
last.join(20)
print(stopped, lost, last.is_alive(), sys.getprofile())
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer that sends a signal")
def test_no_signal_is_lost_in_an_import_and_no_import_is_left_locked(tmp_path):
    for number in range(20):
        (tmp_path / f"empty_{number}.py").write_text("for _ in range(3000):\n    pass\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", STRESS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.split() == ["2000", "0", "False", "None"], done.stderr


class _Stopping:
    """Is asked for modules, and stops the run as if the signal came while Python was in the midst of the import."""

    steps: list[str]

    def __init__(self) -> None:
        self.steps = []

    def find_spec(self, name, *_more):
        if name == "no_such_module":
            try:
                stopping.stop(signal.SIGINT, inspect.currentframe().f_back)
            except KeyboardInterrupt:
                self.steps.append("raised at once")
                raise
            self.steps.append("gone on")


def test_in_the_midst_of_an_import_it_waits_for_the_next_step_outside(monkeypatch):
    finder = _Stopping()
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module("no_such_module")
    # What Python asked of outside was such a step.
    assert finder.steps == []
    assert sys.getprofile() is None


def test_elsewhere_it_stops_at_once():
    with pytest.raises(KeyboardInterrupt):
        stopping.stop(signal.SIGINT, inspect.currentframe())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_what_is_to_be_passed_over_is_passed_over():
    script = (
        "import signal\n"
        "from fuling_gis.cli.stopping import heed, stop\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "heed()\n"
        "names = ['SIGINT', 'SIGTERM', 'SIGHUP']\n"
        "print([signal.getsignal(getattr(signal, name)) is stop for name in names])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[True, True, False]"
