"""Serve the metric catalogue, and answer metric queries as JSON, CSV or an Arrow stream."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from customer360.dashboards.download import csv_text
from customer360.dashboards.frame import frame_of, plain_row
from customer360.semantic.describe import describe, describe_dimensions, fits
from customer360.semantic.query import MetricQuery
from customer360.web.api.problems import RESPONSES
from customer360.web.api.shapes import ColumnOut, DimensionOut, MetricDetailOut, MetricsOut, RowsOut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.answer import Answer
    from customer360.web.boards import Boards, Edition
    from customer360.web.rooms import Rooms

CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"

Model = Annotated[
    str | None, Query(max_length=200, description="A file of `semantic/`; default: the project's first semantic model.")
]
Search = Annotated[str | None, Query(description="Only those whose name, words or meaning hold this text.")]

_BATCH_ROWS = 65_536

JSON_ROWS = 10_000
"""Rows of a JSON answer when the query names no limit; CSV and Arrow give all."""

_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"model": RowsOut, "content": {CSV: {}, ARROW: {}}}}


def router(rooms: Rooms, boards: Boards) -> APIRouter:
    """Return the endpoints. Every query is answered as who sent it may see it: the gate knows."""
    routes = APIRouter(prefix="/metrics", tags=["metrics"], responses=RESPONSES)

    @routes.get("")
    def list_metrics(search: Search = None, model: Model = None) -> MetricsOut:
        """List the metrics with meaning, formula, unit, grain and dimensions, and the dimensions themselves."""
        found = rooms.semantic_model(model)
        metrics = [MetricDetailOut.described(m) for m in describe(found) if fits(search, m)]
        dimensions = [DimensionOut.of(d) for d in describe_dimensions(found) if fits(search, d)]
        return MetricsOut(metrics=metrics, dimensions=dimensions)

    @routes.post("/query", responses=_ANSWERS, response_model=None)
    def query_metrics(request: Request, query: MetricQuery, model: Model = None) -> Response | RowsOut:
        """Answer a metric query. `Accept: text/csv` or `application/vnd.apache.arrow.stream` changes the format.

        `limit` and `offset` page; `next_offset` of a JSON answer is the offset of the page after it.
        """
        wanted = format_of(request.headers.get("accept", ""))
        edition = boards.edition()
        is_capped = wanted == JSON and query.limit is None
        asked = query.model_copy(update={"limit": JSON_ROWS + 1}) if is_capped else query
        answer = rooms.answer(asked, model=model, as_of=edition.as_of, at_snapshot=edition.snapshot.id)
        if wanted == CSV:
            return Response(csv_text(answer.table), media_type=CSV, headers={"Vary": "Accept"})
        if wanted == ARROW:
            return StreamingResponse(arrow_stream(answer.table), media_type=ARROW, headers={"Vary": "Accept"})
        size = query.limit or JSON_ROWS
        truncated = is_capped and answer.rows > JSON_ROWS
        may_go_on = truncated or (not is_capped and answer.rows == size)
        following = (query.offset or 0) + size if may_go_on else None
        return _rows(answer, query, edition).model_copy(update={"truncated": truncated, "next_offset": following})

    return routes


def _rows(answer: Answer, query: MetricQuery, edition: Edition) -> RowsOut:
    frame = frame_of(answer)
    return RowsOut(
        columns=[ColumnOut.of(column) for column in frame.columns],
        rows=[plain_row(row) for row in frame.rows(query.limit or JSON_ROWS)],
        sql=answer.sql,
        as_of=edition.as_of,
        withheld=answer.withheld,
    )


def format_of(accept: str) -> str:
    """Return the first of our formats that the Accept header names; JSON when it names none."""
    named = [part.partition(";")[0].strip() for part in accept.split(",")]
    return next((kind for kind in named if kind in (CSV, ARROW, JSON)), JSON)


def arrow_stream(table: pa.Table) -> Iterator[bytes]:
    """Yield an Arrow stream piece by piece, so that no second copy of a large answer stands in memory."""
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
            writer.write_batch(batch)
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.BytesIO) -> bytes:
    content = out.getvalue()
    out.seek(0)
    out.truncate()
    return content
