"""Serve dashboards and their widgets as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request

from customer360.errors import UnknownName
from customer360.web.address import only_known
from customer360.web.api.problems import RESPONSES
from customer360.web.api.shapes import DashboardOut, DashboardRef, DashboardsOut, WidgetOut

if TYPE_CHECKING:
    from customer360.web.boards import Boards

MOST_ROWS = 100_000

Spec = Annotated[
    Literal["light", "dark"] | None, Query(description="Add the Vega-Lite specification in these colours.")
]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows of each widget at most.")]
_BESIDES = ("spec", "limit")
"""What an address says besides filters."""
FILTERS = {
    "parameters": [
        {"name": "from", "in": "query", "schema": {"type": "string", "format": "date"}, "description": "First day."},
        {
            "name": "to",
            "in": "query",
            "schema": {"type": "string", "format": "date"},
            "description": "Last day, included.",
        },
    ]
}


def router(boards: Boards) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(prefix="/dashboards", tags=["dashboards"], responses=RESPONSES)

    @routes.get("")
    def list_dashboards() -> DashboardsOut:
        """List the dashboards with the names of their widgets."""
        return DashboardsOut(dashboards=[DashboardRef.of(board) for board in boards.all])

    @routes.get("/{name}", openapi_extra=FILTERS)
    def read_dashboard(request: Request, name: str, spec: Spec = None, limit: Limit = 1_000) -> DashboardOut:
        """Return a dashboard with the figures of every widget; its dimension filters are parameters too."""
        filled = boards.filled(name, only_known(request.query_params, boards.named(name), besides=_BESIDES))
        return DashboardOut.of(filled, mode=spec, limit=limit)

    @routes.get("/{name}/{widget}", openapi_extra=FILTERS)
    def read_widget(request: Request, name: str, widget: str, spec: Spec = None, limit: Limit = 1_000) -> WidgetOut:
        """Return the figures of one widget."""
        filters = only_known(request.query_params, boards.named(name), besides=_BESIDES)
        filled = boards.filled(name, filters, only=widget)
        found = filled.widget(widget)
        if found is None:
            raise UnknownName("widget", widget, [w.name for w in filled.widgets])
        return WidgetOut.of(found, as_of=filled.as_of, mode=spec, limit=limit)

    return routes
