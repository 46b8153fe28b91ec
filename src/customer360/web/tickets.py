"""Find, add and change support tickets: in a MongoDB-wire server, or (to read only) in the warehouse."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from customer360.errors import C360Error, ExtensionMissing, ProjectError, SourceUnreachable, WarehouseMissing
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from customer360.engines.base import Engine

    Row = Mapping[str, Any]

FIELDS = (
    "ticket_id",
    "customer_id",
    "customer_segment",
    "created_date",
    "resolved_date",
    "issue_type",
    "issue_category",
    "priority",
    "status",
    "resolution_hours",
    "satisfaction_score",
    "agent_id",
    "description",
    "order_id",
    "product_id",
)
URL_VARIABLE = "C360_MONGO_URL"
PUBLISHED = Relation("support", "support_tickets")
CHANGED_AT = "_updated_at"
"""Field that this API adds to documents it writes; never shown."""


class ReadOnly(C360Error):
    """Tickets of the warehouse cannot be written: they are a copy."""


class TicketExists(C360Error):
    """Another request took the number of a new ticket; ask again."""


@dataclass(frozen=True)
class Asked:
    """Which tickets: equal fields, a span of creation (``before`` is not included), changes since, a place to go on."""

    equal: Mapping[str, str]
    created_from: datetime | None = None
    created_before: datetime | None = None
    changed_since: datetime | None = None
    after: tuple[datetime, str] | None = None
    newest_first: bool = False


class Tickets(Protocol):
    """Where tickets are kept."""

    def count(self, asked: Asked) -> int:
        """Return how many tickets match, whatever the place to go on from."""
        ...

    def find(self, asked: Asked, *, limit: int, offset: int) -> Sequence[Row]:
        """Return tickets by created_date and ticket_id."""
        ...

    def one(self, ticket_id: str) -> Row | None:
        """Return a ticket."""
        ...

    def highest(self) -> str | None:
        """Return the highest ticket_id."""
        ...

    def add(self, ticket: Row) -> None:
        """Keep a new ticket. Errors: TicketExists, ReadOnly."""
        ...

    def change(self, ticket_id: str, changes: Row) -> None:
        """Change fields of a ticket. Errors: ReadOnly."""
        ...


class MongoTickets:
    """Tickets in a collection ``support_tickets``."""

    def __init__(self, url: str, *, database: str = "shopflow", collection: str = "support_tickets") -> None:
        try:
            from pymongo import MongoClient
            from pymongo.errors import ConfigurationError
        except ImportError:
            raise ExtensionMissing(
                "Support tickets in MongoDB need the Python package pymongo.",
                next_step='Install it: pip install "customer360[mongo]".',
            ) from None
        try:
            client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=5_000)
        except (ConfigurationError, ValueError):
            raise ProjectError(
                f"The environment variable {URL_VARIABLE} does not hold a MongoDB URL.",
                next_step="Write it as mongodb://user:password@host:27017.",
            ) from None
        self._rows = client[database][collection]
        weakref.finalize(self, client.close)

    def count(self, asked: Asked) -> int:
        """Return how many tickets match."""
        return int(self._ask(lambda: self._rows.count_documents(self._filter(asked, after=False))))

    def find(self, asked: Asked, *, limit: int, offset: int) -> Sequence[Row]:
        """Return tickets by created_date and ticket_id."""
        way = -1 if asked.newest_first else 1
        order = [("created_date", way), ("ticket_id", way)]
        query = self._filter(asked, after=True)
        found = self._ask(lambda: list(self._rows.find(query).sort(order).skip(offset).limit(limit)))
        return [_shown(row) for row in found]

    def one(self, ticket_id: str) -> Row | None:
        """Return a ticket."""
        found = self._ask(lambda: self._rows.find_one({"ticket_id": ticket_id}))
        return None if found is None else _shown(found)

    def highest(self) -> str | None:
        """Return the highest ticket_id."""
        found = self._ask(lambda: list(self._rows.find({}, {"ticket_id": 1}).sort([("ticket_id", -1)]).limit(1)))
        return str(found[0]["ticket_id"]) if found else None

    def add(self, ticket: Row) -> None:
        """Keep a new ticket. Errors: TicketExists."""
        from pymongo.errors import DuplicateKeyError

        try:
            self._ask(lambda: self._rows.insert_one(dict(ticket)))
        except DuplicateKeyError as error:
            raise TicketExists(f"Ticket {ticket['ticket_id']} is there already.", next_step="Send it again.") from error

    def change(self, ticket_id: str, changes: Row) -> None:
        """Change fields of a ticket."""
        self._ask(lambda: self._rows.update_one({"ticket_id": ticket_id}, {"$set": dict(changes)}))

    def _ask(self, question: Any) -> Any:
        from pymongo.errors import DuplicateKeyError, PyMongoError

        try:
            return question()
        except DuplicateKeyError:
            raise
        except PyMongoError as error:
            raise SourceUnreachable(
                "The MongoDB server of the support tickets does not answer.",
                next_step=f"Start it, or correct {URL_VARIABLE}.",
            ) from error

    def _filter(self, asked: Asked, *, after: bool) -> dict[str, Any]:
        every: list[dict[str, Any]] = [dict(asked.equal)] if asked.equal else []
        if asked.created_from:
            every.append({"created_date": {"$gte": asked.created_from}})
        if asked.created_before:
            every.append({"created_date": {"$lt": asked.created_before}})
        if asked.changed_since:
            late = {"$gte": asked.changed_since}
            every.append({"$or": [{name: late} for name in ("created_date", "resolved_date", CHANGED_AT)]})
        if after and asked.after:
            moment, number = asked.after
            tie = {"created_date": moment, "ticket_id": {"$gt": number}}
            every.append({"$or": [{"created_date": {"$gt": moment}}, tie]})
        return {"$and": every} if every else {}


class WarehouseTickets:
    """Tickets as the product ``support.support_tickets`` publishes them; read only."""

    def __init__(self, engine: Engine, *, relation: Relation = PUBLISHED) -> None:
        self._engine, self._relation = engine, relation

    def count(self, asked: Asked) -> int:
        """Return how many tickets match."""
        where, values = self._where(asked, after=False)
        return int(self._rows(f"SELECT count(*) AS n FROM {self._relation.sql}{where}", values)[0]["n"])

    def find(self, asked: Asked, *, limit: int, offset: int) -> Sequence[Row]:
        """Return tickets by created_date and ticket_id."""
        where, values = self._where(asked, after=True)
        way = "DESC" if asked.newest_first else "ASC"
        order = f"ORDER BY created_date {way}, ticket_id {way} LIMIT {int(limit)} OFFSET {int(offset)}"
        return self._rows(f"SELECT {', '.join(FIELDS)} FROM {self._relation.sql}{where} {order}", values)

    def one(self, ticket_id: str) -> Row | None:
        """Return a ticket."""
        found = self.find(Asked({"ticket_id": ticket_id}), limit=1, offset=0)
        return found[0] if found else None

    def highest(self) -> str | None:
        """Return the highest ticket_id."""
        return self._rows(f"SELECT max(ticket_id) AS n FROM {self._relation.sql}", [])[0]["n"]  # type: ignore[no-any-return]

    def add(self, ticket: Row) -> None:  # noqa: ARG002 - as the protocol has it
        """Refuse."""
        raise ReadOnly("These tickets are a copy in the warehouse.", next_step=f"Set {URL_VARIABLE} to write tickets.")

    def change(self, ticket_id: str, changes: Row) -> None:  # noqa: ARG002 - as the protocol has it
        """Refuse."""
        self.add({})

    def _rows(self, sql: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        with self._engine.read() as session:
            if self._relation not in session.relations():
                raise WarehouseMissing(
                    f"{self._relation} is not in the warehouse.",
                    next_step=f"Set {URL_VARIABLE}, or add the system support to the project and run `c360 run`.",
                )
            return session.query(sql, values).to_pylist()  # type: ignore[no-any-return]

    def _where(self, asked: Asked, *, after: bool) -> tuple[str, list[Any]]:
        parts = [f"{name} = ?" for name in asked.equal]  # names come from this API's parameters, never from a request
        values: list[Any] = list(asked.equal.values())
        for moment, rule in (
            (asked.created_from, "created_date >= ?"),
            (asked.created_before, "created_date < ?"),
        ):
            if moment:
                parts.append(rule)
                values.append(moment)
        if asked.changed_since:
            parts.append("(created_date >= ? OR resolved_date >= ?)")
            values += [asked.changed_since] * 2
        if after and asked.after:
            parts.append("(created_date > ? OR (created_date = ? AND ticket_id > ?))")
            values += [asked.after[0], *asked.after]
        return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _shown(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document.get(name) for name in FIELDS}
