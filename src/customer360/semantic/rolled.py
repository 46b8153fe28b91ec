"""Answer from a roll-up instead of its base, when everything a query asks of the base is in it; else not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.semantic.expression import any_of, named, references
from customer360.semantic.facts import Fact, FactGroup, TopMembers, restricted
from customer360.semantic.grains import bucket, moved
from customer360.semantic.identifiers import identifier, reference
from customer360.semantic.masks import mask_of, masked
from customer360.semantic.paths import bridge_of
from customer360.semantic.question import is_axis_name
from customer360.semantic.scope import Scope, path_key
from customer360.semantic.steps import grouped
from customer360.semantic.values import Typed, date_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.calendar_units import Calendar, Unit
    from customer360.semantic.measure import Atom
    from customer360.semantic.paths import Path
    from customer360.semantic.periods import Period
    from customer360.semantic.question import GroupBy, Question
    from customer360.semantic.rollups import Kept, Measured, RollupTable
    from customer360.semantic.scope import Setting

_INTO: dict[str, tuple[str, ...]] = {
    "day": ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    "week": ("week",),
    "month": ("month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    "quarter": ("quarter", "year"),
    "year": ("year",),
}
"""Grains that each grain divides without a rest."""


class _NotRolledUp(LookupError):
    """The roll-up lacks something that the query needs."""


def rolled_select(question: Question, group: FactGroup, top: TopMembers | None) -> tuple[str, exp.Select] | None:
    """Return a roll-up's name with the query over it that equals the one over the base; None when none has it all."""
    for table in question.setting.rollups:
        if table.base == group.base and all(atom.key in table.measures for _, atom in group.atoms):
            try:
                return table.name, _RolledFact(question, group, table, top).select()
            except _NotRolledUp:
                continue
    return None


class _RolledScope(Scope):
    """The rows of a roll-up. A field is found by the path that leads to it, so roles are never mixed up."""

    def __init__(self, setting: Setting, table: RollupTable) -> None:
        super().__init__(setting, table.base)
        self._table = table

    def select(self) -> exp.Select:
        """Return ``SELECT FROM`` the roll-up with the policies of the principal."""
        predicates = list(self._policies())
        parts = [identifier(part) for part in self._table.declared.source.split(".")]
        source = exp.Table(**dict(zip(("this", "db", "catalog"), reversed(parts), strict=False)))
        source.set("alias", exp.TableAlias(this=identifier(self._table.name)))
        query = exp.select().from_(source)
        return restricted(query, predicates)

    def kept(self, owner: str, name: str, prefix: Path = ()) -> Kept:
        """Return what the roll-up has of a field. Raises _NotRolledUp when that is nothing."""
        start = prefix[-1].target if prefix else self.base
        path = (*prefix, *self.path(owner, start))
        if bridge_of(self._model.directory, path) is not None:
            raise _NotRolledUp
        for number in range(1, len(path) + 1):
            self._paths[path_key(path[:number])] = path[:number]
        dataset = path[-1].target if path else self.base
        found = self._table.kept.get((path_key(path), dataset, name))
        if found is None:
            raise _NotRolledUp
        return found

    def column(self, owner: str, name: str, *, prefix: Path = (), raw: bool = False) -> exp.Expr:
        """Return a field as it is; one whose time is cut is asked for otherwise."""
        kept = self.kept(owner, name, prefix)
        if kept.grain is not None:
            raise _NotRolledUp
        tree: exp.Expr = self.of(kept.column)
        field = self._model.directory.field(owner, name)
        return tree if raw or field is None else masked(tree, field, self.setting.principal)

    def of(self, name: str) -> exp.Column:
        """Return a column of the roll-up."""
        return reference(self._table.name, name)


class _RolledFact(Fact):
    """A fact group over the rows of a roll-up."""

    def __init__(self, question: Question, group: FactGroup, table: RollupTable, top: TopMembers | None) -> None:
        super().__init__(question, group, top)
        self._table = table
        self._rolled = _RolledScope(question.setting, table)
        self.scope = self._rolled

    def select(self) -> exp.Select:
        """Return dimensions and aggregates. Raises _NotRolledUp."""
        for _, atom in self.group.atoms:
            self._refuse(atom)
        outputs = [named(self.dimension(group), identifier(group.column)) for group in self.groups]
        predicates = list(self.predicates(period=self.group.variant.period))
        outputs += [named(tree, identifier(name)) for name, tree in self.aggregates()]
        return grouped(self.rows(predicates).select(*outputs, copy=False), len(self.groups))

    def dimension(self, group: GroupBy, *, shifted: bool = True) -> exp.Expr:
        """Return a dimension, its time cut further where the roll-up's grain allows."""
        owner, field = self.owner_and_field(group)
        kept = self._rolled.kept(owner, field.name)
        asked = group.asked.grain
        if kept.grain is None:
            return super().dimension(group, shifted=shifted)
        if asked is None or asked not in _INTO[kept.grain] or mask_of(field, self.question.setting.principal):
            raise _NotRolledUp
        tree = bucket(self._rolled.of(kept.column), asked, self.question.calendar, datatype=kept.datatype)
        shift = self.group.variant.shift
        if shifted and shift is not None and self.question.is_timeline(group):
            tree = moved(tree, shift.unit, shift.count)
        return tree

    def aggregates(self) -> Iterator[tuple[str, exp.Expr]]:
        """Yield each atom's column as the total of the roll-up's totals."""
        for name, atom in self.group.atoms:
            total = self._rolled.of(self._measured(atom).column)
            if atom.kind == "min":
                yield name, exp.Min(this=total)
            elif atom.kind == "max":
                yield name, exp.Max(this=total)
            else:
                summed = exp.Sum(this=total)
                is_whole = atom.kind == "count" or atom.is_integer
                yield name, exp.cast(summed, "BIGINT") if is_whole else summed

    def predicates(self, *, period: Period | None) -> Iterator[exp.Expr]:
        """Yield what restricts the groups: some row of a metric, filters of the query, the time range."""
        rows = [self._measured(atom).rows for _, atom in self.group.atoms]
        if all(rows):
            yield any_of(self._rolled.of(name) > exp.Literal.number(0) for name in rows if name)
        for part in self.group.variant.where:
            yield self.condition(part)
        yield from self.within(period)

    def within(self, period: Period | None) -> Iterator[exp.Expr]:
        """Yield the comparisons that keep a period, which must begin and end with a unit of the roll-up's time."""
        if period is None or (period.start is None and period.end is None):
            return
        owner, field = self.period_field()
        kept = self._rolled.kept(owner, field.name)
        if kept.grain is None:
            yield from super().within(period)
            return
        if mask_of(field, self.question.setting.principal):
            raise _NotRolledUp
        yield from _aligned(self._rolled.of(kept.column), period, kept.grain, self.question.calendar)

    def _lookup(self, name: str) -> tuple[exp.Expr, Typed]:
        owner, field = self.question.axis(self.group.first) if is_axis_name(name) else self._located(name)
        if self._rolled.kept(owner, field.name).grain is not None:
            raise _NotRolledUp
        return super()._lookup(name)

    def _measured(self, atom: Atom) -> Measured:
        return self._table.measures[atom.key]

    def _refuse(self, atom: Atom) -> None:
        """Refuse what the totals were not made for: lifted filters, masked amounts."""
        lifted = self.question.query.without_filters
        if any(each.rule.removable and each.rule.name in lifted for each in atom.default_filters):
            raise _NotRolledUp
        principal = self.question.setting.principal
        directory = self.question.model.directory
        for used in references(atom.aggregate):
            field = directory.field(used.table, used.name)
            if field is not None and mask_of(field, principal):
                raise _NotRolledUp


def _aligned(tree: exp.Expr, period: Period, grain: Unit, calendar: Calendar) -> Iterator[exp.Expr]:
    if period.start is not None:
        if calendar.start(period.start, grain) != period.start:
            raise _NotRolledUp
        yield exp.GTE(this=tree.copy(), expression=date_literal(period.start))
    if period.end is not None:
        if calendar.end(period.end, grain) != period.end:
            raise _NotRolledUp
        yield exp.LTE(this=tree.copy(), expression=date_literal(period.end))
