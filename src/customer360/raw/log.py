"""Keep ``c360.load_log``: one row per table and load that changed something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from customer360.engines.base import Column, Publication, Session
from customer360.names import STATE_SCHEMA, Relation

LOAD_LOG = Relation(STATE_SCHEMA, "load_log")

_TYPES = {
    "load_id": ("BIGINT", pa.int64()),
    "source": ("VARCHAR", pa.string()),
    "table_name": ("VARCHAR", pa.string()),
    "started_at": ("TIMESTAMP", pa.timestamp("us")),
    "finished_at": ("TIMESTAMP", pa.timestamp("us")),
    "mode": ("VARCHAR", pa.string()),
    "rows_read": ("BIGINT", pa.int64()),
    "rows_landed": ("BIGINT", pa.int64()),
    "rows_changed": ("BIGINT", pa.int64()),
    "rows_rejected": ("BIGINT", pa.int64()),
    "cursor_from": ("VARCHAR", pa.string()),
    "cursor_to": ("VARCHAR", pa.string()),
    "fingerprint": ("VARCHAR", pa.string()),
    "digest": ("VARCHAR", pa.string()),
    "signature": ("VARCHAR", pa.string()),
    "schema_json": ("VARCHAR", pa.string()),
    "status": ("VARCHAR", pa.string()),
}


@dataclass(frozen=True)
class LastLoad:
    """What the newest load of a table left behind."""

    load_id: int
    mode: str
    cursor_to: str | None
    fingerprint: str | None
    digest: str
    signature: str
    shape: Mapping[str, str]


@dataclass(frozen=True)
class LogEntry:
    """One row of the log, its id excepted. Moments are UTC without a zone."""

    source: str
    table_name: str
    started_at: datetime
    finished_at: datetime
    mode: str
    rows_read: int
    rows_landed: int
    rows_changed: int
    rows_rejected: int
    cursor_from: str | None
    cursor_to: str | None
    fingerprint: str | None
    digest: str
    signature: str
    schema_json: str
    status: str = "loaded"


def last_loads(session: Session) -> dict[tuple[str, str], LastLoad]:
    """Return the newest load of each table by source and table; empty when nothing was loaded yet."""
    if LOAD_LOG not in session.relations():
        return {}
    rows = session.query(
        "SELECT l.load_id, l.source, l.table_name, l.mode, l.cursor_to, l.fingerprint, l.digest, l.signature,"
        f" l.schema_json FROM {LOAD_LOG.sql} AS l WHERE l.load_id IN"
        f" (SELECT max(load_id) FROM {LOAD_LOG.sql} GROUP BY source, table_name)"
    ).to_pylist()
    return {
        (row["source"], row["table_name"]): LastLoad(
            load_id=row["load_id"],
            mode=row["mode"],
            cursor_to=row["cursor_to"],
            fingerprint=row["fingerprint"],
            digest=row["digest"],
            signature=row["signature"],
            shape=json.loads(row["schema_json"]),
        )
        for row in rows
    }


def open_log(publication: Publication) -> int:
    """Make the log table unless it is there; return the next free load id."""
    if LOAD_LOG not in publication.relations():
        publication.create_schema(LOAD_LOG.schema)
        publication.create_table(LOAD_LOG, [Column(name, type_) for name, (type_, _) in _TYPES.items()])
    newest = publication.query(f"SELECT max(load_id) AS newest FROM {LOAD_LOG.sql}")["newest"][0].as_py()
    return int(newest or 0) + 1


def write_log(publication: Publication, load_id: int, entry: LogEntry) -> None:
    """Append one row."""
    values = {"load_id": load_id, **entry.__dict__}
    publication.insert_arrow(
        LOAD_LOG, pa.table({name: pa.array([values[name]], type_) for name, (_, type_) in _TYPES.items()})
    )
