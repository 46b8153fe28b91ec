"""Keep the warehouse in a DuckLake: Parquet files plus a SQLite catalogue, embedded in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from customer360.engines.base import Capabilities, Publication, Session, Snapshot
from customer360.engines.lake import LAKE, Lake, in_bucket, lake_of, metadata
from customer360.engines.readers import Readers
from customer360.engines.restore import restore
from customer360.engines.retention import COMPACTION, Cleaned
from customer360.engines.sessions import LakePublication, Listener, PublicationFactory
from customer360.engines.untrusted import UntrustedReaders
from customer360.engines.writer import Writer
from customer360.errors import ProjectError, SnapshotMissing, UnknownName, WarehouseMissing
from customer360.names import Relation, text_literal
from customer360.project.spec import Settings

OPTIONS = (
    "folder",
    "memory_limit",
    "threads",
    "at_hand_rows",
    "untrusted_memory_limit",
    "catalogue",
    "data",
    "endpoint",
    "region",
    "wait_seconds",
)
"""Keys under ``engine:`` of c360.yaml beside ``name``; docs/explanation/warehouse.md says what they do."""

UNTRUSTED_MEMORY_LIMIT = "1GB"
TEAM_WAITS = 600.0
"""Seconds that a builder of a team waits for another one, unless the project says otherwise."""


class DuckLakeEngine:
    """The embedded warehouse: ``<project>/warehouse/catalog.sqlite`` and ``<project>/warehouse/data``.

    Thread-safe. ``listener`` hears the named moments of each publish (writer.py lists them).
    """

    name = "duckdb"
    dialect = "duckdb"
    capabilities = Capabilities(row_digest="HASH", leaves_no_trace=True)

    def __init__(
        self,
        lake: Lake,
        *,
        keep_snapshots: int = 10,
        untrusted_memory_limit: str = UNTRUSTED_MEMORY_LIMIT,
        listener: Listener | None = None,
        publication: PublicationFactory = LakePublication,
        wait: float = 0.0,
    ) -> None:
        self._lake = lake
        self._wait = wait
        self._readers = Readers(lake)
        self._untrusted = UntrustedReaders(lake, memory_limit=untrusted_memory_limit)
        self._published: tuple[int, int] | None = None
        self._writer = Writer(lake, keep=max(keep_snapshots, 1), tell=listener or _ignore, make=publication)

    @classmethod
    def open(cls, settings: Settings, root: Path, *, listener: Listener | None = None) -> DuckLakeEngine:
        """Open a project's lake; nothing is touched until it is read or written."""
        options = settings.engine.options
        for key in options:
            if key not in OPTIONS:
                raise UnknownName("option of the duckdb engine", key, OPTIONS, place=settings.place)
        if in_bucket(options) and "catalogue" not in options:
            raise ProjectError(
                "Data files in object storage need a catalogue that is not a file of this machine.",
                place=settings.place,
                next_step="Write under engine: `catalogue: {env: C360_CATALOGUE_URL}`, a PostgreSQL database.",
            )
        return cls(
            _of_team(options, root, settings) if "catalogue" in options else lake_of(options, root),
            keep_snapshots=settings.keep_snapshots,
            untrusted_memory_limit=str(options.get("untrusted_memory_limit", UNTRUSTED_MEMORY_LIMIT)),
            listener=listener,
            wait=float(options.get("wait_seconds", TEAM_WAITS if "catalogue" in options else 0.0)),
        )

    def exists(self) -> bool:
        """Say whether anything has been published here; what was, stays, as long as the catalogue is the same file."""
        try:
            stamp = self._lake.stamp()
            if stamp == self._published:
                return True
            with self.read() as session:
                if session.snapshot > 0:
                    self._published = stamp
                return session.snapshot > 0
        except WarehouseMissing:
            return False

    def warm(self) -> None:
        """Load DuckDB's extensions and attach the lake, in the background: 0.2 s that a command has for its imports."""
        self._readers.warm()

    def keep_at_hand(self) -> None:
        """Keep copies of the newest state's small tables in memory from now on, made in the background."""
        self._readers.keep_at_hand()

    def settled(self) -> None:
        """Wait until the copies that are being made are made."""
        self._readers.settled()

    @contextmanager
    def read(self, *, at_snapshot: int | None = None) -> Iterator[Session]:
        """Open a read session; WarehouseMissing before the first publish, SnapshotMissing for an unkept one."""
        with self._readers.session() as session:
            if at_snapshot in (None, session.snapshot):  # the newest needs no attaching of its own
                yield session
                return
        note = self._require(at_snapshot)
        with self._readers.session(at_snapshot=at_snapshot) as session:
            session.note = note
            yield session

    @contextmanager
    def read_untrusted(
        self, *, relations: Iterable[Relation] | None = None, seconds: float = 30.0, at_snapshot: int | None = None
    ) -> Iterator[Session]:
        """Open a session for SQL that a person typed, over these relations only (None: all of them)."""
        note = None if at_snapshot is None else self._require(at_snapshot)
        with self._untrusted.untrusted_session(
            seconds=seconds, relations=relations, at_snapshot=at_snapshot
        ) as session:
            session.note = note
            yield session

    @contextmanager
    def publish(self, *, note: str, wait: float = 0.0) -> Iterator[Publication]:
        """Write in one transaction under the writer lock; committed when the block ends without an error."""
        with self._writer.publication(note=note, wait=max(wait, self._wait)) as publication:
            yield publication

    def history(self) -> tuple[Snapshot, ...]:
        """Return the kept snapshots, newest first; empty before the first publish."""
        try:
            with self._readers.session() as session:
                rows = session.query(
                    "SELECT snapshot_id, epoch_us(snapshot_time) AS at_us, author, commit_message "
                    f"FROM ducklake_snapshots({text_literal(LAKE)}) WHERE snapshot_id > 0 "
                    f"QUALIFY commit_message IS DISTINCT FROM {text_literal(COMPACTION)} "
                    "OR snapshot_id = min(snapshot_id) OVER () ORDER BY snapshot_id DESC"
                ).to_pylist()
        except WarehouseMissing:
            return ()
        return tuple(
            Snapshot(
                id=row["snapshot_id"],
                at=datetime.fromtimestamp(row["at_us"] / 1e6, tz=UTC),
                note=row["commit_message"] or "",
                holder=row["author"] or "",
            )
            for row in rows
        )

    def rollback(self, snapshot: int) -> Snapshot:
        """Publish an earlier snapshot's tables and views again; returns the new snapshot.

        When nothing differs from it, nothing is published and the newest snapshot is returned.
        """
        self._require(snapshot)
        with (
            self._writer.publication(note=f"rollback to {snapshot}", wait=0.0, earlier=snapshot) as publication,
            self._readers.session(at_snapshot=snapshot) as earlier,
        ):
            restore(publication, earlier)
        return self.history()[0]

    def maintain(self, *, purge: bool = False, wait: float = 0.0) -> Mapping[str, int]:
        """Merge and rewrite files, expire snapshots, delete what is not needed; returns snapshots, files, bytes.

        ``purge`` keeps the newest state only and rewrites the catalogue too: what an erased row left in old files
        and free pages is gone afterwards. WarehouseError while anybody reads.
        """
        if not self.exists():
            return asdict(Cleaned())
        if purge:
            self.close()
        return asdict(self._writer.maintain(purge=purge, wait=wait))

    def sizes(self, relations: Iterable[Relation]) -> Mapping[Relation, int]:
        """Return bytes in data files per table; 0 for views and for names that are not there."""
        meta = metadata()
        with self._readers.session() as session:
            rows = session.query(
                "SELECT s.schema_name, t.table_name, sum(f.file_size_bytes)::BIGINT AS bytes "
                f"FROM {meta}.ducklake_data_file f JOIN {meta}.ducklake_table t USING (table_id) "
                f"JOIN {meta}.ducklake_schema s USING (schema_id) "
                "WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL GROUP BY ALL"
            ).to_pylist()
        stored = {Relation(row["schema_name"], row["table_name"]): row["bytes"] for row in rows}
        return {relation: stored.get(relation, 0) for relation in relations}

    def storage(self) -> str | None:
        """Look whether the place of the data files answers, and say what is to know about it; None for a folder."""
        return self._lake.store.about()

    def close(self) -> None:
        """Give back every connection of this process; the engine can be used again."""
        self._published = None
        self._readers.close()
        self._untrusted.close()
        self._writer.discard()

    def _require(self, snapshot: int) -> str:
        """Return what published a kept snapshot (a compaction's number will do); SnapshotMissing with the kept ones."""
        with self._readers.session() as session:
            rows = session.query(
                "SELECT commit_message FROM ducklake_snapshots($1) WHERE snapshot_id = $2 AND snapshot_id > 0",
                [LAKE, snapshot],
            ).to_pylist()
        if rows:
            return rows[0]["commit_message"] or ""
        kept = ", ".join(str(entry.id) for entry in reversed(self.history()))
        raise SnapshotMissing(
            f"There is no snapshot {snapshot}. Kept: {kept or 'none'}.", next_step="Run `c360 history` to see them."
        )


def _of_team(options: Mapping[str, Any], root: Path, settings: Settings) -> Lake:
    """Return the lake whose catalogue a PostgreSQL server keeps. Errors: ProjectError, SettingMissing."""
    from customer360.engines.bucket import Bucket
    from customer360.engines.postgres_server import Server
    from customer360.engines.team import TeamLake

    local = lake_of(options, root)
    if "data" not in options:
        raise ProjectError(
            "A catalogue in PostgreSQL needs a place for the data files that every machine of the team sees.",
            place=settings.place,
            next_step="Write it under engine: `data: /mnt/customers`, the same path on all machines, or"
            " `data: s3://bucket/prefix`.",
        )
    server = Server.named(
        {"url": options["catalogue"]}, place=settings.place, variable="C360_CATALOGUE_URL", key="catalogue"
    )
    given = {part.name: getattr(local, part.name) for part in fields(local)}
    bucket = Bucket.named(options, place=settings.place) if in_bucket(options) else None
    return TeamLake(**given, server=server, bucket=bucket)


def _ignore(moment: str) -> None:
    """Hear nothing."""
