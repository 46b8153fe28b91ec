"""Read dbt's semantic models and metrics as an Ossie model, saying what is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from customer360.errors import ModelError, Place
from customer360.project.spec import SemanticDocument
from customer360.project.yamlfile import YamlError, parse_yaml
from customer360.semantic.extensions import VENDOR
from customer360.semantic.formats.dbt_shape import (
    DbtDimension,
    DbtMeasure,
    DbtMetric,
    DbtSemanticModel,
    MeasureInput,
    MetricInput,
    SemanticFile,
)
from customer360.semantic.formats.exported import Loss, Losses
from customer360.semantic.model import SemanticModel
from customer360.semantic.shape import CURRENT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_KEYS = ("semantic_models", "metrics")
_TYPES = {"second": "DateTime", "minute": "DateTime", "hour": "DateTime"}
_CALLS = {
    "sum": "SUM({})",
    "min": "MIN({})",
    "max": "MAX({})",
    "count": "COUNT({})",
    "count_distinct": "COUNT(DISTINCT {})",
    "average": "AVG({})",
    "median": "MEDIAN({})",
    "sum_boolean": "SUM(CASE WHEN {} THEN 1 ELSE 0 END)",
}
_JINJA = re.compile(r"\{\{\s*(Dimension|TimeDimension)\(\s*'(\w+)__(\w+)'[^)]*\)\s*\}\}")
_WINDOW = re.compile(r"(\d+) (day|week|month|quarter|year)s?")
_TAKES = {"max": "last", "min": "first"}


def read_dbt(folder: Path, *, name: str, schema: str) -> tuple[SemanticModel, tuple[Loss, ...]]:
    """Return the model that the YAML files below a folder hold; ``ref('x')`` becomes ``<schema>.x``.

    Errors: ModelError for a file that does not fit dbt's shape, ProjectErrors when the model does not hold together.
    """
    losses = Losses()
    parts: dict[str, list[Any]] = {key: [] for key in _KEYS}
    for path in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
        document = _document(path)
        for key in _KEYS:
            parts[key] += document.get(key) or []
    if not parts["semantic_models"]:
        raise ModelError("No YAML file here holds `semantic_models`.", place=str(folder))
    try:
        found = SemanticFile.model_validate(_plain(parts))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise ModelError(f"dbt's file is not understood at `{where}`: {problem['msg']}.", place=str(folder)) from error
    body = _Reader(found, schema, losses).body(name)
    document = {"version": CURRENT_VERSION, "semantic_model": [body]}
    return SemanticModel.from_document(SemanticDocument(name, Place(str(folder)), document)), losses.listed()


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError("The file cannot be read.", place=str(path)) from error
    except YamlError as error:
        raise ModelError(f"The file is not YAML: {error.what}", place=Place(str(path), error.line)) from error
    return document if isinstance(document, Mapping) else {}


class _Reader:
    """Turns one set of dbt files into an Ossie document."""

    def __init__(self, found: SemanticFile, schema: str, losses: Losses) -> None:
        self._found = found
        self._schema = schema
        self._losses = losses
        self._measures = {m.name: (model, m) for model in found.semantic_models for m in model.measures}

    def body(self, name: str) -> dict[str, Any]:
        """Return the semantic model."""
        metrics = [found for metric in self._found.metrics if (found := self._metric(metric)) is not None]
        known = {metric["name"] for metric in metrics}
        for model, measure in self._measures.values():
            if measure.create_metric and measure.name not in known:
                metrics.append(self._from_measure(model, measure, measure.name, measure.description, {}))
        return {
            "name": name,
            "datasets": [self._dataset(model) for model in self._found.semantic_models],
            "relationships": list(self._relationships()),
            "metrics": metrics,
        }

    def _dataset(self, model: DbtSemanticModel) -> dict[str, Any]:
        keys = [(e, e.expr or e.name) for e in model.entities if e.type in ("primary", "unique")]
        columns = list(dict.fromkeys(key for _, key in keys if _is_column(key)))
        for entity, key in keys:
            if not _is_column(key):
                self._losses.add(f"entity {entity.name} of {model.name}", f"its key is computed: {key}")
        primary = next((e.expr or e.name for e in model.entities if e.type == "primary"), None)
        dataset: dict[str, Any] = {"name": model.name, "source": self._source(model.model)}
        if primary in columns:
            dataset["primary_key"] = [primary]
        others = [[key] for key in columns if key != primary]
        if others:
            dataset["unique_keys"] = others
        if model.description:
            dataset["description"] = model.description
        names = [d.name for d in model.dimensions]
        fields = [self._field(dimension) for dimension in model.dimensions]
        fields += [_expression_field(key, key, role="key") for key in columns if key not in names]
        dataset["fields"] = fields
        time = model.defaults.agg_time_dimension if model.defaults else None
        if time:
            dataset["custom_extensions"] = [_ours({"role": "fact", "time_field": time})]
        return dataset

    def _source(self, text: str) -> str:
        names = re.findall(r"'([^']+)'", text)
        return ".".join(names) if text.startswith("source") else f"{self._schema}.{names[0]}"

    def _field(self, dimension: DbtDimension) -> dict[str, Any]:
        field: dict[str, Any] = {
            "name": dimension.name,
            "expression": _ansi(dimension.expr or dimension.name),
            "dimension": {"is_time": dimension.type == "time"},
        }
        if dimension.label:
            field["label"] = dimension.label
        if dimension.description:
            field["description"] = dimension.description
        if dimension.type_params is not None:
            field["datatype"] = _TYPES.get(dimension.type_params.time_granularity, "Date")
        return field

    def _relationships(self) -> Iterable[dict[str, Any]]:
        """Yield a relationship for every foreign entity and the model that has it as a key."""
        owners: dict[str, list[tuple[DbtSemanticModel, str]]] = {}
        for model in self._found.semantic_models:
            for entity in model.entities:
                if entity.type in ("primary", "unique"):
                    owners.setdefault(entity.name, []).append((model, entity.expr or entity.name))
        for model in self._found.semantic_models:
            for entity in model.entities:
                key = entity.expr or entity.name
                for owner, target in owners.get(entity.name, ()):
                    if entity.type != "foreign" or owner.name == model.name:
                        continue
                    if not _is_column(key) or not _is_column(target):
                        self._losses.add(f"entity {entity.name} of {model.name}", f"its key is computed: {key}")
                        continue
                    document: dict[str, Any] = {
                        "name": f"{model.name}_{entity.name}",
                        "from": model.name,
                        "to": owner.name,
                        "from_columns": [key],
                        "to_columns": [target],
                    }
                    if entity.name != owner.name:
                        document["custom_extensions"] = [_ours({"role_name": entity.name})]
                    elif len(self._ways(model, owner)) > 1:  # dbt's names say which is meant: the plain one
                        document["custom_extensions"] = [_ours({"default": True})]
                    yield document

    @staticmethod
    def _ways(model: DbtSemanticModel, owner: DbtSemanticModel) -> set[str]:
        """Return the entities by which a model belongs to another."""
        keys = {entity.name for entity in owner.entities if entity.type in ("primary", "unique")}
        return keys & {entity.name for entity in model.entities if entity.type == "foreign"}

    # ---- metrics ----------------------------------------------------------------------------------------------

    def _metric(self, metric: DbtMetric) -> dict[str, Any] | None:
        params = metric.type_params
        if metric.type in ("simple", "cumulative") and params.measure is not None:
            used = params.measure
            name = used.name if isinstance(used, MeasureInput) else used
            texts = [metric.filter, used.filter if isinstance(used, MeasureInput) else None]
            extension: dict[str, Any] = {"filters": [self._filter(text) for text in texts if text]}
            if metric.type == "cumulative":
                extension["window"] = self._window(metric)
            return self._from_measure(*self._measures[name], metric.name, metric.description, extension, metric.label)
        if metric.type == "ratio" and params.numerator and params.denominator:
            above, below = _input_name(params.numerator), _input_name(params.denominator)
            parts = {"numerator": above, "denominator": below}
            return self._made_of(metric, {"type": "ratio", "parts": parts}, [params.numerator, params.denominator])
        if metric.type == "derived" and params.expr and params.metrics:
            inputs: dict[str, str] = {
                (e.alias if isinstance(e, MetricInput) and e.alias else _input_name(e)): _input_name(e)
                for e in params.metrics
            }
            derived = {"inputs": inputs, "expression": params.expr}
            return self._made_of(metric, {"type": "derived", "parts": derived}, params.metrics)
        self._losses.add(f"metric {metric.name}", f"a {metric.type} metric has no counterpart")
        return None

    def _made_of(
        self, metric: DbtMetric, extension: dict[str, Any], used: list[str | MetricInput]
    ) -> dict[str, Any] | None:
        offsets = [
            each
            for each in used
            if isinstance(each, MetricInput) and (each.offset_window or each.offset_to_grain or each.filter)
        ]
        if offsets or metric.filter:
            self._losses.add(
                f"metric {metric.name}", "offsets and filters of its inputs: ask with `compare` or `where`"
            )
            return None
        first = self._first_measure(_input_name(used[0]))
        document: dict[str, Any] = {"name": metric.name, "expression": _ansi(first), "description": metric.description}
        document["custom_extensions"] = [_ours({**extension, "label": metric.label})]
        return {key: value for key, value in document.items() if value}

    def _first_measure(self, name: str) -> str:
        """Return some aggregate of a metric: Ossie wants an expression where the parts are what counts."""
        for metric in self._found.metrics:
            if metric.name == name:
                used = metric.type_params.measure
                if used is not None:
                    model, measure = self._measures[used.name if isinstance(used, MeasureInput) else used]
                    return self._aggregate(model, measure)
                above = [metric.type_params.numerator] if metric.type_params.numerator else []
                for inner in (*above, *(metric.type_params.metrics or ())):
                    return self._first_measure(_input_name(inner))
        raise ModelError(f"The metric '{name}' is made of nothing.")

    def _from_measure(
        self,
        model: DbtSemanticModel,
        measure: DbtMeasure,
        name: str,
        description: str | None,
        extension: dict[str, Any],
        label: str | None = None,
    ) -> dict[str, Any]:
        extension = {**extension, "base": model.name, "label": label}
        time = measure.agg_time_dimension
        if time:
            extension["time_field"] = f"{model.name}.{time}"
        if measure.non_additive_dimension is not None:
            balance = measure.non_additive_dimension
            extension["semi_additive"] = {"over": f"{model.name}.{balance.name}", "take": _TAKES[balance.window_choice]}
            if balance.window_groupings:
                self._losses.add(f"measure {measure.name}", "its window_groupings: all groups share the day here")
        document = {
            "name": name,
            "expression": _ansi(self._aggregate(model, measure)),
            "description": description or measure.description,
            "custom_extensions": [_ours({key: value for key, value in extension.items() if value})],
        }
        return {key: value for key, value in document.items() if value}

    def _aggregate(self, model: DbtSemanticModel, measure: DbtMeasure) -> str:
        text = str(measure.expr) if measure.expr is not None else measure.name
        inner = _qualified(text, model.name)
        if measure.agg == "count" and text.strip() == "1":
            return "COUNT(*)"
        if measure.agg == "percentile":
            params = measure.agg_params
            share = params.percentile if params and params.percentile else 0.5
            function = "PERCENTILE_DISC" if params and params.use_discrete_percentile else "PERCENTILE_CONT"
            return f"{function}({share}) WITHIN GROUP (ORDER BY {inner})"
        return _CALLS[measure.agg].format(inner)

    def _window(self, metric: DbtMetric) -> dict[str, Any]:
        given = metric.type_params.cumulative_type_params
        window = (given.window if given else None) or metric.type_params.window
        to_date = (given.grain_to_date if given else None) or metric.type_params.grain_to_date
        if to_date:
            return {"kind": "period_to_date", "unit": to_date}
        found = _WINDOW.fullmatch(window or "")
        return {"kind": "trailing", "count": int(found[1]), "unit": found[2]} if found else {"kind": "cumulative"}

    def _filter(self, text: str) -> str:
        """Return a filter with the entity of each dimension as the dataset (or role) it stands for."""
        owners = {
            e.name: model.name for model in self._found.semantic_models for e in model.entities if e.type == "primary"
        }

        def named(match: re.Match[str]) -> str:
            entity = match[2].rpartition("__")[2]
            return f"{owners.get(entity, entity)}.{match[3]}"

        return _JINJA.sub(named, text).strip()


def _input_name(used: str | MetricInput) -> str:
    return used if isinstance(used, str) else used.name


def _is_column(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_]\w*", text) is not None


def _qualified(text: str, dataset: str) -> str:
    """Return an expression over a table's columns as one over the dataset's."""
    try:
        tree = parse_one(text, dialect="duckdb")
    except SqlglotError as error:
        raise ModelError(f"The expression `{text}` is not SQL: {str(error).splitlines()[0]}") from error
    for column in list(tree.find_all(exp.Column)):
        column.set("table", exp.to_identifier(dataset))
    return tree.sql(dialect="duckdb")


def _expression_field(name: str, text: str, **extension: Any) -> dict[str, Any]:
    return {"name": name, "expression": _ansi(text), "custom_extensions": [_ours(extension)]}


def _ansi(text: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def _ours(keys: Mapping[str, Any]) -> dict[str, str]:
    data = {"v": 1, **{key: value for key, value in keys.items() if value is not None}}
    return {"vendor_name": VENDOR, "data": json.dumps(data, separators=(",", ":"))}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
