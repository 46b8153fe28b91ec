"""Answer metric queries row by row in plain Python: slow, obvious, and written without looking at the compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from tests.semantic.shop import COLUMNS, ROWS, Rows

Row = dict[str, Any]
Bucket = Callable[[date], date]


def month_add(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


BUCKETS: dict[str, Bucket] = {
    "day": lambda d: d,
    "week": lambda d: d - timedelta(days=d.isoweekday() - 1),
    "month": lambda d: d.replace(day=1),
    "quarter": lambda d: date(d.year, (d.month - 1) // 3 * 3 + 1, 1),
    "year": lambda d: date(d.year, 1, 1),
}


def next_bucket(grain: str, bucket: date) -> date:
    if grain in ("day", "week"):
        return bucket + timedelta(days=7 if grain == "week" else 1)
    return month_add(bucket, {"month": 1, "quarter": 3, "year": 12}[grain])


def table_rows(rows: Rows, table: str) -> list[Row]:
    names = [part.split()[0] for part in COLUMNS[table].replace("DECIMAL(10,2)", "DECIMAL").split(",")]
    return [dict(zip(names, values, strict=True)) for values in rows.get(table, [])]


def key_day(key: int | None) -> date | None:
    return date(key // 10000, key // 100 % 100, key % 100) if key is not None else None


def as_day(value: Any) -> date | None:
    if value is None:
        return None
    return datetime.fromisoformat(value).date() if isinstance(value, str) else value


class Facts:
    """Every fact row with all it belongs to looked up, as ``dimension name -> value``."""

    def __init__(self, rows: Rows) -> None:
        self.customers = {row["customer_key"]: row for row in table_rows({**ROWS, **rows}, "customer")}
        self.products = {row["product_key"]: row for row in table_rows({**ROWS, **rows}, "product")}
        self.rows = {
            "sales": [self._sale(row) for row in table_rows(rows, "sales") if not row["is_test"]],
            "tickets": [self._ticket(row) for row in table_rows(rows, "tickets")],
            "stock": [self._stock(row) for row in table_rows(rows, "stock")],
        }

    def _customer(self, row: Row) -> Row:
        customer = self.customers.get(row["customer_key"], {})
        return {f"customer.{name}": customer.get(name) for name in ("segment", "region", "age")}

    def _product(self, row: Row) -> Row:
        product = self.products.get(row["product_key"], {})
        return {f"product.{name}": product.get(name) for name in ("brand", "category")}

    def _sale(self, row: Row) -> Row:
        days = {"order_date.day": key_day(row["order_date_key"]), "ship_date.day": key_day(row["ship_date_key"])}
        own = {"sales.channel": row["channel"], "time": days["order_date.day"]}
        price = self.products.get(row["product_key"], {}).get("cost")
        cost = Decimal(price) if price is not None else None
        return {**row, **days, **own, **self._customer(row), **self._product(row), "cost": cost}

    def _ticket(self, row: Row) -> Row:
        return {**row, **self._customer(row), "time": as_day(row["created_at"])}

    def _stock(self, row: Row) -> Row:
        return {**row, **self._product(row), "time": as_day(row["day"])}


def total(values: Iterable[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def ratio(above: Any, below: Any) -> Any:
    return None if above is None or not below else float(above) / float(below)


def known(rows: list[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


@dataclass(frozen=True)
class Part:
    """One aggregate: whose rows, which of them, what of them. ``balance``: last or avg day of each point of time."""

    base: str
    value: Callable[[list[Row]], Any]
    keep: Callable[[Row], bool] = lambda _row: True
    balance: str | None = None


def sold(row: Row) -> bool:
    return not row["is_return"]


NET = Part("sales", lambda rows: total(row["net"] for row in rows), sold)
RETURNED = Part("sales", lambda rows: total(row["net"] for row in rows), lambda row: bool(row["is_return"]))
ORDERS = Part("sales", lambda rows: len(set(known(rows, "transaction_id"))), sold)
ALL_ORDERS = Part("sales", lambda rows: len(set(known(rows, "transaction_id"))))
TICKETS = Part("tickets", lambda rows: len(known(rows, "ticket_id")))


def margin(rows: list[Row]) -> Any:
    complete = [row for row in rows if None not in (row["net"], row["quantity"], row["cost"])]
    return total(row["net"] - row["quantity"] * row["cost"] for row in complete)


def mean_of(values: list[Any]) -> float | None:
    return ratio(total(values), len(values))


def median_of(values: list[Any]) -> float | None:
    return float(median(values)) if values else None


METRICS: dict[str, tuple[tuple[Part, ...], Callable[..., Any]]] = {
    "revenue": ((NET,), lambda a: a),
    "returned_amount": ((RETURNED,), lambda a: a),
    "lines": ((Part("sales", len),), lambda a: a or 0),
    "units": ((Part("sales", lambda rows: total(known(rows, "quantity"))),), lambda a: a),
    "orders": ((ORDERS,), lambda a: a or 0),
    "buyers": ((Part("sales", lambda rows: len(set(known(rows, "customer_key")))),), lambda a: a or 0),
    "average_order_value": ((NET, ORDERS), ratio),
    "average_line_value": (
        (Part("sales", lambda rows: ratio(total(known(rows, "net")), len(known(rows, "net")))),),
        lambda a: a,
    ),
    "median_line_value": (
        (Part("sales", lambda rows: float(median(known(rows, "net"))) if known(rows, "net") else None),),
        lambda a: a,
    ),
    "margin": ((Part("sales", margin),), lambda a: a),
    "net_of_returns": ((NET, RETURNED), lambda a, b: None if a is None else a - (b or 0)),
    "tickets": ((TICKETS,), lambda a: a or 0),
    "handling_minutes": ((Part("tickets", lambda rows: total(known(rows, "minutes"))),), lambda a: a),
    "tickets_per_order": ((TICKETS, ALL_ORDERS), lambda a, b: ratio(a or 0, b)),
    "stock_on_hand": ((Part("stock", lambda rows: total(known(rows, "on_hand")), balance="last"),), lambda a: a),
    "average_stock": ((Part("stock", lambda rows: total(known(rows, "on_hand")), balance="avg"),), lambda a: a),
}


# ---- filters ------------------------------------------------------------------------------------------------------


def holds(given: dict[str, Any], value_of: Callable[[str], Any]) -> bool:
    if "all" in given:
        return all(holds(part, value_of) for part in given["all"])
    if "any" in given:
        return any(holds(part, value_of) for part in given["any"])
    if "not" in given:
        return not holds(given["not"], value_of)
    return fulfils(value_of(given["field"]), given.get("op", "="), given.get("value"))


def fulfils(value: Any, op: str, wanted: Any) -> bool:
    if op in ("!=", "not in", "is not null"):
        return not fulfils(value, {"!=": "=", "not in": "in", "is not null": "is null"}[op], wanted)
    if op == "in":
        return any(fulfils(value, "=", each) for each in wanted)
    if value is None:
        return op == "is null" or (op == "=" and wanted == "(none)")
    return op != "is null" and compares(value, op, wanted)


def compares(value: Any, op: str, wanted: Any) -> bool:
    if op == "between":
        return fulfils(value, ">=", wanted[0]) and fulfils(value, "<=", wanted[1])
    if op in ("contains", "starts with"):
        text, part = str(value).lower(), str(wanted).lower()
        return part in text if op == "contains" else text.startswith(part)
    low, high = extent(wanted) if isinstance(value, date) else (wanted, wanted)
    return {"=": low <= value <= high, "<": value < low, "<=": value <= high, ">": value > high, ">=": value >= low}[op]


def extent(text: str) -> tuple[date, date]:
    """Return the first and last day that 2024, 2024-03 or 2024-03-31 means."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        first = date(parts[0], parts[1], 1)
        return first, month_add(first, 1) - timedelta(days=1)
    return date(*parts), date(*parts)


# ---- answers ------------------------------------------------------------------------------------------------------

Period = tuple[date | None, date | None]


@dataclass(frozen=True)
class Asked:
    """A query as the naive evaluator takes it. Dimensions are ``name`` or ``name:grain``."""

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    where: dict[str, Any] | None = None
    period: Period = (None, None)
    timeline: str = "time"
    kept: tuple[str, frozenset[str]] | None = None
    """A dimension and the members of it that stand alone; the rest is ``(other)``."""

    def member(self, row: Row, dimension: str) -> Any:
        name, _, grain = dimension.partition(":")
        value = row[name]
        if value is None:
            value = "(none)" if not grain and name != "customer.age" else None
        elif grain:
            value = BUCKETS[grain](value)
        if self.kept is not None and self.kept[0] == dimension and value not in self.kept[1]:
            return "(other)"
        return value


def in_period(day: date | None, period: Period) -> bool:
    start, end = period
    if start is None and end is None:
        return True
    return day is not None and (start is None or day >= start) and (end is None or day <= end)


def selected(facts: Facts, asked: Asked, part: Part, period: Period) -> Iterator[Row]:
    for row in facts.rows[part.base]:
        if not part.keep(row) or not in_period(row[asked.timeline], period):
            continue
        if asked.where is None or holds(asked.where, lambda name, row=row: row[name]):
            yield row


Key = tuple[Any, ...]


def part_values(facts: Facts, asked: Asked, part: Part) -> dict[Key, Any]:
    groups: dict[Key, list[Row]] = {}
    for row in selected(facts, asked, part, asked.period):
        groups.setdefault(tuple(asked.member(row, d) for d in asked.dimensions), []).append(row)
    if part.balance is None:
        return {key: part.value(rows) for key, rows in groups.items()}
    return balances(facts, asked, part, groups)


def balances(facts: Facts, asked: Asked, part: Part, groups: dict[Key, list[Row]]) -> dict[Key, Any]:
    timed = [d for d in asked.dimensions if d.startswith("time:")]
    days: dict[Key, set[date]] = {}
    for row in facts.rows[part.base]:  # which days a period has does not depend on other filters
        if row["time"] is not None and in_period(row[asked.timeline], asked.period) and in_time(asked.where, row):
            days.setdefault(tuple(asked.member(row, d) for d in timed), set()).add(row["time"])
    found: dict[Key, Any] = {}
    for key, rows in groups.items():
        point = tuple(part_ for part_, d in zip(key, asked.dimensions, strict=True) if d in timed)
        if point not in days:
            continue
        if part.balance == "avg":
            dated = [row for row in rows if row["time"] is not None]
            if dated:
                found[key] = ratio(part.value(dated), len(days[point])) if part.value(dated) is not None else None
            continue
        last = [row for row in rows if row["time"] == max(days[point])]
        if last:
            found[key] = part.value(last)
    return found


def in_time(where: dict[str, Any] | None, row: Row) -> bool:
    """Say whether a row fulfils those conditions that are about time only."""
    if where is None or set(fields_of(where)) == {"time"}:
        return where is None or holds(where, lambda name: row[name])
    return all(in_time(part, row) for part in where.get("all", []))


def fields_of(where: dict[str, Any]) -> Iterator[str]:
    if "field" in where:
        yield where["field"]
    for part in [*where.get("all", []), *where.get("any", []), *([where["not"]] if "not" in where else [])]:
        yield from fields_of(part)


def evaluate(facts: Facts, asked: Asked) -> dict[Key, list[Any]]:
    """Return the metrics of every group that some part of some metric has rows for."""
    parts = {part: part_values(facts, asked, part) for name in asked.metrics for part in METRICS[name][0]}
    keys = {key for values in parts.values() for key in values}
    if not asked.dimensions:
        keys = {()}
    return {key: [metric_value(name, parts, key) for name in asked.metrics] for key in keys}


def metric_value(name: str, parts: dict[Part, dict[Key, Any]], key: Key) -> Any:
    used, formula = METRICS[name]
    return formula(*(parts[part].get(key) for part in used))
