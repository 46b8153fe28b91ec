"""Show audiences, build one with its size counted live, refresh it, and say what sending it did."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from customer360.audiences.permit import Permit
from customer360.audiences.room import Audiences, audiences_of
from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.semantic.labels import labels_of, things
from customer360.semantic.segment_query import parse_segment
from customer360.web.pages import conditions
from customer360.web.pages.forms import form_of
from customer360.web.pages.own_boards import owner_of

if TYPE_CHECKING:
    from customer360.audiences.lift import Measured
    from customer360.audiences.results import Preview, Status
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

PAGE = "/audiences"
COMPARED = 8
"""Audiences whose overlap is counted on the page."""
LOGGED = 12


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the pages and the targets of their forms."""
    routes = APIRouter(prefix=PAGE, include_in_schema=False)

    @routes.get("")
    def show(request: Request) -> Response:
        room = audiences_of(rooms)
        listed = room.list()
        names = [each.audience.name for each in listed if each.refresh is not None][:COMPARED]
        labels = {each.audience.name: each.audience.label for each in listed}
        facts: dict[str, Any] = {"listed": listed, "overlaps": _overlaps(room, names), "names": names, "labels": labels}
        return pages.respond(request, "audiences.html", **facts)

    _add_builder(routes, rooms, pages)
    _add_one(routes, rooms, pages)
    _add_acts(routes, rooms)
    return routes


def _overlaps(room: Audiences, names: list[str]) -> list[list[tuple[int, float]]]:
    """Return how many each pair of audiences has in common, and which share of the row's audience that is."""
    found = [[room.overlap(one, other) for other in names] for one in names]
    return [[(each.both, each.both / each.first if each.first else 0.0) for each in row] for row in found]


def _add_builder(routes: APIRouter, rooms: Rooms, pages: Pages) -> None:
    subject = rooms.project.settings.subject
    offered = cache(lambda: conditions.offers_for(rooms.semantic_model(), subject))

    def builder(request: Request, chosen: conditions.Chosen, status: int = 200, **more: Any) -> Response:
        room = audiences_of(rooms)
        size, refused = _size(rooms, room, chosen)
        facts: dict[str, Any] = {
            "chosen": chosen,
            "offers": offered(),
            "operators": conditions.OPERATORS,
            "periods": conditions.PERIODS,
            **_of_model(rooms),
            "size": size,
            "refused": refused,
            "channels": [name for name in rooms.project.settings.consent if "/" not in name],
        }
        return pages.respond(request, "audience_builder.html", status, **facts, **more)

    @routes.get("/new")
    def build(request: Request) -> Response:
        chosen = conditions.chosen_of(dict(request.query_params))
        return builder(request, chosen, name=request.query_params.get("name", ""), wrong=None, typed={})

    @routes.post("")
    async def save(request: Request) -> Response:
        form, owner = await form_of(request), owner_of(request)
        chosen = conditions.chosen_of(form)
        try:
            made = await run_sync(lambda: _saved(rooms, chosen, form, owner))
        except NotPermitted:
            raise
        except C360Error as error:
            facts = {"name": form.get("name", ""), "wrong": error, "typed": form}
            return await run_sync(lambda: builder(request, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, **facts))
        return RedirectResponse(f"{PAGE}/{quote(made)}", HTTPStatus.SEE_OTHER)


def _of_model(rooms: Rooms) -> dict[str, Any]:
    """Return which semantic model conditions are about, where a project has several."""
    first, *others = map(things, rooms.project.semantics)
    return {"of_model": first if others else None, "other_models": others}


def _size(rooms: Rooms, room: Audiences, chosen: conditions.Chosen) -> tuple[Preview | None, C360Error | None]:
    """Return how many the conditions choose, or what is wrong with them."""
    if chosen.is_empty:
        return None, None
    try:
        return room.preview_of(parse_segment({"members": conditions.members_of(chosen, rooms.semantic_model())})), None
    except C360Error as error:
        return None, error


def _saved(rooms: Rooms, chosen: conditions.Chosen, form: dict[str, str], owner: str) -> str:
    share = form.get("hold_out", "").strip().rstrip("%")
    channel = form.get("channel") or None
    document = {
        "label": form.get("label"),
        "description": " ".join(form.get("description", "").split())[:400],
        "purpose": form.get("purpose"),
        "channel": channel,
        "consent": "required" if channel else "not_required",
        "members": conditions.members_of(chosen, rooms.semantic_model()),
        "hold_out": int(share) / 100 if share.isdigit() else 0,
    }
    room = audiences_of(rooms)
    room.preview_of(parse_segment({"members": document["members"]}))
    return room.own.save(owner, document, rooms.project.settings, name=form.get("name") or None).name


def _add_one(routes: APIRouter, rooms: Rooms, pages: Pages) -> None:
    @routes.get("/{name}")
    def one(request: Request, name: str, metric: str = "revenue") -> Response:
        room = audiences_of(rooms)
        audience = room.named(name)
        status = next(each for each in room.list() if each.audience.name == name)
        facts = _facts(rooms, room, status, metric)
        is_mine = name in room.own.all() and owner_of(request) in audience.owners
        return pages.respond(
            request,
            "audience.html",
            is_mine=is_mine,
            is_own=name in room.own.all(),
            keeps=Permit(rooms.governance, rooms.project).keeps(audience),
            **facts,
        )

    @routes.get("/{name}/yaml")
    def text(name: str) -> Response:
        disposition = f'attachment; filename="{name.removeprefix("own_")}.yaml"'
        content = audiences_of(rooms).own.text(name)
        return PlainTextResponse(content, media_type="application/yaml", headers={"Content-Disposition": disposition})


def _add_acts(routes: APIRouter, rooms: Rooms) -> None:
    @routes.post("/{name}/refresh")
    async def refresh(request: Request, name: str) -> Response:
        await form_of(request)
        await run_sync(lambda: audiences_of(rooms).refresh(name))
        return RedirectResponse(f"{PAGE}/{quote(name)}", HTTPStatus.SEE_OTHER)

    @routes.post("/{name}/exports")
    async def send(request: Request, name: str) -> Response:
        form = await form_of(request)
        if form.get("confirm") != "yes":
            raise QueryError("Nothing was sent: it was not confirmed.", next_step="Tick the box.")
        await run_sync(lambda: audiences_of(rooms).export(name, form.get("destination", "")))
        return RedirectResponse(f"{PAGE}/{quote(name)}", HTTPStatus.SEE_OTHER)

    @routes.post("/{name}/deletion")
    async def delete(request: Request, name: str) -> Response:
        await form_of(request)
        owner = owner_of(request)
        await run_sync(lambda: audiences_of(rooms).own.delete(name, by=owner))
        return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)


def _facts(rooms: Rooms, room: Audiences, status: Status, metric: str) -> dict[str, Any]:
    audience = status.audience
    size, refused = _preview(room, audience.name)
    lift, unmeasured = _lift(room, audience.name, metric) if audience.hold_out else (None, None)
    rows = conditions.rows_of(audience.members)
    return {
        "standing": status,
        "audience": audience,
        "size": size,
        "refused": refused,
        "labels": labels_of(rooms.semantic_model()),
        "refreshes": () if status.refused else room.book.refreshes(audience.name)[:LOGGED],
        "exports": () if status.refused else room.book.exports(audience.name)[:LOGGED],
        "lift": lift,
        "unmeasured": unmeasured,
        "metric": metric,
        "measurable": conditions.measurable(rooms.semantic_model()),
        "change": f"{PAGE}/new?{urlencode([*rows.pairs, ('name', audience.name)])}" if rows else None,
        "copy": f"{PAGE}/new?{urlencode(list(rows.pairs))}" if rows else None,
    }


def _preview(room: Audiences, name: str) -> tuple[Preview | None, C360Error | None]:
    try:
        return room.preview(name), None
    except C360Error as error:
        return None, error


def _lift(room: Audiences, name: str, metric: str) -> tuple[Measured | None, C360Error | None]:
    """Return what sending did, or why that cannot be said."""
    refreshes = room.book.refreshes(name)
    if refreshes and refreshes[-1].as_of >= room.day():
        return None, C360Error(
            f"No day of sales has passed since {refreshes[-1].as_of}, so nothing can be compared yet."
        )
    try:
        return room.lift(name, metric), None
    except C360Error as error:
        return None, error
