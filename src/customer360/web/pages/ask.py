"""Answer questions in plain language on a page: sentence, chart, table, how it was read, and where it comes from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from customer360.ask.asked import Asked
from customer360.ask.questionfiles import plain_questions
from customer360.dashboards.charts import CHARTS, Canvas
from customer360.dashboards.charts.bar import as_drawn
from customer360.dashboards.download import csv_text
from customer360.dashboards.frame import frame_of
from customer360.dashboards.theme import PALETTES
from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.semantic.answer import Answer
from customer360.semantic.describe import describe
from customer360.web.pages.asking import Question
from customer360.web.pages.own_boards import owner_of, title_of
from customer360.web.pages.queryform import entered, offers, query_from
from customer360.web.visitors import may_review, visitor_of

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.ask.reply import Reply
    from customer360.dashboards.filled import Drawn
    from customer360.dashboards.frame import Frame
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

TABLE_ROWS = 200
EXAMPLES, HISTORY = 12, 10
_ASKS = frozenset({"who", "what", "which", "when", "where", "why", "how", "do", "does", "is", "are", "can", "did"})
_DRAWN = ("line", "bar", "pie")
_LONGEST = 2_000
_LONGEST_READING = 8_000

Text = Annotated[str, Query(max_length=_LONGEST)]
Context = Annotated[list[str] | None, Query(max_length=24)]
ReadingText = Annotated[str, Query(max_length=_LONGEST_READING)]
ModelName = Annotated[str, Query(max_length=63)]


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the page. The questions before this one travel in the address, so that a page can be sent to others."""
    routes = APIRouter(include_in_schema=False)
    asked = Asked(rooms.project.root)
    offered = cache(lambda model: examples(rooms, model))

    @routes.get("/ask")
    def ask(
        request: Request, q: Text = "", c: Context = None, r: ReadingText = "", m: ModelName = "", said: str = ""
    ) -> Response:
        question, who = Question(q.strip(), tuple(c or ()), r, m), owner_of(request)
        reply = question.answered(rooms) if question.text else None
        facts = _answer(rooms, boards, question, reply, who) if reply is not None else {}
        shown: dict[str, Any] = {
            "question": question,
            "reply": reply,
            "history": _history(asked, who, question, reply),
            "examples": offered(m),
            "models": question.elsewhere(rooms),
            "said": said,
            "may_review": may_review(visitor_of(request)),
        }
        return pages.respond(request, "ask.html", **shown, **facts)

    @routes.get("/ask.csv")
    def table(q: Text = "", c: Context = None, r: ReadingText = "", m: ModelName = "") -> Response:
        reply = Question(q.strip(), tuple(c or ()), r, m).answered(rooms)
        figures = _figures(reply)
        headers = {"Content-Disposition": 'attachment; filename="answer.csv"'}
        return Response(csv_text(figures), media_type="text/csv", headers=headers)

    @routes.get("/ask/reading")
    def read(request: Request, q: Text = "", c: Context = None, r: ReadingText = "", m: ModelName = "") -> Response:
        """Take the reading as the form corrects it, and answer that."""
        question = Question(q.strip(), tuple(c or ()), r, m)
        model = rooms.semantic_model(m or None)
        query = query_from(dict(request.query_params), model, question.settled)
        return RedirectResponse(replace(question, reading=query.canonical()).address, 303)

    return routes


def _history(asked: Asked, who: str, question: Question, reply: Reply | None) -> list[Any]:
    """Remember a question that was answered or refused, and return those that somebody asked before it."""
    if reply is not None:
        with suppress(OSError, C360Error):  # a folder that cannot be written costs the history, not the answer
            asked.remember(who, question.text, reply.status)
    return [each for each in asked.last(who, limit=HISTORY + 1) if each.text != question.text][:HISTORY]


def _figures(reply: Reply) -> pa.Table:
    """Return the table of an answer. Errors: NotPermitted, QueryError for an answer without one."""
    if reply.reason == "not_permitted":
        raise NotPermitted(reply.text)
    if reply.table is None:
        raise QueryError(reply.text, next_step="Ask for figures; the answer is then a table.")
    return reply.table


def examples(rooms: Rooms, model: str = "") -> tuple[str, ...]:
    """Return questions that a model can answer: verified ones of the first, else some that its metrics suggest."""
    is_first = model in ("", next(iter(rooms.project.semantics), ""))
    verified = tuple(each.question for each in plain_questions(rooms.project.root)) if is_first else ()
    if verified or not rooms.project.semantics:
        step = max(1, len(verified) // EXAMPLES)
        return tuple(map(_as_asked, verified[::step][:EXAMPLES]))
    timed = [each.label.lower() for each in describe(rooms.semantic_model(model or None)) if each.time_field]
    return tuple(f"{label} by month" for label in timed[:EXAMPLES])


def _as_asked(text: str) -> str:
    """Return a question as people write it; not each is one."""
    return text if text.split(" ", maxsplit=1)[0].casefold() in _ASKS else text.removesuffix("?")


def _answer(rooms: Rooms, boards: Boards, question: Question, reply: Reply, who: str) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    frame = _frame(reply)
    model = rooms.semantic_model(question.model or None)
    query = reply.query
    return {
        "frame": frame,
        "drawn": _drawn(rooms, reply, frame),
        "rows": TABLE_ROWS,
        "again": question.again(reply),
        "choices": question.choices(reply),
        "chips": question.chips(reply),
        "link": question.read_as(reply, query) if query is not None else None,
        "offers": offers(model) if query is not None else None,
        "entered": entered(query) if query is not None else None,
        "pin_title": title_of(model, query) if query is not None else None,
        "mine": boards.own.of(who),
        "palettes": {mode: dict(palette) for mode, palette in PALETTES.items()},
    }


def _frame(reply: Reply) -> Frame | None:
    """Return the answer in the shape that tables and charts draw from; none for questions about the data."""
    if reply.table is None or reply.query is None or reply.as_of is None:
        return None
    frame = frame_of(Answer(reply.table, reply.sql or "", reply.query, reply.columns, reply.as_of))
    is_free = reply.chart == "bar" and not reply.query.order and _is_one_by_one(frame)
    return as_drawn(frame) if is_free else frame


def _is_one_by_one(frame: Frame) -> bool:
    return len(frame.dimensions) == 1 and len(frame.metrics) == 1 and frame.has_figures


def _drawn(rooms: Rooms, reply: Reply, frame: Frame | None) -> Drawn | None:
    """Return the chart of an answer of one figure by one dimension."""
    if frame is None or reply.as_of is None or reply.chart not in _DRAWN:
        return None
    if not _is_one_by_one(frame):
        return None
    canvas = Canvas(
        title=reply.reading or reply.question,
        options={},
        as_of=reply.as_of,
        currency=rooms.project.settings.currency,
    )
    return CHARTS[reply.chart].draw(frame, canvas)
