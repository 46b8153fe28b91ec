"""Make chunks ahead of the writer on several threads; NumPy and Arrow let threads run side by side."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Part = TypeVar("Part")
Made = TypeVar("Made")

WORKERS = max(1, min(8, os.cpu_count() or 1))


def ahead(make: Callable[[Part], Made], parts: Sequence[Part], *, workers: int = WORKERS) -> Iterator[Made]:
    """Yield ``make(part)`` for every part in their order; at most ``workers`` + 1 results wait at a time."""
    if workers == 1 or len(parts) == 1:
        yield from map(make, parts)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for part in parts:
                waiting.append(pool.submit(make, part))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for unwanted in waiting:
                unwanted.cancel()
