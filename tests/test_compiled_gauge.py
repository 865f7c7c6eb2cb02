"""A gauge is made once, whoever asks first, and is the same in another process."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import shapely
import toy

from fuling_gis.overlay.compiled import gauge as gauges
from fuling_gis.overlay.compiled.gauge import Gauge, gauge_of
from fuling_gis.overlay.shapes import dissolved, shape_of
from fuling_gis.overlay.sitetree import sites_of

SQUARE = shapely.box(0, 0, 100, 100)
PLACES = np.asarray(shapely.points([(50.0, 50.0), (103.0, 104.0), (99.0, 50.0)]), dtype=object)


def gaps(gauge: Gauge) -> list[float]:
    """Give the distances of the three places to the outline: 50, 5 and 1 m."""
    found: list[float] = gauge.gaps(sites_of(PLACES), np.full(3, 1000.0)).tolist()
    return found


def told_by_child(gauge: Gauge, answers: Any) -> None:
    answers.put(gaps(gauge))


def test_two_threads_that_ask_a_new_shape_at_once_get_the_same_gauge(monkeypatch):
    made, both = [], Barrier(2)
    monkeypatch.setattr(gauges, "gauge_of", lambda whole, kept: made.append(1) or gauge_of(whole, kept))
    shape = shape_of(dissolved(np.array([SQUARE], dtype=object)))

    def ask(_: int) -> list[bool]:
        both.wait()
        return shape.touched(sites_of(PLACES)).tolist()

    # Around both: one that puts the size back while the other asks would leave it changed for all tests that follow.
    with toy.many(), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(2))) == [[True, False, True]] * 2
    assert made == [1]


def test_a_gauge_survives_pickling():
    again = pickle.loads(pickle.dumps(gauge_of(np.array([SQUARE], dtype=object))))  # noqa: S301  our own bytes
    assert gaps(again) == pytest.approx([50.0, 5.0, 1.0])


def test_a_forked_process_measures_on():
    gauge = gauge_of(np.array([SQUARE], dtype=object))
    gaps(gauge)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=told_by_child, args=(gauge, answers))
    child.start()
    assert answers.get() == pytest.approx([50.0, 5.0, 1.0])
    child.join()
    assert child.exitcode == 0
