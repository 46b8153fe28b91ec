"""Describe the metrics and dimensions of a model for the catalogue page, the API and those who ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from customer360.semantic.refusals import dimensions_of

if TYPE_CHECKING:
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Formula
    from customer360.semantic.model import SemanticModel


@dataclass(frozen=True)
class MetricDescription:
    """All that a reader needs to trust a metric. ``additivity`` says what its values may be summed over."""

    name: str
    label: str
    description: str | None
    unit: str | None
    format: str | None
    type: str
    additivity: str
    grain: str
    bases: tuple[str, ...]
    time_field: str | None
    filters: tuple[str, ...]
    synonyms: tuple[str, ...]
    owner: str | None
    status: str | None
    better: Literal["up", "down", "none"] | None
    check_sql: str | None
    expression: str
    dimensions: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class DimensionDescription:
    """A field one may group and filter by."""

    name: str
    label: str
    description: str | None
    datatype: str | None
    is_time: bool
    values: tuple[str, ...]
    synonyms: tuple[str, ...]
    roles: tuple[str, ...]
    """Other names of it: one per role in which its dataset is reached."""


def describe(model: SemanticModel) -> list[MetricDescription]:
    """Return every metric of a model, in its order."""
    return [_described(model, formula) for formula in model.formulas.values()]


def describe_dimensions(model: SemanticModel) -> list[DimensionDescription]:
    """Return every dimension of a model, keys and hidden fields left out."""
    return [_dimension(model, field) for field in model.directory.all_fields() if _is_shown(field)]


def vocabulary_table(model: SemanticModel) -> pa.Table:
    """Return what may be asked for, one row per metric and dimension, for listings.

    ``type`` is a metric's unit and a dimension's data type; ``dataset`` where its rows are. A dimension goes by its
    bare name where only one dataset has it.
    """
    rows = [("metric", m.name, m.unit, ", ".join(m.bases), m.description, m.synonyms) for m in describe(model)]
    for found in describe_dimensions(model):
        dataset, _, bare = found.name.rpartition(".")
        name = bare if len(model.directory.owners_of_field(bare)) == 1 else found.name
        rows.append(("dimension", name, found.datatype, dataset, found.description, found.synonyms))
    names = ("kind", "name", "type", "dataset", "description", "synonyms")
    texts = [[*row[:-1], ", ".join(row[-1])] for row in rows]
    return pa.table({name: pa.array([row[i] for row in texts], pa.string()) for i, name in enumerate(names)})


def fits(search: str | None, described: MetricDescription | DimensionDescription) -> bool:
    """Say whether a text stands in the name, label, description or a synonym."""
    texts = (described.name, described.label, described.description, *described.synonyms)
    return search is None or any(search.casefold() in text.casefold() for text in texts if text)


def _described(model: SemanticModel, formula: Formula) -> MetricDescription:
    metric = formula.metric
    atoms = list(formula.atoms.values())
    bases = tuple(dict.fromkeys(atom.base for atom in atoms))
    times = {".".join(atom.time_field) for atom in atoms if atom.time_field}
    return MetricDescription(
        name=metric.name,
        label=metric.title,
        description=metric.description,
        unit=metric.c360.unit,
        format=metric.c360.format,
        type=metric.c360.type or _type(formula),
        additivity=_additivity(formula),
        grain="; ".join(model.datasets[base].grain for base in bases),
        bases=bases,
        time_field=", ".join(sorted(times)) or None,
        filters=tuple(dict.fromkeys(tree.sql(dialect="duckdb") for atom in atoms for tree in atom.filters)),
        synonyms=metric.synonyms,
        owner=metric.c360.owner,
        status=metric.c360.status,
        better=metric.c360.better,
        check_sql=metric.c360.check_sql,
        expression=metric.expression.text("ANSI_SQL") or "",
        dimensions=tuple(dimensions_of(model, formula)),
        place=str(metric.place),
    )


def _type(formula: Formula) -> str:
    if formula.metric.c360.parts:
        return "ratio" if formula.metric.c360.parts.numerator else "derived"
    atom = formula.sole_atom
    if atom is None:
        return "derived"
    return "distinct" if atom.kind == "distinct" else "simple"


def _additivity(formula: Formula) -> str:
    if formula.metric.c360.additivity:
        return formula.metric.c360.additivity
    if any(atom.semi_additive for atom in formula.atoms.values()):
        return "semi_additive"
    return "additive" if formula.is_additive else "non_additive"


def _is_shown(field: SemanticField) -> bool:
    return field.is_dimension and field.c360.role != "key"


def _dimension(model: SemanticModel, field: SemanticField) -> DimensionDescription:
    roles = {r.role for r in model.relationships.values() if r.target == field.dataset and r.role}
    return DimensionDescription(
        name=field.qualified,
        label=field.title,
        description=field.description,
        datatype=field.datatype,
        is_time=field.is_time,
        values=tuple(str(item.value) for item in field.c360.values),
        synonyms=field.synonyms,
        roles=tuple(f"{role}.{field.name}" for role in sorted(roles)),
    )
