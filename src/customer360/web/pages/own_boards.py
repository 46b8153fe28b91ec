"""Let people make dashboards of their own: list, create, copy, edit in place, undo, share by link, delete."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from customer360.dashboards import editing
from customer360.dashboards.charts import CHARTS
from customer360.dashboards.files import KINDS
from customer360.dashboards.filters import NO_FILTERS, TIME
from customer360.dashboards.own import BoardChanged, OwnBoard
from customer360.dashboards.theme import PALETTES
from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.semantic.compile import compile_query
from customer360.semantic.labels import things
from customer360.semantic.query import parse_query
from customer360.web.pages.dashboard import TABLE_ROWS
from customer360.web.pages.forms import form_of
from customer360.web.pages.queryform import Entered, chart_for, entered, fields_of, given, offers, query_from
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from customer360.project.spec import Widget
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import MetricQuery
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

AUTOMATIC = ""
_SOME_DAY = date(2000, 1, 1)
"""Stands in for the as-of date where a query is only compiled."""
MOST_FILTERS = 4
EVERY = ("build", "day", "week", "month")
_DIGITS = 3
Form = dict[str, str]


def owner_of(request: Request) -> str:
    """Return whose dashboards somebody sees as their own."""
    return visitor_of(request).principal.user


def edit_address(board: OwnBoard, tile: str | None = None) -> str:
    """Return where a dashboard is edited, at one of its tiles."""
    return f"/dashboards/{quote(board.name)}/edit" + (f"#{tile}" if tile else "")


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the pages and the targets of their forms."""
    routes = APIRouter(include_in_schema=False)
    _add_list(routes, boards, pages)
    _add_editor(routes, rooms, boards, pages)

    @routes.get("/dashboards/{name}/yaml")
    def text(name: str) -> Response:
        own = boards.own.named(name)
        disposition = f'attachment; filename="{name.removeprefix("own_")}.yaml"'
        return PlainTextResponse(own.yaml, media_type="application/yaml", headers={"Content-Disposition": disposition})

    return routes


def _add_list(routes: APIRouter, boards: Boards, pages: Pages) -> None:
    @routes.get("/dashboards")
    def show(request: Request) -> Response:
        mine = boards.own.of(owner_of(request))
        return pages.respond(request, "own_boards.html", mine=mine, shipped=boards.all)

    @routes.post("/dashboards")
    async def create(request: Request) -> Response:
        form, owner = await form_of(request), owner_of(request)

        def make() -> OwnBoard:
            source = form.get("copy_of")
            document = _document_of(boards, source) if source else {"filters": [TIME], "widgets": []}
            title = form.get("title") or (f"{document['title']} (copy)" if source else "")
            return boards.own.create(owner, {**document, "title": title})

        return RedirectResponse(edit_address(await run_sync(make)), HTTPStatus.SEE_OTHER)

    @routes.post("/dashboards/{name}/deletion")
    async def delete(request: Request, name: str) -> Response:
        form, owner, who = await form_of(request), owner_of(request), visitor_of(request).actor
        own, administers = boards.own.named(name), who.is_operator or "admin" in who.roles
        if form.get("confirm") != "yes":
            raise QueryError(f"'{own.title}' is kept: the deletion was not confirmed.", next_step="Tick the box.")
        await run_sync(lambda: boards.own.delete(own, by=owner, administers=administers))
        return RedirectResponse("/dashboards", HTTPStatus.SEE_OTHER)


def _add_editor(routes: APIRouter, rooms: Rooms, boards: Boards, pages: Pages) -> None:
    def page(request: Request, own: OwnBoard, status: int = 200, model: str | None = None, **more: Any) -> Response:
        if own.owner != owner_of(request):
            raise NotPermitted(f"'{own.title}' is not yours to change.", next_step="Make a copy, and change that.")
        return pages.respond(request, "edit_board.html", status, **_facts(rooms, boards, own, model), **more)

    def again(request: Request, own: OwnBoard, form: Form, error: C360Error) -> Response:
        tile = form.get("tile") or None
        facts: dict[str, Any] = {"title": form.get("title", ""), "chart": form.get("chart", AUTOMATIC)}
        model = editing.tile_of(own.document, tile).get("model") if tile else form.get("model") or None
        facts |= {"entered": given(form), "tile": tile, "refused": error, "model": model}
        return page(request, own, HTTPStatus.UNPROCESSABLE_ENTITY, **facts)

    @routes.get("/dashboards/{name}/edit")
    def edit(request: Request, name: str, tile: str | None = None, model: str | None = None) -> Response:
        own = boards.own.named(name)
        if tile is None:
            blank: dict[str, Any] = {"entered": Entered(), "tile": None, "title": "", "chart": AUTOMATIC}
            return page(request, own, model=model or None, refused=None, **blank)
        return page(request, own, tile=tile, refused=None, **_as_entered(editing.tile_of(own.document, tile)))

    @routes.post("/dashboards/{name}/edit")
    async def change(request: Request, name: str) -> Response:
        form, owner = await form_of(request), owner_of(request)
        own = boards.own.named(name)
        try:
            saved = await run_sync(lambda: _changed(rooms, boards, own, form, owner))
        except (BoardChanged, NotPermitted):
            raise
        except C360Error as error:
            if form.get("do") != "tile":
                raise
            return await run_sync(again, request, own, form, error)
        return RedirectResponse(edit_address(saved, _touched(saved, form)), HTTPStatus.SEE_OTHER)


def _as_entered(tile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tile as it stands in the form."""
    query = parse_query(tile["query"])
    return {"title": tile["title"], "chart": tile["chart"], "model": tile.get("model"), "entered": entered(query)}


def _touched(board: OwnBoard, form: Mapping[str, str]) -> str | None:
    """Return the tile that a change was about, to go on from there."""
    names = [each["name"] for each in board.document["widgets"]]
    tile = form.get("tile")
    return tile if tile in names else names[-1] if names and form.get("do") == "tile" else None


def _document_of(boards: Boards, name: str) -> dict[str, Any]:
    """Return a dashboard, of the project or of somebody, as the document of a new one. Errors: UnknownName."""
    own = boards.own.find(name)
    if own is not None:
        return dict(own.document)
    board = boards.named(name)
    tiles = [_tile(widget) for widget in board.widgets]
    return {"title": board.title, "description": board.description, "filters": list(board.filters), "widgets": tiles}


def _tile(widget: Widget) -> dict[str, Any]:
    tile = {"name": widget.name, "title": widget.title, "chart": widget.chart, "query": _plain(widget.query)}
    model = {"model": widget.model} if widget.model else {}
    return {**tile, "options": _plain(widget.options), **model}


def _plain(value: Any) -> Any:
    """Return what a project file says as plain JSON values."""
    if hasattr(value, "items"):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool | int | float | type(None)) else str(value)


def _facts(rooms: Rooms, boards: Boards, own: OwnBoard, model: str | None) -> dict[str, Any]:
    edition = boards.edition()
    return {
        "own": own,
        "board": boards.filled(own.name, NO_FILTERS, edition=edition),
        "offers": offers(rooms.semantic_model(model)),
        "of_model": model or next(iter(rooms.project.semantics), ""),
        "models": [(each, things(each).capitalize()) for each in rooms.project.semantics],
        "board_offers": offers(rooms.semantic_model()),
        "kinds": list(CHARTS),
        "filters": list(own.document.get("filters", ())),
        "most_filters": MOST_FILTERS,
        "every": EVERY,
        "file_kinds": KINDS,
        "export": next(iter(own.document.get("exports", ())), {}),
        "widths": [each for each in editing.WIDTHS if each > editing.WIDTHS[0]],
        "palettes": {mode: dict(palette) for mode, palette in PALETTES.items()},
        "table_rows": TABLE_ROWS,
    }


def _changed(rooms: Rooms, boards: Boards, own: OwnBoard, form: Form, owner: str) -> OwnBoard:
    """Make the change that a form asks for and keep it. Errors: BoardChanged, NotPermitted, QueryError."""
    if form.get("do") == "undo":
        return boards.own.undo(own, by=owner)
    if form.get("version") != str(own.version):
        raise BoardChanged(f"'{own.title}' was changed in another window.", next_step="Go back and load it again.")
    changes: dict[str, Callable[[], dict[str, Any]]] = {
        "tile": lambda: _with_tile(rooms, own, form),
        "settings": lambda: _with_settings(own, form),
        "back": lambda: editing.moved(own.document, form.get("tile", ""), -1),
        "on": lambda: editing.moved(own.document, form.get("tile", ""), 1),
        "place": lambda: editing.placed(own.document, form.get("tile", ""), _number(form, "at")),
        "wider": lambda: editing.resized(own.document, form.get("tile", ""), editing.wider(_number(form, "span"))),
        "narrower": lambda: editing.resized(
            own.document, form.get("tile", ""), editing.narrower(_number(form, "span"))
        ),
        "remove": lambda: editing.removed(own.document, form.get("tile", "")),
    }
    change = changes.get(form.get("do", ""))
    if change is None:
        raise QueryError("The form does not say what to change.", next_step="Press one of its buttons.")
    return boards.own.save(own, change(), by=owner)


def _number(form: Form, name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise QueryError(f"'{text[:10]}' is no number of columns or places.")
    return int(text)


def _with_tile(rooms: Rooms, own: OwnBoard, form: Form) -> dict[str, Any]:
    name = form.get("tile")
    before = editing.tile_of(own.document, name) if name else None
    other = before.get("model") if before else other_model(rooms, form.get("model"))
    model = rooms.semantic_model(other)
    query = query_from(form, model, parse_query(before["query"]) if before else None)
    chart = form.get("chart") or chart_for(query, model)
    options = dict(before.get("options", {})) if before and before["chart"] == chart else {}
    tile = tile_for(rooms, form.get("title", ""), chart, query, options, model=other)
    return editing.replaced(own.document, name, tile) if name else editing.added(own.document, tile)


def other_model(rooms: Rooms, name: str | None) -> str | None:
    """Return the semantic model of a name, None for the first. Errors: UnknownName."""
    if not name or name == next(iter(rooms.project.semantics), ""):
        return None
    rooms.semantic_model(name)  # a wrong name is refused with the right ones
    return name


def tile_for(
    rooms: Rooms,
    title: str,
    chart: str,
    query: MetricQuery,
    options: Mapping[str, Any] | None = None,
    *,
    model: str | None = None,
) -> dict[str, Any]:
    """Return a tile that can be answered. Errors: QueryError that says what is wrong with it."""
    answers = rooms.semantic_model(model)
    if chart not in CHARTS:
        raise QueryError(f"There is no chart kind '{chart[:20]}'.", next_step=f"Choose one of {', '.join(CHARTS)}.")
    shown = " ".join(title.split())[:120] or title_of(answers, query)
    document = query.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    tile = {"title": shown, "chart": chart, "query": document, "options": dict(options or {})}
    compile_query(answers, query, as_of=_SOME_DAY)  # says what cannot be answered
    return {**tile, "model": model} if model else tile


def title_of(model: SemanticModel, query: MetricQuery) -> str:
    """Return what a query shows, in words: *Revenue by segment and month, last 12 months*."""
    metrics = [model.metrics[name].title if name in model.metrics else name for name in query.metrics]
    fields = fields_of(model, (each.name for each in query.dimensions))
    labels = (
        each.grain or (fields[each.name].title if each.name in fields else each.name) for each in query.dimensions
    )
    by = " and ".join(label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}" for label in labels)
    period = f", {query.time.relative}" if query.time and query.time.relative else ""
    return (", ".join(metrics) + (f" by {by}" if by else "") + period)[:120]


def _with_settings(own: OwnBoard, form: Form) -> dict[str, Any]:
    chosen = [form.get(f"filter{number}", "") for number in range(MOST_FILTERS)]
    filters = ([TIME] if form.get("days") == "yes" else []) + [name for name in dict.fromkeys(chosen) if name]
    description = " ".join(form.get("description", "").split())[:400] or None
    changed = {**own.document, "title": form.get("title", ""), "description": description, "filters": filters}
    return {**changed, "exports": _exports(form)}


def _exports(form: Form) -> list[dict[str, str]]:
    """Return the files that a form asks for. Errors: QueryError."""
    every, kind = form.get("every", ""), form.get("kind", KINDS[-1])
    if not every:
        return []
    if every not in EVERY or kind not in KINDS:
        raise QueryError("How often and as what a dashboard is written was not understood.")
    return [{"every": every, "kind": kind}]
