"""Prove on data what a model claims: columns, keys, grain, references, one row on the one side, history, bridges."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import transpile
from customer360.errors import WarehouseError, suggestion
from customer360.names import UNKNOWN, UNKNOWN_KEY
from customer360.semantic.findings import Finding
from customer360.semantic.paths import is_one_to_one
from customer360.semantic.scope import dataset_table, physical_column
from customer360.semantic.steps import column
from customer360.semantic.verify import check_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from customer360.engines.base import Session
    from customer360.errors import Place
    from customer360.semantic.elements import Dataset, Relationship
    from customer360.semantic.extensions import Scd2
    from customer360.semantic.model import SemanticModel


_LATEST = date(9999, 12, 31)
"""Stands in for the as-of date where none is given: all rows."""


def data_findings(
    model: SemanticModel, session: Session, *, as_of: date | None, dialect: str = "duckdb"
) -> list[Finding]:
    """Return what the data contradict. Datasets whose source or columns are missing are not looked at further."""
    proof = _Proof(model, session, dialect, as_of or _LATEST)
    found: list[Finding] = []
    sound: set[str] = set()
    for dataset in model.datasets.values():
        missing = list(proof.columns(dataset))
        found += missing
        if not missing:
            sound.add(dataset.name)
            found += proof.keys(dataset)
            found += proof.names(dataset)
            found += proof.history(dataset)
            found += proof.values(dataset)
    for relationship in model.relationships.values():
        if {relationship.source, relationship.target} <= sound:
            found += proof.relationship(relationship)
    for dataset in model.datasets.values():
        if dataset.name in sound:
            found += proof.bridge(dataset)
    if as_of is not None and len(sound) == len(model.datasets):
        found += check_findings(model, session, as_of=as_of, dialect=dialect)
    return found


class _Proof:
    """Runs the proofs of one model in one session."""

    def __init__(self, model: SemanticModel, session: Session, dialect: str, as_of: date) -> None:
        self._model = model
        self._session = session
        self._dialect = dialect
        self._as_of = as_of

    def _table(self, dataset: Dataset, alias: str) -> exp.Expr:
        return dataset_table(dataset, alias, self._as_of)

    def columns(self, dataset: Dataset) -> Iterator[Finding]:
        everything = exp.select("*").from_(self._table(dataset, "t"))
        try:
            known = [found.name for found in self._session.describe(self._text(everything))]
        except WarehouseError as error:
            yield Finding(
                "OSSIE-SOURCE", "error", f"Dataset {dataset.name} cannot be read: {error.what}", dataset.place, None
            )
            return
        folded = {name.casefold() for name in known}
        for field in dataset.fields.values():
            for reference in self._model.field_trees[dataset.name, field.name].find_all(exp.Column):
                if reference.name.casefold() not in folded:
                    yield self._no_column(reference.name, f"Field {field.qualified}", known, field.place)
        for name in {name for key in dataset.keys for name in key}:
            if physical_column(self._model, dataset, name).casefold() not in folded:
                yield self._no_column(name, f"A key of {dataset.name}", known, dataset.place)

    @staticmethod
    def _no_column(name: str, where: str, known: Sequence[str], place: Place) -> Finding:
        what = f"{where} uses the column '{name}', which its source does not have."
        return Finding("OSSIE-COLUMN", "error", what, place, suggestion(name, known))

    def keys(self, dataset: Dataset) -> Iterator[Finding]:
        grain = dataset.c360.grain
        claims = [("OSSIE-KEY", "key", key) for key in dataset.keys]
        if grain is not None and grain.columns and grain.columns not in dataset.keys:
            claims.append(("OSSIE-GRAIN", "grain", grain.columns))
        for rule, kind, key in claims:
            doubled = self._doubled(dataset, key)
            if doubled:
                what = f"The {kind} ({', '.join(key)}) of {dataset.name} is not unique: {doubled:,} values repeat."
                yield Finding(rule, "error", what, dataset.place, "Correct the declaration or the table.")
        if dataset.primary_key:
            empty = self._count(
                dataset, exp.or_(*(c.is_(exp.null()) for c in self._columns(dataset, dataset.primary_key)))
            )
            if empty:
                what = f"{empty:,} rows of {dataset.name} have no primary key."
                yield Finding("OSSIE-KEY", "error", what, dataset.place, "Correct the table.")

    def names(self, dataset: Dataset) -> Iterator[Finding]:
        for field in dataset.fields.values():
            doubled = self._doubled(dataset, (field.name,), only_known=True) if field.c360.unique else 0
            if doubled:
                what = f"{doubled:,} values of {field.qualified} stand for several rows: a ranking by it adds them up."
                step = f"Make them unique, or group by {', '.join(dataset.primary_key)} as well."
                yield Finding("OSSIE-NAME", "warning", what, field.place, step)

    def relationship(self, relationship: Relationship) -> Iterator[Finding]:
        source, target = self._model.datasets[relationship.source], self._model.datasets[relationship.target]
        temporal = relationship.c360.temporal
        is_history_join = (
            temporal is not None and temporal.mode in ("as_of", "current") and target.c360.scd2 is not None
        )
        doubled = 0 if is_history_join else self._doubled(target, relationship.target_columns, only_known=True)
        if doubled:
            what = (
                f"Relationship '{relationship.name}' is not many-to-one: {doubled:,} keys of {target.name} repeat, so "
                f"rows of {source.name} would be doubled."
            )
            yield Finding("OSSIE-CARDINALITY", "error", what, relationship.place, "Join on a key that is unique.")
        if is_one_to_one(self._model.directory, relationship):
            repeated = self._doubled(source, relationship.source_columns, only_known=True)
            if repeated:
                what = (
                    f"Relationship '{relationship.name}' is not one-to-one: {repeated:,} keys of {source.name} repeat."
                )
                yield Finding("OSSIE-CARDINALITY", "error", what, relationship.place, "Write many_to_one.")
        orphans, rows = self._orphans(relationship, source, target)
        if orphans:
            what = (
                f"{orphans:,} of {rows:,} rows of {source.name} ({orphans / rows:.1%}) have a key that {target.name} "
                f"lacks ('{relationship.name}'); they show as (none)."
            )
            yield Finding("OSSIE-ORPHAN", "warning", what, relationship.place, None)

    def history(self, dataset: Dataset) -> Iterator[Finding]:
        scd2 = dataset.c360.scd2
        if scd2 is None:
            return
        overlaps = self._overlaps(dataset, scd2)
        if overlaps:
            what = f"{overlaps:,} versions in {dataset.name} begin before the one before them ends."
            yield Finding("OSSIE-SCD2", "error", what, dataset.place, "Versions of one key must not overlap.")
        several = self._not_one_current(dataset, scd2) if scd2.is_current else 0
        if several:
            what = f"{several:,} keys of {dataset.name} do not have exactly one current row."
            yield Finding("OSSIE-SCD2", "error", what, dataset.place, "Each key needs one current row.")

    def values(self, dataset: Dataset) -> Iterator[Finding]:
        for field in dataset.fields.values():
            allowed = [str(item.value) for item in field.c360.values]
            if not allowed or field.datatype != "String":
                continue
            tree = self._model.field_trees[dataset.name, field.name].copy()
            listed = exp.In(this=tree, expressions=[exp.Literal.string(value) for value in (*allowed, UNKNOWN)])
            strange = self._count(dataset, exp.not_(listed))
            if strange:
                what = f"{strange:,} rows of {dataset.name} have a {field.name} that is not among its declared values."
                yield Finding("OSSIE-VALUES", "warning", what, field.place, "Add the values, or correct the table.")

    def bridge(self, dataset: Dataset) -> Iterator[Finding]:
        link = dataset.c360.bridge
        if link is None or link.weight is None:
            return
        for name in (link.left, link.right):
            near = self._model.relationships[name]
            keys = self._columns(dataset, near.source_columns)
            weight = self._model.field_trees.get((dataset.name, link.weight), column(link.weight)).copy()
            apart = exp.Abs(this=exp.Sub(this=exp.Sum(this=weight), expression=exp.Literal.number(1)))
            uneven = exp.select("1").from_(self._table(dataset, "t")).group_by(*keys)
            uneven = uneven.having(exp.GT(this=apart, expression=exp.Literal.number("0.000001")))
            if name == link.left and self._rows_of(uneven):
                what = f"The weights of bridge {dataset.name} do not add up to 1 for each row of {near.target}."
                yield Finding("OSSIE-BRIDGE", "error", what, dataset.place, "Total figures would change when split.")

    # ---- counting ---------------------------------------------------------------------------------------------

    def _text(self, query: exp.Select) -> str:
        return transpile(query.sql(dialect="duckdb"), self._dialect)

    def _columns(self, dataset: Dataset, names: Iterable[str]) -> list[exp.Column]:
        return [column(physical_column(self._model, dataset, name)) for name in names]

    def _rows_of(self, query: exp.Select) -> int:
        counted = exp.select(exp.Count(this=exp.Star())).from_(exp.Subquery(this=query, alias=exp.TableAlias(this="q")))
        return int(self._session.query(self._text(counted)).column(0)[0].as_py())

    def _count(self, dataset: Dataset, condition: exp.Expr) -> int:
        return self._rows_of(exp.select("1").from_(self._table(dataset, "t")).where(condition))

    def _doubled(self, dataset: Dataset, key: Sequence[str], *, only_known: bool = False) -> int:
        columns = self._columns(dataset, key)
        query = exp.select("1").from_(self._table(dataset, "t")).group_by(*columns)
        if only_known:
            query = query.where(*(exp.not_(c.copy().is_(exp.null())) for c in columns))
        return self._rows_of(query.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))))

    def _orphans(self, relationship: Relationship, source: Dataset, target: Dataset) -> tuple[int, int]:
        keys = [column(physical_column(self._model, source, name), "s") for name in relationship.source_columns]
        ones = [column(physical_column(self._model, target, name), "t") for name in relationship.target_columns]
        on = exp.and_(*(a.eq(b) for a, b in zip(keys, ones, strict=True)))
        known: list[exp.Expr] = [exp.not_(key.copy().is_(exp.null())) for key in keys]
        known += [exp.cast(key.copy(), "TEXT").neq(exp.Literal.string(str(UNKNOWN_KEY))) for key in keys[:1]]
        query = exp.select("1").from_(self._table(source, "s"))
        query = query.join(exp.Join(this=self._table(target, "t"), on=on, side="LEFT"))
        orphans = self._rows_of(query.where(*known, ones[0].copy().is_(exp.null())))
        return orphans, self._rows_of(exp.select("1").from_(self._table(source, "s"))) if orphans else 0

    def _overlaps(self, dataset: Dataset, scd2: Scd2) -> int:
        keys = self._columns(dataset, scd2.durable_key)
        begin, end = self._columns(dataset, (scd2.valid_from, scd2.valid_to))
        following = exp.Window(
            this=exp.Lead(this=begin.copy()),
            partition_by=[key.copy() for key in keys],
            order=exp.Order(expressions=[exp.Ordered(this=begin.copy(), nulls_first=False)]),
        )
        ordered = exp.select(exp.alias_(end.copy(), "ends"), exp.alias_(following, "next_begins"))
        ordered = ordered.from_(self._table(dataset, "t"))
        kind: type[exp.Binary] = exp.LT if scd2.interval == "[)" else exp.LTE
        begins_early = kind(this=column("next_begins"), expression=column("ends"))
        never_ends = exp.and_(column("ends").is_(exp.null()), exp.not_(column("next_begins").is_(exp.null())))
        query = exp.select("1").from_(exp.Subquery(this=ordered, alias=exp.TableAlias(this="v")))
        return self._rows_of(query.where(exp.or_(begins_early, never_ends)))

    def _not_one_current(self, dataset: Dataset, scd2: Scd2) -> int:
        current = column(physical_column(self._model, dataset, scd2.is_current or ""))
        counted = exp.Sum(
            this=exp.Case(ifs=[exp.If(this=current, true=exp.Literal.number(1))], default=exp.Literal.number(0))
        )
        query = exp.select("1").from_(self._table(dataset, "t")).group_by(*self._columns(dataset, scd2.durable_key))
        return self._rows_of(query.having(exp.NEQ(this=counted, expression=exp.Literal.number(1))))
