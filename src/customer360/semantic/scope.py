"""Build the FROM clause of one dataset's rows: joins along many-to-one paths, fields as their expressions, masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from customer360.engines.dialect import with_date
from customer360.errors import QueryError
from customer360.semantic.identifiers import identifier, reference
from customer360.semantic.labels import things
from customer360.semantic.masks import masked
from customer360.semantic.paths import Edge, History, Path, all_paths, bridge_of, connect, find_path
from customer360.semantic.policies import policies_for
from customer360.semantic.values import date_literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.semantic.elements import Dataset
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.names import Directory
    from customer360.semantic.principal import Principal
    from customer360.semantic.rollups import RollupTable


PathKey = tuple[tuple[str, bool], ...]
"""Relationships of a path by name, each with whether it is walked backward."""


@dataclass(frozen=True)
class Setting:
    """What every part of one compilation shares."""

    model: SemanticModel
    as_of: date
    principal: Principal
    dialect: str = "duckdb"
    history: History | None = None
    rollups: tuple[RollupTable, ...] = ()
    """Those that may stand in for their base."""


class Scope:
    """The rows of ``base`` and, joined as they are needed, of the datasets each of them belongs to."""

    def __init__(self, setting: Setting, base: str) -> None:
        self.setting = setting
        self.base = base
        self._model = setting.model
        self._aliases: dict[PathKey, str] = {(): base}
        self._paths: dict[PathKey, Path] = {}
        self._joins: list[exp.Join] = []
        self.bridge: str | None = None
        """The bridge that the rows are multiplied by, once something across it is asked for."""
        self._bridge_path: Path = ()

    def select(self) -> exp.Select:
        """Return ``SELECT FROM base LEFT JOIN ...`` with the joins needed so far and the policies of the principal."""
        predicates = list(self._policies())  # may add joins, so before they are read
        query = exp.select().from_(dataset_table(self._model.datasets[self.base], self.base, self.setting.as_of))
        query.set("joins", [join.copy() for join in self._joins])
        for predicate in predicates:
            query = query.where(predicate, copy=False)
        return query

    def path(self, owner: str, start: str | None = None) -> Path:
        """Return the path to a dataset or role. Raises QueryError when there is none."""
        found = connect(self._model.directory, start or self.base, owner, self.setting.history)
        if found is None:
            raise QueryError(f"{things(self.base).capitalize()} do not each belong to one row of {things(owner)}.")
        return found

    def bridge_weight(self) -> exp.Expr | None:
        """Return the share of a row that each row of the bridge carries, None when the bridge declares none."""
        bridge = self._model.datasets[self.bridge].c360.bridge if self.bridge else None
        if bridge is None or bridge.weight is None or self.bridge is None:
            return None
        return self._field(
            self._model.datasets[self.bridge], bridge.weight, self._alias(self._bridge_path, self.bridge)
        )

    def column(self, owner: str, name: str, *, prefix: Path = (), raw: bool = False) -> exp.Expr:
        """Return a field as an expression over the joined tables; ``raw`` leaves it unmasked."""
        start = prefix[-1].target if prefix else self.base
        path = (*prefix, *self.path(owner, start))
        self._cross(path)
        alias = self._alias(path, owner)
        dataset = self._model.datasets[path[-1].target if path else self.base]
        return self._field(dataset, name, alias, raw=raw)

    def _cross(self, path: Path) -> None:
        crossed = bridge_of(self._model.directory, path)
        if crossed is None:
            return
        if self.bridge is not None and self.bridge != crossed[0]:
            raise QueryError(
                f"{things(self.base).capitalize()} would be linked across two bridges at once, {things(self.bridge)} "
                f"and {things(crossed[0])}.",
                next_step="Ask for one of them at a time.",
            )
        self.bridge, self._bridge_path = crossed

    def _field(self, dataset: Dataset, name: str, alias: str, *, raw: bool = False) -> exp.Expr:
        field = dataset.fields.get(name)
        if field is None:
            return reference(alias, name)
        tree = self._model.field_trees[dataset.name, name].copy()
        tree = _aliased(self._constants(tree), alias)
        if not isinstance(tree, exp.Column | exp.Func | exp.Literal | exp.Paren):
            tree = exp.Paren(this=tree)
        return tree if raw else masked(tree, field, self.setting.principal)

    def translate(self, tree: exp.Expr, *, prefix: Path = (), raw: bool = False) -> exp.Expr:
        """Return a tree of logical references as one over the joined tables."""
        tree = self._constants(tree.copy())
        for column in list(tree.find_all(exp.Column)):
            replacement = self.column(column.table, column.name, prefix=prefix, raw=raw)
            if column is tree:
                return replacement
            column.replace(replacement)
        return tree

    def _constants(self, tree: exp.Expr) -> exp.Expr:
        """Put the as-of date where the model calls ``as_of()``."""

        def replaced(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Anonymous) and node.name.lower() == "as_of" and not node.expressions:
                return date_literal(self.setting.as_of)
            return node

        return tree.transform(replaced)

    def _alias(self, path: Path, owner: str) -> str:
        key: PathKey = ()
        for number, edge in enumerate(path, start=1):
            parent = self._aliases[key]
            key = (*key, (edge.relationship.name, edge.backward))
            if key not in self._aliases:
                wanted = owner if number == len(path) else edge.target
                self._aliases[key] = self._unused(wanted)
                self._paths[key] = path[:number]
                self._joins.append(self._join(edge, parent, self._aliases[key]))
        return self._aliases[key]

    def _unused(self, wanted: str) -> str:
        taken = set(self._aliases.values())
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        return name

    def _join(self, edge: Edge, parent: str, alias: str) -> exp.Join:
        source, target = self._model.datasets[edge.source], self._model.datasets[edge.target]
        conditions: list[exp.Expr] = [
            reference(parent, physical_column(self._model, source, a)).eq(
                reference(alias, physical_column(self._model, target, b))
            )
            for a, b in edge.pairs
        ]
        conditions += self._temporal(edge, parent, alias)
        kind = "LEFT" if edge.relationship.c360.join == "left" else "INNER"
        return exp.Join(
            this=dataset_table(target, alias, self.setting.as_of),
            on=exp.and_(*conditions),
            side=kind if kind == "LEFT" else None,
        )

    def _temporal(self, edge: Edge, parent: str, alias: str) -> Iterator[exp.Expr]:
        temporal = edge.relationship.c360.temporal
        scd2 = self._model.datasets[edge.target].c360.scd2
        if temporal is None or temporal.mode == "version_key" or scd2 is None:
            return
        until = reference(alias, scd2.valid_to)
        is_open: exp.Expr = until.copy().is_(exp.null())
        if temporal.mode == "current":
            if scd2.is_current:
                yield reference(alias, scd2.is_current)
            else:
                yield until.eq(_date_text(scd2.open_end)) if scd2.open_end else is_open
            return
        at = self._at(edge, parent)
        yield reference(alias, scd2.valid_from) <= at.copy()
        before = at.copy() < until if scd2.interval == "[)" else at.copy() <= until
        yield before if scd2.open_end else exp.paren(exp.or_(before, is_open))

    def _at(self, edge: Edge, parent: str) -> exp.Expr:
        temporal = edge.relationship.c360.temporal
        name = temporal.at if temporal else None
        if name is None:
            raise QueryError(
                f"Relationship '{edge.relationship.name}' joins as of a moment but does not say which.",
                next_step='Add "at": "<field>" to its temporal extension.',
            )
        source = self._model.datasets[edge.source]
        return reference(parent, physical_column(self._model, source, name.rpartition(".")[2]))

    def _policies(self) -> Iterator[exp.Expr]:
        """Yield the predicates of the principal: who may not see a customer does not see their orders either."""
        policies = list(policies_for(self._model, self.setting.principal))
        done: set[tuple[int, PathKey]] = set()
        while True:  # a predicate may join datasets that have policies of their own
            open_ways = [
                (number, predicate, path)
                for number, (dataset, predicate) in enumerate(policies)
                for path in self._ways_to(dataset)
                if (number, path_key(path)) not in done
            ]
            if not open_ways:
                return
            for number, predicate, path in open_ways:
                done.add((number, path_key(path)))
                yield exp.paren(self.translate(predicate, prefix=path, raw=True))

    def _ways_to(self, dataset: str) -> list[Path]:
        """Return the paths along which a policy on a dataset holds.

        The one that queries take when they name no role (all, when that is not decided), and every one that is
        joined: from the fact, and from the bridge it is multiplied by.
        """
        ways = _usual_ways(self._model.directory, self.base, dataset)
        if self.bridge is not None:
            beyond = _usual_ways(self._model.directory, self.bridge, dataset)
            ways += [(*self._bridge_path, *path) for path in beyond if _does_not_return(path, self._bridge_path)]
        ways += [path for path in self._paths.values() if path[-1].target == dataset]
        return list({path_key(path): path for path in ways}.values())


def _usual_ways(directory: Directory, base: str, dataset: str) -> list[Path]:
    try:
        path = find_path(directory, base, dataset)
    except QueryError:
        return all_paths(directory, base, dataset)
    return [] if path is None else [path]


def path_key(path: Path) -> PathKey:
    """Return what tells a path from others."""
    return tuple((edge.relationship.name, edge.backward) for edge in path)


def _does_not_return(path: Path, bridge_path: Path) -> bool:
    return not path or path[0].relationship.name != bridge_path[-1].relationship.name


def physical_column(model: SemanticModel, dataset: Dataset, name: str) -> str:
    """Return the table's column that a key names: a field that is a bare column stands for it."""
    tree = model.field_trees.get((dataset.name, name))
    return tree.name if isinstance(tree, exp.Column) else name


def dataset_table(dataset: Dataset, alias: str, as_of: date) -> exp.Expr:
    """Return a dataset's table or query under an alias, ready to stand in FROM; ``as_of()`` in a query is the date."""
    if dataset.is_query:
        query = with_date(_query(dataset.source).copy(), as_of)
        return exp.Subquery(this=query, alias=exp.TableAlias(this=identifier(alias)))
    parts = [identifier(part) for part in dataset.source.split(".")]
    table = exp.Table(**dict(zip(("this", "db", "catalog"), reversed(parts), strict=False)))
    table.set("alias", exp.TableAlias(this=identifier(alias)))
    return table


@cache
def _query(source: str) -> exp.Expr:
    """Return the query that a dataset is; the tree is shared, so copy it."""
    return parse_one(source, dialect="duckdb")


def _aliased(tree: exp.Expr, alias: str) -> exp.Expr:
    for column in list(tree.find_all(exp.Column)):
        column.set("table", identifier(alias))
        column.set("this", identifier(column.name) if not column.this.quoted else column.this)
    return tree


def _date_text(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "DATE")
