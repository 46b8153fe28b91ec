"""Turn a contract into conditions under which a single row is bad."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from customer360.errors import ProjectError
from customer360.names import quoted, text_literal
from customer360.project.spec import Contract, ContractColumn, QualityRule

QUARANTINE = "c360Quarantine"


@dataclass(frozen=True)
class Check:
    """A row is bad when ``sql`` holds. ``reason`` completes the sentence "<column> ..."; it holds no value of a row."""

    column: str
    reason: str
    sql: str


def row_checks(contract: Contract | None, key: Collection[str], columns: Mapping[str, str]) -> tuple[Check, ...]:
    """Return what each row must not do: required, length, and the rules that ask for quarantine.

    ``columns`` are those that land with their types; conditions name them. Casting is checked where rows are cast.
    """
    found = [Check(name, "is empty but part of the key", f"{quoted(name)} IS NULL") for name in key]
    if contract is not None:
        for column in contract.columns:
            if column.name in columns:
                found += _of_column(column, is_key=column.name in key)
        for rule in contract.rules:
            if rule.quarantine and (rule.column is None or rule.column in columns):
                found += _of_rule(rule, columns)
    return tuple(found)


def _of_column(column: ContractColumn, *, is_key: bool) -> Iterator[Check]:
    name = quoted(column.name)
    if column.required and not is_key:
        yield Check(column.name, "is empty but required", f"{name} IS NULL")
    if column.max_length is not None and column.type.startswith("VARCHAR"):
        reason = f"is longer than {column.max_length} characters"
        yield Check(column.name, reason, f"length({name}) > {int(column.max_length)}")
    if column.properties.get(QUARANTINE) is True:
        yield from _of_options(column)


def _of_options(column: ContractColumn) -> Iterator[Check]:
    name, options = quoted(column.name), column.options
    for option, sign, words in (
        ("minimum", "<", "is below the minimum"),
        ("maximum", ">", "is above the maximum"),
        ("exclusiveMinimum", "<=", "is not above the exclusive minimum"),
        ("exclusiveMaximum", ">=", "is not below the exclusive maximum"),
    ):
        if option in options and not isinstance(options[option], bool):
            yield Check(column.name, words, f"{name} {sign} CAST({_literal(options[option])} AS {column.type})")
    if "minLength" in options:
        reason = f"is shorter than {options['minLength']} characters"
        yield Check(column.name, reason, f"length({name}) < {int(options['minLength'])}")
    if "pattern" in options:
        yield Check(column.name, "does not match the pattern", _mismatch(column.name, str(options["pattern"])))


def _of_rule(rule: QualityRule, columns: Mapping[str, str]) -> Iterator[Check]:
    if rule.column is None or rule.metric not in {"invalidValues", "nullValues", "missingValues"}:
        raise ProjectError(
            f"The rule '{rule.id}' asks for quarantine but says nothing about single rows.",
            place=rule.place,
            next_step="Only nullValues, missingValues and invalidValues of a column can send rows to quarantine.",
        )
    name, type_ = quoted(rule.column), columns[rule.column]
    if rule.metric == "nullValues":
        yield Check(rule.column, f"is empty (rule {rule.id})", f"{name} IS NULL")
    elif rule.metric == "missingValues":
        listed = _is_one_of(name, type_, rule.arguments.get("missingValues", ()))
        yield Check(rule.column, f"is missing (rule {rule.id})", f"{name} IS NULL OR {listed}")
    else:
        if values := rule.arguments.get("validValues"):
            condition = f"{name} IS NOT NULL AND NOT {_is_one_of(name, type_, values)}"
            yield Check(rule.column, f"is none of the valid values (rule {rule.id})", condition)
        if pattern := rule.arguments.get("pattern"):
            mismatch = _mismatch(rule.column, str(pattern))
            yield Check(rule.column, f"does not match the pattern (rule {rule.id})", mismatch)


def _mismatch(column: str, pattern: str) -> str:
    return f"NOT regexp_matches(CAST({quoted(column)} AS VARCHAR), {_literal(pattern)})"


def _is_one_of(name: str, type_: str, values: Any) -> str:
    """Compare in the column's type; a value that cannot be cast to it never matches."""
    items = ", ".join(f"TRY_CAST({_literal(str(value))} AS {type_})" for value in values if value is not None)
    return f"coalesce(list_contains([{items}], {name}), false)" if items else "false"


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float | Decimal) else text_literal(value)
