"""Expand a contract into the checks that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from customer360.errors import ModelError, Place
from customer360.models.quality import conditions as sql
from customer360.models.quality.service import age_limits
from customer360.models.quality.sqlrule import rule_query
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from customer360.project.spec import Contract, ContractColumn, Project, QualityRule, Reference, Severity

How = Literal["count", "aggregate", "scalar", "none"]


@dataclass(frozen=True)
class Check:
    """One rule, ready to run.

    ``sql`` is by ``how``: *count* a condition that offending rows of the table (called ``child``) meet, *aggregate* an
    expression over all rows, *scalar* a whole query that yields one value, *none* nothing (``reason`` says why).
    """

    contract: Contract
    rule_id: str
    type: str
    how: How
    sql: str
    place: Place
    operators: tuple[tuple[str, Any], ...] = (("mustBe", 0),)
    column: str | None = None
    metric: str | None = None
    dimension: str | None = None
    severity: Severity = "error"
    unit: str = "rows"
    twice: tuple[str, ...] = ()
    """Columns whose values must occur once: a sample shows those that occur more often."""
    offending: str | None = None
    """Condition that offending rows meet, for a sample of their keys (of a count: its own condition)."""
    own_query: bool = False
    """The author's own SQL: it may fail by itself, so it runs by itself."""
    reads: frozenset[Relation] = frozenset()
    """Other tables that decide about the result."""
    reason: str | None = None
    asks: str | None = None
    """What the rule asks for, in words, where its name alone does not say it."""


def checks_of(contract: Contract, project: Project, as_of: date) -> tuple[Check, ...]:
    """Return every check of a contract, in its order; ModelError names a rule that cannot be understood."""
    checks: list[Check] = []
    for column in contract.columns:
        checks += _of_column(contract, column)
    checks += _of_key(contract)
    checks += [_of_reference(contract, reference) for reference in contract.references]
    types = {column.name: column for column in contract.columns}
    checks += [_of_rule(contract, rule, types, project) for rule in contract.rules]
    for number, limit in enumerate(age_limits(contract, as_of)):
        checks.append(
            Check(
                contract,
                rule_id=f"sla_{limit.property}_{number + 1}",
                type="sla",
                how="aggregate" if limit.sql else "none",
                sql=limit.sql,
                place=contract.place,
                operators=limit.operators,
                column=limit.column,
                metric=limit.property,
                dimension="timeliness",
                severity="warning",
                unit="date",
                reason=limit.reason,
            )
        )
    return tuple(checks)


def _of_column(contract: Contract, column: ContractColumn) -> Iterator[Check]:
    name = quoted(column.name)

    def check(rule: str, how: How, text: str, dimension: str, **more: Any) -> Check:
        return Check(contract, f"{column.name}_{rule}", "declared", how, text, column.place, column=column.name,
                     metric=rule, dimension=dimension, **more)  # fmt: skip

    if column.required or column.primary_key is not None:
        yield check("required", "count", f"{name} IS NULL", "completeness", asks="a value in every row")
    alone = contract.key == (column.name,)
    if column.unique and not alone:
        yield check("unique", "scalar", sql.duplicates(contract.relation, [column.name]), "uniqueness",
                    twice=(column.name,), asks="each value once")  # fmt: skip
    longest = column.max_length
    declared = column.options.get("maxLength")
    if longest is not None and (declared is None or longest <= declared):
        yield check("max_length", "count", f"LENGTH({name}) > {int(longest)}", "conformity",
                    asks=f"at most {int(longest)} characters")  # fmt: skip
    for option, value in column.options.items():
        condition = sql.option_condition(column, option, value)
        if condition == sql.DESCRIPTIVE or (option == "maxLength" and longest is not None and longest <= value):
            continue
        if condition is None:
            yield check(option, "none", "", "conformity", reason=f"the option {option} is not executed")
        else:
            yield check(option, "count", condition, "conformity", asks=f"{option} {value}")


def _of_key(contract: Contract) -> Iterator[Check]:
    if contract.key:
        yield Check(
            contract, "key_unique", "declared", "scalar", sql.duplicates(contract.relation, contract.key),
            contract.place, metric="key", dimension="uniqueness", twice=contract.key, asks="each key once",
            column=contract.key[0] if len(contract.key) == 1 else None,
        )  # fmt: skip


def _of_reference(contract: Contract, reference: Reference) -> Check:
    name, orphan = "_".join(reference.columns), sql.orphan(reference)
    return Check(
        contract, f"{name}_references_{reference.to.table}", "declared", "scalar",
        sql.orphans(contract.relation, reference), reference.place,
        metric="reference", dimension="consistency", offending=orphan, reads=frozenset({reference.to}),
        asks=f"a row of {reference.to} for each value", severity=reference.severity,
        column=reference.columns[0] if len(reference.columns) == 1 else None,
    )  # fmt: skip


def _of_rule(contract: Contract, rule: QualityRule, columns: Mapping[str, ContractColumn], project: Project) -> Check:
    common: dict[str, Any] = {
        "contract": contract, "rule_id": rule.id, "type": rule.type, "place": rule.place, "column": rule.column,
        "metric": rule.metric, "dimension": rule.dimension, "severity": rule.severity, "unit": rule.unit,
        "operators": rule.operators,
    }  # fmt: skip
    if rule.type in {"text", "custom"}:
        reason = "written for people" if rule.type == "text" else "meant for another tool"
        return Check(**{**common, "how": "none", "sql": "", "reason": reason})
    if not rule.operators:
        raise ModelError(
            f"The rule '{rule.id}' says what to count but not what it must be.",
            place=rule.place,
            next_step="Add for example `mustBe: 0`.",
        )
    if rule.type == "sql":
        text, reads = rule_query(contract, rule, project)
        return Check(**{**common, "how": "scalar", "sql": text, "own_query": True, "reads": reads})
    how, text, twice = sql.library(contract.relation, rule, columns)
    return Check(**{**common, "how": how, "sql": text, "twice": twice})
