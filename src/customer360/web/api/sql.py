"""Answer one typed SELECT over granted ports, as its asker may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from customer360.dashboards.download import csv_text
from customer360.dashboards.frame import plain_row
from customer360.web.api.metrics import ARROW, CSV, JSON_ROWS, arrow_stream, format_of
from customer360.web.api.problems import RESPONSES

if TYPE_CHECKING:
    from customer360.web.rooms import Rooms


class SqlIn(BaseModel):
    """One SELECT."""

    model_config = ConfigDict(extra="forbid")
    sql: str = Field(min_length=1, max_length=100_000, examples=["SELECT count(*) AS n FROM gold.gold_sales_fact"])


class SqlOut(BaseModel):
    """The rows of an answer."""

    columns: list[str]
    rows: list[dict[str, Any]]
    truncated: bool = Field(default=False, description="True when more rows matched; CSV and Arrow give all.")


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoint."""
    routes = APIRouter(tags=["sql"], responses=RESPONSES)

    @routes.post("/sql", responses={200: {"model": SqlOut, "content": {CSV: {}, ARROW: {}}}}, response_model=None)
    def run_sql(request: Request, asked: SqlIn) -> Response | SqlOut:
        """Run one SELECT over granted ports: row filters and masks apply, files and settings are out of reach.

        `Accept: text/csv` or `application/vnd.apache.arrow.stream` changes the format.
        """
        table = rooms.sql(asked.sql)
        wanted = format_of(request.headers.get("accept", ""))
        if wanted == CSV:
            return Response(csv_text(table), media_type=CSV, headers={"Vary": "Accept"})
        if wanted == ARROW:
            return StreamingResponse(arrow_stream(table), media_type=ARROW, headers={"Vary": "Accept"})
        rows = [plain_row(row) for row in table.slice(0, JSON_ROWS).to_pylist()]
        return SqlOut(columns=table.column_names, rows=rows, truncated=table.num_rows > JSON_ROWS)

    return routes
