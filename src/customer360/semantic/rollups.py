"""Say what a declared roll-up holds: a table of additive totals by some dimensions, and the SQL that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import ProjectError, QueryError
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.expression import all_of, named
from customer360.semantic.facts import Fact, FactGroup
from customer360.semantic.identifiers import identifier
from customer360.semantic.principal import OWNER
from customer360.semantic.query import Dimension, MetricQuery
from customer360.semantic.resolve import resolve
from customer360.semantic.scope import PathKey, Setting, dataset_table, path_key
from customer360.semantic.steps import grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from customer360.semantic.extensions import Rollup
    from customer360.semantic.measure import Atom
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Grain
    from customer360.semantic.question import GroupBy, Question

ADDITIVE = ("sum", "count", "min", "max")
"""Aggregates whose totals of parts give the total of the whole."""

ROWS = "_rows"
"""Behind a measure: how many rows it counts, so that a group without any stays absent."""

_SOME_DAY = date(2999, 12, 31)
"""Stands in for the as-of date where only names and paths matter."""


@dataclass(frozen=True)
class Kept:
    """A dimension in a roll-up: its column, and the grain that its time is cut to (None: as it is)."""

    column: str
    datatype: str | None
    grain: Grain | None = None


@dataclass(frozen=True)
class Measured:
    """An aggregate in a roll-up. ``rows`` is the column that counts its rows, None when every group has some."""

    column: str
    rows: str | None


Place = tuple[PathKey, str, str]
"""Where a field is: the path from the base, dataset, field."""


@dataclass(frozen=True)
class RollupTable:
    """A roll-up resolved against its model. ``measures`` are by the key of the atom."""

    declared: Rollup
    base: str
    kept: Mapping[Place, Kept]
    measures: Mapping[str, Measured]

    @property
    def name(self) -> str:
        """The name by which people and SQL call it."""
        return self.declared.name


def rollup_tables(model: SemanticModel, dialect: str = "duckdb") -> dict[str, RollupTable]:
    """Return the roll-ups of a model, narrowest first. Raises ProjectError for one that could not be right."""
    if dialect not in model.rolled:
        found = [_table(model, declared, dialect) for declared in model.c360.rollups]
        found.sort(key=lambda table: len(table.kept))
        model.rolled[dialect] = {table.name: table for table in found}
    return model.rolled[dialect]


def rollup_select(model: SemanticModel, declared: Rollup, *, as_of: date, dialect: str = "duckdb") -> exp.Select:
    """Return the query over the base that a roll-up's table must hold the rows of."""
    fact = _Definition(_question(model, declared, as_of, dialect), declared)
    return fact.whole()


def counted_rows(model: SemanticModel, declared: Rollup, dialect: str = "duckdb") -> tuple[exp.Select, exp.Select]:
    """Return two counts that are equal unless a join doubles or loses rows: of the base alone, and as joined."""
    fact = _Definition(_question(model, declared, _SOME_DAY, dialect), declared)
    for group in fact.groups:
        fact.dimension(group)
    base = model.datasets[fact.group.base]
    count = exp.Count(this=exp.Star())
    return exp.select(count).from_(dataset_table(base, base.name, _SOME_DAY)), fact.rows([]).select(
        count.copy(), copy=False
    )


class _Definition(Fact):
    """The fact that a roll-up totals, by all its dimensions."""

    def __init__(self, question: Question, declared: Rollup) -> None:
        atoms = [(figure.name, atom) for figure in question.figures for atom in figure.formula.atoms.values()]
        bases = {atom.base for _, atom in atoms}
        if len(atoms) != len(question.figures) or len(bases) != 1:
            raise _wrong(question.model, declared, "its metrics must be plain aggregates over one dataset")
        super().__init__(question, FactGroup(bases.pop(), question.main, tuple(atoms)))

    def own_filters(self, atom: Atom) -> list[exp.Expr]:
        """Return the filters of an atom that not all atoms share."""
        shared = self._shared()
        return [tree for key, tree in self._filters(atom).items() if key not in shared]

    def whole(self) -> exp.Select:
        """Return dimensions, measures and the row counts of those that do not count every row."""
        outputs = [named(self.dimension(group), identifier(group.column)) for group in self.groups]
        predicates = list(self.predicates(period=None))
        outputs += [named(tree, identifier(name)) for name, tree in self.aggregates()]
        outputs += self._row_counts()
        return grouped(self.rows(predicates).select(*outputs, copy=False), len(self.groups))

    def _row_counts(self) -> Iterator[exp.Expr]:
        for name, atom in self.group.atoms:
            own = self.own_filters(atom)
            if own:
                counted = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=all_of(own)))
                yield named(counted, identifier(name + ROWS))


def _question(model: SemanticModel, declared: Rollup, as_of: date, dialect: str) -> Question:
    dimensions = tuple(Dimension(name=each.name, grain=each.grain) for each in declared.dimensions)
    query = MetricQuery(metrics=declared.metrics, dimensions=dimensions)
    try:
        return resolve(Setting(model, as_of, OWNER, dialect), query)
    except QueryError as error:
        raise _wrong(model, declared, error.what.removesuffix(".")) from error


def _table(model: SemanticModel, declared: Rollup, dialect: str) -> RollupTable:
    fact = _Definition(_question(model, declared, _SOME_DAY, dialect), declared)
    for name, atom in fact.group.atoms:
        if atom.kind not in ADDITIVE or atom.semi_additive or atom.window:
            raise _wrong(model, declared, f"the values of {name} do not add up")
    kept = {_place(fact, model, declared, group): _kept(group) for group in fact.groups}
    measures = {
        atom.key: Measured(name, name + ROWS if fact.own_filters(atom) else None) for name, atom in fact.group.atoms
    }
    return RollupTable(declared, fact.group.base, kept, measures)


def _place(fact: Fact, model: SemanticModel, declared: Rollup, group: GroupBy) -> Place:
    if group.field is None:
        raise _wrong(model, declared, "its time must be named by dataset or role, not `time`")
    fact.dimension(group)  # crosses what there is to cross
    path = fact.scope.path(group.owner)
    if fact.scope.bridge is not None:
        raise _wrong(model, declared, f"{group.asked.name} lies beyond a bridge")
    if any(edge.relationship.c360.join == "inner" for edge in path):
        raise _wrong(model, declared, f"the way to {group.asked.name} drops rows (an inner join)")
    return path_key(path), group.field.dataset, group.field.name


def _kept(group: GroupBy) -> Kept:
    assert group.field is not None  # noqa: S101 -- the place was found before
    grain = group.asked.grain
    if grain is None or (grain == "day" and group.field.datatype == "Date"):
        return Kept(group.column, group.field.datatype)
    return Kept(group.column, "Date" if group.field.datatype in CUTTABLE else group.field.datatype, grain)


def _wrong(model: SemanticModel, declared: Rollup, why: str) -> ProjectError:
    return ProjectError(
        f"Roll-up '{declared.name}' cannot be right: {why}.",
        place=model.place,
        next_step="Let it hold sums, counts, minima and maxima of one dataset by fields it leads to.",
    )
