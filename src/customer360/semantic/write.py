"""Write a semantic model as an Ossie document: standard key order, foreign extensions byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from customer360.semantic.extensions import VENDOR, Extension
from customer360.semantic.shape import CURRENT_VERSION, KEYS

if TYPE_CHECKING:
    from customer360.semantic.elements import Dataset, Expression, Metric, RawExtension, Relationship, SemanticField


def to_document(model: Any) -> dict[str, Any]:
    """Return a SemanticModel as an Ossie 0.2.0.dev0 document of plain lists, dicts and texts."""
    body = _ordered(
        "model",
        name=model.name,
        description=model.description,
        ai_context=model.ai_context,
        datasets=[_dataset(dataset) for dataset in model.datasets.values()],
        relationships=[_relationship(relationship) for relationship in model.relationships.values()],
        metrics=[_metric(metric) for metric in model.metrics.values()],
        custom_extensions=_extensions(model.c360, model.extensions),
    )
    return {"version": CURRENT_VERSION, "semantic_model": [body]}


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return _ordered(
        "dataset",
        name=dataset.name,
        source=dataset.source,
        primary_key=list(dataset.primary_key),
        unique_keys=[list(key) for key in dataset.unique_keys],
        description=dataset.description,
        ai_context=dataset.ai_context,
        fields=[_field(field) for field in dataset.fields.values()],
        custom_extensions=_extensions(dataset.c360, dataset.extensions),
    )


def _field(field: SemanticField) -> dict[str, Any]:
    element = _ordered(
        "field",
        name=field.name,
        expression=_expression(field.expression),
        label=field.label,
        description=field.description,
        datatype=field.datatype,
        ai_context=field.ai_context,
        custom_extensions=_extensions(field.c360, field.extensions),
    )
    if field.dimension is not None:  # an empty block still marks a dimension
        element["dimension"] = _plain(field.dimension)
    return {key: element[key] for key in KEYS["field"] if key in element}


def _relationship(relationship: Relationship) -> dict[str, Any]:
    return _ordered(
        "relationship",
        **{
            "name": relationship.name,
            "from": relationship.source,
            "to": relationship.target,
            "from_columns": list(relationship.source_columns),
            "to_columns": list(relationship.target_columns),
            "ai_context": relationship.ai_context,
            "custom_extensions": _extensions(relationship.c360, relationship.extensions),
        },
    )


def _metric(metric: Metric) -> dict[str, Any]:
    return _ordered(
        "metric",
        name=metric.name,
        expression=_expression(metric.expression),
        description=metric.description,
        datatype=metric.datatype,
        ai_context=metric.ai_context,
        custom_extensions=_extensions(metric.c360, metric.extensions),
    )


def _expression(expression: Expression) -> dict[str, Any]:
    return {"dialects": [{"dialect": dialect, "expression": text} for dialect, text in expression.dialects]}


def _extensions(c360: Extension, raw: Iterable[RawExtension]) -> list[dict[str, str]]:
    """Keep every text as it was; write ours anew only when it no longer says what the object holds."""
    entries = []
    ours_written = False
    for vendor, data in raw:
        is_ours = vendor == VENDOR
        ours_written = ours_written or is_ours
        changed = is_ours and type(c360).model_validate_json(data) != c360
        entries.append({"vendor_name": vendor, "data": _json(c360) if changed else data})
    if not ours_written and c360 != type(c360)():
        entries.append({"vendor_name": VENDOR, "data": _json(c360)})
    return entries


def _json(c360: Extension) -> str:
    data = {"v": c360.v, **c360.model_dump(mode="json", exclude_defaults=True)}
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"))


def _ordered(kind: str, **given: Any) -> dict[str, Any]:
    return {key: _plain(given[key]) for key in KEYS[kind] if given.get(key) not in (None, [], ())}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
