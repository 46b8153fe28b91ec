"""Read the filters of a page from its address, and write addresses with other filters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from customer360.dashboards.filters import TIME, Filters
from customer360.errors import QueryError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.project.spec import Dashboard

FROM, TO = "from", "to"
_LONGEST = 200
"""Characters of a filter value; no category is called so, and addresses are logged."""


def filters_of(address: QueryParams | str, board: Dashboard) -> Filters:
    """Return what an address chooses: ``?from=2024-01-01&to=2024-03-31&segment=VIP``. Errors: QueryError."""
    parameters = QueryParams(address)
    start, end = _day(parameters.get(FROM), FROM), _day(parameters.get(TO), TO)
    if start and end and start > end:
        raise QueryError(
            f"The period begins on {start} and ends before that, on {end}.", next_step="Swap the two days."
        )
    values = []
    for name in board.filters:
        chosen = tuple(dict.fromkeys(value for value in parameters.getlist(name) if value))
        if name != TIME and chosen:
            if any(len(value) > _LONGEST for value in chosen):
                raise QueryError(f"A value of '{name}' is longer than {_LONGEST} characters.")
            values.append((name, chosen))
    return Filters(start, end, tuple(values))


def unknown_names(address: QueryParams | str, board: Dashboard, *, besides: Sequence[str] = ()) -> list[UnknownName]:
    """Return the filters of an address that a dashboard does not have; ``besides``: what it may say besides."""
    known = [FROM, TO, *(name for name in board.filters if name != TIME)]
    asked = dict.fromkeys(name for name, _ in QueryParams(address).multi_items())
    return [
        UnknownName(f"filter of '{board.name}'", name[:_LONGEST], known)
        for name in asked
        if name not in known and name not in besides
    ]


def check_names(address: QueryParams | str, board: Dashboard, *, besides: Sequence[str] = ()) -> None:
    """Refuse filters that a dashboard does not have. Errors: QueryError."""
    for wrong in unknown_names(address, board, besides=besides):
        raise QueryError(wrong.what, next_step=wrong.next_step)


def only_known(address: QueryParams, board: Dashboard, *, besides: Sequence[str] = ()) -> Filters:
    """Return what an address chooses, every name of which must be known. Errors: QueryError."""
    check_names(address, board, besides=besides)
    return filters_of(address, board)


def query_of(filters: Filters, **changed: date | None) -> str:
    """Return the part of an address after ``?`` for these filters; ``start`` and ``end`` may be given anew."""
    start, end = changed.get("start", filters.start), changed.get("end", filters.end)
    pairs = [(FROM, start.isoformat())] if start else []
    pairs += [(TO, end.isoformat())] if end else []
    pairs += [(name, value) for name, chosen in filters.values for value in chosen]
    return urlencode(pairs)


def spoken(filters: Filters) -> str:
    """Return the filters in words, for a picture of the page."""
    days = [filters.text()] if filters.has_time else []
    return ", ".join([*days, *(value for _, chosen in filters.values for value in chosen)])


def without(filters: Filters, name: str, value: str | None = None) -> Filters:
    """Return the filters less one choice: a value of a dimension, or the whole period (``date``)."""
    if name == TIME:
        return Filters(None, None, filters.values)
    left = tuple(
        (dimension, tuple(v for v in chosen if dimension != name or (value is not None and v != value)))
        for dimension, chosen in filters.values
    )
    return Filters(filters.start, filters.end, tuple((dimension, chosen) for dimension, chosen in left if chosen))


def toggled(filters: Filters, name: str, value: str) -> Filters:
    """Return the filters with one value more of a dimension, or less where it is chosen already."""
    if value in dict(filters.values).get(name, ()):
        return without(filters, name, value)
    found = dict(filters.values)
    found[name] = (*found.get(name, ()), value)
    return Filters(filters.start, filters.end, tuple(found.items()))


def _day(text: str | None, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(
            f"'{text[:40]}' is no date.", next_step=f"Write '{name}' as YYYY-MM-DD, for example 2024-11-30."
        ) from None
