"""Answer what stands beside a figure row by row: comparisons, shares, windows, gaps, the largest members."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.semantic.naive import (
    BUCKETS,
    METRICS,
    Asked,
    Facts,
    Key,
    Part,
    evaluate,
    in_period,
    metric_value,
    month_add,
    next_bucket,
    part_values,
    ratio,
    selected,
)

ADDITIVE = {"revenue", "returned_amount", "lines", "units", "tickets", "handling_minutes", "margin"}
ADDITIVE_PARTS = {METRICS[name][0][0] for name in ADDITIVE}
Table = dict[Key, list[Any]]


def months_in(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month + 1


def time_position(asked: Asked) -> int | None:
    return next((n for n, d in enumerate(asked.dimensions) if d.startswith("time:")), None)


def closed(asked: Asked) -> tuple[date, date]:
    start, end = asked.period
    assert start is not None
    assert end is not None
    return start, end


def compared(facts: Facts, asked: Asked) -> Table:
    """Return value, value of the period before, change and rate of change of each metric; whole months only."""
    start, end = closed(asked)
    count = months_in(start, end)
    before = (month_add(start, -count), start - timedelta(days=1))
    now, then = evaluate(facts, asked), evaluate(facts, replace(asked, period=before))
    position = time_position(asked)

    def moved(key: Key) -> Key:
        if position is None or key[position] is None:
            return key
        day = key[position]
        is_daily = asked.dimensions[position] == "time:day"
        later = day + (start - before[0]) if is_daily else month_add(day, count)
        return (*key[:position], later, *key[position + 1 :])

    then = {moved(key): values for key, values in then.items()}
    nothing = [metric_value(name, {part: {} for part in METRICS[name][0]}, ()) for name in asked.metrics]
    table: Table = {}
    for key in {**now, **then}:
        row: list[Any] = []
        for value, other in zip(now.get(key, nothing), then.get(key, nothing), strict=True):
            change = None if value is None or other is None else value - other
            row += [value, other, change, ratio(change, other)]
        table[key] = row
    return table


def shared(facts: Facts, asked: Asked, metric: str, within: tuple[str, ...]) -> Table:
    """Return the metrics, each followed by its share when it is the one asked for."""
    totals = evaluate(facts, replace(asked, metrics=(metric,), dimensions=within))
    places = [asked.dimensions.index(name) for name in within]
    table: Table = {}
    for key, values in evaluate(facts, asked).items():
        row: list[Any] = []
        for name, value in zip(asked.metrics, values, strict=True):
            row.append(value)
            if name == metric:
                (total,) = totals.get(tuple(key[place] for place in places), (None,))
                row.append(ratio(value, total))
        table[key] = row
    return table


def points(asked: Asked) -> list[date]:
    start, end = closed(asked)
    position = time_position(asked)
    assert position is not None
    grain = asked.dimensions[position].partition(":")[2]
    found = [BUCKETS[grain](start)]
    while next_bucket(grain, found[-1]) <= end:
        found.append(next_bucket(grain, found[-1]))
    return found


def window_values(facts: Facts, asked: Asked, part: Part, window: dict[str, Any]) -> dict[Key, Any]:
    position = time_position(asked)
    assert position is not None
    grain = asked.dimensions[position].partition(":")[2]
    _, end = closed(asked)
    everything = list(selected(facts, asked, part, (None, end)))
    found: dict[Key, Any] = {}
    for point in points(asked):
        last = min(next_bucket(grain, point) - timedelta(days=1), end)
        first = window_first(window, grain, last)
        groups: dict[Key, list[Any]] = {}
        for row in everything:
            if row["time"] is not None and in_period(row["time"], (first, last)):
                key = [point if d.startswith("time:") else asked.member(row, d) for d in asked.dimensions]
                groups.setdefault(tuple(key), []).append(row)
        found |= {key: part.value(rows) for key, rows in groups.items()}
    return found


def window_first(window: dict[str, Any], grain: str, last: date) -> date | None:
    if window["kind"] == "cumulative":
        return None
    unit = window["unit"] or grain
    first = BUCKETS[unit](last)
    for _ in range((window["count"] or 1) - 1):
        first = BUCKETS[unit](first - timedelta(days=1))
    return first


def windowed(facts: Facts, asked: Asked, window: dict[str, Any]) -> Table:
    """Return the metrics and, last, the windowed one."""
    table = {key: [*values, None] for key, values in evaluate(facts, asked).items()}
    parts = {part: window_values(facts, asked, part, window) for part in METRICS[window["metric"]][0]}
    nothing = [metric_value(name, {part: {} for part in METRICS[name][0]}, ()) for name in asked.metrics]
    for key in {key for values in parts.values() for key in values}:
        table.setdefault(key, [*nothing, None])
    for key, row in table.items():
        row[-1] = metric_value(window["metric"], parts, key)
    return table


def filled(facts: Facts, asked: Asked, *, zero: bool) -> Table:
    """Return the metrics with a row for every group at every point of time."""
    position = time_position(asked)
    assert position is not None
    table = evaluate(facts, asked)
    nothing = [metric_value(name, {part: {} for part in METRICS[name][0]}, ()) for name in asked.metrics]
    for key in list(table) if len(asked.dimensions) > 1 else [(None,)]:
        for point in points(asked):
            table.setdefault((*key[:position], point, *key[position + 1 :]), list(nothing))
    if zero:
        parts = {part: part_values(facts, asked, part) for name in asked.metrics for part in METRICS[name][0]}
        for part, values in parts.items():
            if part in ADDITIVE_PARTS:
                parts[part] = {key: 0 if values.get(key) is None else values[key] for key in table}
        table = {key: [metric_value(name, parts, key) for name in asked.metrics] for key in table}
    return table


def largest(facts: Facts, asked: Asked, dimension: str, by: str, count: int) -> Table:
    """Return the metrics with all but the largest members of a dimension together."""
    values = evaluate(facts, replace(asked, metrics=(by,), dimensions=(dimension,)))
    ranked = sorted(values, key=lambda key: (values[key][0] is None, -(values[key][0] or 0), key[0]))
    kept = frozenset(key[0] for key in ranked[:count])
    return evaluate(facts, replace(asked, kept=(dimension, kept)))
