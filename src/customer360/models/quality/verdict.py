"""Judge a measured value by the operators of a rule."""

from __future__ import annotations

import operator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from customer360.errors import ModelError, Place, UnknownName
from customer360.names import text_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "mustBe": operator.eq,
    "mustNotBe": operator.ne,
    "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge,
    "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
}
_SQL = {
    "mustBe": "=",
    "mustNotBe": "<>",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
}
_RANGES = ("mustBeBetween", "mustNotBeBetween")
_SIGNS = {
    "mustBe": "must be",
    "mustNotBe": "must not be",
    "mustBeGreaterThan": "must be greater than",
    "mustBeGreaterOrEqualTo": "must be at least",
    "mustBeLessThan": "must be less than",
    "mustBeLessOrEqualTo": "must be at most",
    "mustBeBetween": "must be between",
    "mustNotBeBetween": "must not be between",
}


def holds(value: Any, operators: tuple[tuple[str, Any], ...], *, place: Place | None = None) -> bool:
    """Say whether a value meets all operators; both ends of a range belong to it."""
    require_known(operators, place=place)
    return all(_holds(value, name, threshold, place) for name, threshold in operators)


def require_known(operators: tuple[tuple[str, Any], ...], *, place: Place | None = None) -> None:
    """Raise UnknownName for an operator that does not exist."""
    for name, _ in operators:
        if name not in _SIGNS:
            raise UnknownName("operator", name, list(_SIGNS), place=place)


def _holds(value: Any, name: str, threshold: Any, place: Place | None) -> bool:
    if name in _RANGES:
        low, high = (_alike(value, end, place) for end in threshold)
        inside = low[1] <= low[0] and high[0] <= high[1]
        return bool(inside) is (name == "mustBeBetween")
    left, right = _alike(value, threshold, place)
    return bool(_COMPARISONS[name](left, right))


def _alike(value: Any, threshold: Any, place: Place | None) -> tuple[Any, Any]:
    """Return both as the same kind of thing: truth values, dates, numbers or texts."""
    if isinstance(value, bool) or isinstance(threshold, bool):
        return bool(value), threshold if isinstance(threshold, bool) else str(threshold).lower() == "true"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None), datetime.fromisoformat(str(threshold)).replace(tzinfo=None)
    if isinstance(value, date):
        return value, date.fromisoformat(str(threshold)[:10])
    if isinstance(value, int | float | Decimal):
        try:
            return Decimal(str(value)), Decimal(str(threshold))
        except InvalidOperation as error:
            raise ModelError(f"A number is compared with '{threshold}'.", place=place) from error
    return str(value), str(threshold)


def condition(value: str, operators: tuple[tuple[str, Any], ...]) -> str:
    """Return SQL that holds when a measured value (SQL too) meets all operators; without a value it does not."""
    require_known(operators)
    return " AND ".join(_condition(value, name, threshold) for name, threshold in operators)


def _condition(value: str, name: str, threshold: Any) -> str:
    if name in _RANGES:
        low, high = (_literal(end) for end in threshold)
        inside = f"({value} >= {low} AND {value} <= {high})"
        return inside if name == "mustBeBetween" else f"NOT {inside}"
    left = f"CAST({value} AS BOOLEAN)" if isinstance(threshold, bool) else value
    return f"{left} {_SQL[name]} {_literal(threshold)}"


def _literal(threshold: Any) -> str:
    if isinstance(threshold, bool | int | float | Decimal):
        return str(threshold).upper()
    return text_literal(threshold)


def described(operators: tuple[tuple[str, Any], ...]) -> tuple[str | None, str | None]:
    """Return operators and thresholds in words: ``("must be", "0")``."""
    if not operators:
        return None, None
    signs = " and ".join(_SIGNS.get(name, name) for name, _ in operators)
    limits = " and ".join(
        " and ".join(str(end) for end in threshold) if name in _RANGES else str(threshold)
        for name, threshold in operators
    )
    return signs, limits
