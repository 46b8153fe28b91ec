"""Aggregate the rows of one dataset to the grain of a query: one SELECT per fact, never a join of two facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.conditions import Conditions
from customer360.semantic.expression import all_of, any_of, named
from customer360.semantic.grains import bucket
from customer360.semantic.periods import Period
from customer360.semantic.question import GroupBy, Question, is_axis_name, locate
from customer360.semantic.scope import Scope, identifier
from customer360.semantic.values import Typed, day_literal, period_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Atom
    from customer360.semantic.query import Filter


@dataclass(frozen=True)
class FactGroup:
    """Atoms that one pass over one dataset computes: same rows, same time axis, same balance rule."""

    base: str
    atoms: tuple[tuple[str, Atom], ...]
    """Column names with their atoms."""

    @property
    def first(self) -> Atom:
        """Any of the atoms: what the group shares can be read from it."""
        return self.atoms[0][1]


def grouped(question: Question, atoms: Iterable[tuple[str, Atom]]) -> list[FactGroup]:
    """Put atoms together that can be computed in one pass, in the order in which they were first needed."""
    found: dict[tuple[object, ...], list[tuple[str, Atom]]] = {}
    for column, atom in atoms:
        axis = atom.time_field if question.uses_axis or atom.semi_additive or atom.window else None
        found.setdefault((atom.base, axis, atom.semi_additive, atom.window), []).append((column, atom))
    return [FactGroup(str(key[0]), tuple(members)) for key, members in found.items()]


class Fact:
    """One fact group of a question, about to become SQL. Each Fact has a scope, hence aliases, of its own."""

    def __init__(self, question: Question, group: FactGroup) -> None:
        self.question = question
        self.group = group
        self.scope = Scope(question.setting, group.base)

    def group_columns(self) -> Iterator[tuple[GroupBy, exp.Expr]]:
        """Yield each dimension of the query with its expression over this fact's rows."""
        for group in self.question.groups:
            yield group, self.dimension(group)

    def dimension(self, group: GroupBy) -> exp.Expr:
        """Return a dimension's expression, cut to its grain."""
        owner, field = self.question.axis(self.group.first) if group.is_axis else (group.owner, group.field)
        assert field is not None  # noqa: S101 -- only the axis has none
        return self.at_grain(owner, field, group)

    def at_grain(self, owner: str, field: SemanticField, group: GroupBy) -> exp.Expr:
        """Return a field, cut to the grain of a dimension if it has one."""
        tree = self.scope.column(owner, field.name)
        if group.asked.grain is None:
            return tree
        zone = self.question.model.c360.timezone
        return bucket(tree, group.asked.grain, self.question.calendar, datatype=field.datatype, timezone=zone)

    def aggregates(self) -> Iterator[tuple[str, exp.Expr]]:
        """Yield each atom's column with its aggregate; filters that not all atoms share stand beside it."""
        shared = self._shared()
        for column, atom in self.group.atoms:
            own = [f for key, f in self._filters(atom).items() if key not in shared]
            tree = self.scope.translate(atom.aggregate, raw=atom.kind in ("count", "distinct"))
            if own:
                tree = exp.Filter(this=tree, expression=exp.Where(this=all_of(own)))
            yield column, exp.cast(tree, "BIGINT") if atom.is_integer and atom.kind == "sum" else tree

    def predicates(self, *, with_period: bool = True) -> Iterator[exp.Expr]:
        """Yield what restricts the rows: filters of the query, of the metrics, and the time range."""
        yield from self._shared().values()
        per_atom = [
            [f for key, f in self._filters(atom).items() if key not in self._shared()] for _, atom in self.group.atoms
        ]
        if all(per_atom):  # rows that no metric counts make no group
            yield any_of(all_of(own) for own in per_atom)
        for part in self.question.where:
            yield self.condition(part)
        if with_period:
            yield from self.within(self.question.period)

    def condition(self, part: Filter) -> exp.Expr:
        """Return a condition of the query over this fact's rows."""
        return Conditions(self._lookup, self.question.setting.as_of, self.question.calendar).build(part)

    def within(self, period: Period | None) -> Iterator[exp.Expr]:
        """Yield the comparisons that keep rows of a period."""
        if period is None or (period.start is None and period.end is None):
            return
        owner, field = self.period_field()
        tree = self.scope.column(owner, field.name)
        typed = Typed(field.qualified, field.datatype)
        if period.start is not None:
            yield exp.GTE(this=tree.copy(), expression=day_literal(period.start, typed))
        if period.end is not None:
            closed = period_span(Period(period.end, period.end), typed)
            kind: type[exp.Binary] = exp.LTE if closed.end_included else exp.LT
            yield kind(this=tree.copy(), expression=closed.end)

    def period_field(self) -> tuple[str, SemanticField]:
        """Return owner and field that the time range applies to."""
        if self.question.period_field is None:
            return self.question.axis(self.group.first)
        owner, name = self.question.period_field
        field = self.question.model.directory.field(owner, name)
        assert field is not None  # noqa: S101 -- resolved with the query
        return owner, field

    def _lookup(self, name: str) -> tuple[exp.Expr, Typed]:
        if is_axis_name(name):
            owner, field = self.question.axis(self.group.first)
        else:
            owner, field = locate(self.question.model, name, (*self.question.formulas, *self.question.hidden))
        if field.c360.role == "hidden":
            raise QueryError(f"{field.qualified} is hidden.", next_step="Filter by another field.")
        values = tuple(str(item.value) for item in field.c360.values)
        return self.scope.column(owner, field.name), Typed(f"{owner}.{field.name}", field.datatype, values)

    def _shared(self) -> dict[str, exp.Expr]:
        """Return the filters that every atom has, by text."""
        per_atom = [self._filters(atom) for _, atom in self.group.atoms]
        return {key: tree for key, tree in per_atom[0].items() if all(key in other for other in per_atom)}

    def _filters(self, atom: Atom) -> dict[str, exp.Expr]:
        lifted = self.question.query.without_filters
        trees = list(atom.filters)
        trees += [f.predicate for f in atom.default_filters if not (f.rule.removable and f.rule.name in lifted)]
        found: dict[str, exp.Expr] = {}
        for tree in trees:
            found[tree.sql()] = self.scope.translate(tree, raw=True)
        return found


def restricted(query: exp.Select, predicates: Iterable[exp.Expr]) -> exp.Select:
    """Add predicates to the WHERE of a query."""
    existing = query.args.get("where")
    parts = [*([existing.this] if existing else []), *predicates]
    if parts:
        query.set("where", exp.Where(this=all_of(parts)))
    return query


def simple_select(fact: Fact) -> exp.Select:
    """Return dimensions and aggregates over the fact's rows, grouped."""
    outputs = [named(tree, identifier(group.column)) for group, tree in fact.group_columns()]
    count = len(outputs)
    outputs += [named(tree, identifier(column)) for column, tree in fact.aggregates()]
    predicates = list(fact.predicates())
    query = fact.scope.select().select(*outputs, copy=False)
    query = restricted(query, predicates)
    return query.group_by(*(exp.Literal.number(n + 1) for n in range(count)), copy=False) if count else query
