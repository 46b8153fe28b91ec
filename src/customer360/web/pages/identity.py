"""Show how sure identity is, put doubts side by side, and take decisions of those who may decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.customers import Customers
from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.identity.failures import IdentityError
from customer360.identity.lifecycle import FIGURE, REVIEW, XREF
from customer360.web.pages.forms import back, lists_of
from customer360.web.pages.showing import evidence_of
from customer360.web.visitors import decider, visitor_of

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.identity.lifecycle import People
    from customer360.names import Relation
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

PAGE = "/identity"
DOUBTS = 20
_FIRST = ("people", "records", "doubts to review")
_TRAITS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "full_name": None,
    "date_of_birth": "date_of_birth",
    "email": "email",
    "phone_number": "phone",
    "city": "home",
    "country": None,
    "registration_date": None,
}
"""Columns of a record side by side, and the comparison that judges each."""


@dataclass(frozen=True)
class Line:
    """One attribute of two records, and what their comparison found (None: it was not compared)."""

    name: str
    one: Any
    other: Any
    level: str | None
    bits: float | None


@dataclass(frozen=True)
class Doubt:
    """Two records that may be one person."""

    row: dict[str, Any]
    one: str
    other: str
    lines: tuple[Line, ...]
    rest: tuple[Line, ...]
    """Comparisons of what no column shows alone."""
    decided: str | None


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page and the targets of its forms."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PAGE)
    def show(request: Request) -> Response:
        people, who = rooms.people(), decider(visitor_of(request)).name
        figures, figures_refused = _allowed(people, FIGURE, people.figures)
        doubts, doubts_refused = _allowed(people, REVIEW, lambda: people.doubts(DOUBTS))
        decisions, decisions_refused = _allowed(people, XREF, people.decisions)
        return pages.respond(
            request,
            "identity.html",
            figures=sorted(figures, key=lambda row: (row["figure"] not in _FIRST, row["figure"])),
            doubts=_side_by_side(rooms, doubts, decisions),
            decisions=list(reversed(decisions)),
            refused=[text for text in (figures_refused, doubts_refused, decisions_refused) if text],
            may_decide=people.door.may_decide(who),
        )

    @routes.post("/identity/decisions")
    async def decide(request: Request) -> Response:
        form, who = await lists_of(request), decider(visitor_of(request)).name
        await run_sync(lambda: _decide(rooms.people(), form, who))
        return RedirectResponse(back(next(iter(form.get("back", ())), PAGE)), HTTPStatus.SEE_OTHER)

    @routes.post("/identity/decisions/{number}/undo")
    async def undo(request: Request, number: int) -> Response:
        who = decider(visitor_of(request)).name
        await lists_of(request)
        await run_sync(lambda: rooms.people().undo(number, who=who))
        return RedirectResponse(f"{PAGE}#decisions", HTTPStatus.SEE_OTHER)

    return routes


def _allowed(people: People, table: Relation, read: Callable[[], pa.Table]) -> tuple[list[dict[str, Any]], str | None]:
    """Return rows of a table, or why there are none; who opens the page has not asked for each part of it."""
    refusal: C360Error | None = people.door.refusal(table)
    if refusal is None:
        try:
            return read().to_pylist(), None
        except IdentityError as error:
            refusal = error
    return [], f"{refusal.what} {refusal.next_step or ''}".strip()


def _decide(people: People, form: dict[str, list[str]], who: str) -> None:
    kind, why = next(iter(form.get("kind", ())), ""), next(iter(form.get("why", ())), "").strip()
    if not why:
        raise QueryError("A decision has a reason.", next_step="Say why, for those who come after.")
    one, other = (next(iter(form.get(name, ())), "") for name in ("one", "other"))
    if kind == "merge":
        people.merge(one, other, who=who, why=why)
    elif kind == "never":
        people.never(one, other, who=who, why=why)
    elif kind == "split":
        people.split(one, form.get("record", []), who=who, why=why)
    else:
        raise QueryError("A decision is to merge, to split or to keep apart.")


def _side_by_side(rooms: Rooms, rows: list[dict[str, Any]], decisions: list[dict[str, Any]]) -> list[Doubt]:
    """Return doubts with both records as whoever asks may see them."""
    pairs = [(f"{row['system_a']}:{row['record_id_a']}", f"{row['system_b']}:{row['record_id_b']}") for row in rows]
    try:
        records = Customers(rooms).records(sorted({name for pair in pairs for name in pair})) if pairs else {}
    except NotPermitted:
        records = {}
    found = []
    for row, (one, other) in zip(rows, pairs, strict=True):
        lines, rest = compared(row["evidence"] or "", records.get(one, {}), records.get(other, {}))
        found.append(Doubt(row, one, other, lines, rest, _decision(decisions, one, other)))
    return found


def compared(evidence: str, one: dict[str, Any], other: dict[str, Any]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the attributes of two records with what the evidence says of each, and what it says beyond them."""
    found = {each.name: each for each in evidence_of(evidence)}
    lines = []
    for column, trait in _TRAITS.items():
        match = found.pop(trait, None) if trait else None
        values = (one.get(column), other.get(column))
        if match is not None or any(value is not None for value in values):
            lines.append(Line(column, *values, match.level if match else None, match.bits if match else None))
    rest = [Line(trait, None, None, match.level, match.bits) for trait, match in found.items()]
    return tuple(lines), tuple(rest)


def _decision(decisions: list[dict[str, Any]], one: str, other: str) -> str | None:
    """Return the kind of the newest decision that holds about two records."""
    for each in reversed(decisions):
        sides = (set((each["records_a"] or "").split()), set((each["records_b"] or "").split()))
        is_about = (one in sides[0] and other in sides[1]) or (one in sides[1] and other in sides[0])
        if is_about and not each["undone_by"]:
            return str(each["kind"])
    return None
