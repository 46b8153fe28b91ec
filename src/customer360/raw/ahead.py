"""Let reading, casting and writing of one table go on at the same time, each in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class _Last:
    """The end of the items: how their thread ended."""

    error: BaseException | None


class _Box(Generic[T]):
    """Where a thread leaves items, a few at a time, until nobody wants them any more."""

    def __init__(self, depth: int) -> None:
        self._items: queue.Queue[T | _Last] = queue.Queue(depth)
        self._unwanted = threading.Event()

    def fill(self, items: Iterable[T]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not self._put(item):
                    return
        except BaseException as raised:  # noqa: BLE001 - raised again where the items are read
            error = raised
        self._put(_Last(error))

    def take(self) -> T | _Last:
        return self._items.get()

    def refuse(self) -> None:
        self._unwanted.set()

    def _put(self, item: T | _Last) -> bool:
        while not self._unwanted.is_set():
            try:
                self._items.put(item, timeout=_LOOK_AGAIN_SECONDS)
            except queue.Full:
                continue
            return True
        return False


def ahead(items: Iterable[T], *, depth: int = 2) -> Iterator[T]:
    """Yield items that a thread makes meanwhile, at most ``depth`` too early; its errors are raised here.

    The thread has ended when this iterator has: it may use what this one must not use at the same time.
    """
    box: _Box[T] = _Box(depth)
    thread = threading.Thread(target=box.fill, args=(items,), name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := box.take(), _Last):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        box.refuse()
        thread.join()
