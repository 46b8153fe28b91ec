"""Serve the metric catalogue, and answer metric queries as JSON, CSV or an Arrow stream."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from fastapi import APIRouter, Request
from starlette.responses import Response

from customer360.dashboards.download import csv_text
from customer360.dashboards.frame import frame_of, plain_row
from customer360.semantic.query import MetricQuery
from customer360.web.api.problems import RESPONSES
from customer360.web.api.shapes import ColumnOut, MetricOut, MetricsOut, RowsOut

if TYPE_CHECKING:
    from customer360.semantic.answer import Answer
    from customer360.web.boards import Boards, Edition
    from customer360.web.rooms import Rooms

CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"

JSON_ROWS = 10_000
"""Rows of a JSON answer when the query names no limit; CSV and Arrow give all."""

_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"model": RowsOut, "content": {CSV: {}, ARROW: {}}}}


def router(rooms: Rooms, boards: Boards) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(prefix="/metrics", tags=["metrics"], responses=RESPONSES)

    @routes.get("")
    def list_metrics() -> MetricsOut:
        """List every metric with its meaning, formula and unit."""
        definitions = boards.edition().vocabulary.definitions
        return MetricsOut(metrics=[MetricOut.of(definition) for definition in definitions.values()])

    @routes.post("/query", responses=_ANSWERS, response_model=None)
    def query_metrics(request: Request, query: MetricQuery) -> Response | RowsOut:
        """Answer a metric query. `Accept: text/csv` or `application/vnd.apache.arrow.stream` changes the format."""
        wanted = _format(request.headers.get("accept", ""))
        edition = boards.edition()
        is_capped = wanted == JSON and query.limit is None
        asked = query.model_copy(update={"limit": JSON_ROWS + 1}) if is_capped else query
        answer = rooms.answer(asked, as_of=edition.as_of, at_snapshot=edition.snapshot.id)
        if wanted == CSV:
            return Response(csv_text(answer.table), media_type=CSV, headers={"Vary": "Accept"})
        if wanted == ARROW:
            return Response(_arrow(answer.table), media_type=ARROW, headers={"Vary": "Accept"})
        truncated = is_capped and answer.table.num_rows > JSON_ROWS
        return _rows(answer, query, edition).model_copy(update={"truncated": truncated})

    def _rows(answer: Answer, query: MetricQuery, edition: Edition) -> RowsOut:
        frame = frame_of(answer)
        return RowsOut(
            columns=[ColumnOut.of(column) for column in frame.columns],
            rows=[plain_row(row) for row in frame.rows(query.limit or JSON_ROWS)],
            sql=answer.sql,
            as_of=edition.as_of,
        )

    return routes


def _format(accept: str) -> str:
    """Return the first of our formats that the Accept header names; JSON when it names none."""
    named = [part.partition(";")[0].strip() for part in accept.split(",")]
    return next((kind for kind in named if kind in (CSV, ARROW, JSON)), JSON)


def _arrow(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()
