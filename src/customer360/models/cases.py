"""Run cases: rows in, rows out, for one model, in a small database of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isclose
from typing import TYPE_CHECKING, Any

import duckdb

from customer360.errors import C360Error, ModelError, Place
from customer360.models.failures import told
from customer360.models.graph import Graph, Node
from customer360.models.kinds.union import select_of
from customer360.models.methods import method
from customer360.models.render import literal
from customer360.names import LOAD_ID, Relation, quoted, raw_relation

if TYPE_CHECKING:
    from customer360.project.spec import Case, Contract, Project

_SHOWN = 5


@dataclass(frozen=True)
class CaseResult:
    """What one case showed; ``difference`` says row by row what differs, None when it passed."""

    name: str
    model: Relation
    place: Place
    difference: str | None = None

    @property
    def passed(self) -> bool:
        """Say whether the model made the expected rows."""
        return self.difference is None


def run_cases(project: Project, *, names: Sequence[str] | None = None) -> list[CaseResult]:
    """Run all cases of a project (or those named) and return their results.

    Tables are typed by their contracts; columns that a given row leaves out are NULL, columns that an expected row
    leaves out are not compared. A case that cannot run has its reason as difference.
    """
    graph = Graph.from_project(project)
    wanted = [case for case in project.cases if names is None or case.name in names]
    return [_run(case, project, graph) for case in wanted]


def _run(case: Case, project: Project, graph: Graph) -> CaseResult:
    try:
        found = case_rows(case, project, graph)
    except (C360Error, duckdb.Error) as error:
        reason = told(error) if isinstance(error, C360Error) else str(error).split("\n\nLINE")[0]
        return CaseResult(case.name, case.model, case.place, f"It could not run: {reason}")
    differences = list(compare(case, found))
    text = "\n".join(differences[:_SHOWN])
    if len(differences) > _SHOWN:
        text += f"\nand {len(differences) - _SHOWN} more differences"
    return CaseResult(case.name, case.model, case.place, text or None)


def case_rows(case: Case, project: Project, graph: Graph) -> list[dict[str, Any]]:
    """Return the rows that a case's model makes of the given rows; ModelError when an input is missing or odd."""
    node = graph.nodes.get(case.model)
    if node is None:
        raise ModelError(f"There is no model {case.model}.", place=case.place)
    as_of = case.as_of or project.settings.as_of
    if not isinstance(as_of, date):
        raise ModelError(
            "The case says no as-of date and the project's is 'latest'.",
            place=case.place,
            next_step="Add `as_of: 2024-11-30` to the case.",
        )
    with duckdb.connect() as connection:
        given_tables(connection, case, project, graph)
        return _result(connection, node, case, as_of)


def given_tables(connection: duckdb.DuckDBPyConnection, case: Case, project: Project, graph: Graph) -> list[Relation]:
    """Make the tables that a case's model reads, with the given rows, and return their names."""
    connection.execute("SET TimeZone = 'UTC'")
    wanted = sorted({*graph.nodes[case.model].dependencies, *case.given})
    for relation in wanted:
        _create(connection, relation, case, project, graph)
    return wanted


def _result(connection: duckdb.DuckDBPyConnection, node: Node, case: Case, as_of: date) -> list[dict[str, Any]]:
    step = node.model.step
    if step is None:
        if node.model.is_union:
            sql = select_of(node, as_of, lambda text: [r[0] for r in connection.execute(f"DESCRIBE {text}").fetchall()])
        else:
            sql = node.parts[0].sql("duckdb", as_of)
        return [dict(row) for row in connection.execute(sql).to_arrow_table().to_pylist()]
    read = {
        name: relation for name, relation in step.inputs.items() if relation != node.relation or relation in case.given
    }
    inputs = {name: connection.execute(f"FROM {r.sql}").to_arrow_table() for name, r in read.items()}
    made = method(step.method, place=step.place)(inputs, step.parameters, as_of=as_of)
    return [dict(row) for row in made.to_pylist()]


def _create(
    connection: duckdb.DuckDBPyConnection, relation: Relation, case: Case, project: Project, graph: Graph
) -> None:
    """Make one typed input table and fill in its given rows."""
    rows = case.given.get(relation, ())
    contract = _contract(relation, project)
    if contract is not None:
        types = {column.name: column.type for column in contract.columns}
    elif rows:
        types = {name: _type_of([row.get(name) for row in rows]) for row in rows for name in row}
    else:
        node = graph.nodes.get(relation)
        types = dict.fromkeys(node.parts[0].columns if node and node.parts else ("id",), "VARCHAR")
    if relation.schema.startswith("raw_"):
        types.setdefault(LOAD_ID, "BIGINT")
    odd = sorted({name for row in rows for name in row} - set(types))
    if odd:
        raise ModelError(
            f"The given rows of {relation} have a column '{odd[0]}' that its contract lacks.", place=case.place
        )
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(relation.schema)}")
    body = ", ".join(f"{quoted(name)} {type_}" for name, type_ in types.items())
    connection.execute(f"CREATE TABLE {relation.sql} ({body})")
    for row in rows:
        names = ", ".join(quoted(name) for name in row)
        values = ", ".join(_value(row[name], types[name]) for name in row)
        connection.execute(f"INSERT INTO {relation.sql} ({names}) VALUES ({values})")


def _contract(relation: Relation, project: Project) -> Contract | None:
    for name, source in project.sources.items():
        for table in source.tables.values():
            if raw_relation(name, table.name) == relation:
                return project.contracts.get(table.contract or "")
    return project.contract_of(relation)


def _value(value: Any, type_: str) -> str:
    if isinstance(value, Mapping | list):
        import json

        return f"CAST({literal(json.dumps(value, default=str))} AS {type_})"
    return f"CAST({literal(value)} AS {type_})"


def _type_of(values: Sequence[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    named = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", date: "DATE", datetime: "TIMESTAMP"}
    return named.get(kinds.pop(), "VARCHAR") if len(kinds) == 1 else "VARCHAR"


def compare(case: Case, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield, row by row, how the rows a model made differ from those expected."""
    expected = list(case.expect)
    names = {name for row in expected for name in row}
    unknown = sorted(names - set(found[0])) if found else []
    if unknown:
        yield f"the model yields no column '{unknown[0]}'"
        return
    if case.ordered:
        for number, (want, have) in enumerate(zip(expected, found, strict=False), start=1):
            if not _fits(want, have):
                yield f"row {number}: {_told(want, have)}"
        missing, extra = expected[len(found) :], list(found[len(expected) :])
    else:
        missing, extra = _unmatched(expected, found)
        while missing and extra:
            want = missing.pop(0)
            near = max(extra, key=lambda row: sum(_same(value, row.get(name)) for name, value in want.items()))
            extra.remove(near)
            yield _told(want, near)
    for want in missing:
        yield f"missing: {_shown(want)}"
    for have in extra:
        yield f"unexpected: {_shown({name: value for name, value in have.items() if name in names or not names})}"


def _unmatched(
    expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    left, missing = list(found), []
    for want in expected:
        hit = next((row for row in left if _fits(want, row)), None)
        if hit is None:
            missing.append(want)
        else:
            left.remove(hit)
    return missing, left


def _fits(want: Mapping[str, Any], have: Mapping[str, Any]) -> bool:
    return all(_same(value, have.get(name)) for name, value in want.items())


def _same(want: Any, have: Any) -> bool:
    """Compare a value as YAML writes it with one from the engine: numbers by value, dates and moments by their text."""
    if want is None or have is None:
        return want is have
    if isinstance(have, bool) or isinstance(want, bool):
        return have is want
    if isinstance(have, Decimal | int) and isinstance(want, int | float | Decimal | str):
        try:
            return Decimal(str(want)) == Decimal(have)
        except ArithmeticError:
            return False
    if isinstance(have, float) and isinstance(want, int | float):
        return isclose(float(want), have, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(have, datetime | date | time | timedelta):
        return _moment(want) == _moment(have)
    return bool(want == have)


def _moment(value: Any) -> str:
    text = str(value).replace("T", " ").removesuffix("+00:00")
    return text.removesuffix(" 00:00:00")


def _told(want: Mapping[str, Any], have: Mapping[str, Any]) -> str:
    wrong = [name for name, value in want.items() if not _same(value, have.get(name))]
    parts = (f"{name} is {have.get(name)!s}, expected {want[name]!s}" for name in wrong)
    right = {name: value for name, value in want.items() if name not in wrong}
    where = f" (in the row with {_shown(dict(list(right.items())[:3]))})" if right else ""
    return f"{'; '.join(parts)}{where}"


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value!s}" for name, value in row.items())
