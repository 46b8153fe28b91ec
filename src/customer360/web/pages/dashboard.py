"""Show a dashboard: the executive one at ``/``, each at ``/dashboards/<name>``, widgets as SVG, PNG and CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from customer360.dashboards.download import csv_text
from customer360.dashboards.filters import Filters, presets
from customer360.dashboards.images import png, svg
from customer360.dashboards.theme import PALETTES
from customer360.errors import QueryError, UnknownName
from customer360.web.address import filters_of, query_of, without

if TYPE_CHECKING:
    from customer360.dashboards.filled import FilledDashboard, FilledWidget
    from customer360.project.spec import Dashboard
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages

TABLE_ROWS = 100
"""Rows of a widget's table on the page; the download has all."""

Mode = Annotated[Literal["light", "dark"], Query()]
_IMAGE = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Link:
    """A place to go, and whether the reader is there already."""

    label: str
    href: str
    is_current: bool = False


def router(boards: Boards, pages: Pages) -> APIRouter:
    """Return the pages and downloads."""
    routes = APIRouter(include_in_schema=False)

    def show(request: Request, board: Dashboard) -> Response:
        filters = filters_of(request.query_params, board)
        filled = boards.filled(board.name, filters)
        return pages.respond(
            request,
            "dashboard.html",
            board=filled,
            filters=filters,
            asks_for_days="date" in board.filters or not board.filters,
            presets=_presets(request.url.path, filters, filled),
            chips=_chips(request.url.path, filters, filled),
            query=query_of(filters),
            chosen={name: set(values) for name, values in filters.values},
            edition=boards.edition(),
            palettes={mode: dict(palette) for mode, palette in PALETTES.items()},
            table_rows=TABLE_ROWS,
        )

    @routes.get("/")
    def home(request: Request) -> Response:
        if not boards.all:
            return pages.respond(request, "no_dashboard.html")
        return show(request, boards.all[0])

    @routes.get("/dashboards/{name}")
    def dashboard(request: Request, name: str) -> Response:
        return show(request, boards.named(name))

    def widget_of(request: Request, name: str, widget: str) -> FilledWidget:
        filled = boards.filled(name, filters_of(request.query_params, boards.named(name)), only=widget)
        found = filled.widget(widget)
        if found is None:
            raise UnknownName("widget", widget, [w.name for w in filled.widgets])
        return found

    @routes.get("/dashboards/{name}/{widget}.csv")
    def table(request: Request, name: str, widget: str) -> Response:
        frame = widget_of(request, name, widget).frame
        if frame is None:
            raise QueryError(f"The widget '{widget}' has no figures.")
        disposition = f'attachment; filename="{name}-{widget}.csv"'
        return Response(csv_text(frame.table), media_type="text/csv", headers={"Content-Disposition": disposition})

    @routes.get("/dashboards/{name}/{widget}.{kind}")
    def image(request: Request, name: str, widget: str, kind: Literal["svg", "png"], theme: Mode = "light") -> Response:
        spec = widget_of(request, name, widget).spec
        if spec is None:
            raise QueryError(f"The widget '{widget}' has no chart to draw.", next_step="Take its CSV.")
        content = svg(spec, mode=theme) if kind == "svg" else png(spec, mode=theme)
        return Response(content, media_type=_IMAGE[kind])

    return routes


def _presets(path: str, filters: Filters, board: FilledDashboard) -> list[Link]:
    links = []
    for label, start, end in presets(board.as_of):
        query = query_of(filters, start=start, end=end)
        is_current = (filters.start, filters.end) == (start, end)
        links.append(Link(label, f"{path}?{query}" if query else path, is_current))
    return links


def _chips(path: str, filters: Filters, board: FilledDashboard) -> list[Link]:
    """Return what is chosen now, each with the address that takes it back."""
    labels = {choices.name: choices.label for choices in board.choices}
    links = []
    if filters.has_time:
        links.append(Link(filters.text(), _to(path, without(filters, "date"))))
    for name, chosen in filters.values:
        links += [
            Link(f"{labels.get(name, name)}: {value}", _to(path, without(filters, name, value))) for value in chosen
        ]
    return links


def _to(path: str, filters: Filters) -> str:
    query = query_of(filters)
    return f"{path}?{query}" if query else path
