"""Check filter values against a field's data type and turn them into literals, so that no value is ever SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import QueryError, UnknownName
from customer360.semantic.periods import Period, relative

if TYPE_CHECKING:
    from collections.abc import Callable

    from customer360.semantic.calendar_units import Calendar

_EXPECTED = {
    "String": "a text",
    "Integer": "a whole number",
    "Decimal": "a number",
    "Float": "a number",
    "Boolean": "true or false",
    "Date": "a date such as 2024-03-31, a month such as 2024-03 or a year",
    "Time": "a time such as 14:30",
    "DateTime": "a date or a moment such as 2024-03-31T14:30",
    "DateTimeTz": "a date or a moment such as 2024-03-31T14:30+01:00",
}
_NAMED_PERIOD = re.compile(r"\d{4}(-(\d{2}|q[1-4]|w\d{2}))?", re.IGNORECASE)


@dataclass(frozen=True)
class Typed:
    """What a value is compared with: a field or a metric, its data type and its declared values."""

    qualified: str
    datatype: str | None
    values: tuple[str, ...] = ()
    title: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.title or self.qualified


@dataclass(frozen=True)
class Span:
    """A value that covers time: 2024-03 is a month. ``end`` is included for dates, excluded for moments."""

    start: exp.Expr
    end: exp.Expr
    end_included: bool


def literal(value: Any, field: Typed) -> exp.Expr:
    """Return a value as a literal of the field's type. Raises QueryError saying what is expected."""
    if value is None:
        raise QueryError(f"A filter on {field.label} has no value.", next_step="Use `is null` to ask for empty ones.")
    if isinstance(value, dict | list | tuple | set):
        raise QueryError(f"The filter on {field.label} needs one value, not several.", next_step="Use `in` for a list.")
    convert = _CONVERTERS.get(field.datatype or "", _untyped)
    try:
        return convert(value)
    except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
        expected = _EXPECTED.get(field.datatype or "", "a text, a number, true or false")
        raise QueryError(
            f"{value!r} does not fit {field.label}, which is of type {field.datatype}.",
            next_step=f"Give {expected}.",
        ) from error


def check_listed(value: Any, field: Typed) -> None:
    """Refuse a value that is not among the field's declared ones, naming the nearest."""
    if field.values and str(value) not in field.values:
        found = UnknownName(f"value of {field.label}", str(value), field.values)
        raise QueryError(found.what, next_step=found.next_step)


def span(value: Any, field: Typed, as_of: date, calendar: Calendar) -> Span | None:
    """Return the time a value covers on a temporal field; None when it is a point of the field's own precision."""
    if field.datatype not in ("Date", "DateTime", "DateTimeTz") or not isinstance(value, str | date):
        return None
    if isinstance(value, datetime) or (isinstance(value, date) and field.datatype == "Date"):
        return None
    text = value.isoformat() if isinstance(value, date) else value.strip()
    is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
    if is_day and field.datatype == "Date":
        return None
    if not is_day and not _NAMED_PERIOD.fullmatch(text):
        return None
    try:
        return period_span(relative(text, as_of, calendar), field)
    except ValueError as error:
        raise QueryError(f"{value!r} is no date.", next_step=f"Give {_EXPECTED[field.datatype]}.") from error


def period_span(period: Period, field: Typed) -> Span:
    """Return a closed period as literals that fit a date or a moment field."""
    if period.start is None or period.end is None:
        raise QueryError("The range is open.", next_step="Give both ends.")
    if field.datatype in ("DateTime", "DateTimeTz"):
        return Span(
            day_literal(period.start, field), day_literal(period.end + timedelta(days=1), field), end_included=False
        )
    return Span(day_literal(period.start, field), day_literal(period.end, field), end_included=True)


def day_literal(day: date, field: Typed) -> exp.Expr:
    """Return a day as a literal of a temporal field's type."""
    is_moment = field.datatype in ("DateTime", "DateTimeTz")  # of the latter the clock in the model's zone
    return exp.cast(exp.Literal.string(day.isoformat()), "TIMESTAMP" if is_moment else "DATE")


def date_literal(day: date) -> exp.Expr:
    """Return a day as a DATE literal."""
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _text(value: Any) -> exp.Expr:
    if not isinstance(value, str):
        raise TypeError(value)
    if "\x00" in value:
        raise ValueError(value)  # ends the statement in DuckDB, and no PostgreSQL text holds one
    return exp.Literal.string(value)


def _integer(value: Any) -> exp.Expr:
    if isinstance(value, bool) or not isinstance(value, int | str) or (isinstance(value, str) and not value.isascii()):
        raise TypeError(value)
    return _number(int(value))


def _decimal(value: Any) -> exp.Expr:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise TypeError(value)
    number = Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise ValueError(value)
    return _number(number)


def _number(value: int | Decimal) -> exp.Expr:
    size = exp.Literal.number(format(abs(value), "f"))
    return exp.Neg(this=size) if value < 0 else size


def _boolean(value: Any) -> exp.Expr:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return exp.Boolean(this=value.lower() == "true")
    if not isinstance(value, bool):
        raise TypeError(value)
    return exp.Boolean(this=value)


def _date(value: Any) -> exp.Expr:
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise TypeError(value)
    return date_literal(date.fromisoformat(value) if isinstance(value, str) else value)


def _time(value: Any) -> exp.Expr:
    if not isinstance(value, str | time):
        raise TypeError(value)
    return exp.cast(
        exp.Literal.string((time.fromisoformat(value) if isinstance(value, str) else value).isoformat()), "TIME"
    )


def _moment(kind: str) -> Callable[[Any], exp.Expr]:
    def convert(value: Any) -> exp.Expr:
        if not isinstance(value, str | date):
            raise TypeError(value)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if (
            isinstance(moment, datetime)
            and (moment.tzinfo is not None) != (kind == "TIMESTAMPTZ")
            and kind == "TIMESTAMP"
        ):
            raise ValueError(value)
        return exp.cast(
            exp.Literal.string(moment.isoformat(sep=" ") if isinstance(moment, datetime) else moment.isoformat()), kind
        )

    return convert


def _untyped(value: Any) -> exp.Expr:
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float | Decimal):
        return _decimal(value)
    if isinstance(value, date):
        return date_literal(value)
    return _text(value)


_CONVERTERS: dict[str, Callable[[Any], exp.Expr]] = {
    "String": _text,
    "Integer": _integer,
    "Decimal": _decimal,
    "Float": _decimal,
    "Boolean": _boolean,
    "Date": _date,
    "Time": _time,
    "DateTime": _moment("TIMESTAMP"),
    "DateTimeTz": _moment("TIMESTAMPTZ"),
}
