"""Show what feeds what, what metrics and words mean, and how every check ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from customer360.catalog.graph import FURTHEST
from customer360.catalog.metrics import FIRST
from customer360.catalog.quality import checks, tallied
from customer360.dashboards.locales import later
from customer360.dashboards.made import made_by_people
from customer360.dashboards.theme import PALETTES
from customer360.errors import Place, UnknownName
from customer360.names import RAW_PREFIX
from customer360.project.spec import Dashboard, Widget
from customer360.semantic.describe import describe, describe_dimensions, fits
from customer360.web.pages.drawing import drawn
from customer360.web.visitors import may_review, visitor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from customer360.catalog.graph import Layout, LineageGraph, Node
    from customer360.semantic.describe import MetricDescription
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

Name = Annotated[str, Query(max_length=200)]
Search = Annotated[str, Query(max_length=200)]


DIMENSIONS = (
    later("Accuracy"), later("Completeness"), later("Conformity"), later("Consistency"), later("Coverage"),
    later("Timeliness"), later("Uniqueness"),
)  # fmt: skip
"""Dimensions of quality (ODCS), as the board names them."""
HOW = (
    later("copied"), later("computed"), later("step"), later("history"), later("constant"), later("empty"),
)  # fmt: skip
"""How a column is made of another, as lineage says it."""


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the pages."""
    routes = APIRouter(include_in_schema=False)
    _add_lineage(routes, rooms, pages)
    _add_metrics(routes, rooms, boards, pages)

    @routes.get("/glossary")
    def glossary(request: Request, search: Search = "") -> Response:
        terms = [term for term in rooms.project.glossary if not search or term.fits(search)]
        labels = {each.name: each.label for _, each in _metrics(rooms)}
        facts = {"terms": terms, "search": search, "labels": labels, "all": len(rooms.project.glossary)}
        return pages.respond(request, "glossary.html", 200, **facts)

    @routes.get("/quality")
    def quality(request: Request, product: Name = "", dimension: Name = "", only: Name = "") -> Response:
        found = checks(rooms.engine)
        board = tallied(found)
        listed = [
            each
            for each in found
            if (not product or each.table_schema == product)
            and (not dimension or each.dimension == dimension)
            and (not only or not each.held)
        ]
        names = sorted({each.dimension for each in found})
        facts = {"board": board, "dimensions": names, "product": product, "dimension": dimension, "only": only}
        shown = listed if product or dimension or only else [each for each in listed if not each.held]
        return pages.respond(request, "quality.html", 200, checks=shown, total=len(found), **facts)

    return routes


def _metrics(rooms: Rooms) -> list[tuple[str, MetricDescription]]:
    """Return every metric of every semantic model of the project, each with the name of its model."""
    return [(name, each) for name in rooms.project.semantics for each in describe(rooms.semantic_model(name))]


# ---- lineage ----------------------------------------------------------------------------------------------------


def _add_lineage(routes: APIRouter, rooms: Rooms, pages: Pages) -> None:
    def graph_for(request: Request) -> LineageGraph:
        """Return the graph with what people made: all of it for who mends data, else one's own."""
        whose = None if may_review(visitor_of(request)) else visitor_of(request).principal.user
        return rooms.catalogue.graph.joined_by(made_by_people(rooms.project.root, owner=whose))

    def page(request: Request, layout: Layout, href: Callable[[Node], str] = _address, **facts: Any) -> Response:
        names = sorted(graph_for(request).nodes.values(), key=lambda node: (node.kind, node.label))
        blank = {"of": "", "column": "", "schema": "", "steps": 1, "node": None}
        shown = {"drawing": drawn(layout, href), "names": names, "layout": layout, "href": _column_address}
        return pages.respond(request, "lineage.html", 200, furthest=FURTHEST, **shown, **{**blank, **facts})

    @routes.get("/lineage")
    def lineage(
        request: Request,
        of: Name = "",
        column: Name = "",
        steps: Annotated[int, Query(ge=1, le=FURTHEST)] = 1,
    ) -> Response:
        graph = graph_for(request)
        if not of:
            return page(request, graph.overview())
        if of not in graph.nodes:
            raise UnknownName("table, metric, dashboard, question or audience", of, list(graph.nodes))
        facts: dict[str, Any] = {"of": of, "node": graph.nodes[of], "steps": steps}
        if column:
            return page(request, graph.of_column(of, column), _column_address, column=column, **facts)
        layout = graph.around(of, steps=steps)
        return page(request, layout, columns=_columns(rooms, of), sides=_sides(layout), **facts)

    @routes.get("/lineage/products/{schema}")
    def product(request: Request, schema: str) -> Response:
        return page(request, rooms.catalogue.graph.within(schema), schema=schema)


def _address(node: Node) -> str:
    if "." not in node.id and ":" not in node.id:  # a product, or a system, as a whole
        return f"/lineage/products/{quote(node.id)}"
    return f"/lineage?of={quote(node.id, safe='')}"


def _column_address(node: Node) -> str:
    table, _, column = node.id.rpartition(".")
    if table.startswith(RAW_PREFIX) or column == "*":
        return f"/lineage?of={quote(table)}"
    return f"/lineage?of={quote(table)}&column={quote(column)}"


def _columns(rooms: Rooms, table: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the columns of a table with what each is made of, one step back."""
    found: dict[str, list[tuple[str, str]]] = {}
    for edge in rooms.catalogue.graph.columns(table):
        made_of = found.setdefault(edge.to_column, [])
        made_of.append((f"{edge.source}.{edge.source_column}" if edge.source else "", edge.how))
    return sorted(found.items())


def _sides(layout: Layout) -> tuple[list[tuple[int, Node]], list[tuple[int, Node]]]:
    """Return what lies before and after the node in the middle, with the number of steps."""
    ids = [[node.id for node in column] for column in layout.columns]
    middle = next(at for at, column in enumerate(ids) if layout.focus in column)
    before = [(middle - at, node) for at in range(middle - 1, -1, -1) for node in layout.columns[at]]
    after = [(at - middle, node) for at in range(middle + 1, len(ids)) for node in layout.columns[at]]
    return before, after


# ---- metrics ----------------------------------------------------------------------------------------------------


def _add_metrics(routes: APIRouter, rooms: Rooms, boards: Boards, pages: Pages) -> None:
    @routes.get("/metrics")
    def metrics(request: Request, search: Search = "") -> Response:
        found = [(model, each) for model, each in _metrics(rooms) if fits(search or None, each)]
        groups: dict[str, list[tuple[str, MetricDescription]]] = {}
        for model, each in found:
            groups.setdefault(each.bases[0] if each.bases else "", []).append((_address_of(rooms, model, each), each))
        return pages.respond(request, "metrics.html", 200, groups=groups, search=search, count=len(found))

    @routes.get("/metrics/{name}")
    def metric(request: Request, name: str, model: Name = "") -> Response:
        if model:
            rooms.semantic_model(model)  # a wrong name is refused with the right ones
        known = {each.name: (of, each) for of, each in reversed(_metrics(rooms)) if not model or of == model}
        if name not in known:
            raise UnknownName("metric", name, list(known))
        of, found = known[name]
        first = next(iter(rooms.project.semantics))
        used = rooms.catalogue.dashboards_of(frozenset({(FIRST if of == first else of, name)}))
        facts = {
            "metric": found,
            "model": None if of == first else of,
            "labels": {each.name: each.label for each in describe_dimensions(rooms.semantic_model(of))},
            "boards": [each for each in boards.all if each.name in used],
            "terms": [term for term in rooms.project.glossary if name in term.metrics],
            "board": boards.shown(_board_of(found, None if of == first else of)),
            "palettes": {mode: dict(palette) for mode, palette in PALETTES.items()},
        }
        return pages.respond(request, "metric.html", 200, **facts)


def _address_of(rooms: Rooms, model: str, metric: MetricDescription) -> str:
    """Return a metric's page; the model is named where an earlier one has a metric of the same name."""
    holder = next(name for name in rooms.project.semantics if metric.name in rooms.semantic_model(name).metrics)
    return f"/metrics/{metric.name}" + ("" if holder == model else f"?model={quote(model)}")


def _board_of(metric: MetricDescription, model: str | None) -> Dashboard:
    """Return the figure now and by month, as a dashboard would show it."""
    place = Place("the metric's page")
    widgets = [Widget("now", metric.label, "kpi", place, {"metrics": [metric.name]}, model=model)]
    if metric.time_field and "," not in metric.time_field:
        query = {"metrics": [metric.name], "dimensions": [{"name": "time", "grain": "month"}]}
        widgets.append(Widget("by_month", f"{metric.label} by month", "line", place, query, model=model))
    return Dashboard(metric.name, metric.label, place, tuple(widgets))
