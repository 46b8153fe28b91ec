"""Say where a lake lies and attach it: catalogue, data files, lock, and the settings every connection gets."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from customer360.engines.claims import Claimed, claim, claimed
from customer360.engines.extensions import load_extension
from customer360.engines.failures import translated, translation
from customer360.engines.lock import Held, hold
from customer360.engines.storage import Folder, Storage
from customer360.engines.vacuum import vacuum
from customer360.errors import WarehouseError, WarehouseMissing
from customer360.names import quoted, text_literal

LAKE = "lake"
"""The name under which connections see the lake."""

ENCODING = {"parquet_version": "2", "parquet_compression": "lz4_raw"}
"""How data files are written; a lake that chose otherwise keeps its choice."""

NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs", "9p"})


AT_HAND_ROWS = 500_000


@dataclass(frozen=True)
class Lake:
    """One lake on a local disk. ``memory_limit`` and ``threads`` are DuckDB's; None leaves its defaults."""

    folder: Path
    memory_limit: str | None = None
    threads: int | None = None
    files: Path | None = None
    """Where the data files lie when not in ``folder``: other machines may have to see them, never the catalogue."""
    encoding: Mapping[str, str] = field(default_factory=lambda: ENCODING, hash=False)
    """DuckLake's options for new data files."""
    at_hand_rows: int = AT_HAND_ROWS
    """Rows of small tables that a server keeps in memory at most."""

    catalogue_extension: ClassVar[str] = "sqlite"

    @property
    def catalogue(self) -> Path:
        """The SQLite file that says which data files make which table in which snapshot."""
        return self.folder / "catalog.sqlite"

    @property
    def data(self) -> Path:
        """The folder of Parquet files. It belongs to the lake: a stray ``.parquet`` in it is deleted as left over."""
        return self.files or self.folder / "data"

    @property
    def lock(self) -> Path:
        """The writer lock, with the holder's name in it."""
        return self.folder / "writer.lock"

    @property
    def store(self) -> Storage:
        """What keeps the data files. Its mark stands while somebody writes; left over, it means that writer died."""
        return Folder(self.data, self.folder / "unfinished")

    @property
    def place(self) -> str:
        """What errors say about where the lake is."""
        return str(self.folder)

    @property
    def readers(self) -> Path:
        """The folder in which sessions claim the snapshots they read."""
        return self.folder / "readers"

    @property
    def spill(self) -> Path:
        """Where the writer puts what does not fit into memory."""
        return self.folder / "spill"

    @property
    def is_there(self) -> bool:
        """Say whether the catalogue was ever made."""
        return self.catalogue.exists()

    def stamp(self) -> tuple[int, int]:
        """Return which file the catalogue is; WarehouseMissing when there is none."""
        try:
            found = self.catalogue.stat()
        except FileNotFoundError:
            raise nothing_built() from None
        if found.st_size == 0:
            raise nothing_built()
        return found.st_dev, found.st_ino

    def hold(self, purpose: str, *, wait: float) -> AbstractContextManager[Held]:
        """Be the only writer for a block; WriterBusy, naming the other one, after ``wait`` seconds."""
        return hold(self.lock, purpose, wait=wait)

    def claim(self, snapshot: int) -> AbstractContextManager[None]:
        """Keep a snapshot from expiring while the block runs."""
        return claim(self.readers, snapshot)

    def claimed(self) -> Claimed:
        """Return what is being read at this moment."""
        return claimed(self.readers)

    def is_kept(self, connection: duckdb.DuckDBPyConnection, snapshot: int, alias: str = LAKE) -> bool:
        """Say whether the catalogue still has a snapshot, at this moment and not as of the transaction's beginning.

        The number stands in the text: for a parameter DuckDB loads pandas where that is installed, a quarter of a
        second.
        """
        sql = f"SELECT 1 FROM {metadata(alias)}.ducklake_snapshot WHERE snapshot_id = {int(snapshot)}"
        return bool(connection.execute(sql).fetchall())

    def vacuum(self) -> None:
        """Rewrite the catalogue without its free pages; what was deleted is gone from it then."""
        vacuum(self.catalogue)

    def instance(self, *, spill: Path | None = None, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
        """Open a DuckDB instance with our extensions and settings; nothing is attached yet.

        Loading the two extensions takes about 0.12 s (DuckDB checks their signatures): keep instances.
        """
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,  # a bare name must never resolve to a Python variable
            "temp_directory": str(spill or Path(tempfile.gettempdir()) / f"customer360-spill-{os.getpid()}"),
        }
        if memory_limit or self.memory_limit:
            config["memory_limit"] = str(memory_limit or self.memory_limit)
        if self.threads:
            config["threads"] = self.threads
        with translated(self.place):
            connection = duckdb.connect(config=config)
            load_extension(connection, "ducklake")
            load_extension(connection, self.catalogue_extension)
            self.store.let_in(connection)
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
        return connection

    def attach(
        self,
        connection: duckdb.DuckDBPyConnection,
        alias: str = LAKE,
        *,
        read_only: bool,
        snapshot: int | None = None,
    ) -> None:
        """Attach the lake; one that is not there yet is made, unless ``read_only``.

        WAL: with SQLite's default journal one open reader makes a commit fail; with WAL it does not.
        No inlining: rows go to Parquet only. Inlining makes a SQLite table per table version, which doubled the cost
        of a commit, and leaves values in one more place where an erased person must be looked for.
        OVERRIDE_DATA_PATH: the catalogue keeps the absolute path of its birth; a moved project must still open.
        """
        address, of_catalogue = self.address()
        options = [
            f"DATA_PATH {text_literal(self.store.root)}",
            "OVERRIDE_DATA_PATH true",
            *of_catalogue,
            "DATA_INLINING_ROW_LIMIT 0",
        ]
        if read_only:
            options.append("READ_ONLY")
        if snapshot is not None:
            options.append(f"SNAPSHOT_VERSION {snapshot:d}")
        try:
            connection.execute(f"ATTACH {text_literal(address)} AS {quoted(alias)} ({', '.join(options)})")
        except duckdb.Error as error:
            if read_only and "attempt to write a readonly database" in str(error) and self._writable():
                raise nothing_built() from error  # a first build died before it made the catalogue's tables
            raise self.refusal(error) from None

    def address(self) -> tuple[str, tuple[str, ...]]:
        """Return what DuckLake attaches, and options for the catalogue."""
        return f"ducklake:sqlite:{self.catalogue}", ("META_JOURNAL_MODE 'WAL'", "META_BUSY_TIMEOUT 5000")

    def refusal(self, error: duckdb.Error) -> WarehouseError:
        """Return the error of ours for a lake that could not be attached."""
        return translation(error, self.place)

    def choose_encoding(self, connection: duckdb.DuckDBPyConnection, alias: str = LAKE) -> None:
        """Write Parquet's second version: it takes half the time to write and to read of the first, and less disk."""
        ours = self.encoding
        with translated(self.place):
            chosen = dict(connection.execute(f"SELECT option_name, value FROM {quoted(alias)}.options()").fetchall())
            for option, value in ours.items():
                if option not in chosen or (ours != ENCODING and chosen[option] != value):
                    words = f"{text_literal(option)}, {text_literal(value)}"
                    connection.execute(f"CALL {quoted(alias)}.set_option({words})")

    def _writable(self) -> bool:
        return os.access(self.folder, os.W_OK) and os.access(self.catalogue, os.W_OK)

    def prepare(self) -> None:
        """Make the folder; refuse one on a network file system, where SQLite's locks do not hold."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"The warehouse folder cannot be made: {error.strerror}.",
                place=str(self.folder),
                next_step="Choose another one: folder, under engine: in c360.yaml.",
            ) from error
        kind = file_system(self.folder)
        if kind in NETWORK_FILE_SYSTEMS:
            raise WarehouseError(
                f"The warehouse folder lies on a network file system ({kind}), where SQLite's locks do not hold.",
                place=str(self.folder),
                next_step="Choose a folder on a local disk: folder, under engine: in c360.yaml.",
            )


def nothing_built() -> WarehouseMissing:
    """Return the error for a warehouse that is not there yet."""
    return WarehouseMissing("Nothing has been built in this project yet.", next_step="Run `c360 run` first.")


def metadata(alias: str = LAKE) -> str:
    """Return the quoted name under which DuckLake attaches the catalogue of a lake."""
    return quoted(f"__ducklake_metadata_{alias}")


def newest_snapshot(connection: duckdb.DuckDBPyConnection, alias: str = LAKE) -> int:
    """Return the snapshot this transaction sees, and pin it: DuckLake takes it at the first touch."""
    row = connection.execute(f"FROM ducklake_current_snapshot({text_literal(alias)})").fetchone()
    return int(row[0]) if row else 0


def identity(connection: duckdb.DuckDBPyConnection) -> str:
    """Return what tells this lake from another one built in its place (inode numbers come again).

    All rows are fetched: while one could follow, DuckDB keeps its transaction in the catalogue open.
    """
    rows = connection.execute(f"SELECT schema_uuid FROM {metadata()}.ducklake_schema WHERE schema_id = 0").fetchall()
    return str(rows[0][0]) if rows else ""


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """Return the type of the file system a folder lies on, None where the system does not say (not Linux)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best: tuple[int, str | None] = (-1, None)
    for line in lines:
        _, point, kind = line.split(" ")[:3]
        mount = Path(point.replace("\\040", " "))
        if folder.resolve().is_relative_to(mount) and len(mount.parts) >= best[0]:
            best = (len(mount.parts), kind)
    return best[1]


def in_bucket(options: Mapping[str, Any]) -> bool:
    """Say whether an engine's data files shall lie in object storage."""
    return "://" in str(options.get("data", ""))


def lake_of(options: Mapping[str, Any], root: Path) -> Lake:
    """Read the lake's place and limits from the engine's options in c360.yaml."""
    threads, data = options.get("threads"), None if in_bucket(options) else options.get("data")
    return Lake(
        folder=(root / str(options.get("folder", "warehouse"))).resolve(),
        memory_limit=str(options["memory_limit"]) if "memory_limit" in options else None,
        threads=int(threads) if threads is not None else None,
        files=(root / str(data)).resolve() if data is not None else None,
        at_hand_rows=int(options.get("at_hand_rows", AT_HAND_ROWS)),
    )
