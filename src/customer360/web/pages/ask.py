"""Answer questions in plain language on a page: sentence, chart, table, how it was read, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from customer360.dashboards.charts import CHARTS, Canvas
from customer360.dashboards.frame import frame_of
from customer360.dashboards.theme import PALETTES
from customer360.semantic.answer import Answer

if TYPE_CHECKING:
    from customer360.ask.reply import Reply
    from customer360.dashboards.filled import Drawn
    from customer360.dashboards.frame import Frame
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

TABLE_ROWS = 200
_DRAWN = ("line", "bar", "pie")
_LONGEST = 2_000


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page. The questions before this one travel in the address, so that a page can be sent to others."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ask")
    def ask(
        request: Request,
        q: Annotated[str, Query(max_length=_LONGEST)] = "",
        c: Annotated[list[str] | None, Query(max_length=24)] = None,
    ) -> Response:
        text = q.strip()
        reply = rooms.ask(text, context=c or []) if text else None
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
            palettes={mode: dict(palette) for mode, palette in PALETTES.items()},
        )

    return routes


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
