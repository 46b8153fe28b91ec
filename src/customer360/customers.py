"""Open the room of customers: search, one customer's dossier, records side by side, as whoever asks may see them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import WarehouseMissing
from customer360.identity.card import PROFILE, TIMELINE, CustomerCard, card
from customer360.identity.dossier import Dossier, dossier, records_named
from customer360.identity.search import Found, search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from customer360.engines.base import Engine, Session
    from customer360.governance.office import Governance
    from customer360.governance.reading import Seen
    from customer360.project.spec import Project


@dataclass(frozen=True)
class Stretch:
    """Which part of a timeline is asked for: kinds of events (none: all), days (both included), and how many."""

    kinds: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    limit: int = 20
    offset: int = 0

    def of(self, timeline: pa.Table) -> pa.Table:
        """Return the events of these kinds and days, page or not."""
        keeps = [pc.is_valid(timeline["kind"])]
        if self.kinds:
            keeps.append(pc.is_in(timeline["kind"], pa.array(self.kinds, pa.string())))
        if self.since:
            keeps.append(pc.greater_equal(timeline["happened_on"], pa.scalar(self.since)))
        if self.until:
            keeps.append(pc.less_equal(timeline["happened_on"], pa.scalar(self.until)))
        return timeline.filter(reduce(pc.and_, keeps))


@dataclass(frozen=True)
class Person:
    """One customer: card, what stands around it, and the day it stands on."""

    card: CustomerCard
    around: Dossier
    events: pa.Table
    """The stretch of the timeline that was asked for."""
    has_more: bool
    """Whether older events wait."""
    as_of: date

    @property
    def kinds(self) -> tuple[tuple[str, int], ...]:
        """Kinds of events of the whole timeline, with how many there are."""
        counted = pc.value_counts(self.card.timeline["kind"]).to_pylist()
        return tuple(sorted((row["values"], row["counts"]) for row in counted))

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.card.profile["customer_id"])


class House(Protocol):
    """An opened project, as far as this room needs it."""

    project: Project
    engine: Engine

    @property
    def governance(self) -> Governance:
        """Return who may see what."""
        ...


class Customers:
    """The customers of one project."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def are_there(self) -> bool:
        """Whether the project builds a customer 360 with a timeline."""
        return {PROFILE, TIMELINE} <= set(self._house.project.models)

    @contextmanager
    def _reading(self) -> Iterator[tuple[Seen, Session]]:
        """Give a session as whoever asks may see it, and the whole one for the day that figures stand on."""
        from customer360.governance.reading import read_as

        if not self._house.engine.exists():
            raise WarehouseMissing("Nothing has been built here yet.", next_step="Run `c360 run` first.")
        with (
            self._house.engine.read() as session,
            read_as(self._house.governance, session, "customers") as seen,
        ):
            yield seen, session

    def search(self, text: str = "", *, limit: int = 20, offset: int = 0) -> Found:
        """Return customers by parts of what identifies them. Errors: QueryError, NotPermitted, WarehouseMissing."""
        with self._reading() as (seen, _):
            found = search(seen.session, text, limit=limit, offset=offset)
            seen.answered(f"SELECT * FROM {PROFILE.sql}", found.rows.num_rows)
            return found

    def person(self, key: str, stretch: Stretch) -> Person:
        """Return one customer with a stretch of the timeline. Errors: CustomerMissing, NotPermitted."""
        from customer360.models.as_of import published_as_of

        with self._reading() as (seen, session):
            as_of = published_as_of(session, self._house.project)
            found = card(seen.session, key, tables=self._house.project.models.keys())
            profile = found.profile
            around = dossier(seen.session, str(profile["customer_id"]), int(profile["customer_key"]))
            seen.answered(f"SELECT * FROM {PROFILE.sql}", 1)
        events = stretch.of(found.timeline).slice(stretch.offset)
        return Person(found, around, events.slice(0, stretch.limit), events.num_rows > stretch.limit, as_of)

    def records(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return records by their names ``system:record_id``, as whoever asks may see them."""
        with self._reading() as (seen, _):
            found = records_named(seen.session, names)
            if found:
                seen.answered("SELECT * FROM conformed.person_record", len(found))
            return found
