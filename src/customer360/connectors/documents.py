"""Turn documents (BSON, JSON) into columns of text: fields by path, nested values as JSON, nothing rounded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

import pyarrow as pa

from customer360.errors import ProjectError
from customer360.project.spec import SourceTable

BATCH_DOCUMENTS = 20_000

Document = Mapping[str, Any]


def field_paths(table: SourceTable, named: Sequence[str], declared: Mapping[str, Any]) -> dict[str, str]:
    """Return the path of each column: ``declared`` (option ``fields``) first, else a field of the column's name."""
    for column, path in declared.items():
        if not isinstance(path, str) or not path:
            raise ProjectError(
                f"The field '{column}' of {table.source}.{table.name} has no path.",
                place=table.place,
                next_step="Write `fields: {column: path.to.value}`.",
            )
    return {**{name: name for name in named}, **declared}


def batches_of(documents: Iterable[Document], paths: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """Yield documents as batches of text columns; a field that a document lacks is NULL."""
    held: list[Document] = []
    for document in documents:
        held.append(document)
        if len(held) == BATCH_DOCUMENTS:
            yield _batch(held, paths)
            held = []
    if held:
        yield _batch(held, paths)


def text_schema(names: Iterable[str]) -> pa.Schema:
    """Return the schema of text columns."""
    return pa.schema([pa.field(name, pa.string()) for name in names])


def as_text(value: Any) -> str | None:
    """Return one value as text that casts back to itself; nested ones as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat(sep=" ")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, default=_in_json, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _in_json(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else as_text(value)


def _batch(documents: Sequence[Document], paths: Mapping[str, str]) -> pa.RecordBatch:
    arrays = [_column(values) for values in _by_field(documents, tuple(paths.values()))]
    return pa.RecordBatch.from_arrays(arrays, schema=text_schema(paths))


def _column(values: Sequence[Any]) -> pa.Array:
    """Return values as a text column; the common uniform ones are written by Arrow, which is several times faster."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if len(kinds) == 1 and kinds <= {int, float}:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    if kinds == {datetime} and all(value is None or value.tzinfo is None for value in values):
        return pa.array(values, pa.timestamp("us")).cast(pa.string())
    return pa.array([as_text(value) for value in values], pa.string())


def _by_field(documents: Sequence[Document], paths: Sequence[str]) -> Iterable[Sequence[Any]]:
    """Return the values of each path; in one go where every document has every field, as most collections do."""
    if len(paths) > 1:
        with suppress(KeyError):
            return list(zip(*map(itemgetter(*paths), documents), strict=True))
    return [_values(path, documents) for path in paths]


def _values(path: str, documents: Sequence[Document]) -> list[Any]:
    """Return what stands at a path of each document, None where nothing does."""
    if "." not in path:
        return [document.get(path) for document in documents]
    first, *rest = path.split(".")

    def found(document: Document) -> Any:
        if path in document:  # a name with a dot in it; some servers answer projections like this
            return document[path]
        value = document.get(first)
        for part in rest:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    return [found(document) for document in documents]
