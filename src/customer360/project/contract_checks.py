"""Check what a contract's shape cannot say: names twice, keys out of order, secrets, unprotected personal data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from customer360.errors import nearest
from customer360.names import IDENTIFIER
from customer360.project.secrets import refuse_secrets
from customer360.project.servers import check_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from customer360.project.odcs import DataContract, Property, SchemaObject
    from customer360.project.problems import Problems
    from customer360.project.yamlfile import YamlFile

STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
_MASKS = ("null", "hash", "last4", "year")
_BUCKET = re.compile(r"bucket:[1-9]\d*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


def check_contract(shape: DataContract, file: YamlFile, problems: Problems) -> None:
    """Note what is wrong with the contract as a whole."""
    if shape.status is None and shape.api_version < "v3.2.0":
        problems.add("The key 'status' is missing.", file.place(), "Add `status: active` (or draft, proposed ...).")
    elif shape.status is not None and shape.status not in STATUSES:
        hit = nearest(shape.status, STATUSES)
        problems.warn(
            f"The status '{shape.status}' is none we know.",
            file.place("status"),
            f"Did you mean '{hit}'?" if hit else f"Usual: {', '.join(STATUSES)}.",
        )
    no_twins("table", [table.name for table in shape.schema_], ("schema",), file, problems)
    for key in ("servers", "customProperties"):
        if file.root.get(key):
            refuse_secrets(file.root[key], (key,), file, problems, rule=" [ODCS-SECRET]")
    for position in range(len(shape.servers)):
        check_server(file.root["servers"][position], ("servers", position), file, problems)
    team = file.root.get("team")
    members, path = (
        (team, ("team",)) if isinstance(team, list) else ((team or {}).get("members", []), ("team", "members"))
    )
    check_dates(members, path, file, problems, rule="ODCS-DATE")


def check_table(
    table: SchemaObject, path: tuple[str | int, ...], file: YamlFile, problems: Problems, *, of_source: bool
) -> None:
    """Note what is wrong with one table and its columns; those of a source may be called anything."""
    columns = (*path, "properties")
    if not table.properties:
        problems.add(
            f"The contract of '{table.name}' lists no columns. [ODCS-SCHEMA]",
            file.place(*path),
            "List them under `properties:`.",
        )
    no_twins("column", [c.name for c in table.properties], columns, file, problems)
    no_twins("column", [c.physical_name or c.name for c in table.properties], columns, file, problems)
    no_twins("id", [c.id for c in table.properties], columns, file, problems)
    no_twins("rule id", [r.id for r in table.quality], (*path, "quality"), file, problems)
    _check_key(table, columns, file, problems)
    for position, column in enumerate(table.properties):
        here = (*columns, position)
        no_twins("rule id", [r.id for r in column.quality], (*here, "quality"), file, problems)
        if not of_source:
            _check_name(column, here, file, problems)
        _check_personal(column, here, file, problems)


def no_twins(
    kind: str,
    names: Sequence[str | None],
    path: tuple[str | int, ...],
    file: YamlFile,
    problems: Problems,
    *,
    rule: str = "ODCS-DUP",
) -> None:
    """Note every name that stands in a list twice."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        if name is None:
            continue
        folded = name.casefold()
        if folded in seen:
            line = file.place(*path, seen[folded]).line
            problems.add(
                f"The {kind} '{name}' stands here twice; the first is in line {line}. [{rule}]",
                file.place(*path, position),
                "Remove or rename one.",
            )
        seen.setdefault(folded, position)


def check_dates(
    members: Iterable[dict[str, Any]], path: tuple[str, ...], file: YamlFile, problems: Problems, *, rule: str
) -> None:
    """Note dates of team members that are none."""
    for position, member in enumerate(members):
        for key in ("dateIn", "dateOut"):
            text = member.get(key)
            if isinstance(text, str) and not _DATE.fullmatch(text):
                problems.add(
                    f"'{key}' is no date: '{text}'. [{rule}]", file.place(*path, position, key), 'Write "2025-01-31".'
                )


def _check_key(table: SchemaObject, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    keys = [(position, c) for position, c in enumerate(table.properties) if c.primary_key]
    given = [c.primary_key_position for _, c in keys if c.primary_key_position not in (None, -1)]
    for position, column in enumerate(table.properties):
        if not column.primary_key and column.primary_key_position not in (None, -1):
            problems.add(
                f"Column '{column.name}' has a place in the key but is not part of it. [ODCS-PKPOS]",
                file.place(*path, position, "primaryKeyPosition"),
                "Add `primaryKey: true`, or remove the position.",
            )
    if given and sorted(n for n in given if n is not None) != list(range(1, len(keys) + 1)):
        problems.add(
            f"The places of the key's columns are {', '.join(map(str, given))}; "
            f"they must be 1 to {len(keys)}. [ODCS-PKPOS]",
            file.place(*path, keys[0][0], "primaryKeyPosition"),
            "Number all columns of the key from 1, or none.",
        )


def _check_name(column: Property, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    name = column.physical_name or column.name
    if not IDENTIFIER.match(name):
        problems.add(
            f"'{name}' cannot name a column of a product. [ODCS-SCHEMA]",
            file.place(*path, "physicalName" if column.physical_name else "name"),
            "Use lower-case letters, digits and _; rename the column in the model's SQL.",
        )


def _check_personal(column: Property, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    custom = {p.property: p.value for p in column.custom_properties}
    mask = custom.get("c360Mask")
    if "c360Mask" in custom and mask is not None and mask not in _MASKS and not _BUCKET.fullmatch(str(mask)):
        hit = nearest(str(mask), [*_MASKS, "bucket:10"])
        problems.add(
            f"There is no mask '{mask}'. [ODCS-PII]",
            file.place(*path),
            f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(_MASKS)}, bucket:<n>.",
        )
    if "pii" in [tag.lower() for tag in column.tags] and not column.classification and "c360Mask" not in custom:
        problems.add(
            f"Column '{column.name}' is tagged pii but has no classification and no mask. [ODCS-PII]",
            file.place(*path),
            "Add `classification: confidential` (or restricted), or the customProperty c360Mask.",
        )
