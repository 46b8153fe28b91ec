"""Build the FROM clause of one dataset's rows: joins along many-to-one paths, fields as their expressions, masks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from customer360.errors import NotPermitted, QueryError
from customer360.semantic.masks import masked
from customer360.semantic.names import USER
from customer360.semantic.paths import Edge, History, Path, all_paths, find_path
from customer360.semantic.values import Typed, date_literal, literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.semantic.elements import Dataset, SemanticField
    from customer360.semantic.extensions import RowPolicy
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal

_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "asc",
        "between",
        "both",
        "by",
        "case",
        "cast",
        "check",
        "column",
        "cross",
        "current",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "exists",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "in",
        "inner",
        "interval",
        "into",
        "is",
        "join",
        "key",
        "leading",
        "left",
        "like",
        "limit",
        "natural",
        "no",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "over",
        "partition",
        "primary",
        "references",
        "returning",
        "right",
        "row",
        "rows",
        "select",
        "session",
        "set",
        "some",
        "table",
        "then",
        "time",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "values",
        "when",
        "where",
        "window",
        "with",
    ]
)


def identifier(name: str) -> exp.Identifier:
    """Return a name quoted where some engine would trip over it bare."""
    return exp.to_identifier(name, quoted=not _PLAIN.match(name) or name in _RESERVED)


def reference(table: str, name: str) -> exp.Column:
    """Return a physical column of a table alias."""
    return exp.column(identifier(name), table=identifier(table))


@dataclass(frozen=True)
class Setting:
    """What every part of one compilation shares."""

    model: SemanticModel
    as_of: date
    principal: Principal
    dialect: str = "duckdb"
    history: History | None = None


class Scope:
    """The rows of ``base`` and, joined as they are needed, of the datasets each of them belongs to."""

    def __init__(self, setting: Setting, base: str) -> None:
        self.setting = setting
        self.base = base
        self._model = setting.model
        self._aliases: dict[tuple[tuple[str, bool], ...], str] = {(): base}
        self._joins: list[exp.Join] = []

    def select(self) -> exp.Select:
        """Return ``SELECT FROM base LEFT JOIN ...`` with the joins needed so far and the policies of the principal."""
        predicates = list(self._policies())  # may add joins, so before they are read
        query = exp.select().from_(self._table(self._model.datasets[self.base], self.base))
        query.set("joins", [join.copy() for join in self._joins])
        for predicate in predicates:
            query = query.where(predicate, copy=False)
        return query

    def path(self, owner: str, start: str | None = None) -> Path:
        """Return the path to a dataset or role. Raises QueryError when there is none."""
        found = find_path(self._model.directory, start or self.base, owner, self.setting.history)
        if found is None:
            raise QueryError(f"{self.base} has no many-to-one way to {owner}.")
        return found

    def column(self, owner: str, name: str, *, prefix: Path = (), raw: bool = False) -> exp.Expr:
        """Return a field as an expression over the joined tables; ``raw`` leaves it unmasked."""
        start = prefix[-1].target if prefix else self.base
        path = (*prefix, *self.path(owner, start))
        alias = self._alias(path, owner)
        dataset = self._model.datasets[path[-1].target if path else self.base]
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
        key: tuple[tuple[str, bool], ...] = ()
        for number, edge in enumerate(path, start=1):
            parent = self._aliases[key]
            key = (*key, (edge.relationship.name, edge.backward))
            if key not in self._aliases:
                wanted = owner if number == len(path) else edge.target
                self._aliases[key] = self._unused(wanted)
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
            reference(parent, _physical(source, a)).eq(reference(alias, _physical(target, b))) for a, b in edge.pairs
        ]
        conditions += self._temporal(edge, parent, alias)
        kind = "LEFT" if edge.relationship.c360.join == "left" else "INNER"
        return exp.Join(
            this=self._table(target, alias), on=exp.and_(*conditions), side=kind if kind == "LEFT" else None
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
        return reference(parent, _physical(source, name.rpartition(".")[2]))

    def _table(self, dataset: Dataset, alias: str) -> exp.Expr:
        if dataset.is_query:
            return exp.Subquery(this=parse_one(dataset.source), alias=exp.TableAlias(this=identifier(alias)))
        parts = [identifier(part) for part in dataset.source.split(".")]
        table = exp.Table(**dict(zip(("this", "db", "catalog"), reversed(parts), strict=False)))
        table.set("alias", exp.TableAlias(this=identifier(alias)))
        return table

    def _policies(self) -> Iterator[exp.Expr]:
        """Yield the predicates of the principal: who may not see a customer does not see their orders either."""
        principal = self.setting.principal
        if principal.owns_everything:
            return
        model = self._model
        extra = ((policy, model.policy_predicate(policy)) for policy in principal.row_policies)
        for policy, predicate in (*model.policies, *extra):
            if policy.roles and not principal.roles.intersection(policy.roles):
                continue
            closed = _with_attributes(predicate, policy, principal)
            paths = all_paths(model.directory, self.base, policy.dataset)
            for path in paths:
                yield exp.paren(self.translate(closed, prefix=path, raw=True))


def _physical(dataset: Dataset, name: str) -> str:
    """Return the table's column that a key names: a field that is a bare column stands for it."""
    field: SemanticField | None = dataset.fields.get(name)
    text = field.expression.text("ANSI_SQL") if field else None
    return text.strip().strip('"') if text and re.fullmatch(r'\s*("[^"]+"|\w+)\s*', text) else name


def _aliased(tree: exp.Expr, alias: str) -> exp.Expr:
    for column in list(tree.find_all(exp.Column)):
        column.set("table", identifier(alias))
        column.set("this", identifier(column.name) if not column.this.quoted else column.this)
    return tree


def _date_text(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "DATE")


def _with_attributes(predicate: exp.Expr, policy: RowPolicy, principal: Principal) -> exp.Expr:
    tree = predicate.copy()
    for column in list(tree.find_all(exp.Column)):
        if column.table.casefold() != USER:
            continue
        value = _attribute(column.name, policy, principal)
        if isinstance(value, list | tuple | set | frozenset):
            if not isinstance(column.parent, exp.In) or column.arg_key != "expressions":
                raise NotPermitted(
                    f"Row policy '{policy.id}' compares with a list.", next_step="Write `IN (user.<attribute>)`."
                )
            column.parent.set("expressions", [_constant(item) for item in value] or [exp.null()])
        else:
            column.replace(_constant(value))
    return tree


def _attribute(name: str, policy: RowPolicy, principal: Principal) -> Any:
    if name == "name":
        return principal.user
    if name not in principal.attributes:
        raise NotPermitted(
            policy.deny_message or f"Row policy '{policy.id}' needs the attribute '{name}', which you do not have."
        )
    return principal.attributes[name]


def _constant(value: Any) -> exp.Expr:
    return literal(value, Typed("a user attribute", None))
