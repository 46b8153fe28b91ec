"""Read an Ossie document into the frozen parts of a semantic model, with every error at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from customer360.errors import Place, ProjectErrors, UnknownName
from customer360.semantic.elements import Dataset, Expression, Metric, RawExtension, Relationship, SemanticField
from customer360.semantic.extensions import (
    VENDOR,
    DatasetExtension,
    Extension,
    FieldExtension,
    MetricExtension,
    ModelExtension,
    RelationshipExtension,
)
from customer360.semantic.shape import Shape

if TYPE_CHECKING:
    from customer360.project.spec import SemanticDocument

E = TypeVar("E", bound=Extension)
T = TypeVar("T", Dataset, SemanticField, Relationship, Metric)


@dataclass
class Parts:
    """What one document holds."""

    name: str
    place: Place
    description: str | None = None
    ai_context: Any = None
    datasets: dict[str, Dataset] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    c360: ModelExtension = field(default_factory=ModelExtension)
    extensions: tuple[RawExtension, ...] = ()


def read_parts(document: SemanticDocument) -> Parts:
    """Return the parts of a document's model. Raises ProjectErrors with all that is wrong in it."""
    shape = Shape(document)
    model = shape.model()
    if model is None:
        raise ProjectErrors(shape.errors)
    parts = _Reader(shape).read(model)
    if shape.errors:
        raise ProjectErrors(shape.errors)
    return parts


class _Reader:
    """Turns mappings into parts while gathering errors in its Shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def read(self, model: Mapping[str, Any]) -> Parts:
        c360, raw = self._extension(model, ModelExtension, "")
        parts = Parts(
            name=model["name"],
            place=self._shape.place(""),
            description=model.get("description"),
            ai_context=model.get("ai_context"),
            c360=c360,
            extensions=raw,
        )
        for element in model["datasets"]:
            self._add(parts.datasets, self._dataset(element), "dataset")
        for element in model.get("relationships") or ():
            self._add(parts.relationships, self._relationship(element), "relationship")
        for element in model.get("metrics") or ():
            self._add(parts.metrics, self._metric(element), "metric")
        return parts

    def _add(self, known: dict[str, T], element: T | None, kind: str) -> None:
        if element is None:
            return
        if element.name in known:
            path = f"{kind}s/{element.name}"
            self._shape.wrong(f"Two {kind}s are named '{element.name}'.", path, "Rename one of them.")
        known[element.name] = element

    def _dataset(self, element: Any) -> Dataset | None:
        path = _path("datasets", element)
        if not self._shape.keys("dataset", element, path):
            return None
        c360, raw = self._extension(element, DatasetExtension, path)
        fields: dict[str, SemanticField] = {}
        for item in element.get("fields") or ():
            self._add(fields, self._field(item, element["name"], path), "field")
        return Dataset(
            name=element["name"],
            source=element["source"],
            place=self._shape.place(path),
            fields=fields,
            c360=c360,
            primary_key=tuple(element.get("primary_key") or ()),
            unique_keys=tuple(tuple(key) for key in element.get("unique_keys") or ()),
            description=element.get("description"),
            ai_context=element.get("ai_context"),
            extensions=raw,
        )

    def _field(self, element: Any, dataset: str, parent: str) -> SemanticField | None:
        path = _path(f"{parent}/fields", element)
        if not self._shape.keys("field", element, path):
            return None
        c360, raw = self._extension(element, FieldExtension, path)
        return SemanticField(
            dataset=dataset,
            name=element["name"],
            expression=Expression(self._shape.expression(element, path)),
            place=self._shape.place(path),
            c360=c360,
            datatype=element.get("datatype"),
            dimension=element.get("dimension"),
            label=element.get("label"),
            description=element.get("description"),
            ai_context=element.get("ai_context"),
            extensions=raw,
        )

    def _relationship(self, element: Any) -> Relationship | None:
        path = _path("relationships", element)
        if not self._shape.keys("relationship", element, path):
            return None
        c360, raw = self._extension(element, RelationshipExtension, path)
        return Relationship(
            name=element["name"],
            source=element["from"],
            target=element["to"],
            source_columns=tuple(element["from_columns"]),
            target_columns=tuple(element["to_columns"]),
            place=self._shape.place(path),
            c360=c360,
            ai_context=element.get("ai_context"),
            extensions=raw,
        )

    def _metric(self, element: Any) -> Metric | None:
        path = _path("metrics", element)
        if not self._shape.keys("metric", element, path):
            return None
        c360, raw = self._extension(element, MetricExtension, path)
        return Metric(
            name=element["name"],
            expression=Expression(self._shape.expression(element, path)),
            place=self._shape.place(path),
            c360=c360,
            description=element.get("description"),
            datatype=element.get("datatype"),
            ai_context=element.get("ai_context"),
            extensions=raw,
        )

    def _extension(self, element: Mapping[str, Any], kind: type[E], path: str) -> tuple[E, tuple[RawExtension, ...]]:
        raw = tuple(
            (str(entry.get("vendor_name")), str(entry.get("data")))
            for entry in element.get("custom_extensions") or ()
            if isinstance(entry, Mapping)
        )
        ours = [data for vendor, data in raw if vendor == VENDOR]
        if len(ours) > 1:
            self._shape.wrong("An object has at most one C360 extension.", path, "Put all keys into one.")
        if not ours:
            return kind(), raw
        try:
            data = json.loads(ours[0])
        except ValueError as error:
            self._shape.wrong(
                f"The C360 extension is not JSON: {error}.", path, "`data` is a text that holds a JSON object."
            )
            return kind(), raw
        return self._parsed(kind, data, path), raw

    def _parsed(self, kind: type[E], data: Any, path: str) -> E:
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for problem in error.errors():
                where = ".".join(str(part) for part in problem["loc"]) or "data"
                if problem["type"] == "extra_forbidden":
                    self._shape.errors.append(
                        UnknownName(
                            "C360 key", where, _sibling_keys(kind, problem["loc"]), place=self._shape.place(path)
                        )
                    )
                else:
                    self._shape.wrong(f"C360 key `{where}`: {problem['msg']}.", path)
            return kind()


def _sibling_keys(kind: type[Extension], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that stand beside an unknown one, with their path, so that the nearest can be offered."""
    schema: Any = kind.model_json_schema()
    node = schema
    for part in location[:-1]:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
        node = next((option for option in node.get("anyOf", ()) if option.get("type") != "null"), node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    prefix = "".join(f"{part}." for part in location[:-1])
    return [prefix + key for key in node.get("properties", {})]


def _path(parent: str, element: Any) -> str:
    name = element.get("name") if isinstance(element, Mapping) else None
    return f"{parent}/{name}" if name else parent
