"""Write the SQL conditions of library rules and column options, in DuckDB's dialect."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal

from customer360.errors import ModelError, UnknownName
from customer360.models.column_types import is_integer, is_list, is_number, normalised
from customer360.names import Relation, quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.project.spec import ContractColumn, QualityRule, Reference

DESCRIPTIVE: Final = "descriptive"
"""Marks an option that describes a column and forbids nothing."""

_METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
_FORMATS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$",
    "ipv4": r"^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$",
    "hostname": r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$",
}
_LIMITS = {"minimum": "<", "maximum": ">", "exclusiveMinimum": "<=", "exclusiveMaximum": ">="}


def typed_literal(value: Any, type_: str) -> str | None:
    """Return a value as SQL of a column's type, None when it cannot be one (``n/a`` as a number)."""
    plain = normalised(type_)
    try:
        if is_number(type_):
            number = Decimal(str(value))
            if not number.is_finite() or (is_integer(type_) and number != number.to_integral_value()):
                return None
            return format(number, "f")
        if plain == "BOOLEAN":
            return {"true": "TRUE", "false": "FALSE"}.get(str(value).lower())
        if plain == "DATE":
            return f"DATE '{date.fromisoformat(str(value)[:10]).isoformat()}'"
        if plain.startswith("TIMESTAMP"):
            moment = datetime.fromisoformat(str(value)).isoformat(sep=" ")
            return f"CAST('{moment}' AS {type_})"
    except (InvalidOperation, ValueError):
        return None
    return text_literal(value)


def duplicates(relation: Relation, columns: Sequence[str]) -> str:
    """Query that counts distinct keys that occur more than once; keys with a NULL part are left out."""
    names = ", ".join(quoted(c) for c in columns)
    present = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in columns)
    return (
        f"SELECT COUNT(*) FROM (SELECT {names} FROM {relation.sql} WHERE {present} "
        f"GROUP BY {names} HAVING COUNT(*) > 1) AS twice"
    )


def orphan(reference: Reference) -> str:
    """Condition that a row points at nothing; rows with a NULL part point nowhere and are fine."""
    present = " AND ".join(f"child.{quoted(c)} IS NOT NULL" for c in reference.columns)
    pairs = zip(reference.columns, reference.to_columns, strict=True)
    matched = " AND ".join(f"parent.{quoted(to)} = child.{quoted(own)}" for own, to in pairs)
    return f"{present} AND NOT EXISTS (SELECT 1 FROM {reference.to.sql} AS parent WHERE {matched})"


def orphans(relation: Relation, reference: Reference) -> str:
    """Query that counts the rows that point at nothing.

    Values are looked up once each, not once a row. That also keeps an engine that cannot tell yet how many rows an
    unpublished table has from hashing all of them (six references of 1.5 million rows: 0.1 s instead of 1.1 s).
    """
    names = ", ".join(quoted(c) for c in reference.columns)
    present = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in reference.columns)
    values = f"SELECT {names}, COUNT(*) AS c360_rows FROM {relation.sql} WHERE {present} GROUP BY {names}"
    total = "CAST(COALESCE(SUM(child.c360_rows), 0) AS BIGINT)"
    return f"SELECT {total} FROM ({values}) AS child WHERE {orphan(reference)}"


def library(
    relation: Relation, rule: QualityRule, columns: Mapping[str, ContractColumn]
) -> tuple[Literal["count", "aggregate", "scalar"], str, tuple[str, ...]]:
    """Return how a library rule is measured, its SQL, and the columns that hold duplicates."""
    metric = rule.metric or ""
    if metric not in _METRICS:
        raise UnknownName("quality metric", metric, _METRICS, place=rule.place)
    if rule.unit == "percent" and metric in {"duplicateValues", "rowCount"}:
        raise ModelError(f"The rule '{rule.id}' asks for {metric} in percent, which means nothing.", place=rule.place)
    if metric == "rowCount":
        return "aggregate", "COUNT(*)", ()
    if metric == "duplicateValues":
        names = tuple(rule.arguments.get("properties") or ((rule.column,) if rule.column else ()))
        if not names:
            raise ModelError(
                f"The rule '{rule.id}' counts duplicates of no column.",
                place=rule.place,
                next_step="Name them: `arguments: {properties: [order_id]}`.",
            )
        for name in names:
            _known(name, rule, columns)
        return "scalar", duplicates(relation, names), names
    if rule.column is None:
        raise ModelError(f"The rule '{rule.id}' ({metric}) stands on a table but is about a column.", place=rule.place)
    return "count", _value_condition(metric, rule, _known(rule.column, rule, columns)), ()


def _known(name: str, rule: QualityRule, columns: Mapping[str, ContractColumn]) -> ContractColumn:
    if name not in columns:
        raise UnknownName("column", name, list(columns), place=rule.place)
    return columns[name]


def _value_condition(metric: str, rule: QualityRule, column: ContractColumn) -> str:
    name = quoted(column.name)
    if metric == "nullValues":
        return f"{name} IS NULL"
    if metric == "missingValues":
        listed = _listed(rule.arguments.get("missingValues") or (), column)
        return f"{name} IS NULL" + (f" OR {name} IN ({', '.join(listed)})" if listed else "")
    broken = []
    if "validValues" in rule.arguments:
        listed = _listed(rule.arguments["validValues"] or (), column)
        broken.append(f"{name} NOT IN ({', '.join(listed)})" if listed else "TRUE")
    if "pattern" in rule.arguments:
        broken.append(f"NOT {matches(column, rule.arguments['pattern'])}")
    if not broken:
        raise ModelError(
            f"The rule '{rule.id}' counts invalid values but does not say which are valid.",
            place=rule.place,
            next_step="Add `arguments: {validValues: [...]}` or a pattern.",
        )
    return f"{name} IS NOT NULL AND ({' OR '.join(broken)})"


def _listed(values: Sequence[Any], column: ContractColumn) -> list[str]:
    literals = (typed_literal(value, column.type) for value in values if value is not None)
    return [text for text in literals if text is not None]


def matches(column: ContractColumn, pattern: str) -> str:
    """Condition that a pattern is found anywhere in a column (authors anchor with ``^`` and ``$``)."""
    name = quoted(column.name)
    text = name if normalised(column.type) == "TEXT" else f"CAST({name} AS VARCHAR)"
    return f"REGEXP_MATCHES({text}, {text_literal(pattern)})"


def option_condition(column: ContractColumn, option: str, value: Any) -> str | None:
    """Return what rows that break a logicalTypeOption meet; DESCRIPTIVE when it forbids nothing, None when unknown."""
    name = quoted(column.name)
    if option in {"minLength", "maxLength"}:
        return f"LENGTH({name}) {'<' if option == 'minLength' else '>'} {int(value)}"
    if option == "pattern":
        return f"NOT {matches(column, value)}"
    if option in _LIMITS:
        return _limit(column, option, value)
    if option == "multipleOf":
        return _not_multiple(column, value)
    if option in {"minItems", "maxItems"} and is_list(column.type):
        return f"ARRAY_LENGTH({name}) {'<' if option == 'minItems' else '>'} {int(value)}"
    if option == "uniqueItems" and is_list(column.type):
        return f"ARRAY_LENGTH({name}) <> ARRAY_LENGTH(LIST_DISTINCT({name}))" if value else DESCRIPTIVE
    if option == "format":
        pattern = _FORMATS.get(str(value)) if normalised(column.type) == "TEXT" else None
        return f"NOT {matches(column, pattern)}" if pattern else DESCRIPTIVE
    return DESCRIPTIVE if option in {"timezone", "defaultTimezone"} else None


def _limit(column: ContractColumn, option: str, value: Any) -> str | None:
    if isinstance(value, bool):  # before ODCS 3.1 the exclusive limits were flags beside the limit
        if not value:
            return DESCRIPTIVE
        limit = column.options.get("minimum" if option == "exclusiveMinimum" else "maximum")
        return None if limit is None else _limit(column, option, limit)
    bound = typed_literal(value, column.type)
    return None if bound is None else f"{quoted(column.name)} {_LIMITS[option]} {bound}"


def _not_multiple(column: ContractColumn, value: Any) -> str:
    name = quoted(column.name)
    if normalised(column.type) in {"DOUBLE", "REAL", "FLOAT"}:
        return f"ABS({name} / {value} - ROUND({name} / {value})) > 1e-9"
    return f"MOD({name}, {value}) <> 0"
