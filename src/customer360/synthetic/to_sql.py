"""Write the care centre as SQL files that ``psql -f`` loads, again and again: schema, reference data, contacts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error
from customer360.names import text_literal
from customer360.progress import Progress, Silent
from customer360.synthetic.columns import plain
from customer360.synthetic.ddl import create_indexes, create_table, relation
from customer360.synthetic.documented import DOCUMENTED
from customer360.synthetic.written import TASK, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from customer360.synthetic.shopflow import ShopFlow

SCHEMA_FILE, BASELINE_FILE, DATA_FILE = (
    "00_simplified_schema.sql",
    "01_simplified_baseline_data.sql",
    "simplified_synthetic_data_{size}.sql",
)
REFERENCE = ("channels", "agents", "interaction_types", "service_plans")
PEOPLE_AND_CONTACTS = ("customers", "customer_service_plans", "customer_interactions")
ROWS_A_STATEMENT = 500


def write_sql(
    shopflow: ShopFlow,
    folder: Path,
    *,
    size: str,
    systems: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write the three files of the care centre; ``size`` ends the name of the last. Errors: C360Error."""
    if tuple(systems or ("care",)) != ("care",):
        raise C360Error(
            "SQL files are how the care centre is delivered; the other systems have none.",
            next_step="Pass --system care, or use --to postgres, --to mongo or --to files.",
        )
    progress = progress or Silent()
    progress.start(TASK, 3)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCHEMA_FILE).write_text(_schema(), encoding="utf-8")
        progress.step(TASK, SCHEMA_FILE)
        written = _file(shopflow, folder / BASELINE_FILE, "Reference data.", REFERENCE)
        progress.step(TASK, BASELINE_FILE)
        name = DATA_FILE.format(size=size)
        written += _file(shopflow, folder / name, "People, their plans and their contacts.", PEOPLE_AND_CONTACTS)
    except OSError as error:
        raise C360Error(f"The folder {folder} cannot be written: {error.strerror}.") from error
    progress.step(TASK, name)
    progress.finish(TASK)
    return written


def _schema() -> str:
    parts = ["-- The seven tables of customer care. Running it again drops what they hold.", "BEGIN;"]
    documents = DOCUMENTED["care"]
    parts += [f"DROP TABLE IF EXISTS {relation(None, table)} CASCADE;" for table in reversed(list(documents))]
    for table, document in documents.items():
        parts.append(create_table(None, table, document) + ";")
        parts += [f"{line};" for line in create_indexes(None, table, document)]
    return "\n".join([*parts, "COMMIT;"]) + "\n"


def _file(shopflow: ShopFlow, path: Path, about: str, tables: Sequence[str]) -> list[Written]:
    """Write one transaction that empties the tables and fills them again."""
    written = []
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"-- {about} Running it again replaces what is there.\nBEGIN;\nSET CONSTRAINTS ALL DEFERRED;\n")
        for table in reversed(tables):
            file.write(f"DELETE FROM {relation(None, table)};\n")
        for table in tables:
            count = 0
            for chunk in shopflow.systems["care"][table]():
                file.writelines(_inserts(table, plain(chunk)))
                count += chunk.num_rows
            key = DOCUMENTED["care"][table].key[0]
            file.write(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), coalesce(max({key}), 1)) FROM {table};\n"
            )
            written.append(Written("care", table, count))
        file.write("COMMIT;\n")
    return written


def _inserts(table: str, rows: pa.Table) -> Iterator[str]:
    columns = ", ".join(rows.column_names)
    for batch in rows.to_batches(max_chunksize=ROWS_A_STATEMENT):
        values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        lines = ",\n".join("(" + ", ".join(map(_literal, row)) + ")" for row in values)
        yield f"INSERT INTO {table} ({columns}) VALUES\n{lines};\n"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return f"'{value}'"
    return text_literal(value)
