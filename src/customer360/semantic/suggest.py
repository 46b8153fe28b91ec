"""Propose roll-ups from the query log: totals made ahead that would have saved most seconds and are small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import transpile
from customer360.errors import C360Error
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.extensions import Rollup, RollupDimension
from customer360.semantic.question import is_axis_name, locate
from customer360.semantic.rollups import ADDITIVE, rollup_select
from customer360.semantic.scope import dataset_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from customer360.engines.base import Session
    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Grain
    from customer360.semantic.query_log import Asked, QueryShape

SMALLER = 10
"""A roll-up is worth its rebuilding when the base has at least so many times its rows."""

MOST = 5
"""Proposals at once."""

Field = tuple[str, str]
"""Owner (dataset or role) and name."""

Needs = dict[Field, "Grain | None"]

_RANK: dict[str | None, int] = {None: 0, "day": 1, "week": 2, "month": 2, "quarter": 3, "year": 4}


@dataclass(frozen=True)
class Part:
    """What one dataset contributes to a shape: metrics that add up, by fields of which each has a grain or None."""

    base: str
    metrics: frozenset[str]
    needs: tuple[tuple[Field, Grain | None], ...]
    asked: Asked

    def is_within(self, other: Part) -> bool:
        """Whether the other's dimensions have all that this one needs."""
        kept = dict(other.needs)
        return self.base == other.base and all(
            field in kept and _divides(kept[field], grain) for field, grain in self.needs
        )


@dataclass(frozen=True)
class Suggestion:
    """A proposed roll-up, the SQL of its table, and what it is worth: questions, seconds, rows against the base's."""

    rollup: Rollup
    sql: str
    times: int
    seconds: float
    rows: int
    base: str
    base_rows: int


def suggest(
    session: Session,
    model: SemanticModel,
    asked: Iterable[Asked],
    *,
    as_of: date,
    schema: str = "rollups",
    dialect: str = "duckdb",
) -> list[Suggestion]:
    """Return up to five roll-ups, the most worthwhile first: those whose table is ten times smaller than its base."""
    open_parts = [part for one in asked if one.model == model.name for part in _parts(model, one)]
    found: list[Suggestion] = []
    tried: set[tuple[str, tuple[tuple[Field, Grain | None], ...]]] = set()
    while open_parts and len(found) < MOST:
        served, best = _best(open_parts, tried)
        if best is None:
            break
        tried.add((best.base, best.needs))
        declared = _declared(best, served, schema)
        made = _measured(session, model, declared, served, best.base, as_of, dialect)
        if made is not None:
            found.append(made)
            open_parts = [part for part in open_parts if part not in served]
    return found


def _best(
    parts: Sequence[Part], tried: set[tuple[str, tuple[tuple[Field, Grain | None], ...]]]
) -> tuple[list[Part], Part | None]:
    """Return the parts that the most worthwhile roll-up would serve, and the one whose dimensions it has."""
    ranked: list[tuple[float, int, list[Part], Part]] = []
    for candidate in parts:
        if (candidate.base, candidate.needs) not in tried:
            served = [part for part in parts if part.is_within(candidate)]
            ranked.append((sum(p.asked.seconds for p in served), -len(candidate.needs), served, candidate))
    if not ranked:
        return [], None
    _, _, served, best = max(ranked, key=lambda each: (each[0], each[1]))
    return served, best


def _declared(best: Part, served: Sequence[Part], schema: str) -> Rollup:
    metrics = tuple(sorted({name for part in served for name in part.metrics}))
    dimensions = tuple(RollupDimension.model_validate({"name": f"{o}.{n}", "grain": g}) for (o, n), g in best.needs)
    words = [best.base, "by", *(f"{name}_{grain}" if grain else name for (_, name), grain in best.needs)]
    name = "_".join(words)[:60].rstrip("_").lower()
    return Rollup(name=name, source=f"{schema}.{name}", metrics=metrics, dimensions=dimensions)


def _measured(
    session: Session,
    model: SemanticModel,
    declared: Rollup,
    served: Sequence[Part],
    base: str,
    as_of: date,
    dialect: str,
) -> Suggestion | None:
    """Count the rows it would have; None when that saves too little, or when it could not be right."""
    try:
        select = rollup_select(model, declared, as_of=as_of, dialect=dialect)
    except C360Error:
        return None  # beyond a bridge, across an inner join: the rows are needed
    rows = _count(session, exp.Subquery(this=select.copy(), alias=exp.TableAlias(this="made")), dialect)
    base_rows = _count(session, dataset_table(model.datasets[base], base, as_of), dialect)
    if rows * SMALLER > base_rows:
        return None
    sql = (
        f"-- Totals of {base}: {model.datasets[base].grain}, rolled up.\n{select.sql(dialect='duckdb', pretty=True)}\n"
    )
    seconds = sum(part.asked.seconds for part in served)
    return Suggestion(declared, sql, sum(part.asked.times for part in served), seconds, rows, base, base_rows)


def _count(session: Session, source: exp.Expr, dialect: str) -> int:
    text = exp.select(exp.Count(this=exp.Star())).from_(source).sql(dialect="duckdb")
    return int(session.query(text if dialect == "duckdb" else transpile(text, dialect)).column(0)[0].as_py())


def _parts(model: SemanticModel, asked: Asked) -> Iterator[Part]:
    """Yield what each dataset of a shape could take from a roll-up; nothing for names that the model no longer has."""
    shape = asked.shape
    if shape.history is not None or not shape.dimensions + shape.filters + shape.metrics:
        return
    try:
        formulas = [model.formulas[name] for name in shape.metrics]
    except KeyError:
        return
    by_base: dict[str, list[Atom]] = {}
    for formula in formulas:
        for atom in formula.atoms.values():
            by_base.setdefault(atom.base, []).append(atom)
    for base, atoms in by_base.items():
        if all(_adds_up(model, atom) for atom in atoms):
            needs = _needs(model, shape, formulas, atoms[0])
            if needs:
                metrics = frozenset(model.atom_names[atom.key] for atom in atoms)
                yield Part(base, metrics, tuple(sorted(needs.items(), key=lambda item: item[0])), asked)


def _adds_up(model: SemanticModel, atom: Atom) -> bool:
    trees = (atom.aggregate, *atom.filters, *(each.predicate for each in atom.default_filters))
    has_day = any(node.name.lower() == "as_of" for tree in trees for node in tree.find_all(exp.Anonymous))
    is_plain = atom.kind in ADDITIVE and atom.semi_additive is None and atom.window is None
    return is_plain and atom.key in model.atom_names and not has_day


def _needs(model: SemanticModel, shape: QueryShape, formulas: Sequence[Formula], atom: Atom) -> Needs | None:
    needs: Needs = {}
    wanted: list[tuple[str, Grain | None]] = [*shape.dimensions, *((name, None) for name in shape.filters)]
    if shape.time is not None and shape.period is not None:
        wanted.append((shape.time, shape.period))
    for name, grain in wanted:
        field = _field(model, name, formulas, atom)
        if field is None:
            return None
        needs[field] = _finer(needs[field], _plain(grain)) if field in needs else _plain(grain)
    return {field: None if grain == "day" and _is_date(model, field) else grain for field, grain in needs.items()}


def _field(model: SemanticModel, name: str, formulas: Sequence[Formula], atom: Atom) -> Field | None:
    if is_axis_name(name):
        return atom.time_field
    try:
        owner, field = locate(model, name, formulas)
    except C360Error:
        return None  # the model has changed since
    return owner, field.name


def _is_date(model: SemanticModel, field: Field) -> bool:
    found = model.directory.field(*field)
    return found is not None and found.datatype == "Date" and found.datatype in CUTTABLE


def _plain(grain: Grain | None) -> Grain | None:
    fiscal: Mapping[str | None, Grain] = {"fiscal_quarter": "month", "fiscal_year": "month"}
    return fiscal.get(grain, grain)


def _finer(one: Grain | None, other: Grain | None) -> Grain | None:
    if one == other:
        return one
    if "week" in (one, other) and None not in (one, other):
        return "day"
    return min(one, other, key=lambda grain: _RANK[grain])


def _divides(kept: Grain | None, asked: Grain | None) -> bool:
    return kept == asked or (
        _RANK[kept] < _RANK[asked] and not (kept == "week" or (asked == "week" and kept != "day" and kept is not None))
    )
