"""Take single parts off a metric query, so that a person can change how a question was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.semantic.query import AllOf, Filter, MetricQuery

if TYPE_CHECKING:
    from collections.abc import Iterator


def without_each(query: MetricQuery) -> tuple[MetricQuery | None, ...]:
    """Return the query without each of its parts, in the order of its chips; None where nothing can be taken off."""
    return tuple(_parts(query))


def _parts(query: MetricQuery) -> Iterator[MetricQuery | None]:
    for name in query.metrics:
        yield _without_metric(query, name)
    for each in query.dimensions:
        yield _without_dimension(query, each.name, tuple(d for d in query.dimensions if d != each))
    yield from _without_conditions(query, "where")
    yield from _without_conditions(query, "having")
    yield None if query.time is None else _changed(query, time=None, compare=None)
    if query.compare is not None:
        yield _changed(query, compare=None)
    if query.summary is not None or query.shares or query.windows:
        yield _changed(query, summary=None, shares=(), windows=(), fill=None)
    if query.limit is not None:
        yield _changed(query, limit=None)
    for order in query.order:
        yield _changed(query, order=tuple(each for each in query.order if each != order), limit=None)
    if query.top is not None:
        yield _changed(query, top=None)


def _without_metric(query: MetricQuery, name: str) -> MetricQuery | None:
    """Return the query without one of several metrics; None when something else hangs on it."""
    rest = tuple(each for each in query.metrics if each != name)
    hangs = query.summary or query.shares or query.windows or query.top or query.having
    if not rest or hangs or any(order.by == name for order in query.order):
        return None
    return _changed(query, metrics=rest)


def _without_dimension(query: MetricQuery, name: str, rest: tuple[Any, ...]) -> MetricQuery | None:
    """Return the query without one of its dimensions, and without what needs it."""
    if query.summary is not None and query.summary.over == name:
        return None
    changes: dict[str, Any] = {"dimensions": rest}
    if query.top is not None and query.top.dimension == name:
        changes["top"] = None
    if not rest:
        changes |= {"order": (), "limit": None, "shares": (), "windows": (), "having": None, "top": None}
        if query.time is None:
            changes["compare"] = None
    return _changed(query, **changes)


def _without_conditions(query: MetricQuery, key: str) -> Iterator[MetricQuery]:
    given: Filter | None = getattr(query, key)
    if given is None:
        return
    parts = given.all if isinstance(given, AllOf) else (given,)
    for at in range(len(parts)):
        rest = (*parts[:at], *parts[at + 1 :])
        left = None if not rest else rest[0] if len(rest) == 1 else AllOf(all=rest)
        yield _changed(query, **{key: left})


def _changed(query: MetricQuery, **changes: Any) -> MetricQuery:
    return query.model_copy(update=changes)
