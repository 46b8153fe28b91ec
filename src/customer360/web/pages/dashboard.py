"""Show a dashboard: the home one at ``/``, each at ``/dashboards/<name>``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from customer360.dashboards.files import said
from customer360.dashboards.filters import Filters, presets
from customer360.dashboards.theme import PALETTES
from customer360.web.address import filters_of, query_of, toggled, unknown_names, without
from customer360.web.filing import files_of
from customer360.web.pages.links import Link
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.dashboards.files import BoardFiles
    from customer360.dashboards.filled import Choices, FilledDashboard
    from customer360.project.spec import Dashboard
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

TABLE_ROWS = 100
"""Rows of a widget's table on the page; the download has all."""


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the pages."""
    routes = APIRouter(include_in_schema=False)
    files = files_of(rooms)

    def show(request: Request, board: Dashboard) -> Response:
        own = None if board in boards.all else boards.own.find(board.name)
        facts: dict[str, Any] = {
            "own": own,
            "is_mine": own is not None and own.owner == visitor_of(request).principal.user,
        }
        return pages.respond(
            request, "dashboard.html", **facts, **_written(files, board), **_facts(boards, request, board)
        )

    @routes.get("/")
    def home(request: Request) -> Response:
        if not boards.all:
            return pages.respond(request, "no_dashboard.html")
        return show(request, boards.all[0])

    @routes.get("/dashboards/{name}")
    def dashboard(request: Request, name: str) -> Response:
        return show(request, boards.named(name))

    return routes


def _facts(boards: Boards, request: Request, board: Dashboard) -> dict[str, Any]:
    """Return the dashboard with figures, what it is filtered by, and what it could be."""
    path, filters, edition = request.url.path, filters_of(request.query_params, board), boards.edition()
    filled = boards.filled(board.name, filters, edition=edition)
    choices = boards.choices(board.name, edition=edition)
    return {
        "board": filled,
        "not_filters": unknown_names(request.query_params, board),
        "choices": choices,
        "filters": filters,
        "asks_for_days": "date" in board.filters or not board.filters,
        "presets": _presets(path, filters, filled),
        "chips": _chips(path, filters, choices),
        "query": query_of(filters),
        "chosen": {name: set(values) for name, values in filters.values},
        "edition": edition,
        "palettes": {mode: dict(palette) for mode, palette in PALETTES.items()},
        "table_rows": TABLE_ROWS,
        "pick": partial(_pick, path, filters),
    }


def _written(files: BoardFiles, board: Dashboard) -> dict[str, Any]:
    """Return into which files a dashboard is written, and the last of them."""
    last = next(iter(files.log(board.name)), None) if board.exports else None
    return {"files": said(board.exports), "last_file": last}


def _presets(path: str, filters: Filters, board: FilledDashboard) -> list[Link]:
    links = []
    for label, start, end in presets(board.as_of):
        query = query_of(filters, start=start, end=end)
        is_current = (filters.start, filters.end) == (start, end)
        links.append(Link(label, f"{path}?{query}" if query else path, is_current))
    return links


def _chips(path: str, filters: Filters, choices: Sequence[Choices]) -> list[Link]:
    """Return what is chosen now, each with the address that takes it back."""
    labels = {choice.name: choice.label for choice in choices}
    links = []
    if filters.has_time:
        links.append(Link(filters.text(), _to(path, without(filters, "date"))))
    for name, chosen in filters.values:
        links += [
            Link(f"{labels.get(name, name)}: {value}", _to(path, without(filters, name, value))) for value in chosen
        ]
    return links


def _pick(path: str, filters: Filters, name: str, value: str) -> str:
    """Return the address of the page with a value chosen, or taken back where it is chosen already."""
    return _to(path, toggled(filters, name, value))


def _to(path: str, filters: Filters) -> str:
    query = query_of(filters)
    return f"{path}?{query}" if query else path
