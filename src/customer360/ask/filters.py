"""Walk the conditions of a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.semantic.query import AllOf, Condition, Filter

if TYPE_CHECKING:
    from collections.abc import Iterator


def conditions_of(given: Filter | None) -> Iterator[Condition]:
    """Yield the conditions of a filter."""
    if isinstance(given, Condition):
        yield given
    elif isinstance(given, AllOf):
        for part in given.all:
            yield from conditions_of(part)
    elif given is not None and hasattr(given, "any"):
        for part in given.any:
            yield from conditions_of(part)
