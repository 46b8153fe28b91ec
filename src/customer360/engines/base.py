"""Say what every warehouse engine can do: read sessions, one-writer publishing, history.

A *session* reads one consistent state. A *publication* is a session that also writes; all of it becomes visible at
once when its block ends, or not at all. Nothing outside ``engines/`` opens a warehouse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from customer360.names import Relation


@dataclass(frozen=True)
class Column:
    """A column as the engine describes it; ``type`` is the engine's own spelling (``DECIMAL(10,2)``)."""

    name: str
    type: str


@dataclass(frozen=True)
class Snapshot:
    """One published state. ``id`` grows with time; ``note`` says what made it (``build``, ``rollback to 7``)."""

    id: int
    at: datetime
    note: str
    holder: str


@dataclass(frozen=True)
class Capabilities:
    """What differs between engines, as data: callers ask here, never for the engine's name."""

    row_digest: str | None = None
    """A function of many values that yields 64 unsigned bits, equal for equal values; None where there is none."""
    leaves_no_trace: bool = False
    """Whether ``maintain(purge=True)`` takes what was deleted off the disk, statistics and free pages included."""


class Session(Protocol):
    """Reads of one consistent state.

    Its methods raise StatementFailed for a statement that the engine refuses or cannot finish.
    """

    snapshot: int
    """The snapshot that is read, growing with time."""
    state: str
    """Names the state that is read: equal texts, equal rows, also when the warehouse was replaced (a cache key)."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one statement of our SQL and return all its rows."""
        ...

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows batch by batch."""
        ...

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a query's columns without running it (a relation: ``FROM schema.table``)."""
        ...

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        """Return the columns of a table or view; WarehouseError when it does not exist."""
        ...

    def relations(self) -> frozenset[Relation]:
        """Return every table and view visible in this session."""
        ...

    def register(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        """Make Arrow data readable under a bare name in this session (a reader can be read once)."""
        ...

    def unregister(self, name: str) -> None:
        """Forget Arrow data registered under this name."""
        ...


class Publication(Session, Protocol):
    """A session that writes; visible to others only when its block ends without an error."""

    snapshot_before: int
    snapshot_after: int | None
    """The snapshot this made: None until its block has ended; as before when it changed nothing."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement for its effect and return the number of rows it touched (-1 when unknown)."""
        ...

    def create_schema(self, schema: str) -> None:
        """Create a schema unless it is there."""
        ...

    def create_table(self, relation: Relation, columns: Sequence[Column]) -> None:
        """Create an empty table, replacing one of the same name."""
        ...

    def create_table_as(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> int:
        """Create or replace a table from a query and return its rows.

        ``types`` says which type a column has in our SQL, for an engine that infers another one of the same family.
        """
        ...

    def create_view(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> None:
        """Create or replace a view; ``types`` as for tables."""
        ...

    def index(self, relation: Relation, columns: Sequence[str]) -> None:
        """Make look-ups by these columns fast where the engine keeps indexes; nothing happens where it does not."""
        ...

    def insert_select(self, relation: Relation, select: str, columns: Sequence[str] = ()) -> int:
        """Append a query's rows and return how many."""
        ...

    def insert_arrow(self, relation: Relation, data: pa.Table | pa.RecordBatchReader) -> int:
        """Append Arrow rows by column name, streamed, and return how many."""
        ...

    def drop(self, relation: Relation) -> None:
        """Drop a table or view if it is there."""
        ...


class Draft(Publication, Protocol):
    """A publication that runs nothing: what is done to it is written down as a procedure of the database."""

    as_of: date
    """Stands for the as-of date of a call."""

    @property
    def made(self) -> frozenset[Relation]:
        """The tables and views that the procedure makes."""
        ...

    def comment(self, text: str) -> None:
        """Write a line for the reader down."""
        ...

    def since(self, relation: Relation, column: str, back: str | None) -> str:
        """Let the newest value of a column, moved back by an interval or number, be remembered; return its name."""
        ...

    def refuse(self, condition: str, what: str, next_step: str) -> None:
        """Let nothing be published where a condition holds."""
        ...

    def check(self, query: str, complaints: int, *, blocks: bool) -> None:
        """Check by a query of one row, whose columns ``said0``... are NULL or say what is wrong."""
        ...

    def text(self, name: Relation, header: Sequence[str], as_of: str) -> str:
        """Return the statement that creates the procedure; ``as_of`` is a query that yields one date."""
        ...


@runtime_checkable
class Drafts(Protocol):
    """A warehouse whose database can run a build by itself."""

    def draft(self) -> AbstractContextManager[Draft]:
        """Open a publication that is written down; the published state says which tables are there."""
        ...


@runtime_checkable
class Stores(Protocol):
    """A warehouse whose data files may lie with somebody else, who may not answer."""

    def storage(self) -> str | None:
        """Look whether that place answers and say what is to know about it; None on this machine. WarehouseError."""
        ...


@runtime_checkable
class KeepsAtHand(Protocol):
    """A warehouse that can keep small tables in memory for a process that reads again and again."""

    def keep_at_hand(self) -> None:
        """Keep copies of the newest state's small tables from now on; what is read is the same, only sooner."""
        ...


class Cluster(Protocol):
    """Machines that make files of files for one publication.

    Names stand for rows; nothing is computed before ``files``.
    Its methods raise ExtensionMissing for machines that lack what they need, else as a session's do.
    """

    folder: Path
    """Where both sides write and read; what lies there goes when the publication ends."""

    def show(self, name: str, files: Sequence[Path]) -> None:
        """Let a name stand for the rows of Parquet files."""
        ...

    def query(self, name: str, sql: str) -> None:
        """Let a name stand for what a query of ours yields, over such names; the cluster runs it in its own SQL."""
        ...

    def in_parts(self, name: str, of: str, sql: str, columns: Mapping[str, str]) -> None:
        """Let a name stand for what the DuckDB of each machine makes of the rows of another name that lie there.

        ``sql`` reads them as ``part``, and treats each row by itself; ``columns`` are the types of what it yields.
        """
        ...

    def files(self, name: str) -> tuple[Path, ...]:
        """Compute the rows that a name stands for; return the Parquet files in ``folder`` that hold them."""
        ...


@runtime_checkable
class Clustered(Protocol):
    """A publication beside which a cluster computes."""

    def cluster(self) -> Cluster | None:
        """Return the cluster that methods may use; None where the project wants them to run here."""
        ...


@dataclass(frozen=True)
class Lent:
    """What changed in a database that others read: (role, table) pairs, and the roles for which nothing could."""

    given: tuple[tuple[str, Relation], ...]
    taken: tuple[tuple[str, Relation], ...]
    missing: tuple[str, ...] = ()
    """Roles that the database does not have."""
    refused: tuple[str, ...] = ()
    """Roles whose GRANTs or REVOKEs the server refused."""


@runtime_checkable
class Lends(Protocol):
    """A warehouse that others read with roles of their own."""

    def let_read(self, wanted: Mapping[str, Collection[Relation]]) -> Lent:
        """Let each role read these tables and no other of ours. Errors: WarehouseError."""
        ...


class Engine(Protocol):
    """A warehouse: where data products live and are read."""

    name: str
    dialect: str
    """The SQL that its sessions take: ours (DuckDB's); an engine that speaks another one translates it itself."""
    capabilities: Capabilities

    def exists(self) -> bool:
        """Say whether anything has been published here."""
        ...

    def warm(self) -> None:
        """Begin, in the background, with what the first read session needs; what is wrong, that session will say."""
        ...

    def read(self, *, at_snapshot: int | None = None) -> AbstractContextManager[Session]:
        """Open a read session on the newest state, or on an earlier snapshot."""
        ...

    def read_untrusted(
        self, *, relations: Iterable[Relation] | None = None, seconds: float = 30.0, at_snapshot: int | None = None
    ) -> AbstractContextManager[Session]:
        """Open a session for SQL that a person typed: single queries over these relations (None: all), nothing else.

        Its methods also raise NotPermitted (another relation, a function that reads files) and QueryError (not a
        query, slower than ``seconds``, too big an answer).
        """
        ...

    def publish(self, *, note: str, wait: float = 0.0) -> AbstractContextManager[Publication]:
        """Take the writer lock and open a transaction: commit at the end of the block, roll back on an error.

        Waits up to ``wait`` seconds for the lock. Raises WriterBusy (naming the holder) and CommitFailed.
        """
        ...

    def history(self) -> tuple[Snapshot, ...]:
        """Return the kept snapshots, newest first."""
        ...

    def rollback(self, snapshot: int) -> Snapshot:
        """Publish the state of an earlier snapshot again, as a new snapshot."""
        ...

    def maintain(self, *, purge: bool = False) -> Mapping[str, int]:
        """Expire old snapshots, merge and delete files; returns what went (snapshots, files, bytes).

        ``purge`` keeps the newest state only and leaves no trace of older ones on disk (after an erasure).
        """
        ...

    def sizes(self, relations: Iterable[Relation]) -> Mapping[Relation, int]:
        """Return bytes stored per table."""
        ...

    def close(self) -> None:
        """Give back every connection of this process."""
        ...
