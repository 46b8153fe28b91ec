"""Turn what a run works with into tables of the warehouse, and back.

A record is named ``system:record_id`` inside a run and by two columns in tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import C360Error
from customer360.identity.cluster import components
from customer360.identity.model import NAMED, Model
from customer360.identity.normalise import FIELDS, RECORDS_SCHEMA

Tables = Mapping[str, pa.Table]
"""What a step gets: its inputs by name."""
SHOWN = {
    "first": "first_name",
    "given": "given_names",
    "last": "last_name",
    "suffix": "generation",
    "born": "birth_date",
    "mail": "email",
    "mail_name": "email_name",
    "phone": "phone_number",
    "phone_end": "phone_end",
    "street": "street",
    "city": "city",
    "region": "region",
    "postcode": "postcode",
    "national": "national_id",
}
"""Field of a normalised record -> its column in identity.identity_record."""
_LEVEL, _NAME, _FACT = "level", "name", "fact"
_MODEL_SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("name", pa.string()),
        ("value", pa.string()),
        ("m", pa.float64()),
        ("u", pa.float64()),
        ("number", pa.float64()),
    ]
)


def names_of(records: pa.Table) -> pa.Array:
    """Return ``system:record_id`` of each row."""
    joined = pc.binary_join_element_wise(
        records["system"].cast(pa.string()), records["record_id"].cast(pa.string()), ":"
    )
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def names_at(edges: pa.Table, side: str) -> pa.ChunkedArray:
    """Return ``system:record_id`` of one side of pairs: a or b."""
    return pc.binary_join_element_wise(edges[f"system_{side}"], edges[f"record_id_{side}"], ":")


def named(records: pa.Table) -> pa.Table:
    """Return the records with one column ``record_id`` that names them, ready to be resolved."""
    return records.drop_columns(["system", "record_id"]).append_column("record_id", names_of(records))


def system_and_id(names: pa.ChunkedArray | pa.Array) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Take ``system:record_id`` apart again: ids may hold colons, names of systems do not."""
    return (
        pc.replace_substring_regex(names, "^([^:]*):(?s:.*)$", r"\1"),
        pc.replace_substring_regex(names, "^[^:]*:", ""),
    )


def pairs_apart(edges: pa.Table) -> pa.Table:
    """Return edges with system and record_id of both sides instead of their names."""
    columns: dict[str, Any] = {}
    for side in ("a", "b"):
        columns[f"system_{side}"], columns[f"record_id_{side}"] = system_and_id(edges[f"record_{side}"])
    rest = {name: edges[name] for name in edges.column_names if name not in {"record_a", "record_b"}}
    return pa.table({**columns, **rest})


def people_of(edges: pa.Table) -> pa.Table:
    """Return record_id and person_id (a number) of the records that kept edges link."""
    kept = edges.filter(edges["is_kept"])
    one, other = names_at(kept, "a"), names_at(kept, "b")
    names = pa.chunked_array([*one.chunks, *other.chunks], pa.string()).unique()
    left, right = (pc.index_in(side, value_set=names).to_numpy().astype(np.int64) for side in (one, other))
    return pa.table({"record_id": names, "person_id": components(len(names), left, right)})


def record_table(normalised: pa.Table) -> pa.Table:
    """Return normalised records as rows of identity.identity_record."""
    system, record_id = system_and_id(normalised["record_id"])
    shown = {SHOWN[name]: normalised[name] for name in FIELDS}
    return pa.table({"system": system, "record_id": record_id, "digest": normalised["digest"], **shown})


def normalised_of(records: pa.Table) -> pa.Table:
    """Return rows of identity.identity_record as normalised records."""
    fields = [records[SHOWN[name]] for name in FIELDS]
    return pa.table([names_of(records), records["digest"], *fields], schema=RECORDS_SCHEMA)


def model_table(model: Model) -> pa.Table:
    """Return a model as rows: levels with m and u, common names with their number, facts."""
    rows: list[tuple[str, str, str, float | None, float | None, float | None]] = []
    for comparison, levels in model.m.items():
        rows += [(_LEVEL, comparison, level, m, model.u[comparison][level], None) for level, m in levels.items()]
    document = model.document()
    facts = {name: float(document[name]) for name in ("format", "trained", "records", "prior", "twins", "namesakes")}
    facts |= {f"records with {column} name": float(model.named[column]) for column in NAMED}
    rows += [(_FACT, name, "", None, None, number) for name, number in facts.items()]
    for column, names in model.names.items():
        rows += [(_NAME, column, name, None, None, float(number)) for name, number in names.items()]
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(list(column), field.type) for column, field in zip(columns, _MODEL_SCHEMA, strict=True)],
        schema=_MODEL_SCHEMA,
    )


def model_of(rows: pa.Table) -> Model | None:
    """Return the model that rows hold; None when they are of another format."""
    document: dict[str, Any] = {"m": {}, "u": {}, "names": {column: {} for column in NAMED}, "named": {}}
    for row in rows.to_pylist():
        part, name, value = row["part"], row["name"], row["value"]
        if part == _LEVEL:
            document["m"].setdefault(name, {})[value] = row["m"]
            document["u"].setdefault(name, {})[value] = row["u"]
        elif part == _NAME:
            document["names"][name][value] = row["number"]
        else:
            document[name] = row["number"]
    for column in NAMED:
        document["named"][column] = document.pop(f"records with {column} name", 0)
    document["format"] = int(document.get("format", 0))
    try:
        return Model.of(document)
    except (C360Error, KeyError):
        return None
