"""Aggregate the rows of one dataset to the grain of a query: one SELECT per fact, never a join of two facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.conditions import NONE_MEMBER, Conditions, local_time, names
from customer360.semantic.expression import all_of, any_of, named
from customer360.semantic.grains import bucket, moved
from customer360.semantic.identifiers import identifier
from customer360.semantic.membership import member_predicate
from customer360.semantic.periods import Period
from customer360.semantic.question import GroupBy, Question, is_axis_name, locate
from customer360.semantic.scope import Scope
from customer360.semantic.steps import column, grouped, table
from customer360.semantic.values import Typed, day_literal, period_span
from customer360.semantic.weights import weighted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Atom
    from customer360.semantic.query import Filter
    from customer360.semantic.variants import Variant

OTHER_MEMBER = "(other)"


@dataclass(frozen=True)
class TopMembers:
    """The step that holds the largest members of a dimension, and whether the rest stays together."""

    group: str
    step: str
    other: bool


@dataclass(frozen=True)
class FactGroup:
    """Atoms that one pass over one dataset computes: same rows, same time axis, same balance rule, same variant."""

    base: str
    variant: Variant
    atoms: tuple[tuple[str, Atom], ...]
    """Column names with their atoms."""

    @property
    def first(self) -> Atom:
        """Any of the atoms: what the group shares can be read from it."""
        return self.atoms[0][1]


def fact_groups(question: Question, cells: Iterable[tuple[str, Atom, Variant]]) -> list[FactGroup]:
    """Put atoms together that can be computed in one pass, in the order in which they were first needed."""
    found: dict[tuple[object, ...], FactGroup] = {}
    for name, atom, variant in cells:
        axis = atom.time_field if needs_axis(question, atom, variant) else None
        key = (atom.base, axis, atom.semi_additive, atom.window, variant.name)
        known = found.get(key)
        found[key] = FactGroup(atom.base, variant, ((*known.atoms, (name, atom)) if known else ((name, atom),)))
    return list(found.values())


def needs_axis(question: Question, atom: Atom, variant: Variant) -> bool:
    """Say whether an atom's own time plays a part: if not, atoms with different time fields share a pass."""
    if atom.semi_additive is not None or any(group.is_axis for group in question.groups):
        return True
    if question.timeline is None and (variant.period is not None or atom.window is not None):
        return True
    return any(is_axis_name(name) for part in variant.where for name in names(part))


class Fact:
    """One fact group of a question, about to become SQL. Each Fact has a scope, hence aliases, of its own."""

    def __init__(self, question: Question, group: FactGroup, top: TopMembers | None = None) -> None:
        self.question = question
        self.group = group
        self.scope = Scope(question.setting, group.base)
        self._top = top

    @property
    def groups(self) -> list[GroupBy]:
        """The dimensions of the query that this fact is cut by."""
        keep = self.group.variant.keep
        return [group for group in self.question.groups if keep is None or group.column in keep]

    def dimension(self, group: GroupBy, *, shifted: bool = True) -> exp.Expr:
        """Return a dimension's expression, cut to its grain, moved to stand beside what it is compared with."""
        owner, field = self.owner_and_field(group)
        tree = self.scope.column(owner, field.name)
        if group.asked.grain is not None:
            zone = self.question.model.c360.timezone
            tree = bucket(tree, group.asked.grain, self.question.calendar, datatype=field.datatype, timezone=zone)
            shift = self.group.variant.shift
            if shifted and shift is not None and self.question.is_timeline(group):
                tree = moved(tree, shift.unit, shift.count)
        if self._top is not None and self._top.group == group.column:
            return self._within_top(tree)
        return tree

    def owner_and_field(self, group: GroupBy) -> tuple[str, SemanticField]:
        """Return owner and field behind a dimension: this fact's own for the time axis."""
        if group.is_axis:
            return self.question.axis(self.group.first)
        assert group.field is not None  # noqa: S101 -- only the axis has none
        return group.owner, group.field

    def _within_top(self, tree: exp.Expr) -> exp.Expr:
        assert self._top is not None  # noqa: S101 -- the caller looked
        if not self._top.other:
            return tree
        kept = column("member", self._top.step).is_(exp.null())
        shown = exp.Coalesce(this=tree, expressions=[exp.Literal.string(NONE_MEMBER)])
        return exp.Case(ifs=[exp.If(this=kept, true=exp.Literal.string(OTHER_MEMBER))], default=shown)

    def aggregates(self) -> Iterator[tuple[str, exp.Expr]]:
        """Yield each atom's column with its aggregate; filters that not all atoms share stand beside it.

        Ask for dimensions and predicates first: a bridge they lead over gives the rows a weight.
        """
        shared = self._shared()
        for name, atom in self.group.atoms:
            own = [f for key, f in self._filters(atom).items() if key not in shared]
            tree = self.scope.translate(atom.aggregate, raw=atom.kind in ("count", "distinct"))
            if self.scope.bridge is not None:
                tree = weighted(atom, tree, self.scope)
            if own:
                tree = _filtered(tree, all_of(own))
            is_whole = atom.is_integer and atom.kind == "sum" and self.scope.bridge is None
            yield name, exp.cast(tree, "BIGINT") if is_whole else tree

    def predicates(self, *, period: Period | None) -> Iterator[exp.Expr]:
        """Yield what restricts the rows: filters of the query, of the metrics, and the time range."""
        shared = self._shared()
        yield from shared.values()
        per_atom = [[f for key, f in self._filters(atom).items() if key not in shared] for _, atom in self.group.atoms]
        if all(per_atom):  # rows that no metric counts make no group
            yield any_of(all_of(own) for own in per_atom)
        for part in self.group.variant.where:
            yield self.condition(part)
        yield from self.within(period)

    def condition(self, part: Filter) -> exp.Expr:
        """Return a condition of the query over this fact's rows."""
        zone = self.question.model.c360.timezone
        as_of, calendar = self.question.setting.as_of, self.question.calendar
        membership = partial(member_predicate, self.question.setting)
        return Conditions(self._lookup, as_of, calendar, zone, membership).build(part)

    def time_conditions(self) -> Iterator[exp.Expr]:
        """Yield the query's conditions that are about this fact's calendar only."""
        owner, _ = self.period_field()
        for part in self.group.variant.where:
            owners = {name if is_axis_name(name) else self._located(name)[0] for name in names(part)}
            if all(is_axis_name(found) or (found == owner and owner != self.group.base) for found in owners):
                yield self.condition(part)

    def within(self, period: Period | None) -> Iterator[exp.Expr]:
        """Yield the comparisons that keep rows of a period."""
        if period is None or (period.start is None and period.end is None):
            return
        tree, field = self.moment()
        typed = Typed(field.qualified, field.datatype, title=field.title)
        tree = local_time(tree, typed, self.question.model.c360.timezone)
        if period.start is not None:
            yield exp.GTE(this=tree.copy(), expression=day_literal(period.start, typed))
        if period.end is not None:
            closed = period_span(Period(period.end, period.end), typed)
            kind: type[exp.Binary] = exp.LTE if closed.end_included else exp.LT
            yield kind(this=tree.copy(), expression=closed.end)

    def moment(self) -> tuple[exp.Expr, SemanticField]:
        """Return the fact's time as an expression, with its field."""
        owner, field = self.period_field()
        return self.scope.column(owner, field.name), field

    def day(self) -> exp.Expr:
        """Return the day of the fact's time."""
        tree, field = self.moment()
        zone = self.question.model.c360.timezone
        return bucket(tree, "day", self.question.calendar, datatype=field.datatype, timezone=zone)

    def period_field(self) -> tuple[str, SemanticField]:
        """Return owner and field that the time range applies to."""
        if self.question.timeline is None:
            return self.question.axis(self.group.first)
        owner, name = self.question.timeline
        field = self.question.model.directory.field(owner, name)
        assert field is not None  # noqa: S101 -- resolved with the query
        return owner, field

    def rows(self, predicates: Iterable[exp.Expr]) -> exp.Select:
        """Return ``SELECT FROM`` the fact's rows that fulfil the predicates; call it last, when all joins are known."""
        query = self.scope.select()
        if self._top is not None:
            query = self._joined_to_top(query)
        return restricted(query, predicates)

    def _joined_to_top(self, query: exp.Select) -> exp.Select:
        assert self._top is not None  # noqa: S101 -- the caller looked
        group = next(g for g in self.question.groups if g.column == self._top.group)
        owner, field = self.owner_and_field(group)
        member = exp.Coalesce(this=self.scope.column(owner, field.name), expressions=[exp.Literal.string(NONE_MEMBER)])
        side = "LEFT" if self._top.other else None
        condition = member.eq(column("member", self._top.step))
        return query.join(exp.Join(this=table(self._top.step), on=condition, side=side), copy=False)

    def _located(self, name: str) -> tuple[str, SemanticField]:
        return locate(self.question.model, name, self.question.formulas)

    def _lookup(self, name: str) -> tuple[exp.Expr, Typed]:
        owner, field = self.question.axis(self.group.first) if is_axis_name(name) else self._located(name)
        if field.c360.role == "hidden":
            raise QueryError(f"{field.title} is hidden.", next_step="Filter by another field.")
        values = tuple(str(item.value) for item in field.c360.values)
        return self.scope.column(owner, field.name), Typed(f"{owner}.{field.name}", field.datatype, values, field.title)

    def _shared(self) -> dict[str, exp.Expr]:
        """Return the filters that every atom has, by text."""
        per_atom = [self._filters(atom) for _, atom in self.group.atoms]
        return {key: tree for key, tree in per_atom[0].items() if all(key in other for other in per_atom)}

    def _filters(self, atom: Atom) -> dict[str, exp.Expr]:
        lifted = self.question.query.without_filters
        trees = list(atom.filters)
        trees += [f.predicate for f in atom.default_filters if not (f.rule.removable and f.rule.name in lifted)]
        return {tree.sql(): self.scope.translate(tree, raw=True) for tree in trees}


def _filtered(tree: exp.Expr, predicate: exp.Expr) -> exp.Expr:
    """Put a filter on every aggregate call of a tree: a weighted average has two."""
    if isinstance(tree, exp.AggFunc):
        return exp.Filter(this=tree, expression=exp.Where(this=predicate))

    def filtered(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.AggFunc) and not isinstance(node.parent, exp.Filter):
            return exp.Filter(this=node, expression=exp.Where(this=predicate.copy()))
        return node

    return tree.transform(filtered)


def restricted(query: exp.Select, predicates: Iterable[exp.Expr]) -> exp.Select:
    """Add predicates to the WHERE of a query."""
    existing = query.args.get("where")
    parts = [*([existing.this] if existing else []), *predicates]
    if parts:
        query.set("where", exp.Where(this=all_of(parts)))
    return query


def simple_select(fact: Fact, *, period: Period | None) -> exp.Select:
    """Return dimensions and aggregates over the fact's rows, grouped."""
    outputs = [named(fact.dimension(group), identifier(group.column)) for group in fact.groups]
    count = len(outputs)
    predicates = list(fact.predicates(period=period))
    outputs += [named(tree, identifier(name)) for name, tree in fact.aggregates()]
    return grouped(fact.rows(predicates).select(*outputs, copy=False), count)
