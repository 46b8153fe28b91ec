"""Keep copies of the small published tables in memory, for a server that looks up a row here and a row there.

Each look-up in the lake asks the catalogue which files a table has, opens them and reads their footers: 5 to 10 ms of a
core a table, however few rows are wanted. In memory it is one tenth of that. A state's copies are made once, in the
background; until they are there, and for tables that are too large, readers read the lake.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from customer360.engines.failures import translated
from customer360.engines.lake import LAKE, Lake, metadata, newest_snapshot
from customer360.errors import C360Error
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from customer360.engines.readers import Instance

_NOT_PRODUCTS = ("raw_", "quarantine")
"""Schemas of what was landed: nobody looks up rows there."""


@dataclass
class Copies:
    """An in-memory database beside the lake: copies of one state, and views of what was not copied."""

    instance: Instance
    snapshot: int
    name: str
    readers: int = 0
    is_over: bool = False
    """A newer state took over: the last reader takes the copies away."""


class AtHand:
    """The copies of the newest state. Thread-safe."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._guard = threading.Lock()
        self._numbers = itertools.count(1)
        self._copies: Copies | None = None
        self._tried: tuple[Instance, int] | None = None
        self._filling: threading.Thread | None = None

    @contextmanager
    def lent(self, instance: Instance, connection: duckdb.DuckDBPyConnection, snapshot: int) -> Iterator[None]:
        """Let a connection that reads a snapshot find its copies, where there are any, under the tables' own names."""
        copies = self._taken(instance, snapshot)
        if copies is None:
            yield
            return
        try:
            connection.execute(f"USE {quoted(copies.name)}")
            yield
        finally:
            self._given_back(copies)

    def settled(self) -> None:
        """Wait until copies that are being made are made."""
        filling = self._filling
        if filling is not None:
            filling.join()

    def close(self) -> None:
        """Let go of the copies; those of sessions still open go when they end."""
        self.settled()
        with self._guard:
            self._retire()
            self._tried = None

    def _taken(self, instance: Instance, snapshot: int) -> Copies | None:
        with self._guard:
            copies = self._copies
            if copies is not None and copies.instance is instance:
                if copies.snapshot == snapshot:
                    copies.readers += 1
                    return copies
                if copies.snapshot > snapshot:
                    return None  # this session began before the newest state was published
            self._retire()
            if self._tried != (instance, snapshot) and (self._filling is None or not self._filling.is_alive()):
                self._tried = (instance, snapshot)
                self._filling = threading.Thread(target=self._fill, args=self._tried, name="copies at hand")
                self._filling.start()
            return None

    def _given_back(self, copies: Copies) -> None:
        with self._guard:
            copies.readers -= 1
            if copies.is_over and not copies.readers:
                _drop(copies)

    def _retire(self) -> None:
        copies, self._copies = self._copies, None
        if copies is not None:
            copies.is_over = True
            if not copies.readers:
                _drop(copies)

    def _fill(self, instance: Instance, snapshot: int) -> None:
        """Make copies of a state; whatever goes wrong, readers still have the lake."""
        copies = Copies(instance, snapshot, f"at_hand_{next(self._numbers)}")
        with suppress(C360Error, duckdb.Error), translated(self._lake.place), closing(instance.base.cursor()) as cursor:
            cursor.execute(f"ATTACH ':memory:' AS {quoted(copies.name)}")
            if self._copied(cursor, copies):
                with self._guard:
                    self._retire()
                    self._copies = copies
                return
        _drop(copies)

    def _copied(self, cursor: duckdb.DuckDBPyConnection, copies: Copies) -> bool:
        """Copy what is small; say whether the copies are of the state they stand for."""
        cursor.execute(f"USE {quoted(LAKE)}")
        cursor.execute("BEGIN TRANSACTION")
        with self._lake.claim(copies.snapshot):
            if newest_snapshot(cursor) != copies.snapshot or not self._lake.is_kept(cursor, copies.snapshot):
                return False
            _copy(cursor, copies, self._lake.at_hand_rows)
            cursor.execute("COMMIT")
            return True


def _copy(cursor: duckdb.DuckDBPyConnection, copies: Copies, most: int) -> None:
    """Copy tables, the smallest first, while their rows fit; then views, where every table was copied."""
    tables, views = _listed(cursor, copies.snapshot)
    for schema in sorted({relation.schema for relation in (*tables, *views)}):
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(copies.name)}.{quoted(schema)}")
    left, is_whole = most, True
    for relation, rows in sorted(tables.items(), key=lambda each: (each[1], each[0])):
        if _is_product(relation):
            is_whole = is_whole and rows <= left
            if rows <= left:
                left -= _made(cursor, copies.name, relation, left)
                continue
        _shown(cursor, copies.name, relation)
    for relation in sorted(views):
        if is_whole and _is_product(relation):
            left -= _made(cursor, copies.name, relation, left)
        else:
            _shown(cursor, copies.name, relation)


def _made(cursor: duckdb.DuckDBPyConnection, copies: str, relation: Relation, most: int) -> int:
    """Copy a table or view and return its rows; only show it, and return 0, where it has more than ``most``."""
    copy = f"{quoted(copies)}.{relation.sql}"
    select = f"SELECT * FROM {quoted(LAKE)}.{relation.sql} LIMIT {most + 1:d}"
    rows = int(cursor.execute(f"CREATE TABLE {copy} AS {select}").fetchall()[0][0])
    if rows <= most:
        return rows
    cursor.execute(f"DROP TABLE {copy}")
    _shown(cursor, copies, relation)
    return 0


def _shown(cursor: duckdb.DuckDBPyConnection, copies: str, relation: Relation) -> None:
    cursor.execute(f"CREATE VIEW {quoted(copies)}.{relation.sql} AS FROM {quoted(LAKE)}.{relation.sql}")


def _listed(cursor: duckdb.DuckDBPyConnection, snapshot: int) -> tuple[Mapping[Relation, int], frozenset[Relation]]:
    """Return the tables of a snapshot with the rows the catalogue says they have, and its views."""
    meta = metadata()
    live = " AND ".join(
        f"{each}.begin_snapshot <= {snapshot:d} AND ({each}.end_snapshot > {snapshot:d} OR {each}.end_snapshot IS NULL)"
        for each in ("t", "s")
    )
    of = f"JOIN {meta}.ducklake_schema AS s USING (schema_id)"
    tables = cursor.execute(
        f"SELECT s.schema_name, t.table_name, COALESCE(c.record_count, 0) FROM {meta}.ducklake_table AS t {of} "
        f"LEFT JOIN {meta}.ducklake_table_stats AS c USING (table_id) WHERE {live}"
    ).fetchall()
    views = cursor.execute(
        f"SELECT s.schema_name, t.view_name FROM {meta}.ducklake_view AS t {of} WHERE {live}"
    ).fetchall()
    return {Relation(schema, name): int(rows) for schema, name, rows in tables}, frozenset(Relation(*v) for v in views)


def _is_product(relation: Relation) -> bool:
    return not relation.schema.startswith(_NOT_PRODUCTS)


def _drop(copies: Copies) -> None:
    with suppress(duckdb.Error), closing(copies.instance.base.cursor()) as cursor:
        cursor.execute(f"DETACH DATABASE IF EXISTS {quoted(copies.name)}")
