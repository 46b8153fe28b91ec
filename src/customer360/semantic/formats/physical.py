"""Write the logical expressions of a model over the joined tables of another tool, each reached along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import transpile
from customer360.errors import QueryError
from customer360.semantic.expression import all_of
from customer360.semantic.paths import bridge_of, connect
from customer360.semantic.scope import physical_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Atom, Formula, LiftableFilter
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.paths import Edge, Path

    AliasOf = Callable[[Path], tuple[str, ...]]

DEEPEST = 3
"""Joins from the fact that a column name can spell: a.b.c.column."""


class DoesNotFit(ValueError):
    """The target cannot hold this; the message says why."""


class Physical:
    """Expressions of one base dataset. ``alias_of`` says how the target names the table at the end of a path."""

    def __init__(self, model: SemanticModel, base: str, alias_of: AliasOf) -> None:
        self.model = model
        self.base = base
        self._alias_of = alias_of
        self.uses_as_of = False

    def field(self, field: SemanticField, path: Path) -> exp.Expr:
        """Return a field as the expression over its table."""
        return self._qualified(self.model.field_trees[field.dataset, field.name], path)

    def logical(self, tree: exp.Expr) -> exp.Expr:
        """Return a tree of ``owner.field`` references over the target's tables. Raises DoesNotFit."""
        tree = tree.copy()
        for column in list(tree.find_all(exp.Column)):
            path = self.path(column.table)
            dataset = self.model.datasets[path[-1].target if path else self.base]
            found = self.model.field_trees.get((dataset.name, column.name))
            placed = self._qualified(found if found is not None else exp.column(column.name), path)
            if not isinstance(placed, exp.Column | exp.Func | exp.Literal | exp.Paren):
                placed = exp.paren(placed)
            if column is tree:
                return placed
            column.replace(placed)
        return self._today(tree)

    def aggregate(self, atom: Atom, *, without: Iterable[LiftableFilter] = ()) -> exp.Expr:
        """Return an atom as an aggregate call with its filters beside it. Raises DoesNotFit."""
        call = self.logical(atom.aggregate)
        left_out = {each.predicate.sql() for each in without}
        filters = [*atom.filters, *(f.predicate for f in atom.default_filters if f.predicate.sql() not in left_out)]
        distinct = {tree.sql(): self.logical(tree) for tree in filters}
        if not distinct:
            return call
        return exp.Filter(this=call, expression=exp.Where(this=all_of(distinct.values())))

    def formula(self, formula: Formula, *, without: Iterable[LiftableFilter] = ()) -> exp.Expr:
        """Return a metric's whole arithmetic over aggregates. Raises DoesNotFit."""
        kept = list(without)

        def replaced(node: exp.Expr) -> exp.Expr:
            atom = formula.atoms.get(node.name) if isinstance(node, exp.Column) else None
            return self.aggregate(atom, without=kept) if atom is not None else node

        return formula.outer.transform(replaced)

    def path(self, owner: str) -> Path:
        """Return the many-to-one path to a dataset or role. Raises DoesNotFit."""
        try:
            path = connect(self.model.directory, self.base, owner)
        except QueryError as error:
            raise DoesNotFit(error.what) from error
        if path is None:
            why = f"{self.base} has no many-to-one way to {owner}"
            raise DoesNotFit(why)
        if bridge_of(self.model.directory, path) is not None:
            why = f"{owner} lies beyond a bridge"
            raise DoesNotFit(why)
        return path

    def condition(self, edge: Edge, left: tuple[str, ...], right: tuple[str, ...]) -> exp.Expr:
        """Return the join condition of an edge between two named tables. Raises DoesNotFit."""
        source, target = self.model.datasets[edge.source], self.model.datasets[edge.target]
        pairs: list[exp.Expr] = [
            named_column(left, physical_column(self.model, source, a)).eq(
                named_column(right, physical_column(self.model, target, b))
            )
            for a, b in edge.pairs
        ]
        temporal, scd2 = edge.relationship.c360.temporal, target.c360.scd2
        if temporal is not None and scd2 is not None and temporal.mode != "version_key":
            if temporal.mode == "as_of" or not scd2.is_current:
                why = "it joins the version of a moment"
                raise DoesNotFit(why)
            pairs.append(named_column(right, physical_column(self.model, target, scd2.is_current)))
        return exp.and_(*pairs)

    def _qualified(self, tree: exp.Expr, path: Path) -> exp.Expr:
        alias = self._alias_of(path)
        tree = tree.copy()
        for column in list(tree.find_all(exp.Column)):
            replacement = named_column(alias, column.name)
            if column is tree:
                return replacement
            column.replace(replacement)
        return self._today(tree)

    def _today(self, tree: exp.Expr) -> exp.Expr:
        """Other tools have no as-of date: there it is today."""

        def replaced(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Anonymous) and node.name.lower() == "as_of":
                self.uses_as_of = True
                return exp.CurrentDate()
            return node

        return tree.transform(replaced)


def named_column(alias: tuple[str, ...], name: str) -> exp.Column:
    """Return ``a.b.name``; with an empty alias the bare column."""
    table, db, catalog = (*reversed(alias), None, None, None)[:3]
    return exp.column(name, table, db, catalog)


def spark_text(tree: exp.Expr) -> str:
    """Return an expression as Databricks reads it, by the same rules as models and metric queries."""
    select = "SELECT "
    return transpile(select + tree.sql(dialect="duckdb"), "spark").removeprefix(select)


def paths_from(model: SemanticModel, base: str) -> list[Path]:
    """Return every way from a dataset along many-to-one relationships, at most three joins long, nearest first."""
    found: list[Path] = []
    queue: list[Path] = [()]
    while queue:
        path = queue.pop(0)
        here = path[-1].target if path else base
        for edge in _edges(model, here):
            seen = {base, *(step.target for step in path)}
            if edge.target not in seen and len(path) < DEEPEST:
                found.append((*path, edge))
                queue.append((*path, edge))
    return found


def _edges(model: SemanticModel, here: str) -> list[Edge]:
    from customer360.semantic.paths import edges_from

    return [edge for edge in edges_from(model.directory, here) if not edge.backward]
