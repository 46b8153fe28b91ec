"""Say, table by table, which rows are one person's, as a condition of SQL.

Raw tables go by the columns that hold ids of people, and by links from their rows. Tables that models make go by the
words that the shared entities and the star use for a person: ``system`` with ``record_id`` (also ``record_system``, and
``_a``, ``_b``), ``customer_id`` as text, and the keys given to customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.names import (
    QUARANTINE_SCHEMA,
    RAW_PREFIX,
    STATE_SCHEMA,
    Relation,
    quarantine_relation,
    quoted,
    text_literal,
)
from customer360.privacy.places import Places
from customer360.privacy.subject import Subject, listed

if TYPE_CHECKING:
    from customer360.engines.base import Session

Kind = Literal["raw", "quarantine", "kept", "made", "mention"]
"""``mention``: rows about others that name the person in one column."""
CHECK_LOG = Relation(STATE_SCHEMA, "check_log")
_CUSTOMER = frozenset({"customer_id", "customer_id_a", "customer_id_b", "old_id", "new_id"})
_NAMED = frozenset({"record_a", "record_b"})
_SIDES = ("", "_a", "_b")


@dataclass(frozen=True)
class Trace:
    """Rows of one person in one table. ``depth``: how many links lie between them and a row that names the person."""

    relation: Relation
    where: str
    kind: Kind
    depth: int = 0
    column: str = ""
    """Which column a mention stands in."""

    def select(self) -> str:
        """Return the query for the rows."""
        return f"SELECT * FROM {self.relation.sql} WHERE {self.where}"


Columns = Mapping[Relation, Mapping[str, str]]
"""Columns and types by table."""


def columns_of(session: Session) -> dict[Relation, dict[str, str]]:
    """Return columns and types of every table (no views) that a session sees."""
    rows = session.query(
        "SELECT c.schema_name, c.table_name, c.column_name, c.data_type FROM duckdb_columns() AS c"
        " JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)"
        " WHERE c.database_name = current_database() ORDER BY c.schema_name, c.table_name, c.column_index"
    ).to_pylist()
    found: dict[Relation, dict[str, str]] = {}
    for row in rows:
        relation = Relation(row["schema_name"], row["table_name"])
        found.setdefault(relation, {})[row["column_name"]] = row["data_type"]
    return found


def traces(places: Places, subject: Subject, columns: Columns) -> tuple[Trace, ...]:
    """Return the traces of a person in every table that may have some; there may be no rows."""
    raw = linked(places, [*_owned(places, subject, columns)], columns)
    found = [*raw, *_quarantined(places, subject, raw, columns)]
    kept = frozenset(places.kept)
    for relation, types in columns.items():
        if relation.schema in {STATE_SCHEMA, QUARANTINE_SCHEMA} or relation.schema.startswith(RAW_PREFIX):
            continue
        where = _worded(places, relation, types, subject)
        if where:
            found.append(Trace(relation, where, "kept" if relation in kept else "made"))
    return (*_mentioned(places, subject, columns), *found, *_given_keys(places, found, columns))


def count(session: Session, found: Iterable[Trace]) -> dict[Relation, int]:
    """Return how many rows each trace has now."""
    asked = [
        f"SELECT {text_literal(str(t.relation))} AS place, count(*) AS n FROM {t.relation.sql} WHERE {t.where}"
        for t in found
    ]
    rows = session.query(" UNION ALL ".join(asked)).to_pylist() if asked else []
    total: dict[Relation, int] = {}
    for row in rows:
        relation = Relation.parse(row["place"])
        total[relation] = total.get(relation, 0) + row["n"]
    return total


def typed(column: str, type_: str, ids: Sequence[str]) -> str:
    """Return the condition that a column holds one of some ids, compared in the column's type."""
    if type_ == "VARCHAR":
        return f"{quoted(column)} IN ({listed(ids)})"
    return f"{quoted(column)} IN ({', '.join(f'TRY_CAST({text_literal(each)} AS {type_})' for each in ids) or 'NULL'})"


def _owned(places: Places, subject: Subject, columns: Columns) -> Iterable[Trace]:
    for relation in sorted(places.raw):
        parts = [
            typed(column, columns[relation][column], ids)
            for column, systems in sorted(places.owners_of(relation).items())
            if column in columns.get(relation, {}) and (ids := subject.ids(systems))
        ]
        if parts:
            yield Trace(relation, _any(parts), "raw")


def _mentioned(places: Places, subject: Subject, columns: Columns) -> Iterable[Trace]:
    for relation in (*sorted(places.raw), *places.kept):
        for column, systems in sorted(places.mentions_of(relation).items()):
            if column in columns.get(relation, {}) and (ids := subject.ids(systems)):
                where = typed(column, columns[relation][column], ids)
                yield Trace(relation, where, "mention", column=column)


def linked(places: Places, owned: Sequence[Trace], columns: Columns) -> list[Trace]:
    """Return traces of raw tables with those of rows that belong to theirs, however many links lie between."""
    known = {trace.relation: trace for trace in owned}
    for child in dict.fromkeys(link.child for link in places.links):  # parents first
        own = [link for link in places.links if link.child == child and link.parent in known and child in columns]
        if not own:
            continue
        parts = [
            f"{quoted(link.child_column)} IN (SELECT {quoted(link.parent_column)} FROM {link.parent.sql}"
            f" WHERE {known[link.parent].where})"
            for link in own
        ]
        depth = 1 + max(known[link.parent].depth for link in own)
        if child in known:
            parts.insert(0, known[child].where)
        known[child] = Trace(child, _any(parts), "raw", depth)
    return list(known.values())


def _quarantined(places: Places, subject: Subject, raw: Sequence[Trace], columns: Columns) -> Iterable[Trace]:
    """Yield traces in rows that broke their contract, which are kept as JSON under the source's names."""
    known = {trace.relation: trace for trace in raw}
    for relation in sorted(places.raw):
        table = quarantine_relation(relation.schema.removeprefix(RAW_PREFIX), relation.table)
        if table not in columns:
            continue
        parts = [
            _in_json(column, f"[{listed(ids)}]")
            for column, systems in sorted(places.columns_of(relation).items())
            if (ids := subject.ids(systems))
        ]
        hanging = [link for link in places.links if link.child == relation and link.parent in known]
        parts += [
            _in_json(
                link.child_column,
                f"(SELECT list(CAST({quoted(link.parent_column)} AS VARCHAR)) FROM {link.parent.sql}"
                f" WHERE {known[link.parent].where})",
            )
            for link in hanging
        ]
        if parts:
            depth = 1 + max((known[link.parent].depth for link in hanging), default=-1)
            yield Trace(table, _any(parts), "quarantine", depth)


def _in_json(column: str, values: str) -> str:
    """Return the condition that a row as JSON has one of a list of values under a name, however that is written."""
    named = f"list_filter(json_keys(row_json), lambda k: lower(k) = {text_literal(column.lower())})"
    found = f"""list_transform({named}, lambda k: json_extract_string(row_json, '$."' || k || '"'))"""
    return f"list_has_any({found}, {values})"


def _worded(places: Places, relation: Relation, types: Mapping[str, str], subject: Subject) -> str | None:
    parts = [
        typed(column, types[column], ids)
        for column, systems in sorted(places.owners_of(relation).items())
        if column in types and (ids := subject.ids(systems))
    ]
    for side in _SIDES:
        system, record = f"system{side}", f"record_id{side}"
        if system in types and record in types:
            named = f"COALESCE(record_system, {system})" if "record_system" in types else system
            parts += [f"({named} = {text_literal(s)} AND {record} = {text_literal(r)})" for s, r in subject.records]
    named_here = places.columns_of(relation)
    for column, type_ in types.items():
        if type_ == "VARCHAR" and column in _CUSTOMER and column not in named_here:
            parts.append(typed(column, type_, subject.customers))
        elif type_ == "VARCHAR" and column in _NAMED:
            parts.append(typed(column, type_, subject.names))
        elif subject.keys.get(column):
            parts.append(f"{quoted(column)} IN ({', '.join(map(str, subject.keys[column]))})")
    return _any(parts) if parts else None


def _given_keys(places: Places, found: Sequence[Trace], columns: Columns) -> Iterable[Trace]:
    """Yield traces in tables of keys whose members are rows of the person: versions, carts."""
    known = {trace.relation: trace for trace in found}
    for table, members, business, _ in places.keys:
        if table in columns and table not in known and members in known:
            own = f"SELECT {quoted(business)} FROM {members.sql} WHERE {known[members].where}"
            yield Trace(table, f"{quoted(business)} IN ({own})", "kept", depth=1)


def _any(parts: Iterable[str]) -> str:
    return " OR ".join(f"({part})" for part in parts)
