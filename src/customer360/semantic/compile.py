"""Compile a metric query to one SQL text: each fact aggregated on its own, then put side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from customer360.errors import QueryError, UnknownName
from customer360.semantic.conditions import NONE_MEMBER, Conditions
from customer360.semantic.expression import named
from customer360.semantic.facts import Fact, FactGroup, grouped, restricted, simple_select
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.question import Question, is_axis_name, resolve
from customer360.semantic.scope import Setting, identifier
from customer360.semantic.values import Typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import MetricQuery, Order

Kind = Literal["dimension", "time", "metric"]


@dataclass(frozen=True)
class OutputColumn:
    """A column of the answer. ``asked`` is the name in the query, ``name`` the column's own."""

    name: str
    asked: str
    label: str
    kind: Kind
    unit: str | None = None
    format: str | None = None
    datatype: str | None = None
    grain: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Compiled:
    """A metric query as SQL, and what its columns mean."""

    sql: str
    columns: tuple[OutputColumn, ...]


def compile_query(
    model: SemanticModel,
    query: MetricQuery,
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
) -> Compiled:
    """Return the SQL of a metric query and its columns.

    Raises QueryError when a name is unknown or the answer could not be right, saying what is possible, and
    NotPermitted when the principal lacks what a policy needs.
    """
    question = resolve(Setting(model, as_of, principal or OWNER, dialect, query.history), query)
    tree = _Compilation(question).tree()
    return Compiled(tree.sql(dialect=dialect, pretty=True), tuple(_columns(question)))


class _Compilation:
    """Gathers the CTEs of one question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._steps: list[tuple[str, exp.Query]] = []
        self._atom_columns = _atom_columns(question)

    def tree(self) -> exp.Select:
        question = self._question
        atoms = _atoms((*question.formulas, *question.hidden))
        groups = grouped(question, [(self._atom_columns[key], atom) for key, atom in atoms.items()])
        sources = [self._add(f"{group.base}_totals", self._fact(group)) for group in groups]
        combined = sources[0] if len(sources) == 1 else self._side_by_side(groups, sources)
        final = self._final(combined)
        for name, step in self._steps:
            final = final.with_(identifier(name), as_=step, copy=False)
        return final

    def _add(self, name: str, step: exp.Query) -> str:
        taken = {known for known, _ in self._steps}
        unique, number = name, 2
        while unique in taken or unique in self._question.model.datasets:
            unique, number = f"{name}_{number}", number + 1
        self._steps.append((unique, step))
        return unique

    def _fact(self, group: FactGroup) -> exp.Query:
        query = simple_select(Fact(self._question, group))
        dataset = self._question.model.datasets[group.base]
        by = ", ".join(g.column for g in self._question.groups)
        query.add_comments([f"{dataset.grain}, totalled {'by ' + by if by else 'over all'}"])
        return query

    def _side_by_side(self, groups: list[FactGroup], sources: list[str]) -> str:
        """Stack the facts and group again: a full join in which empty keys meet, on every engine."""
        keys = [group.column for group in self._question.groups]
        columns = [(source, column) for group, source in zip(groups, sources, strict=True) for column, _ in group.atoms]
        arms: list[exp.Query] = []
        for source in sources:
            outputs: list[exp.Expr] = [exp.column(identifier(key)) for key in keys]
            for owner, column in columns:
                value: exp.Expr = exp.column(identifier(column)) if owner == source else exp.null()
                outputs.append(named(value, identifier(column)))
            arms.append(exp.select(*outputs).from_(exp.Table(this=identifier(source))))
        stacked = exp.union(*arms, distinct=False, copy=False)
        stacked_name = self._add("all_facts", stacked)
        arms[0].add_comments(["the facts one below the other, each with its own figures"])
        outputs = [exp.column(identifier(key)) for key in keys]
        outputs += [named(exp.Max(this=exp.column(identifier(c))), identifier(c)) for _, c in columns]
        joined = exp.select(*outputs).from_(exp.Table(this=identifier(stacked_name)))
        joined.add_comments(["the facts side by side: one row per group, empty keys included"])
        if keys:
            joined = joined.group_by(*(exp.Literal.number(n + 1) for n in range(len(keys))))
        return self._add("side_by_side", joined)

    def _final(self, source: str) -> exp.Select:
        question = self._question
        outputs: list[exp.Expr] = []
        for group in question.groups:
            column: exp.Expr = exp.column(identifier(group.column))
            if group.field is not None and group.field.datatype == "String":
                column = exp.Coalesce(this=column, expressions=[exp.Literal.string(NONE_MEMBER)])
            outputs.append(named(column, identifier(group.column)))
        visible = [*(g.column for g in question.groups), *(f.metric.name for f in question.formulas)]
        for formula in (*question.formulas, *question.hidden):
            outputs.append(named(self._value(formula), identifier(formula.metric.name)))
        result = exp.select(*outputs).from_(exp.Table(this=identifier(source)))
        result.add_comments(["the figures asked for"])
        if question.having:
            name = self._add("result", result)
            result = exp.select(*(exp.column(identifier(c)) for c in visible)).from_(exp.Table(this=identifier(name)))
            result = restricted(result, self._having())
        return self._ordered(result)

    def _value(self, formula: Formula) -> exp.Expr:
        def replaced(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column) or node.name not in formula.atoms:
                return node
            atom = formula.atoms[node.name]
            column = exp.column(identifier(self._atom_columns[node.name]))
            if atom.kind in ("count", "distinct"):
                return exp.Coalesce(this=column, expressions=[exp.Literal.number(0)])
            return column

        tree = formula.outer.transform(replaced)
        return exp.cast(tree, "BIGINT") if formula.metric.datatype == "Integer" else tree

    def _having(self) -> Iterable[exp.Expr]:
        question = self._question
        metrics = question.model.metrics

        def lookup(name: str) -> tuple[exp.Expr, Typed]:
            return exp.column(identifier(name)), Typed(name, metrics[name].datatype or "Decimal")

        conditions = Conditions(lookup, question.setting.as_of, question.calendar)
        return [conditions.build(part) for part in question.having]

    def _ordered(self, result: exp.Select) -> exp.Select:
        """Order as asked, ties by the dimensions, so that equal queries give equal pages."""
        question = self._question
        orders = [(_order_column(question, order), order.descending) for order in question.query.order]
        named = {column for column, _ in orders}
        orders += [(group.column, False) for group in question.groups if group.column not in named]
        for column, descending in orders:
            ordered = exp.Ordered(this=exp.column(identifier(column)), desc=descending, nulls_first=False)
            result = result.order_by(ordered, copy=False)
        return result.limit(question.query.limit, copy=False) if question.query.limit else result


def _order_column(question: Question, order: Order) -> str:
    wanted = "time" if is_axis_name(order.by) else order.by
    for group in question.groups:
        if wanted in (group.column, group.asked.name, f"{group.owner}.{group.name}"):
            return group.column
    metrics = [formula.metric.name for formula in question.formulas]
    if order.by in metrics:
        return order.by
    known = [*metrics, *(group.asked.name for group in question.groups)]
    error = UnknownName("metric or dimension of the query", order.by, known)
    raise QueryError(error.what, next_step=error.next_step)


def _atoms(formulas: Iterable[Formula]) -> Mapping[str, Atom]:
    return {key: atom for formula in formulas for key, atom in formula.atoms.items()}


def _atom_columns(question: Question) -> Mapping[str, str]:
    """Give each atom a column name of its own: that of the metric it is, else its metric's with a number."""
    names: dict[str, str] = {}
    for key, atom in _atoms((*question.formulas, *question.hidden)).items():
        label = question.model.atom_names.get(key, atom.label)
        name, number = label, 2
        while name in names.values() or name in {group.column for group in question.groups}:
            name, number = f"{label}_{number}", number + 1
        names[key] = name
    return names


def _columns(question: Question) -> Iterable[OutputColumn]:
    for group in question.groups:
        field = group.field
        is_time = group.asked.grain is not None or (field is not None and field.is_time)
        yield OutputColumn(
            name=group.column,
            asked=group.asked.name,
            label=field.title if field else "Time",
            kind="time" if is_time else "dimension",
            unit=field.c360.unit if field else None,
            format=field.c360.format if field else None,
            datatype="Date" if group.asked.grain else (field.datatype if field else None),
            grain=group.asked.grain,
            description=field.description if field else None,
        )
    for formula in question.formulas:
        metric = formula.metric
        yield OutputColumn(
            name=metric.name,
            asked=metric.name,
            label=metric.title,
            kind="metric",
            unit=metric.c360.unit,
            format=metric.c360.format,
            datatype=metric.datatype,
            description=metric.description,
        )
