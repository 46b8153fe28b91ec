"""Run the checks of tables: one query a table for all declared and library rules, one for each SQL rule of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from customer360.clock import now, stopwatch
from customer360.engines.dialect import transpile
from customer360.errors import StatementFailed
from customer360.models.column_types import normalised
from customer360.models.failures import told
from customer360.models.quality.check import Check
from customer360.models.quality.uniqueness import digest_queries, repeats
from customer360.models.quality.verdict import described, holds
from customer360.models.render import with_as_of
from customer360.models.report import CheckResult, Value
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from customer360.engines.base import Column, Session
    from customer360.project.spec import Contract, ContractColumn

SAMPLE = 5
_PERSONAL = {"confidential", "restricted", "pii"}


@dataclass
class Inspector:
    """Runs checks in one session and collects their results."""

    session: Session
    dialect: str
    as_of: date
    run_id: str
    present: frozenset[Relation]
    digest: str | None = None
    """The engine's function for digests of rows (``Capabilities.row_digest``)."""
    results: list[CheckResult] = field(default_factory=list)
    _ended: str | None = None
    """Why no further query can run (an error of a rule ends a transaction)."""

    def inspect(self, tables: Mapping[Relation, Sequence[Check]]) -> None:
        """Run all checks of these tables; SQL rules come last, since an error in one may end the transaction."""
        for relation, checks in tables.items():
            self._batch(relation, [check for check in checks if not check.own_query])
        for checks in tables.values():
            for check in checks:
                if check.own_query:
                    self._alone(check)

    def columns(self, contract: Contract, found: Sequence[Column]) -> bool:
        """Compare a table's columns with its contract: names, order, types; return whether they agree."""
        problems = differences(contract, found, self.dialect)
        self._schema(contract, problems)
        return not problems

    def absent(self, contract: Contract, checks: Sequence[Check]) -> None:
        """Record that a table is not there."""
        self._schema(contract, ["the table is not built: run `c360 build`"])
        self.skip(checks, "the table is not built")

    def _schema(self, contract: Contract, problems: Sequence[str]) -> None:
        outcome: dict[str, Any] = {"value": len(problems), "outcome": "failed" if problems else "passed"}
        check = Check(
            contract, "schema", "declared", "none", "", contract.place, metric="schema", dimension="conformity"
        )
        self.results.append(self._result(check, now(), 0.0, reason="; ".join(problems) or None, **outcome))

    def skip(self, checks: Iterable[Check], reason: str) -> None:
        """Record that checks were not executed."""
        for check in checks:
            self.results.append(self._result(check, now(), 0.0, outcome="not_executed", reason=reason))

    def _batch(self, relation: Relation, checks: Sequence[Check]) -> None:
        runnable = []
        for check in checks:
            missing = sorted(check.reads - self.present)
            if check.how == "none":
                self.skip([check], check.reason or "")
            elif missing:
                reason = f"there is no table {missing[0]}"
                self.results.append(self._result(check, now(), 0.0, outcome="error", reason=reason))
            else:
                runnable.append(check)
        if not runnable:
            return
        digest = self.digest
        sorted_out = [number for number, check in enumerate(runnable) if digest and check.twice]
        listed = "".join(
            f", {measure(check)} AS c{number}" for number, check in enumerate(runnable) if number not in sorted_out
        )
        started, watch = now(), stopwatch()
        row = self._query(f"SELECT COUNT(*) AS total{listed} FROM {relation.sql} AS child")[0]
        if digest and sorted_out:
            keyed = {number: runnable[number] for number in sorted_out}
            row |= {f"c{number}": found for number, found in self._repeats(relation, keyed, digest, row["total"])}
        ms = (stopwatch() - watch) * 1000 / len(runnable)
        for number, check in enumerate(runnable):
            self._judge(check, row[f"c{number}"], row["total"], started, ms)

    def _repeats(
        self, relation: Relation, checks: Mapping[int, Check], digest: str, total: int
    ) -> Iterator[tuple[int, int]]:
        """Yield how many values occur more than once, counted only where digests do not prove that none does."""
        doubtful: set[int] = set()
        for query in digest_queries(relation.sql, [check.twice for check in checks.values()], digest, total):
            digests = self.session.query(query)
            doubtful |= {n for n, column in zip(checks, digests.columns, strict=True) if repeats(column)}
        for number, check in checks.items():
            yield number, next(iter(self._query(check.sql)[0].values())) if number in doubtful else 0

    def _alone(self, check: Check) -> None:
        if self._ended:
            self.skip([check], self._ended)
            return
        started, watch = now(), stopwatch()
        try:
            rows = self._query(check.sql)
        except StatementFailed as error:
            self._ended = self._still_alive(check)
            ms = (stopwatch() - watch) * 1000
            self.results.append(self._result(check, started, ms, outcome="error", reason=told(error)))
            return
        ms = (stopwatch() - watch) * 1000
        value = next(iter(rows[0].values())) if len(rows) == 1 else None
        if value is None:
            reason = f"it yields {len(rows)} rows instead of one value" if len(rows) != 1 else "it yields NULL"
            self.results.append(self._result(check, started, ms, outcome="error", reason=reason))
            return
        self._judge(check, value, None, started, ms)

    def _still_alive(self, check: Check) -> str | None:
        try:
            self.session.query("SELECT 1 AS one")
        except StatementFailed:
            return f"the error in the rule '{check.rule_id}' of {check.contract.relation} ended the transaction"
        return None

    def _query(self, sql: str) -> list[dict[str, Any]]:
        text = (
            transpile(sql, self.dialect, as_of=self.as_of) if self.dialect != "duckdb" else with_as_of(sql, self.as_of)
        )
        rows: list[dict[str, Any]] = self.session.query(text).to_pylist()
        return rows

    def _judge(self, check: Check, found: Any, total: int | None, started: datetime, ms: float) -> None:
        if found is None and check.type == "sla":
            self.skip([check], "the table is empty")
            return
        value = found
        if check.unit == "percent" and total is not None:
            value = 100.0 * found / total if total else 0.0
        good = holds(value, check.operators, place=check.place)
        sample = () if good else self._sample(check)
        self.results.append(
            self._result(check, started, ms, value=_plain(value), outcome="passed" if good else "failed", sample=sample)
        )

    def _sample(self, check: Check) -> tuple[str, ...]:
        relation = check.contract.relation.sql
        condition = check.sql if check.how == "count" else check.offending
        names = check.twice or (check.contract.key if condition else ())
        if not names:
            return ()
        listed = ", ".join(f"child.{quoted(name)}" for name in names)
        if check.twice:
            rest = f"GROUP BY {listed} HAVING COUNT(*) > 1"
            condition = " AND ".join(f"child.{quoted(name)} IS NOT NULL" for name in names)
        else:
            rest = ""
        rows = self._query(
            f"SELECT {listed} FROM {relation} AS child WHERE {condition} {rest} ORDER BY {listed} LIMIT {SAMPLE}"
        )
        columns = {column.name: column for column in check.contract.columns}
        return tuple(_shown(row, columns) for row in rows)

    def _result(
        self,
        check: Check,
        started: datetime,
        ms: float,
        *,
        outcome: Any,
        value: Value = None,
        sample: tuple[str, ...] = (),
        reason: str | None = None,
    ) -> CheckResult:
        operator, threshold = described(check.operators) if outcome != "not_executed" else (None, None)
        return CheckResult(
            contract_id=check.contract.id,
            version=check.contract.version,
            relation=check.contract.relation,
            column=check.column,
            rule_id=check.rule_id,
            type=check.type,
            metric=check.metric,
            dimension=check.dimension,
            severity=check.severity,
            sql=alone(check),
            value=value,
            unit=check.unit,
            operator=operator,
            threshold=threshold,
            outcome=outcome,
            sample=sample,
            run_id=self.run_id,
            started=started,
            ms=round(ms, 3),
            reason=reason,
            asks=check.asks,
            place=str(check.place),
        )


def measure(check: Check) -> str:
    """Return the aggregate, over the rows called ``child``, that a check judges."""
    if check.how == "count":
        return f"COUNT(CASE WHEN {check.sql} THEN 1 END)"
    return f"({check.sql})" if check.how == "scalar" else check.sql


def alone(check: Check) -> str | None:
    """Return the query that measures one check by itself, as people can paste it."""
    if check.how == "none":
        return None
    if check.how == "scalar":
        return check.sql
    where = f" WHERE {check.sql}" if check.how == "count" else ""
    measured = check.sql if check.how == "aggregate" else "COUNT(*)"
    return f"SELECT {measured} FROM {check.contract.relation.sql} AS child{where}"


def differences(contract: Contract, found: Sequence[Column], dialect: str) -> list[str]:
    """Return what differs between a contract's columns and those of a table, in words."""
    declared = {column.name: column for column in contract.columns}
    made = {column.name: column for column in found}
    problems = [f"the column {name} is missing" for name in declared if name not in made]
    problems += [f"the column {name} is not in the contract" for name in made if name not in declared]
    for name, column in made.items():
        if name in declared and normalised(column.type, dialect) != normalised(declared[name].type):
            problems.append(f"{name} is {column.type}, declared {declared[name].type}")
    if not problems and list(declared) != list(made):
        problems.append(f"the columns come in another order: {', '.join(made)}")
    return problems


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _shown(row: Mapping[str, Any], columns: Mapping[str, ContractColumn]) -> str:
    parts = []
    for name, value in row.items():
        column = columns.get(name)
        text = str(value)
        if column is not None and is_personal(column):
            text = "#" + hashlib.sha256(text.encode()).hexdigest()[:12]
        parts.append(f"{name} {text}")
    return "/".join(parts)


def is_personal(column: ContractColumn) -> bool:
    """Say whether a column's values may not be shown."""
    tags = {tag.lower() for tag in column.tags}
    return bool(tags & {"pii", "personal"}) or (column.classification or "").lower() in _PERSONAL
