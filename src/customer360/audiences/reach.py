"""Say whom of an audience a destination may be sent: who consents, is not suppressed and is in no audience left out.

This is about what leaves, not about what somebody sees, so it is looked up in full whoever asks.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from customer360.audiences.failures import AudienceError
from customer360.errors import UnknownName
from customer360.names import Relation, text_literal
from customer360.privacy.consent import MARKETING, permitted

if TYPE_CHECKING:
    from customer360.audiences.book import Book, Member
    from customer360.engines.base import Engine, Session
    from customer360.project.audiences import Audience, Destination
    from customer360.project.spec import Project, Settings

ALIAS = Relation("identity", "identity_alias")
EVERY = "*"
_HASH = Callable[[str], str]


class Reach:
    """Who may be sent. ``hashed`` makes of a customer's id what a suppressed one is kept as."""

    def __init__(self, engine: Engine, project: Project, book: Book, hashed: _HASH) -> None:
        self._engine = engine
        self._project = project
        self._book = book
        self._hashed = hashed

    def sendable(self, audience: Audience, target: Destination, members: Iterable[Member]) -> frozenset[str]:
        """Return the members who may be sent to a destination, but for the consent that the model's fields say.

        What people said to the privacy desk counts wherever consent is required. Errors: PrivacyError.
        """
        others = {each.id for name in target.suppress for each in self._book.members(name)}
        found = {each.id for each in members if not each.held_out and each.id not in others}
        barred = self._book.suppressed(target.channel)
        asks = target.consent == "required" and target.channel is not None
        if not barred and not asks:
            return frozenset(found)
        with self._engine.read() as session:
            if barred:
                known = _former(session)
                found = {id_ for id_ in found if barred.isdisjoint(map(self._hashed, (id_, *known.get(id_, ()))))}
            if asks and target.channel is not None:
                purposes = purposes_of(self._project.settings, target.channel, audience.purpose)
                found &= permitted(session, self._project, found, channel=target.channel, purpose=purposes)
        return frozenset(found)

    def former(self) -> Mapping[str, list[str]]:
        """Return the ids that customers went by before identity put them together, by the one they go by now."""
        with self._engine.read() as session:
            return _former(session)

    def now(self, ids: Iterable[str]) -> dict[str, str]:
        """Return under which id each customer goes now, after what identity put together since."""
        with self._engine.read() as session:
            leads = {old: new for new, former in _former(session).items() for old in former}
        return {id_: leads.get(id_, id_) for id_ in ids}

    def hashes(self, member: str) -> tuple[str, ...]:
        """Return what a customer is suppressed as, by the id they go by now and by former ones."""
        with self._engine.read() as session:
            return tuple(map(self._hashed, (member, *_former(session).get(member, ()))))

    def check_channel(self, name: str, audiences: Iterable[Audience]) -> None:
        """Raise UnknownName unless a channel is every one, or one that consent or an audience names."""
        known = channels(self._project.settings, audiences)
        if name not in known:
            raise UnknownName("channel", name, known)


def purposes_of(settings: Settings, channel: str, purpose: str) -> str | tuple[str, ...]:
    """Return for which purposes of the privacy desk an audience is: its own one, and marketing.

    A purpose with a consent of its own in c360.yaml (``email/surveys``) is no marketing.
    """
    own = purpose.strip().lower().replace(" ", "_").replace("-", "_")
    return own if f"{channel}/{purpose}" in settings.consent else (own, MARKETING)


def channels(settings: Settings, audiences: Iterable[Audience]) -> list[str]:
    """Return every channel that can be named, ``*`` for all of them first."""
    found = {name.partition("/")[0] for name in settings.consent}
    for audience in audiences:
        found |= {each for each in (audience.channel, *(d.channel for d in audience.destinations.values())) if each}
    return [EVERY, *sorted(found)]


def receiver(destination: Destination, hashed: _HASH) -> str | None:
    """Return a text that changes when a destination is another place; None while its address is not known here."""
    options = destination.options
    parts = [destination.kind, str(options.get("path", "")), str(options.get("table", ""))]
    if "url" in options:
        address = os.environ.get(str(options["url"]["env"]), "")
        if not address:
            return None
        try:
            split = urlsplit(address)  # without user and password, which change more often than places
            parts += [split.hostname or address, str(split.port), split.path, split.query]
        except ValueError:
            return None
    return hashed("\n".join(parts))


def _former(session: Session) -> Mapping[str, list[str]]:
    """Return the ids that customers went by before, by the one they go by now."""
    found: dict[str, list[str]] = defaultdict(list)
    if ALIAS in session.relations():
        for row in session.query(f"SELECT old_id, new_id FROM {ALIAS.sql}").to_pylist():
            found[row["new_id"]].append(row["old_id"])
    return found


def current(session: Session, member: str) -> str | None:
    """Return the id that a former one leads to, None for one that leads nowhere."""
    if ALIAS not in session.relations():
        return None
    found = session.query(f"SELECT new_id FROM {ALIAS.sql} WHERE old_id = {text_literal(member)}").to_pylist()
    return str(found[0]["new_id"]) if found else None


def nobody() -> AudienceError:
    """Return what is said of an id that no customer has."""
    return AudienceError("No customer has this id.", next_step="`c360 customer` finds ids by address or record.")
