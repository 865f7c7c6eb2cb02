"""The engine against brute force, on workspaces that nobody thought of.

FULING_SOAK=5000 runs as many worlds; FULING_SOAK_FROM=100000 takes other seeds.
"""

from __future__ import annotations

import os

import pytest
import toy
from oracle.compare import Comparison, compare
from oracle.worlds import world

WORLDS = int(os.environ.get("FULING_SOAK", "208"))
FIRST = int(os.environ.get("FULING_SOAK_FROM", "0"))
BLOCKS = 26


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_engine_says_what_brute_force_says(block):
    found = Comparison()
    # Half of the blocks go the way of many sites.
    with toy.many(sites=block % 2 == 1):
        for seed in range(FIRST + block, FIRST + WORLDS, BLOCKS):
            compare(world(seed), f"world {seed}", found)
    assert not found.differences, "\n".join([f"{len(found.differences)} differences", *found.differences[:20]])
    assert found.uncalled < 0.1 * found.asked, f"{found.uncalled} of {found.asked} answers were too close to call"
