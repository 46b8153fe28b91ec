"""Choose what stands in the place of a person's ids and personal values when rows stay without them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.names import Relation, quoted, text_literal
from customer360.privacy.failures import PrivacyError
from customer360.privacy.subject import Subject

if TYPE_CHECKING:
    from customer360.engines.base import Session
    from customer360.privacy.places import Places
    from customer360.privacy.traces import Columns

ATTEMPTS = 50
_INTEGERS = {"TINYINT": 2**7, "SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**31, "HUGEINT": 2**31}
_TEXT = re.compile(r"VARCHAR(\((\d+)\))?")


@dataclass(frozen=True)
class StandIn:
    """What one record becomes: an id that nobody has, and a token for personal values that must not be empty."""

    system: str
    record: str
    replacement: str
    token: str


def stand_ins(session: Session, places: Places, subject: Subject, columns: Columns) -> tuple[StandIn, ...]:
    """Return what each record of a person becomes: drawn at random, fit for its columns, and nobody's yet."""
    return tuple(
        StandIn(system, record, _drawn(session, places, columns, system, record), f"erased-{secrets.token_hex(4)}")
        for system, record in subject.records
    )


def _drawn(session: Session, places: Places, columns: Columns, system: str, record: str) -> str:
    held = {
        (relation, column): columns[relation][column]
        for (relation, column), systems in places.persons.items()
        if system in systems and relation in places.raw and column in columns.get(relation, {})
    }
    for attempt in range(ATTEMPTS):
        drawn = _candidate(record, frozenset(held.values()), plain=attempt == 0)
        if all(_fits(places, relation, column, drawn) for relation, column in held) and not _taken(
            session, held, drawn
        ):
            return drawn
    raise PrivacyError(
        f"No id could be found that stands for an erased record of {system}.",
        next_step="Erase with --mode delete, or allow other ids in the contract of its key.",
    )


def _candidate(record: str, types: frozenset[str], *, plain: bool) -> str:
    """Return an id: a plain one where any text will do, else one of the shape of the record's own id."""
    sizes = [_INTEGERS[type_] for type_ in types if type_ in _INTEGERS]
    if sizes:
        top = min(sizes) - 1
        return str(top - secrets.randbelow(max(top // 20, 1)))
    if plain:
        return f"erased-{secrets.token_hex(6)}"
    digits = iter("9" + "".join(secrets.choice("0123456789") for _ in record))
    return re.sub(r"\d", lambda _: next(digits), record)


def _fits(places: Places, relation: Relation, column: str, text: str) -> bool:
    for declared in places.declared(relation, column):
        pattern = declared.options.get("pattern")
        if pattern and not re.search(str(pattern), text):
            return False
        if declared.max_length is not None and len(text) > declared.max_length:
            return False
        if any(text.isdigit() and int(text) > int(declared.options[k]) for k in ("maximum",) if k in declared.options):
            return False
    return True


def _taken(session: Session, held: Mapping[tuple[Relation, str], str], text: str) -> bool:
    asked = [
        f"SELECT 1 FROM {relation.sql} WHERE {quoted(column)} = TRY_CAST({text_literal(text)} AS {type_})"
        for (relation, column), type_ in held.items()
    ]
    return bool(asked) and session.query(f"SELECT * FROM ({' UNION ALL '.join(asked)}) LIMIT 1").num_rows > 0


def blank_role(places: Places, relation: Relation, column: str, type_: str) -> str:
    """Return what a personal column of a row that stays becomes: null, or (required) something of its type."""
    declared = places.declared(relation, column)
    if not any(each.required for each in declared):
        return "null"
    if not _TEXT.match(type_):
        return "zero"
    return "mail" if "mail" in column or any(each.options.get("format") == "email" for each in declared) else "text"
