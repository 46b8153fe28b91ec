"""Read the wall clock: the only module that may, and only for logs, stamps and locks, never for a figure."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, UTC, time-zone aware."""
    return datetime.now(tz=UTC)


def stopwatch() -> float:
    """Return seconds on a clock that never goes back; subtract two readings for a duration."""
    return time.monotonic()
