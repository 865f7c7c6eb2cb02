"""Screens batch after batch on several threads and gives the results in input order.

Only as many batches as there are threads are held at a time, so memory does not grow with the number of sites.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from fuling_gis.overlay import sitetree
from fuling_gis.overlay.plan import Plan
from fuling_gis.overlay.result import Batch
from fuling_gis.overlay.screening import POINTS_AT_ONCE, Screened, screen_batch
from fuling_gis.sites.model import Sites
from fuling_gis.sites.unsaid import Unsaid

# Rows screened in one go where all results are held in memory anyway; what is done once for all is done less often.
ROWS_AT_ONCE: Final = 262_144
# Rows that are being screened in a stream, or wait to be handed on, at the most, whatever the number of threads: memory
# grows with them, and more than a few threads wait for each other.
ROWS_UNDER_WAY: Final = 3 * POINTS_AT_ONCE


def rows_at_once(sites: int) -> int:
    """Tell how many of some sites in memory to screen in one go: equal parts, two at least where they are many.

    How many threads there are must not matter to what comes out.
    """
    parts = 2 * -(-sites // (2 * ROWS_AT_ONCE))
    return max(sitetree.MANY_SITES, -(-sites // max(parts, 1)))


@dataclass
class Stream:
    """The batches of a run, and what is known only when the last one is done."""

    plan: Plan
    batches: Iterable[Sites]
    # Threads; None takes one for each processor.
    jobs: int | None = None
    # Rule id to the layers for want of which it was unchecked at some site; whole when all batches are out.
    unchecked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # What the judged sites do not say of themselves; the same.
    unsaid: Unsaid = field(default_factory=Unsaid)

    def __iter__(self) -> Iterator[Batch]:
        """Give each batch's result, in input order."""
        jobs = self.jobs or os.cpu_count() or 1
        many = False
        if jobs == 1:
            # In the thread that asks: what it knows of the layers already it need not make again.
            for sites in self.batches:
                yield self._noted(screen_batch(self.plan, sites, after_many=many))
                many = many or len(sites) >= sitetree.MANY_SITES
            return
        waiting: deque[Future[Screened]] = deque()
        rows: deque[int] = deque()
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for sites in self.batches:
                    while waiting and sum(rows) + len(sites) > ROWS_UNDER_WAY:
                        rows.popleft()
                        yield self._noted(waiting.popleft().result())
                    waiting.append(pool.submit(screen_batch, self.plan, sites, after_many=many))
                    rows.append(len(sites))
                    many = many or len(sites) >= sitetree.MANY_SITES
                    if len(waiting) >= jobs:
                        rows.popleft()
                        yield self._noted(waiting.popleft().result())
                while waiting:
                    yield self._noted(waiting.popleft().result())
            finally:
                for future in waiting:
                    future.cancel()

    def _noted(self, done: Screened) -> Batch:
        for rule, layers in done.unchecked.items():
            self.unchecked[rule] = tuple(sorted({*self.unchecked.get(rule, ()), *layers}))
        self.unsaid.keep(done.said)
        return done.batch
