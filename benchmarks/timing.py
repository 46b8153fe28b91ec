"""Time two things alternately, so that a busy machine slows both, and compare their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Medians in seconds of the thing measured and of its baseline."""

    measured: float
    baseline: float

    @property
    def ratio(self) -> float:
        return self.measured / self.baseline


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def seconds_and_processor(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long one call takes, and how much processor time: on a machine that others use, the second counts."""
    began, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - processor


def paired(measured: Callable[[], object], baseline: Callable[[], object], *, rounds: int = 5) -> Pair:
    """Run both in turn ``rounds`` times after one warm-up and return the medians."""
    measured()
    baseline()
    taken = [(seconds(measured), seconds(baseline)) for _ in range(rounds)]
    return Pair(statistics.median(t[0] for t in taken), statistics.median(t[1] for t in taken))
