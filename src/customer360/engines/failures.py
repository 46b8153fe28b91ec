"""Turn what DuckDB, DuckLake and the file system say into errors of ours: a sentence, a place, a next step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from customer360.engines.sentences import explained
from customer360.errors import SnapshotMissing, StatementFailed, WarehouseError, WarehouseLost

KNOWN: tuple[tuple[str, type[WarehouseError], str, str], ...] = (
    (
        r"catalog version mismatch: catalog version is (?P<found>[\d.]+).*requires version (?P<ours>[\d.]+)",
        WarehouseError,
        "The warehouse is in DuckLake format {found}; this customer360 works with {ours}.",
        "Use the customer360 version that wrote it, or build into a new folder.",
    ),
    (
        r"file is not a database|disk image is malformed",
        WarehouseError,
        "The warehouse's catalogue file is damaged.",
        "Restore the warehouse folder from a backup; or move it away and run `c360 run` (its history is lost).",
    ),
    (
        r"No space left on device|database or disk is full|File too large|Disk quota exceeded|disk I/O error",
        WarehouseError,
        "The disk of the warehouse is full, or its files may not grow.",
        "Free some space and run again; nothing was published and readers keep the old state.",
    ),
    (
        r"attempt to write a readonly database|Permission denied|unable to open database file|Read-only file system",
        WarehouseError,
        "The warehouse folder may not be written by this user.",
        "Give write permission on the folder and its files; readers need it too, for SQLite's write-ahead log.",
    ),
    (
        r"No snapshot found at version (?P<snapshot>\d+)",
        SnapshotMissing,
        "There is no snapshot {snapshot} any more.",
        "Run `c360 history` for the kept ones.",
    ),
    (
        r"database is locked",
        WarehouseError,
        "Another program holds the warehouse's catalogue file.",
        "Close whatever has opened catalog.sqlite for writing and run again.",
    ),
    (
        r"HTTP Error.*NoSuchBucket",
        WarehouseError,
        "The object storage of the warehouse has no such bucket.",
        "Correct data and endpoint under engine: in c360.yaml; the bucket must be there.",
    ),
    (
        r"(?:Cannot open file|Could not open|No files found).*\.parquet|\.parquet'.*\(HTTP 404",
        WarehouseError,
        "A data file of the warehouse is gone: its snapshot was cleaned up while it was read, or it was deleted.",
        "Run again; if it persists, `c360 rollback` to a kept snapshot or `c360 run --full`.",
    ),
    (
        r"HTTP Error: HTTP .*\(HTTP (?P<status>40\d)",
        WarehouseError,
        "The object storage of the warehouse refuses what is asked (HTTP {status}).",
        "Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and at what they may do in the bucket.",
    ),
    (
        r"IO Error: .* error for HTTP \w+ to|HTTP Error: HTTP .*\(HTTP 5\d\d",
        WarehouseError,
        "The object storage of the warehouse does not answer.",
        "Run again when it does; nothing was published and readers keep the old state.",
    ),
    (
        r"Out of Memory Error|could not allocate|max_temp_directory_size",
        StatementFailed,
        "The statement needs more memory than the warehouse may use.",
        "Ask for fewer rows or columns, or raise memory_limit under engine: in c360.yaml.",
    ),
    (
        r"Unable to connect to Postgres|server closed the connection|terminating connection|connection to server",
        WarehouseLost,
        "The PostgreSQL server that keeps the warehouse's catalogue does not answer.",
        "Run again when it does; nothing was published and readers keep the old state.",
    ),
    (
        r"INTERRUPT Error",
        StatementFailed,
        "The statement was stopped.",
        "Run it again.",
    ),
    (
        r"Current transaction is aborted",
        StatementFailed,
        "An earlier statement of this session failed, so it can do no more.",
        "Look at that first error; then open a new session.",
    ),
)


@contextmanager
def translated(place: str | None = None) -> Iterator[None]:
    """Raise errors of ours for what DuckDB and the file system raise in the block."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise translation(error, place) from error


def translation(error: Exception, place: str | None = None) -> WarehouseError:
    """Return the error of ours that says what an error of DuckDB, or of its Arrow stream, means."""
    text = str(error)
    for pattern, kind, what, next_step in KNOWN:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return kind(what.format(**found.groupdict()), place=place or None, next_step=next_step)
    sentence, remedy = explained(text)
    return StatementFailed(sentence, next_step=remedy)


def interrupted(error: StatementFailed) -> bool:
    """Say whether a statement failed because it was stopped from outside."""
    return "INTERRUPT Error" in str(error.__cause__)
