"""Keep erased people out of a load: drop their rows, or put what stands in their place.

A row is judged by the digests of its ids. Values of rows that are dropped are remembered until the load ends, so that
rows of other tables that name them can be dropped too, whatever the order in which tables are read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.names import Relation, quoted, text_literal
from customer360.raw.suppressed import Entry, Screened, Suppressed, by_domain, digest

if TYPE_CHECKING:
    from customer360.engines.base import Engine, Publication
    from customer360.raw.chunk import CastChunk

ID, KEY, MENTION = "id", "key", "mention"
BLANKS = ("null", "text", "mail", "zero")
AFTERWARDS = 0
"""Number of no erasure: ids of rows that came after one."""


@dataclass
class Screen:
    """What a load must not let in. ``dropped``: keys of rows that this load left out, by their column's domain."""

    store: Suppressed
    salt: bytes
    entries: Mapping[str, Mapping[str, Entry]]
    columns: Sequence[Screened]
    dropped: dict[str, set[str]]

    def of(self, relation: Relation) -> TableScreen | None:
        """Return the screen of one raw table, None when nothing in it names erased people."""
        mine = [column for column in self.columns if column.relation == relation]
        if not any(column.role in {ID, MENTION} and column.domain in self.entries for column in mine):
            return None
        return TableScreen(self, mine)

    def hits(self, domain: str, values: Iterable[Any]) -> dict[str, Entry]:
        """Return those of some ids that are on the list, as text."""
        known = self.entries.get(domain, {})
        texts = {str(value) for value in values if value is not None}
        found = ((text, known.get(digest(self.salt, domain, text))) for text in texts)
        return {text: entry for text, entry in found if entry is not None}


def read_screen(root: Path) -> Screen | None:
    """Return the screen of a project, None while nobody was erased."""
    store = Suppressed(root)
    entries = store.entries()
    if not entries:
        return None
    return Screen(store, store.salt(), by_domain(entries), store.screened(), defaultdict(set))


@dataclass(frozen=True)
class TableScreen:
    """The screen of one raw table."""

    screen: Screen
    columns: Sequence[Screened]

    def apply(self, chunk: CastChunk) -> CastChunk:
        """Return a chunk without erased people."""
        return replace(chunk, good=self.good(chunk.good), bad=self._bad(chunk.bad))

    def good(self, rows: pa.Table) -> pa.Table:
        """Return rows without those of erased people, or with what stands in their place."""
        for column in sorted(self.columns, key=lambda column: column.role == MENTION):  # rows go first
            if column.role not in {ID, MENTION} or column.column not in rows.column_names or not rows.num_rows:
                continue
            texts = pc.cast(rows[column.column], pa.string())
            hits = self.screen.hits(column.domain, pc.unique(texts).to_pylist())
            if hits and column.role == ID:
                rows = self._without(rows, texts, column, hits)
            for text, entry in hits.items() if column.role == MENTION else ():
                rows = _set(rows, column.column, pc.fill_null(pc.equal(texts, text), False), entry.replacement)
        return rows

    def _without(self, rows: pa.Table, texts: Any, column: Screened, hits: Mapping[str, Entry]) -> pa.Table:
        stand_in = {text: entry for text, entry in hits.items() if entry.replacement is not None}
        for text, entry in stand_in.items():
            is_theirs = pc.fill_null(pc.equal(texts, text), False)
            rows = _set(rows, column.column, is_theirs, entry.replacement)
            for blank in self.columns:
                if blank.role in BLANKS and blank.column in rows.column_names:
                    value = blank_value(blank.role, rows.schema.field(blank.column).type, entry.token or "erased")
                    rows = _set(rows, blank.column, is_theirs, value)
        gone = pa.array([text for text in hits if text not in stand_in], pa.string())
        if not len(gone):
            return rows
        is_gone = pc.is_in(texts, value_set=gone)
        self._remember(rows.filter(is_gone))
        return rows.filter(pc.invert(is_gone))

    def _remember(self, dropped: pa.Table) -> None:
        for column in self.columns:
            if column.role == KEY and column.column in dropped.column_names:
                keys = pc.cast(dropped[column.column], pa.string()).drop_null().to_pylist()
                self.screen.dropped[column.domain].update(keys)

    def _bad(self, rows: pa.Table) -> pa.Table:
        """Return bad rows without those of erased people: they are kept as JSON, under the source's names."""
        if not rows.num_rows:
            return rows
        ids = {column.column.casefold(): column.domain for column in self.columns if column.role in {ID, MENTION}}
        kept = [not self._names_anyone(text, ids) for text in rows["row_json"].to_pylist()]
        return rows.filter(pa.array(kept, pa.bool_()))

    def _names_anyone(self, text: str | None, ids: Mapping[str, str]) -> bool:
        row = json.loads(text) if text else {}
        values = {name.casefold(): value for name, value in row.items()}
        return any(self.screen.hits(domain, [values[name]]) for name, domain in ids.items() if name in values)


def blank_value(role: str, type_: pa.DataType, token: str) -> Any:
    """Return what stands in the place of a personal value: nothing, or something of the type that is nobody's."""
    if role == "null":
        return None
    if role == "mail":
        return f"{token}@erased.invalid"
    if role == "text":
        return token
    return date(1900, 1, 1) if pa.types.is_temporal(type_) else 0


def _set(rows: pa.Table, name: str, where: Any, value: Any) -> pa.Table:
    type_ = rows.schema.field(name).type
    scalar = pa.scalar(None, type_) if value is None else pa.scalar(value).cast(type_)
    return rows.set_column(rows.schema.get_field_index(name), name, pc.if_else(where, scalar, rows[name]))


def sweep(engine: Engine, screen: Screen) -> None:
    """Take out rows that name rows which this load left out, and keep their digests for later loads."""
    fresh = {domain: keys for domain, keys in screen.dropped.items() if keys}
    if not fresh:
        return
    screen.store.add(
        [Entry(domain, digest(screen.salt, domain, key), None) for domain, keys in fresh.items() for key in keys],
        erasure=AFTERWARDS,
    )
    naming = [c for c in screen.columns if c.role == ID and c.domain in fresh]
    with engine.read() as session:
        there = session.relations()
        doomed = [c for c in naming if c.relation in there and session.query(_those(c, fresh[c.domain])).num_rows]
    if doomed:
        with engine.publish(note="load: erased people left out") as publication:
            for column in doomed:
                _delete(publication, column, fresh[column.domain])


def _delete(publication: Publication, column: Screened, keys: Iterable[str]) -> None:
    publication.execute(f"DELETE FROM {column.relation.sql} WHERE {_condition(column, keys)}")


def _those(column: Screened, keys: Iterable[str]) -> str:
    return f"SELECT 1 FROM {column.relation.sql} WHERE {_condition(column, keys)} LIMIT 1"


def _condition(column: Screened, keys: Iterable[str]) -> str:
    listed = ", ".join(map(text_literal, sorted(keys)))
    return f"CAST({quoted(column.column)} AS VARCHAR) IN ({listed})"
