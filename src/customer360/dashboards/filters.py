"""Hold what a reader chose on a page, put it into metric queries, and say what it does not reach."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.dashboards import formats
from customer360.dashboards.locales import later
from customer360.semantic.query import AllOf, Condition, Filter, MetricQuery, TimeRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TIME = "date"
"""The name under which ``filters:`` of a dashboard asks for a from and a to date."""


@dataclass(frozen=True)
class Filters:
    """Days ``start`` to ``end`` (both included, either may be open) and chosen values by dimension."""

    start: date | None = None
    end: date | None = None
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def has_time(self) -> bool:
        """Whether the page is limited in time."""
        return self.start is not None or self.end is not None

    def previous(self) -> Filters | None:
        """Return the same choice for the period before: as many whole months, else as many days; None when open."""
        if self.start is None or self.end is None:
            return None
        start, end = period_before(self.start, self.end)
        return Filters(start, end, self.values)

    def text(self) -> str:
        """Return the time range in words."""
        if self.start and self.end:
            return formats.days_between(self.start, self.end)
        if self.start:
            return f"since {formats.day(self.start)}"
        return f"until {formats.day(self.end)}" if self.end else "all time"


NO_FILTERS = Filters()


@dataclass(frozen=True)
class Narrowed:
    """A query with the page's filters in it, and those that do not apply to it."""

    query: MetricQuery
    unreached: tuple[str, ...] = ()


def narrowed(
    query: MetricQuery, filters: Filters, accepts: Callable[[MetricQuery], bool], labels: Mapping[str, str]
) -> Narrowed:
    """Return the query limited by the page's filters.

    A filter that cannot reach the query's metrics (``accepts`` says no) is left out and named in ``unreached``.
    """
    unreached = []
    for label, more in _additions(query, filters, labels):
        with_it = query.model_copy(update=more(query))
        if accepts(with_it):
            query = with_it
        else:
            unreached.append(label)
    return Narrowed(query, tuple(unreached))


def _additions(
    query: MetricQuery, filters: Filters, labels: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[MetricQuery], dict[str, object]]]]:
    if filters.has_time:
        time = TimeRange(
            start=filters.start.isoformat() if filters.start else None,
            end=filters.end.isoformat() if filters.end else None,
            dimension=query.time.dimension if query.time else None,
        )
        yield TIME, lambda _query: {"time": time}
    for name, chosen in filters.values:
        condition = _condition(name, chosen)
        label = labels.get(name, name).lower()
        yield label, lambda so_far, c=condition: {"where": AllOf(all=(*_kept(so_far), c))}  # type: ignore[misc]


def _kept(query: MetricQuery) -> tuple[Filter, ...]:
    if query.where is None:
        return ()
    return query.where.all if isinstance(query.where, AllOf) else (query.where,)


def _condition(name: str, chosen: Sequence[str]) -> Condition:
    if len(chosen) == 1:
        return Condition(field=name, value=chosen[0])
    return Condition(field=name, op="in", value=list(chosen))


def period_before(start: date, end: date) -> tuple[date, date]:
    """Return the period of the same length that ends the day before ``start``; whole months stay whole months."""
    before = start - timedelta(days=1)
    if start.day == 1 and end.day == monthrange(end.year, end.month)[1]:
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        return months_back(start, months), before
    return before - (end - start), before


def months_back(first: date, months: int) -> date:
    """Return the first day of the month that lies so many months before the month of ``first``."""
    index = first.year * 12 + first.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def presets(as_of: date) -> tuple[tuple[str, date | None, date | None], ...]:
    """Return the ranges a page offers by name: label, first day, last day, to the as-of date."""
    month = as_of.replace(day=1)
    return (
        (later("3 months"), months_back(month, 2), as_of),
        (later("12 months"), months_back(month, 11), as_of),
        (later("This year"), as_of.replace(month=1, day=1), as_of),
        (later("All time"), None, None),
    )
