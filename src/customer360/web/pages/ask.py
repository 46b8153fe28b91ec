"""Answer questions in plain language on a page: sentence, chart, table, how it was read, and where it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from customer360.ask.edits import without_each
from customer360.dashboards.charts import CHARTS, Canvas
from customer360.dashboards.frame import frame_of
from customer360.dashboards.theme import PALETTES
from customer360.errors import QueryError
from customer360.semantic.answer import Answer
from customer360.semantic.query import parse_query

if TYPE_CHECKING:
    from customer360.ask.reply import Reply
    from customer360.dashboards.filled import Drawn
    from customer360.dashboards.frame import Frame
    from customer360.semantic.query import MetricQuery
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

TABLE_ROWS = 200
_DRAWN = ("line", "bar", "pie")
_LONGEST = 2_000
_LONGEST_READING = 8_000


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page. The questions before this one travel in the address, so that a page can be sent to others."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ask")
    def ask(
        request: Request,
        q: Annotated[str, Query(max_length=_LONGEST)] = "",
        c: Annotated[list[str] | None, Query(max_length=24)] = None,
        r: Annotated[str, Query(max_length=_LONGEST_READING)] = "",
    ) -> Response:
        text = q.strip()
        reply = rooms.ask(text, context=c or [], settled=_settled(r)) if text else None
        frame = _frame(reply) if reply is not None else None
        return pages.respond(
            request,
            "ask.html",
            question=text,
            reply=reply,
            frame=frame,
            drawn=_drawn(rooms, reply, frame),
            rows=TABLE_ROWS,
            again=_again(reply) if reply is not None else [],
            choices=_choices(reply) if reply is not None else [],
            chips=_chips(reply) if reply is not None else [],
            palettes={mode: dict(palette) for mode, palette in PALETTES.items()},
        )

    return routes


def _settled(text: str) -> MetricQuery | None:
    """Return the reading that an address carries: a metric query as JSON. Errors: QueryError."""
    if not text:
        return None
    try:
        return parse_query(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise QueryError("The reading in the address is no JSON.", next_step="Ask the question again.") from error


def _address(reply: Reply, query: MetricQuery) -> str:
    return "/ask?" + urlencode({"q": reply.question, "c": reply.context[:-1], "r": query.canonical()}, doseq=True)


def _choices(reply: Reply) -> list[tuple[str, str | None]]:
    """Return the ways to read a question, each with the address that answers it so."""
    return [(each.text, _address(reply, each.query) if each.query else None) for each in reply.choices]


def _chips(reply: Reply) -> list[tuple[str, str, str | None]]:
    """Return the parts of the reading, each with the address of the answer without it."""
    left = without_each(reply.query) if reply.query is not None else ()
    return [
        (chip.kind, chip.text, _address(reply, query) if query is not None else None)
        for chip, query in zip(reply.chips, left, strict=False)
    ]


def _frame(reply: Reply) -> Frame | None:
    """Return the answer in the shape that tables and charts draw from; none for questions about the data."""
    if reply.table is None or reply.query is None or reply.as_of is None:
        return None
    return frame_of(Answer(reply.table, reply.sql or "", reply.query, reply.columns, reply.as_of))


def _drawn(rooms: Rooms, reply: Reply | None, frame: Frame | None) -> Drawn | None:
    """Return the chart of an answer of one figure by one dimension."""
    if reply is None or frame is None or reply.as_of is None or reply.chart not in _DRAWN:
        return None
    if len(frame.dimensions) != 1 or len(frame.metrics) != 1 or not frame.has_figures:
        return None
    canvas = Canvas(
        title=reply.reading or reply.question,
        options={},
        as_of=reply.as_of,
        currency=rooms.project.settings.currency,
    )
    return CHARTS[reply.chart].draw(frame, canvas)


def _again(reply: Reply) -> list[tuple[str, str]]:
    """Return the words offered for an unknown one, each with the address of the question that has it instead."""
    if len(reply.not_understood) != 1:
        return []
    unknown = reply.not_understood[0]
    return [
        (word, "/ask?" + urlencode({"q": reply.question.replace(unknown, word), "c": reply.context}, doseq=True))
        for word in reply.suggestions
    ]
