"""Know who may be contacted for which purpose through which channel, since when, and why.

What is known comes as events: unsubscribes among campaign contacts, rows of ``conformed.consent`` where a project has
that table (system, record_id, purpose, channel, is_allowed, decided_at), and decisions kept in the state. The newest
event of a person, purpose and channel holds; of several of one day a refusal. ``as_of`` looks back: nothing that was
said later counts then; without it every decision kept here does, whatever day the data stand on. Without any event
the policy ``consent.default`` (allowed or refused) holds; where the project sets none, who never unsubscribed may be
contacted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from customer360.models.as_of import resolve_as_of
from customer360.names import IDENTIFIER, Relation, text_literal
from customer360.privacy.failures import PrivacyError
from customer360.privacy.places import XREF
from customer360.privacy.subject import listed
from customer360.project.spec import policy_names
from customer360.raw.suppressed import Suppressed

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.engines.base import Session
    from customer360.privacy.subject import Subject
    from customer360.project.spec import Project

CONTACT = Relation("conformed", "campaign_contact")
GIVEN = Relation("conformed", "consent")
MARKETING, EVERY = "marketing", "*"
"""The purpose that campaigns are for; and the word for every purpose or every channel."""
CHANNELS = {"print": "post", "direct_mail": "post", "mail": "post", "e_mail": "email", "telephone": "phone"}
"""Other names of channels."""
POLICY = "consent.default"
_SAID = "purpose, channel, is_allowed, decided_on, source"
_EVENT = f"customer_id, {_SAID}"
_TABLE = """
CREATE TABLE IF NOT EXISTS consent (
  id INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, record_id TEXT NOT NULL, purpose TEXT NOT NULL,
  channel TEXT NOT NULL, is_allowed INTEGER NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)
"""


@dataclass(frozen=True)
class Decision:
    """One decision about one record, kept in the state."""

    system: str
    record_id: str
    purpose: str
    channel: str
    is_allowed: bool
    at: datetime
    who: str


class ConsentStore:
    """Decisions of people about being contacted, in the state's file of privacy."""

    def __init__(self, root: Path) -> None:
        self._file = Suppressed(root)
        self.path = self._file.path

    def add(self, decisions: Iterable[Decision]) -> None:
        """Keep decisions."""
        with self._file.opened() as database:
            database.execute(_TABLE)
            database.executemany(
                "INSERT INTO consent (system, record_id, purpose, channel, is_allowed, at, who)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (d.system, d.record_id, d.purpose, d.channel, d.is_allowed, d.at.isoformat(), d.who)
                    for d in decisions
                ],
            )

    def all(self) -> tuple[Decision, ...]:
        """Return every decision, oldest first."""
        if not self._file.path.is_file():
            return ()
        with self._file.opened() as database:
            database.execute(_TABLE)
            rows = database.execute(
                "SELECT system, record_id, purpose, channel, is_allowed, at, who FROM consent ORDER BY id"
            ).fetchall()
        return tuple(
            Decision(system, record, purpose, channel, bool(is_allowed), datetime.fromisoformat(at), who)
            for system, record, purpose, channel, is_allowed, at, who in rows
        )

    def forget(self, records: Iterable[tuple[str, str]]) -> int:
        """Delete the decisions about some records and return how many."""
        with self._file.opened() as database:
            database.execute(_TABLE)
            done = database.executemany("DELETE FROM consent WHERE system = ? AND record_id = ?", list(records))
            return max(done.rowcount, 0)


def channel_of(text: str) -> str:
    """Return a channel as it is compared: small letters, and one name for each."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    return CHANNELS.get(name, name)


def history(session: Session, project: Project, *, as_of: date | None = None) -> str:
    """Return SQL of every event: customer_id, purpose, channel, is_allowed, decided_on, source. Never empty text."""
    there = session.relations()
    until = text_literal((as_of or resolve_as_of(session, project)).isoformat())
    kept = [each for each in ConsentStore(project.root).all() if as_of is None or each.at.date() <= as_of]
    events = [_decided(kept)]
    if CONTACT in there:
        events.append(
            "SELECT COALESCE(record_system, system) AS system, record_id, "
            f"{text_literal(MARKETING)} AS purpose, {_channel('channel')} AS channel, FALSE AS is_allowed,"
            f" CAST(contact_date AS DATE) AS decided_on, 'unsubscribe ' || contact_id AS source FROM {CONTACT.sql}"
            f" WHERE response_type = 'unsubscribe' AND contact_date <= CAST({until} AS DATE)"
        )
    if GIVEN in there:
        events.append(
            f"SELECT system, record_id, purpose, {_channel('channel')}, is_allowed, CAST(decided_at AS DATE), system"
            f" FROM {GIVEN.sql} WHERE CAST(decided_at AS DATE) <= CAST({until} AS DATE)"
        )
    return (
        "SELECT x.customer_id, e.purpose, e.channel, e.is_allowed, e.decided_on, e.source"
        f" FROM ({_stacked(events)}) AS e"
        f" JOIN {XREF.sql} AS x ON x.system = e.system AND x.record_id = e.record_id AND x.valid_to IS NULL"
    )


def status(session: Session, project: Project, *, as_of: date | None = None) -> str:
    """Return SQL of what holds: one row per customer, purpose and channel that anything is known of."""
    return (
        f"SELECT {_EVENT} FROM (SELECT {_EVENT}, row_number() OVER"
        " (PARTITION BY customer_id, purpose, channel ORDER BY decided_on DESC, is_allowed, source) AS nth"
        f" FROM ({history(session, project, as_of=as_of)}) AS events) AS ordered WHERE nth = 1"
    )


def allowed(
    session: Session, project: Project, *, channel: str, purpose: str = MARKETING, as_of: date | None = None
) -> str:
    """Return SQL that yields ``customer_id`` of everybody who may be contacted: ready to stand in IN or a join.

    A refusal of every purpose or every channel (``*``) counts for each. Errors: PrivacyError for a wrong policy.
    """
    known = _known(session, project, channel, (purpose,), as_of)
    everybody = f"SELECT DISTINCT customer_id FROM {XREF.sql} WHERE valid_to IS NULL"
    default = "TRUE" if is_allowed_by_default(project) else "FALSE"
    return (
        f"SELECT p.customer_id FROM ({everybody}) AS p LEFT JOIN ({known}) AS k USING (customer_id)"
        f" WHERE COALESCE(k.is_allowed, {default})"
    )


def permitted(
    session: Session,
    project: Project,
    customers: Iterable[str],
    *,
    channel: str,
    purpose: str | tuple[str, ...] = MARKETING,
) -> frozenset[str]:
    """Return those of some customers who may be contacted; a refusal of one of several purposes counts.

    Errors: PrivacyError for a wrong policy.
    """
    by_default, asked = is_allowed_by_default(project), frozenset(customers)
    if XREF not in session.relations():
        return asked if by_default else frozenset()
    purposes = (purpose,) if isinstance(purpose, str) else purpose
    found = session.query(_known(session, project, channel, purposes, None)).to_pylist()
    said = {row["customer_id"]: row["is_allowed"] for row in found}
    return frozenset(each for each in asked if said.get(each, by_default))


def _known(session: Session, project: Project, channel: str, purposes: tuple[str, ...], as_of: date | None) -> str:
    """Return SQL of who said anything about a channel and purposes, and whether it allows to contact them."""
    return (
        "SELECT customer_id, bool_and(is_allowed) AS is_allowed"
        f" FROM ({status(session, project, as_of=as_of)}) AS said WHERE purpose IN ({listed((*purposes, EVERY))})"
        f" AND channel IN ({listed((channel_of(channel), EVERY))}) GROUP BY customer_id"
    )


def is_allowed_by_default(project: Project) -> bool:
    """Say what holds where nothing is known: policy ``consent.default``. Errors: PrivacyError."""
    word = "allowed"
    if POLICY in policy_names(project.settings.policies):
        word = str(project.settings.policy(POLICY))
    if word not in {"allowed", "refused"}:
        raise PrivacyError(
            f"The policy consent.default cannot be '{word}'.",
            place=project.settings.place,
            next_step="Write allowed or refused.",
        )
    return bool(word == "allowed")


def of_person(session: Session, project: Project, subject: Subject, *, events: bool = False) -> str:
    """Return SQL of what holds for one person, or of all their events, newest first."""
    asked = history(session, project) if events else status(session, project)
    where = f"customer_id = {text_literal(subject.customer)}"
    return f"SELECT {_SAID} FROM ({asked}) AS events WHERE {where} ORDER BY purpose, channel, decided_on DESC"


def decided(
    subject: Subject, *, purpose: str, channel: str, is_allowed: bool, at: datetime, who: str
) -> list[Decision]:
    """Return a person's decision, for each of their records: so it holds however records are put together later.

    Errors: PrivacyError when purpose or channel is no word.
    """
    name = EVERY if channel == EVERY else channel_of(channel)
    for kind, word in (("purpose", purpose), ("channel", name)):
        if word != EVERY and not IDENTIFIER.match(word):
            raise PrivacyError(
                f"This cannot be the name of a {kind}.", next_step="Write one word, such as email, or *."
            )
    return [Decision(system, record, purpose, name, is_allowed, at, who) for system, record in subject.records]


def _decided(decisions: Sequence[Decision]) -> str:
    rows = ", ".join(
        f"({listed((d.system, d.record_id, d.purpose, d.channel))}, {str(d.is_allowed).upper()},"
        f" DATE {text_literal(d.at.date())}, {text_literal('decision of ' + d.who)})"
        for d in decisions
    )
    names = "system, record_id, purpose, channel, is_allowed, decided_on, source"
    nobody = "(NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::BOOLEAN, NULL::DATE, NULL::VARCHAR)"
    return f"SELECT * FROM (VALUES {rows or nobody}) AS d({names}) WHERE system IS NOT NULL"


def _stacked(events: Sequence[str]) -> str:
    return " UNION ALL ".join(f"({each})" for each in events)


def _channel(column: str) -> str:
    name = f"replace(replace(lower(trim({column})), ' ', '_'), '-', '_')"
    whens = " ".join(f"WHEN {text_literal(old)} THEN {text_literal(new)}" for old, new in CHANNELS.items())
    return f"CASE {name} {whens} ELSE {name} END"
