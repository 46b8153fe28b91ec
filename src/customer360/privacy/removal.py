"""Take a person out of the warehouse, inside an open publication: raw rows first, then what remembers, then a build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from customer360.clock import now
from customer360.names import RAW_PREFIX, Relation, quoted, text_literal
from customer360.privacy.places import Places
from customer360.privacy.stand_in import StandIn, blank_role
from customer360.privacy.subject import Subject, listed
from customer360.privacy.traces import CHECK_LOG, Columns, Trace, typed
from customer360.raw.log import LOAD_LOG, open_log
from customer360.raw.screen import BLANKS, ID, KEY, MENTION, blank_value
from customer360.raw.suppressed import Entry, Screened, digest

if TYPE_CHECKING:
    from customer360.engines.base import Publication, Session

Mode = Literal["delete", "anonymise"]
MODES: tuple[Mode, ...] = ("delete", "anonymise")
ERASED = "erased"
"""Status of an entry of ``c360.load_log`` that an erasure wrote."""


@dataclass(frozen=True)
class Removed:
    """What was done to one table. ``action``: deleted, anonymised, rebuilt."""

    relation: Relation
    action: str
    rows: int


def screened(places: Places, columns: Columns) -> tuple[Screened, ...]:
    """Return what a load has to look at: ids of people, keys that other rows name, personal columns."""
    found: list[Screened] = []
    for relation in places.raw:
        for role, ids in ((ID, places.owners_of(relation)), (MENTION, places.mentions_of(relation))):
            found += [Screened(relation, column, system, role) for column, systems in ids.items() for system in systems]
    for link in places.links:
        found.append(Screened(link.child, link.child_column, link.domain, ID))
        found.append(Screened(link.parent, link.parent_column, link.domain, KEY))
    looked_at = {each.relation for each in found}
    for relation, names in places.personal.items():
        for name in names if relation in looked_at else ():
            role = blank_role(places, relation, name, columns.get(relation, {}).get(name, "VARCHAR"))
            found.append(Screened(relation, name, "", role))
    return tuple(found)


def entries(
    session: Session, places: Places, subject: Subject, found: Sequence[Trace], stands: Sequence[StandIn], salt: bytes
) -> list[Entry]:
    """Return what the list of erased people has to know of this one; keys of their rows only where rows go."""
    by_record = {(stand.system, stand.record): stand for stand in stands}
    listing = []
    for system, record in subject.records:
        stand = by_record.get((system, record))
        known = (stand.replacement, stand.token) if stand else (None, None)
        listing.append(Entry(system, digest(salt, system, record), *known))
    where = {trace.relation: trace.where for trace in found if trace.kind != "mention"}
    for link in places.links:
        if link.parent in where and (not stands or link.child in places.personal):
            column = quoted(link.parent_column)
            sql = f"SELECT DISTINCT CAST({column} AS VARCHAR) AS k FROM {link.parent.sql} WHERE {column} IS NOT NULL"
            for key in session.query(f"{sql} AND ({where[link.parent]})")["k"].to_pylist():
                stays = (key, stands[0].token) if stands else (None, None)  # only its personal columns are emptied
                listing.append(Entry(link.domain, digest(salt, link.domain, key), *stays))
    return listing


def delete(publication: Publication, found: Iterable[Trace]) -> list[Removed]:
    """Delete rows of raw tables (those that hang on others first) and of quarantine."""
    doomed = sorted((t for t in found if t.kind in {"raw", "quarantine"}), key=lambda trace: -trace.depth)
    return [_deleted(publication, trace) for trace in doomed]


def anonymise(
    publication: Publication, places: Places, found: Iterable[Trace], stands: Sequence[StandIn], columns: Columns
) -> list[Removed]:
    """Leave rows of raw tables, without who they are about; rows in quarantine go."""
    done = []
    for trace in sorted(found, key=lambda trace: -trace.depth):
        if trace.kind == "quarantine":
            done.append(_deleted(publication, trace))
        elif trace.kind == "raw":
            blanks = _blanks(places, trace.relation, columns)
            if trace.depth:
                rows = _update(publication, trace.relation, blanks, trace.where, stands[0].token) if blanks else 0
            else:
                rows = sum(_anonymised(publication, places, trace, stand, blanks, columns) for stand in stands)
            if rows:
                done.append(Removed(trace.relation, "anonymised", rows))
    return done


def unname(
    publication: Publication, places: Places, found: Iterable[Trace], stands: Sequence[StandIn], columns: Columns
) -> list[Removed]:
    """Take the person's id out of rows about others: nothing stands there then, or what stands for the person."""
    done = []
    for trace in found:
        if trace.kind != "mention":
            continue
        type_ = columns[trace.relation][trace.column]
        rows = 0
        if trace.relation in places.raw:
            for stand in stands:
                if stand.system in places.columns_of(trace.relation)[trace.column]:
                    sets = {trace.column: f"CAST({text_literal(stand.replacement)} AS {type_})"}
                    where = typed(trace.column, type_, (stand.record,))
                    rows += _update(publication, trace.relation, sets, where, stand.token)
        rows += _update(publication, trace.relation, {trace.column: f"CAST(NULL AS {type_})"}, trace.where, "")
        done.append(Removed(trace.relation, "emptied of the name", rows))
    return done


def forget(publication: Publication, found: Iterable[Trace]) -> list[Removed]:
    """Delete a person's rows from tables that would remember them through a build, those that read others first."""
    kept = sorted((trace for trace in found if trace.kind == "kept"), key=lambda trace: -trace.depth)
    return [_deleted(publication, trace) for trace in kept]


def forget_samples(publication: Publication, subject: Subject, columns: Columns) -> int:
    """Empty the samples of failed checks that name the person."""
    if CHECK_LOG not in columns:
        return 0
    ids = (*subject.customers, *subject.names, *subject.values, *(record for _, record in subject.records))
    return publication.execute(
        f"UPDATE {CHECK_LOG.sql} SET sample = NULL WHERE list_has_any(string_split(sample, ', '), [{listed(ids)}])"
    )


def note_change(publication: Publication, relations: Iterable[Relation]) -> None:
    """Write an entry into the load log for each raw table, so that builds see it changed and loads go on from it."""
    load_id = open_log(publication)
    moment = now().astimezone(UTC).replace(tzinfo=None)
    for relation in sorted(relations):
        source, table = relation.schema.removeprefix(RAW_PREFIX), relation.table
        last = publication.query(
            f"SELECT * FROM {LOAD_LOG.sql} WHERE source = {text_literal(source)} AND table_name = {text_literal(table)}"
            " ORDER BY load_id DESC LIMIT 1"
        ).to_pylist()
        if not last:
            continue
        changed = {"load_id": load_id, "started_at": moment, "finished_at": moment, "rows_read": 0, "rows_landed": 0}
        row = {**last[0], **changed, "rows_changed": 0, "rows_rejected": 0, "status": ERASED}
        schema = publication.query(f"SELECT * FROM {LOAD_LOG.sql} LIMIT 0").schema
        publication.insert_arrow(LOAD_LOG, pa.Table.from_pylist([row], schema))
        load_id += 1


def merged(done: Iterable[Removed]) -> list[Removed]:
    """Return one entry a table and action, without those that touched nothing."""
    found: dict[tuple[Relation, str], Removed] = {}
    for each in done:
        before = found.get((each.relation, each.action))
        found[each.relation, each.action] = replace(each, rows=each.rows + (before.rows if before else 0))
    return [each for each in found.values() if each.rows]


def _deleted(publication: Publication, trace: Trace) -> Removed:
    return Removed(
        trace.relation, "deleted", publication.execute(f"DELETE FROM {trace.relation.sql} WHERE {trace.where}")
    )


def _anonymised(
    publication: Publication,
    places: Places,
    trace: Trace,
    stand: StandIn,
    blanks: Mapping[str, str],
    columns: Columns,
) -> int:
    rows = 0
    for column, systems in places.owners_of(trace.relation).items():
        type_ = columns[trace.relation].get(column)
        if stand.system in systems and type_ is not None:
            sets = {**blanks, column: f"CAST({text_literal(stand.replacement)} AS {type_})"}
            where = typed(column, type_, (stand.record,))
            rows += _update(publication, trace.relation, sets, where, stand.token)
    return rows


def _update(publication: Publication, relation: Relation, sets: Mapping[str, str], where: str, token: str) -> int:
    listing = ", ".join(f"{quoted(column)} = {value.replace(_TOKEN, token)}" for column, value in sets.items())
    return publication.execute(f"UPDATE {relation.sql} SET {listing} WHERE {where}")


_TOKEN = "{token}"  # noqa: S105 - a place in a text, no secret


def _blanks(places: Places, relation: Relation, columns: Columns) -> dict[str, str]:
    """Return what each personal column of a table becomes, as SQL; the token is filled in per record."""
    found = {}
    for column in places.personal.get(relation, ()):
        type_ = columns[relation].get(column)
        if type_ is None:
            continue
        role = blank_role(places, relation, column, type_)
        value = blank_value(role, _arrow(type_), _TOKEN) if role in BLANKS else None
        found[column] = f"CAST(NULL AS {type_})" if value is None else f"CAST({text_literal(str(value))} AS {type_})"
    return found


def _arrow(type_: str) -> pa.DataType:
    return pa.date32() if type_ == "DATE" or type_.startswith("TIMESTAMP") else pa.string()
