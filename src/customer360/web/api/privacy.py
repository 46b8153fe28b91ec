"""Carry out what people ask about their data, over REST: for privacy officers."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from customer360.audiences.recall import recall_of
from customer360.privacy.desk import PrivacyDesk
from customer360.privacy.office import PrivacyOffice
from customer360.privacy.removal import Mode
from customer360.web.api.problems import RESPONSES, problems
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.privacy.certificate import Certificate
    from customer360.privacy.ledger import Erasure
    from customer360.web.rooms import Rooms

ZIP = "application/zip"
Number = Annotated[int, Field(ge=1, le=2**62)]
_ALL = {**RESPONSES, 409: problems("It cannot be carried out now; `next_step` says why.")}


class PersonIn(BaseModel):
    """Whom a request is about."""

    model_config = ConfigDict(extra="forbid")
    person: str = Field(min_length=1, max_length=500, description="Customer id, system:record_id or e-mail address.")


class ErasureIn(PersonIn):
    """An erasure."""

    mode: Mode = Field(default="delete", description="anonymise leaves rows that count, under ids of nobody.")
    reason: str | None = Field(default=None, max_length=500, description="Stands in the certificate.")


class FoundOut(BaseModel):
    """Rows of a person, by table."""

    records: dict[str, int] = Field(description="Number of records by system.")
    tables: dict[str, int]


class ErasureOut(BaseModel):
    """An erasure: nothing of the person stands in it."""

    number: int
    started_at: datetime
    by: str
    mode: str
    status: str = Field(description="begun, removed (older states are still on disk) or complete")
    finished_at: datetime | None

    @classmethod
    def of(cls, erasure: Erasure) -> ErasureOut:
        """Describe an erasure."""
        known = {name: value for name, value in vars(erasure).items() if name in cls.model_fields}
        return cls(number=erasure.id, by=erasure.actor, **known)


class CertificateOut(BaseModel):
    """What an erasure removed where, signed."""

    model_config = ConfigDict(extra="allow")
    format: str
    number: int
    mode: str
    removed: list[dict[str, Any]]
    signature: dict[str, str]


class ConsentIn(PersonIn):
    """What a person says about being contacted."""

    purpose: str = Field(default="marketing", min_length=1, max_length=100, examples=["marketing", "*"])
    channel: str = Field(min_length=1, max_length=100, examples=["email", "phone", "*"])
    allowed: bool


class ConsentOut(BaseModel):
    """What holds for a purpose and a channel, or what held."""

    purpose: str
    channel: str
    is_allowed: bool
    decided_on: date
    source: str


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(prefix="/privacy", tags=["privacy"], responses=_ALL)
    office = PrivacyOffice(rooms.engine, rooms.project, rooms.governance, recall=recall_of(rooms))
    routes.include_router(_erasures(office))
    routes.include_router(_people(PrivacyDesk(rooms.engine, rooms.project, rooms.governance)))
    return routes


def _erasures(office: PrivacyOffice) -> APIRouter:
    routes = APIRouter()

    @routes.post("/people")
    def find_person(request: Request, asked: PersonIn) -> FoundOut:
        """Say how many rows of which tables are a person's."""
        found = office.find(asked.person, by=visitor_of(request).actor)
        records = Counter(system for system, _ in found.subject.records)
        return FoundOut(records=dict(records), tables={str(r): n for r, n in sorted(found.rows.items()) if n})

    @routes.get("/erasures")
    def list_erasures(request: Request) -> list[ErasureOut]:
        """List erasures, newest first."""
        return [ErasureOut.of(each) for each in office.erasures(by=visitor_of(request).actor)]

    @routes.post("/erasures", status_code=201)
    def erase_person(request: Request, asked: ErasureIn) -> CertificateOut:
        """Erase a person; older states of the warehouse end. It cannot be taken back."""
        who = visitor_of(request).actor
        return _out(office.erase(asked.person, mode=asked.mode, by=who, reason=asked.reason))

    @routes.post("/erasures/{number}/completion")
    def complete_erasure(request: Request, number: Number) -> CertificateOut:
        """Delete older states that were being read during an erasure."""
        return _out(office.finish(number, by=visitor_of(request).actor))

    @routes.get("/erasures/{number}/certificate")
    def read_certificate(request: Request, number: Number) -> CertificateOut:
        """Return the certificate of a complete erasure, verified."""
        return _out(office.certificate(number, by=visitor_of(request).actor))

    return routes


def _people(desk: PrivacyDesk) -> APIRouter:
    routes = APIRouter()

    @routes.post("/exports", responses={200: {"content": {ZIP: {}}}}, response_class=Response)
    def export_person(request: Request, asked: PersonIn) -> Response:
        """Return everything that is kept about a person as one zip: a page to read, and JSON a table."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answer.zip"
            desk.export(asked.person, path, by=visitor_of(request).actor)
            body = path.read_bytes()
        return Response(body, media_type=ZIP, headers={"Content-Disposition": 'attachment; filename="answer.zip"'})

    @routes.post("/consent")
    def read_consent(request: Request, asked: PersonIn) -> list[ConsentOut]:
        """Return what holds for a person, by purpose and channel."""
        return _consent(desk, request, asked)

    @routes.put("/consent")
    def keep_consent(request: Request, asked: ConsentIn) -> list[ConsentOut]:
        """Keep what a person says, and return what holds now."""
        who = visitor_of(request).actor
        desk.decide(asked.person, purpose=asked.purpose, channel=asked.channel, is_allowed=asked.allowed, by=who)
        return _consent(desk, request, asked)

    return routes


def _consent(desk: PrivacyDesk, request: Request, asked: PersonIn) -> list[ConsentOut]:
    found = desk.consent(asked.person, by=visitor_of(request).actor).to_pylist()
    return [ConsentOut(**row) for row in found]


def _out(made: Certificate) -> CertificateOut:
    return CertificateOut(**made.document)
