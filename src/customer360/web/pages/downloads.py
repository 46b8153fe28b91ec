"""Hand out a widget as SVG, PNG or CSV at the address of its dashboard, and the whole as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from customer360.dashboards.download import csv_text
from customer360.dashboards.images import png, svg
from customer360.dashboards.sheet import picture
from customer360.errors import NotPermitted, QueryError, UnknownName
from customer360.web.address import only_known, spoken

if TYPE_CHECKING:
    from customer360.dashboards.filled import FilledWidget
    from customer360.web.boards import Boards

Mode = Annotated[Literal["light", "dark"], Query()]
_BESIDES = ("theme",)
_IMAGE = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


def router(boards: Boards) -> APIRouter:
    """Return the downloads. They come before the pages, whose addresses would take them for names."""
    routes = APIRouter(prefix="/dashboards", include_in_schema=False)

    @routes.get("/{name}.{kind}")
    def whole(request: Request, name: str, kind: Literal["svg", "png", "pdf"], theme: Mode = "light") -> Response:
        filters = only_known(request.query_params, boards.named(name), besides=_BESIDES)
        content = picture(boards.filled(name, filters), kind, mode=theme, chosen=spoken(filters))
        headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
        return Response(content, media_type=_IMAGE[kind], headers=headers)

    @routes.get("/{name}/{widget}.csv")
    def table(request: Request, name: str, widget: str) -> Response:
        frame = _widget(boards, request, name, widget).frame
        if frame is None:
            raise QueryError(f"The widget '{widget}' has no figures.")
        disposition = f'attachment; filename="{name}-{widget}.csv"'
        return Response(csv_text(frame.table), media_type="text/csv", headers={"Content-Disposition": disposition})

    @routes.get("/{name}/{widget}.{kind}")
    def image(request: Request, name: str, widget: str, kind: Literal["svg", "png"], theme: Mode = "light") -> Response:
        spec = _widget(boards, request, name, widget).spec
        if spec is None:
            raise QueryError(f"The widget '{widget}' has no chart to draw.", next_step="Take its CSV.")
        content = svg(spec, mode=theme) if kind == "svg" else png(spec, mode=theme)
        return Response(content, media_type=_IMAGE[kind])

    return routes


def _widget(boards: Boards, request: Request, name: str, widget: str) -> FilledWidget:
    filled = boards.filled(name, only_known(request.query_params, boards.named(name), besides=_BESIDES), only=widget)
    found = filled.widget(widget)
    if found is None:
        raise UnknownName("widget", widget, [w.name for w in filled.widgets])
    if found.state == "not_permitted":
        raise NotPermitted(found.message or "You may not see these figures.", next_step=found.next_step)
    return found
