"""Find the table and columns that each foreign key of a contract points at."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.errors import nearest, suggestion
from customer360.names import RAW_PREFIX
from customer360.project.spec import Contract, Reference
from customer360.project.types import are_comparable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.project.contracts import DraftContract, PendingReference
    from customer360.project.problems import Problems

_SHORT_PARTS = 2  # table.column
_LONG_PARTS = 3  # schema.table.column
_FULL_PARTS = 4  # schema/<table id>/properties/<column id>


def resolved(drafts: Sequence[DraftContract], problems: Problems) -> dict[str, Contract]:
    """Return contracts by id with their references found; two with the same id or table are noted."""
    contracts: dict[str, Contract] = {}
    tables: dict[str, Contract] = {}
    for draft in drafts:
        contract = draft.contract
        for kind, name, known in (("id", contract.id, contracts), ("table", str(contract.relation), tables)):
            if name in known:
                problems.add(
                    f"The contract {kind} '{name}' is already used in {known[name].place}. [ODCS-DUP]",
                    contract.place,
                    "Give one of them another name.",
                )
                problems.broken("relation", str(contract.relation))
        found = (_reference(pending, draft, drafts, problems) for pending in draft.pending)
        contract = replace(contract, references=tuple(reference for reference in found if reference is not None))
        contracts.setdefault(contract.id, contract)
        tables.setdefault(str(contract.relation), contract)
    return contracts


def _reference(
    pending: PendingReference, owner: DraftContract, drafts: Sequence[DraftContract], problems: Problems
) -> Reference | None:
    ends = [_end(target, pending, owner, drafts, problems) for target in pending.targets]
    found = [end for end in ends if end is not None]
    if len(found) < len(ends):
        return None
    relations = {draft.contract.relation for draft, _ in found}
    if len(relations) > 1:
        names = ", ".join(sorted(map(str, relations)))
        problems.add(
            f"One foreign key points at several tables: {names}. [ODCS-REF]",
            pending.place,
            "Write one entry per table.",
        )
        return None
    for name, (draft, other) in zip(pending.columns, found, strict=False):
        _check_types(name, owner, other, draft, pending, problems)
    columns = tuple(column for _, column in found)
    return Reference(pending.columns, relations.pop(), columns, pending.place, pending.severity)


def _check_types(
    name: str, owner: DraftContract, other: str, target: DraftContract, pending: PendingReference, problems: Problems
) -> None:
    """Note columns whose values can never be equal, whatever the data."""
    left, right = _type(owner, name), _type(target, other)
    if left and right and not are_comparable(left, right):
        problems.add(
            f"The column '{name}' is {left}, and {target.contract.relation}.{other}, which it refers to, is {right}."
            " [ODCS-REF]",
            pending.place,
            "Refer to a column of the same type, or correct one of the two.",
        )


def _type(draft: DraftContract, column: str) -> str | None:
    return next((each.type for each in draft.contract.columns if each.name == column), None)


def _end(
    target: str, pending: PendingReference, owner: DraftContract, drafts: Sequence[DraftContract], problems: Problems
) -> tuple[DraftContract, str] | None:
    """Return the contract and physical column that one target names."""
    split = _split(target)
    if split is None:
        problems.add(
            f"'{target}' is no reference to a column. [ODCS-REF]",
            pending.place,
            "Write table.column, or file.odcs.yaml#/schema/<id>/properties/<id>.",
        )
        return None
    file, table, column = split
    hits = _tables(file, table, owner, drafts)
    if not hits:
        if not problems.is_broken("table", table.rpartition(".")[2]) and not problems.is_broken(
            "contract file", posixpath.basename(file)
        ):
            _note_table(target, table, pending, drafts, problems)
        return None
    if len(hits) > 1:
        names = ", ".join(str(hit.contract.relation) for hit in hits)
        problems.add(
            f"'{target}' could mean several tables: {names}. [ODCS-REF]",
            pending.place,
            f"Write {hits[0].contract.relation}.{column}.",
        )
        return None
    if column not in hits[0].column_ids:
        problems.add(
            f"The table {hits[0].contract.relation} has no column '{column}'. [ODCS-REF]",
            pending.place,
            suggestion(column, list(hits[0].column_ids)),
        )
        return None
    return hits[0], hits[0].column_ids[column]


def _note_table(
    target: str, table: str, pending: PendingReference, drafts: Sequence[DraftContract], problems: Problems
) -> None:
    known = sorted({str(d.contract.relation) for d in drafts} | {d.contract.relation.table for d in drafts})
    hit = nearest(table, known)
    problems.add(
        f"No contract describes the table of '{target}'. [ODCS-REF]",
        pending.place,
        f"Did you mean '{hit}'?" if hit else "Write the contract of that table first.",
    )


def _split(target: str) -> tuple[str, str, str] | None:
    """Return file, table and column of a reference; the file is empty when none is named."""
    file, _, path = target.rpartition("#")
    if file or "/" in path:
        parts = [part for part in path.split("/") if part]
        if len(parts) == _FULL_PARTS and parts[0] == "schema" and parts[2] == "properties":
            return file, parts[1], parts[3]
        return None
    parts = target.split(".")
    if len(parts) == _SHORT_PARTS and all(parts):
        return "", parts[0], parts[1]
    if len(parts) == _LONG_PARTS and all(parts):
        return "", f"{parts[0]}.{parts[1]}", parts[2]
    return None


def _tables(file: str, table: str, owner: DraftContract, drafts: Sequence[DraftContract]) -> list[DraftContract]:
    """Return the contracts that a table's name or id may mean: of the same schema first, else of the whole project."""
    if file:
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(owner.contract.place.file), file))
        return [
            d for d in drafts if d.contract.place.file == wanted and table in (d.table_id, d.contract.relation.table)
        ]
    if "." in table:
        return [d for d in drafts if str(d.contract.relation) == table]
    hits = [d for d in drafts if table in (d.table_id, d.contract.relation.table)]
    near = [d for d in hits if d.contract.relation.schema == owner.contract.relation.schema]
    # a product's table never points at raw rows when it can point at a product
    made = [d for d in hits if not d.contract.relation.schema.startswith(RAW_PREFIX)]
    return near or made or hits
