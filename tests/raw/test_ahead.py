"""A thread works ahead, but not far, and what happens in it is told to whoever reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from customer360.errors import SourceUnreachable
from customer360.raw.ahead import ahead


def test_items_come_in_order_and_whole() -> None:
    assert list(ahead(ahead(range(1000), depth=1))) == list(range(1000))
    assert list(ahead([])) == []


def test_errors_keep_their_class() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise SourceUnreachable("The server went away.")

    found: list[int] = []
    with pytest.raises(SourceUnreachable, match="The server went away"):
        found.extend(ahead(ahead(broken())))
    assert found == [1], "what came before the error counts"


def test_a_slow_reader_is_not_overrun() -> None:
    made = []

    def source() -> Iterator[int]:
        for n in range(100):
            made.append(n)
            yield n

    reader = ahead(source(), depth=2)
    assert next(reader) == 0
    time.sleep(0.3)
    assert len(made) <= 5
    reader.close()  # type: ignore[attr-defined]  # it is a generator


def test_the_thread_ends_when_the_reader_stops() -> None:
    before = threading.active_count()
    reader = ahead(iter(range(10_000)), depth=1)
    next(reader)
    reader.close()  # type: ignore[attr-defined]  # it is a generator
    assert threading.active_count() == before
