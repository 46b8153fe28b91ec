"""Write a model as a dbt project that MetricFlow can query: sources, a view a dataset, semantic models, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from customer360.semantic.elements import CUTTABLE
from customer360.semantic.formats.dbt_metrics import Metrics
from customer360.semantic.formats.dbt_shape import SemanticFile
from customer360.semantic.formats.exported import Exported, Losses
from customer360.semantic.formats.physical import DoesNotFit, Physical, paths_from
from customer360.semantic.formats.query_sources import marked_source, tables_of, uses_as_of
from customer360.semantic.scope import physical_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.semantic.elements import Dataset, SemanticField
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.paths import Path

TIME = "c360_time"
"""Column of a view for a time axis that stands in another table."""

RESERVED = (
    "nanosecond",
    "microsecond",
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
)
"""Words that MetricFlow keeps for itself."""

_SPINE = """{{ config(materialized='table') }}
SELECT CAST(d AS DATE) AS date_day
FROM generate_series(DATE '2000-01-01', DATE '2039-12-31', INTERVAL 1 DAY) AS days(d)
"""


def dbt_project(model: SemanticModel) -> Exported:
    """Return the files of a dbt project named after the model, its semantic YAML checked against the shape."""
    losses = Losses()
    writer = _Writer(model, losses)
    document = writer.semantic_file()
    SemanticFile.model_validate(document)
    name = f"customer360_{model.name}"
    files = {
        "dbt_project.yml": _yaml(
            {
                "name": name,
                "version": "1.0.0",
                "config-version": 2,
                "profile": name,
                "model-paths": ["models"],
                "models": {name: {"+materialized": "view"}},
            }
        ),
        "models/sources.yml": _yaml({"sources": writer.sources()}),
        "models/metricflow_time_spine.sql": _SPINE,
        "models/metricflow_time_spine.yml": _yaml(
            {
                "models": [
                    {
                        "name": "metricflow_time_spine",
                        "time_spine": {"standard_granularity_column": "date_day"},
                        "columns": [{"name": "date_day", "granularity": "day"}],
                    }
                ]
            }
        ),
        "models/semantic_models.yml": _yaml(document),
    }
    for dataset in model.datasets.values():
        files[f"models/{view_name(model, dataset)}.sql"] = writer.view(dataset)
    for policy in model.c360.row_policies:
        losses.add(f"row policy {policy.id}", "MetricFlow has none")
    return Exported({f"dbt/{path}": text for path, text in sorted(files.items())}, losses.listed())


def dimension_name(dataset: str, name: str) -> str:
    """Return a field's name as a dimension; those that MetricFlow keeps for grains get their dataset before them."""
    return f"{dataset}_{name}" if name in RESERVED else name


def view_name(model: SemanticModel, dataset: Dataset) -> str:
    """Return the dbt model behind a dataset."""
    return f"{model.name}_{dataset.name}"


class _Writer:
    """Writes the parts of one project."""

    def __init__(self, model: SemanticModel, losses: Losses) -> None:
        self._model = model
        self._losses = losses
        self._far_times: dict[str, Path] = {}
        self._times = {name: self._time_of(dataset) for name, dataset in model.datasets.items()}

    def semantic_file(self) -> dict[str, Any]:
        """Return semantic models and metrics."""
        metrics = Metrics(self._model, self._losses, self._times)
        written = metrics.written()
        models = [self._semantic_model(d, metrics.measures_of(d.name)) for d in self._model.datasets.values()]
        return {"semantic_models": models, "metrics": written}

    def sources(self) -> list[dict[str, Any]]:
        """Return the tables that the views read."""
        tables: dict[str, set[str]] = {}
        for dataset in self._model.datasets.values():
            for schema, table in tables_of(dataset):
                tables.setdefault(schema, set()).add(table)
        return [
            {"name": schema, "schema": schema, "tables": [{"name": table} for table in sorted(found)]}
            for schema, found in sorted(tables.items())
        ]

    def view(self, dataset: Dataset) -> str:
        """Return the SQL of a dataset's view; a time axis of another table is joined in."""
        lines = [f"-- {dataset.grain[:1].upper()}{dataset.grain[1:]}."]
        if uses_as_of(dataset):
            self._losses.add(f"dataset {dataset.name}", "as_of() became the day it is asked")
        path = self._far_times.get(dataset.name)
        if path is None:
            return "\n".join([*lines, "SELECT * FROM " + _relation(dataset, "base")]) + "\n"
        names = ("base", *(f"step_{number}" for number in range(1, len(path) + 1)))
        physical = Physical(self._model, dataset.name, lambda path: (names[len(path)],))
        assert dataset.c360.time_field is not None  # noqa: S101 -- a far time was declared
        owner, name = self._model.directory.resolve(dataset.c360.time_field)
        field = self._model.directory.field(owner, name)
        assert field is not None  # noqa: S101 -- resolve() found it
        day = physical.field(field, path).sql(dialect="duckdb")
        lines += [f"SELECT base.*, CAST({day} AS DATE) AS {TIME}", f"FROM {_relation(dataset, 'base')}"]
        for number, edge in enumerate(path, start=1):
            on = physical.condition(edge, (names[number - 1],), (names[number],)).sql(dialect="duckdb")
            lines.append(f"LEFT JOIN {_relation(self._model.datasets[edge.target], names[number])} ON {on}")
        return "\n".join(lines) + "\n"

    def _semantic_model(self, dataset: Dataset, measures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        entities = self._entities(dataset)
        taken = {entity["name"] for entity in entities} | {measure["name"] for measure in measures}
        time = self._times[dataset.name]
        document = {
            "name": dataset.name,
            "model": f"ref('{view_name(self._model, dataset)}')",
            "description": dataset.description or dataset.grain,
            "defaults": {"agg_time_dimension": time} if time and measures else None,
            "primary_entity": None if any(e["type"] == "primary" for e in entities) else f"{dataset.name}_row",
            "entities": entities,
            "dimensions": self._dimensions(dataset, taken),
            "measures": list(measures),
        }
        return {key: value for key, value in document.items() if value}

    def _entities(self, dataset: Dataset) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for relationship in self._model.relationships.values():
            name = relationship.role or relationship.target
            temporal = relationship.c360.temporal
            if temporal is not None and temporal.mode != "version_key":
                self._losses.add(f"relationship {relationship.name}", "it joins the version of a moment")
                continue
            if relationship.target == dataset.name and name not in found:
                key = set(relationship.target_columns) == set(dataset.primary_key)
                has_primary = any(entity["type"] == "primary" for entity in found.values())
                kind = "primary" if key and not has_primary else "unique"
                found[name] = {"name": name, "type": kind, "expr": self._key(dataset, relationship.target_columns)}
            if relationship.source == dataset.name:
                expr = self._key(dataset, relationship.source_columns)
                if name in found:
                    self._losses.add(
                        f"relationship {relationship.name}", f"{dataset.name} has an entity {name} already"
                    )
                else:
                    found[name] = {"name": name, "type": "foreign", "expr": expr}
        if dataset.primary_key and not any(entity["type"] == "primary" for entity in found.values()):
            name = dataset.name if dataset.name not in found else f"{dataset.name}_row"
            found[name] = {"name": name, "type": "primary", "expr": self._key(dataset, dataset.primary_key)}
        return list(found.values())

    def _key(self, dataset: Dataset, columns: Sequence[str]) -> str:
        physical = [physical_column(self._model, dataset, name) for name in columns]
        if len(physical) == 1:
            return physical[0]
        return " || '|' || ".join(f"CAST({name} AS VARCHAR)" for name in physical)

    def _dimensions(self, dataset: Dataset, taken: set[str]) -> list[dict[str, Any]]:
        found = [d for field in dataset.fields.values() if (d := self._dimension(field, taken)) is not None]
        if dataset.name in self._far_times:
            params = {"time_granularity": "day"}
            found.append({"name": TIME, "type": "time", "expr": TIME, "type_params": params})
        return found

    def _dimension(self, field: SemanticField, taken: set[str]) -> dict[str, Any] | None:
        is_own_time = self._times[field.dataset] == dimension_name(field.dataset, field.name)
        if (not field.is_dimension or field.c360.role == "key") and not is_own_time:
            return None
        name = dimension_name(field.dataset, field.name)
        if name != field.name:
            self._losses.add(f"field {field.qualified}", f"it is called {name}: '{field.name}' is a word of MetricFlow")
        if name in taken or "__" in name:
            self._losses.add(f"field {field.qualified}", "its name is taken by an entity or measure, or has __")
            return None
        if field.c360.mask:
            self._losses.add(f"mask of {field.qualified}", "MetricFlow has none")
        expr = self._model.field_trees[field.dataset, field.name].sql(dialect="duckdb")
        is_time = field.is_time and field.datatype in CUTTABLE
        document = {
            "name": name,
            "type": "time" if is_time else "categorical",
            "expr": f"CAST({expr} AS DATE)" if is_time and field.datatype != "Date" else expr,
            "label": field.title,
            "description": field.description,
            "type_params": {"time_granularity": "day"} if is_time else None,
        }
        if field.synonyms:
            self._losses.add(f"field {field.qualified}", "its synonyms")
        return {key: value for key, value in document.items() if value is not None}

    def _time_of(self, dataset: Dataset) -> str | None:
        """Return the time dimension of a dataset's measures; one of another table becomes a column of the view."""
        text = dataset.c360.time_field
        if text is None:
            own = [f.name for f in dataset.fields.values() if f.is_time and f.datatype in CUTTABLE]
            return dimension_name(dataset.name, own[0]) if len(own) == 1 else None
        owner, name = self._model.directory.resolve(text if "." in text else f"{dataset.name}.{text}")
        if owner == dataset.name:
            return dimension_name(owner, name)
        try:
            path = Physical(self._model, dataset.name, lambda _path: ()).path(owner)
        except DoesNotFit as why:
            self._losses.add(f"dataset {dataset.name}", str(why))
            return None
        if path not in paths_from(self._model, dataset.name):
            self._losses.add(f"dataset {dataset.name}", "its time is too far away")
            return None
        self._far_times[dataset.name] = path
        return TIME


def _relation(dataset: Dataset, alias: str) -> str:
    if dataset.is_query:
        return f"({marked_source(dataset, _source)}) AS {alias}"
    ((schema, table),) = tables_of(dataset)
    return f"{_source(schema, table)} AS {alias}"


def _source(schema: str, table: str) -> str:
    return f"{{{{ source('{schema}', '{table}') }}}}"


def _yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)
    return text
