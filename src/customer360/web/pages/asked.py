"""Take what people say of answers, pin answers to dashboards, and show those who mend the words what was said."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.ask.asked import Asked, Verdict
from customer360.ask.questionfiles import read_synonyms, review_synonym
from customer360.dashboards import editing
from customer360.dashboards.own import OwnBoard
from customer360.errors import NotPermitted, QueryError
from customer360.semantic.query import parse_query
from customer360.web.pages.asking import Question
from customer360.web.pages.forms import back, form_of
from customer360.web.pages.own_boards import other_model, owner_of, tile_for
from customer360.web.pages.queryform import chart_for
from customer360.web.visitors import may_review, visitor_of

if TYPE_CHECKING:
    from customer360.ask.asked import Opinion
    from customer360.semantic.query import MetricQuery
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

PAGE = "/ask/asked"
_DECISIONS = {"approve": "approved", "reject": "rejected"}


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the page and the targets of the forms."""
    routes = APIRouter(prefix="/ask", include_in_schema=False)
    asked = Asked(rooms.project.root)
    _add_opinions(routes, asked)
    _add_review(routes, rooms, asked, pages)

    @routes.post("/pin")
    async def pin(request: Request) -> Response:
        form, owner = await form_of(request), owner_of(request)
        board = await run_sync(lambda: _pinned(rooms, boards, form, owner))
        name = board.document["widgets"][-1]["name"]
        return RedirectResponse(f"/dashboards/{board.name}#{name}", HTTPStatus.SEE_OTHER)

    return routes


def _add_opinions(routes: APIRouter, asked: Asked) -> None:
    @routes.post("/opinions")
    async def judge(request: Request) -> Response:
        form, who = await form_of(request), owner_of(request)
        if not form.get("q") or form.get("verdict") not in ("up", "down"):
            raise QueryError("An opinion is about a question, up or down.")
        question = Question(form["q"][:2_000], reading=form.get("r", ""))
        reading = _plain(question.settled)
        verdict = cast("Verdict", form["verdict"])
        status = form.get("status", "answered")[:20]
        await run_sync(
            lambda: asked.judge(who, question.text, verdict, status=status, reading=reading, note=form.get("note"))
        )
        to = back(form.get("back"))
        mark = "&" if "?" in to else "?"
        return RedirectResponse(f"{to}{mark}said={verdict}#said", HTTPStatus.SEE_OTHER)

    @routes.post("/history/deletion")
    async def forget(request: Request) -> Response:
        await form_of(request)
        who = owner_of(request)
        await run_sync(lambda: asked.clear(who))
        return RedirectResponse("/ask", HTTPStatus.SEE_OTHER)


def _add_review(routes: APIRouter, rooms: Rooms, asked: Asked, pages: Pages) -> None:
    def check(request: Request) -> None:
        if not may_review(visitor_of(request)):
            raise NotPermitted("Owners of data and administrators see what others asked.")

    @routes.get("/asked")
    def show(request: Request, done: bool = False) -> Response:
        check(request)
        opinions = asked.opinions(open_only=not done)
        words = [each for each in read_synonyms(rooms.project.root) if each.status == "proposed"]
        counts = {verdict: sum(each.verdict == verdict for each in opinions) for verdict in ("up", "down")}
        listed = [(each, _asked_again(each)) for each in opinions]
        return pages.respond(request, "asked.html", opinions=listed, words=words, counts=counts, done=done)

    @routes.post("/opinions/{number}/closing")
    async def close(request: Request, number: int) -> Response:
        await form_of(request)
        check(request)
        who = owner_of(request)
        await run_sync(lambda: asked.close(number, by=who))
        return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)

    @routes.post("/words")
    async def decide(request: Request) -> Response:
        form = await form_of(request)
        check(request)
        decision = _DECISIONS.get(form.get("decision", ""))
        if decision is None:
            raise QueryError("A word is approved or rejected.")
        await run_sync(lambda: review_synonym(rooms.project.root, form.get("word", ""), decision))
        return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)


def _plain(query: MetricQuery | None) -> dict[str, Any] | None:
    return None if query is None else query.model_dump(mode="json", exclude_defaults=True, by_alias=True)


def _asked_again(opinion: Opinion) -> str:
    """Return the page that answers the question as it was read then."""
    reading = parse_query(opinion.reading).canonical() if opinion.reading else ""
    return Question(opinion.text, reading=reading).address


def _pinned(rooms: Rooms, boards: Boards, form: dict[str, str], owner: str) -> OwnBoard:
    """Add an answer to one of somebody's dashboards, or to a new one. Errors: QueryError, NotPermitted."""
    question = Question(form.get("q", ""), reading=form.get("r", ""), model=form.get("m", ""))
    query = question.settled
    if query is None:
        raise QueryError("There is no answer to pin.", next_step="Ask a question that is answered by figures.")
    other = other_model(rooms, question.model)
    chart = form.get("chart") or chart_for(query, rooms.semantic_model(other))
    tile: dict[str, Any] = tile_for(rooms, form.get("title") or question.text, chart, query, model=other)
    name = form.get("board", "")
    own = boards.own.named(name) if name else None
    if own is None:
        title = form.get("new") or "My dashboard"
        own = boards.own.create(owner, {"title": title, "filters": ["date"], "widgets": []})
    return boards.own.save(own, editing.added(own.document, tile), by=owner)
