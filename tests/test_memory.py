"""Memory of a long run: what was let go goes back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
import numpy as np
from fuling_gis.memory import share_heaps

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))

share_heaps()
before = held()
def take():
    # Blocks of 400 kB; what is kept of them lies between those that are let go.
    blocks = [np.ones(50_000) for _ in range(500)]
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
    # 500 blocks of 400 kB are kept, and 500 were let go.
    assert 195_000 < int(done.stdout) < 240_000


def test_arrow_uses_the_heaps_of_all() -> None:
    program = (
        "import pyarrow; from fuling_gis.memory import share_heaps; share_heaps();"
        "print(pyarrow.default_memory_pool().backend_name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "system"
