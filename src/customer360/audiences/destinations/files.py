"""Write members to a CSV or Parquet file of the project, all at once or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from customer360.audiences.failures import ExportFailed

if TYPE_CHECKING:
    from customer360.audiences.delivery import Delivery, Took

_FORMULA, _PHONE = r"^[=+\-@\t\r]", r"^[+\-][0-9][0-9 ().,/\-]*$"
CHANGE = "change"
"""Column of a file that holds what changed: added, changed or removed."""


def send_file(delivery: Delivery, root: Path) -> Iterator[Took]:
    """Write the file beside its place, then move it there. Errors: ExportFailed."""
    destination = delivery.destination
    path = (root / str(destination.options["path"])).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ExportFailed(
            f"The file of '{destination.name}' would lie outside of the project.",
            place=destination.place,
            next_step="Write a path inside it: exports/offer.csv.",
        )
    table = _table(delivery)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        if destination.kind == "csv":
            pa_csv.write_csv(_harmless(table), draft)
        else:
            pq.write_table(table, draft)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ExportFailed(f"The file {path} cannot be written: {error.strerror}.") from error
    yield delivery.took(delivery.upserts, delivery.removed)


def _harmless(table: pa.Table) -> pa.Table:
    """Return the table with an apostrophe before texts that a spreadsheet would run: people fill in their names.

    Numbers with a sign, as of telephones, stay as they are.
    """
    for position, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table.column(position)
            is_number = pc.match_substring_regex(column, _PHONE)
            runs = pc.and_not(pc.match_substring_regex(column, _FORMULA), is_number)
            marked = pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)
            table = table.set_column(position, field.name, marked)
    return table


def _table(delivery: Delivery) -> pa.Table:
    members, is_diff = delivery.upserts, delivery.destination.mode == "diff"
    gone = list(delivery.removed) if is_diff else []
    data: dict[str, pa.Array] = {delivery.member: pa.array([*members, *gone], pa.string())}
    if is_diff:
        words = ["added" if id_ in delivery.added else "changed" for id_ in members] + ["removed"] * len(gone)
        data[CHANGE] = pa.array(words, pa.string())
    for position, name in enumerate(delivery.columns):
        values = [delivery.rows[id_][position] for id_ in members] + [None] * len(gone)
        data[name] = pa.array(values, delivery.types[position])
    return pa.table(data)
