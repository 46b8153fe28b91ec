"""Serve the catalogue of data products."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from customer360.governance.usage import DAYS, seen_by, usage
from customer360.web.api.problems import RESPONSES
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.catalog.cards import Card
    from customer360.project.glossary import Term
    from customer360.web.rooms import Rooms

Days = Annotated[int, Query(ge=1, le=3660, description="How many days back, today included.")]


class PortLineOut(BaseModel):
    """A port in the list."""

    id: str
    product: str
    domain: str | None
    owners: list[str]
    version: str
    status: str
    access: str
    description: str | None
    has_personal: bool
    is_sound: bool
    rows: int | None
    as_of: date | None
    built_at: datetime | None

    @classmethod
    def of(cls, card: Card) -> PortLineOut:
        """Describe a port."""
        return cls(**_line(card))


class PortColumnOut(BaseModel):
    """A column of a port."""

    name: str
    type: str
    is_key: bool
    classification: str | None
    mask: str | None
    description: str | None


class QualityOut(BaseModel):
    """How many checks of one dimension held at the last build."""

    dimension: str
    held: int
    failed: int
    not_run: int


class TermOut(BaseModel):
    """A word of the company."""

    word: str
    means: str
    synonyms: list[str]
    owner: str | None
    ports: list[str]
    metrics: list[str]

    @classmethod
    def of(cls, term: Term) -> TermOut:
        """Describe a term."""
        return cls(
            word=term.word,
            means=term.means,
            synonyms=list(term.synonyms),
            owner=term.owner,
            ports=list(term.ports),
            metrics=list(term.metrics),
        )


class PromiseOut(BaseModel):
    """A service level of the contract, as the last build found it."""

    property: str
    column: str
    found: str | None = Field(description="The newest day (retention: the oldest).")
    promised: str | None = Field(description="Its limit.")
    held: bool


class UseOut(BaseModel):
    """What one consumer read of a port on one day."""

    day: date
    consumer: str
    queries: int
    rows: int


class PortOut(PortLineOut):
    """A port with its columns, quality and what it feeds."""

    columns: list[PortColumnOut]
    quality: list[QualityOut]
    reads: list[str]
    read_by: list[str]
    metrics: list[str]
    dashboards: list[str]
    audiences: list[str]
    terms: list[str]
    kind: str = Field(description="source-aligned, aggregate or consumer-aligned.")
    promises: list[PromiseOut]
    questions: list[str] = Field(description="Verified questions that its metrics answer.")

    @classmethod
    def of(cls, card: Card) -> PortOut:
        """Describe a port in full."""
        columns = [
            PortColumnOut(
                name=column.name,
                type=column.type,
                is_key=column.primary_key is not None,
                classification=column.classification,
                mask=column.mask,
                description=column.description,
            )
            for column in card.port.contract.columns
        ]
        return cls(
            **_line(card),
            columns=columns,
            quality=[QualityOut(**vars(each)) for each in card.quality],
            reads=list(card.reads),
            read_by=list(card.read_by),
            metrics=list(card.metrics),
            dashboards=list(card.dashboards),
            audiences=list(card.audiences),
            terms=[term.word for term in card.terms],
            kind=card.kind,
            promises=[PromiseOut(**vars(each)) for each in card.promises],
            questions=list(card.questions),
        )


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(prefix="/catalogue", tags=["catalogue"], responses=RESPONSES)

    @routes.get("")
    def list_ports(
        search: Annotated[
            str | None, Query(max_length=200, description="Only ports that hold all these words.")
        ] = None,
    ) -> list[PortLineOut]:
        """List the output ports by domain and product."""
        return [PortLineOut.of(card) for card in rooms.cards(search=search)]

    @routes.get("/glossary")
    def list_terms(
        search: Annotated[str | None, Query(max_length=200, description="Only words that hold all of these.")] = None,
    ) -> list[TermOut]:
        """List the words of the company and what they mean."""
        return [TermOut.of(term) for term in rooms.project.glossary if not search or term.fits(search)]

    @routes.get("/{port}/usage")
    def read_usage(request: Request, port: str, days: Days = DAYS) -> list[UseOut]:
        """Count queries and rows per consumer and day; names are for the port's owners and who reads the history."""
        known = {each.id: each for each in rooms.governance.ports.values()}
        uses = usage(rooms.governance.state, rooms.card(port).id, days=days)
        return [
            UseOut(day=use.day, consumer=use.consumer, queries=use.queries, rows=use.rows)
            for use in seen_by(uses, visitor_of(request).actor, known)
        ]

    @routes.get("/{port}")
    def read_port(port: str) -> PortOut:
        """Return one port: columns, quality, what it reads, what reads it, metrics and dashboards."""
        return PortOut.of(rooms.card(port))

    return routes


def _line(card: Card) -> dict[str, Any]:
    port = card.port
    return {
        "id": card.id,
        "product": port.product.name,
        "domain": card.domain.label if card.domain else None,
        "owners": list(port.product.owners),
        "version": port.version,
        "status": port.product.status,
        "access": port.access,
        "description": port.description or port.contract.description,
        "has_personal": card.has_personal,
        "is_sound": card.is_sound,
        "rows": card.built.rows,
        "as_of": card.built.as_of,
        "built_at": card.built.built_at.replace(tzinfo=UTC) if card.built.built_at else None,
    }
