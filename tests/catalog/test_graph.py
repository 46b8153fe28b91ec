"""The graph of what feeds what: everything in it, every line to the right, each thing as near as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from tests.templates.projects import template_project

from customer360.ask.questionfiles import plain_questions
from customer360.catalog.graph import FOLDED_FROM, Layout, LineageGraph
from customer360.errors import UnknownName
from customer360.models.lineage import Edge, column_lineage
from customer360.names import Relation
from customer360.semantic.model import SemanticModel
from customer360.web.pages.drawing import FITTING, MOST, drawn

PROJECT = template_project("shopflow")
VIEWS: dict[str, Callable[[LineageGraph], Layout]] = {
    "overview": lambda graph: graph.overview(),
    "product": lambda graph: graph.within("gold"),
    "table": lambda graph: graph.around("gold.gold_sales_fact", steps=3),
    "column": lambda graph: graph.of_column("customer_360.customer_360", "email"),
}


@pytest.fixture(scope="module")
def edges() -> tuple[Edge, ...]:
    return column_lineage(PROJECT)


@pytest.fixture(scope="module")
def graph(edges: tuple[Edge, ...]) -> LineageGraph:
    return LineageGraph(PROJECT, edges, SemanticModel.from_document(PROJECT.semantics["shopflow"]))


def steps_between(one: str, other: str, links: set[tuple[str, str]]) -> int:
    """Return how many lines lie between two things, by breadth, as a check of the graph's levels."""
    seen, level, count = {one}, {one}, 0
    while other not in level:
        level = {b for a, b in links if a in level} - seen
        assert level, f"{other} cannot be reached from {one}"
        seen |= level
        count += 1
    return count


def test_every_table_metric_dashboard_and_audience_is_in_it(graph: LineageGraph, edges: tuple[Edge, ...]) -> None:
    tables = {str(edge.to) for edge in edges} | {str(edge.source) for edge in edges if edge.source}
    boards = {f"dashboard:{name}" for name in PROJECT.dashboards}
    audiences = {f"audience:{name}" for name in PROJECT.audiences}
    assert tables | boards | audiences <= set(graph.nodes)
    assert "metric:revenue" in graph.nodes
    assert all(one in graph.nodes and other in graph.nodes for one, other in graph.links)


def test_what_each_dashboard_and_audience_is_made_of(graph: LineageGraph) -> None:
    for board in PROJECT.dashboards.values():
        named = {
            f"metric:{name}" for widget in board.widgets for name in widget.query["metrics"] if widget.model is None
        }
        assert named == {a for a, b in graph.links if b == f"dashboard:{board.name}"}
    assert ("metric:order_count", "audience:retention_offer") in graph.links
    assert ("customer_360.customer_360", "audience:retention_offer") in graph.links


def test_questions_stand_on_the_metrics_they_ask_for(edges: tuple[Edge, ...]) -> None:
    shipped = replace(PROJECT, root=Path(str(resources.files("customer360").joinpath("templates", "shopflow"))))
    graph = LineageGraph(shipped, edges, SemanticModel.from_document(PROJECT.semantics["shopflow"]))
    asked = plain_questions(shipped.root)
    assert len(asked) > 30
    for each in asked:
        assert {f"metric:{name}" for name in each.query["metrics"]} == {
            a for a, b in graph.links if b == f"question:{each.id}"
        }


@pytest.mark.parametrize("of", ["gold.gold_sales_fact", "metric:average_order_value", "raw_shop.orders"])
def test_things_stand_as_far_away_as_they_are(graph: LineageGraph, of: str) -> None:
    layout = graph.around(of, steps=2)
    place = {node.id: at for at, column in enumerate(layout.columns) for node in column}
    links = set(graph.links)
    for id_, at in place.items():
        distance = at - place[of]
        if distance:
            ends = (of, id_) if distance > 0 else (id_, of)
            assert steps_between(*ends, links) == abs(distance), id_
    expected = {b for a, b in links if a == of} | {a for a, b in links if b == of}
    assert expected <= set(place)


@pytest.mark.parametrize("view", VIEWS)
def test_every_line_goes_to_the_right_and_every_box_has_its_place(graph: LineageGraph, view: str) -> None:
    layout = VIEWS[view](graph)
    place = {node.id: at for at, column in enumerate(layout.columns) for node in column}
    assert len(place) == sum(len(column) for column in layout.columns), "nothing stands twice"
    assert all(place[one] < place[other] for one, other in layout.links)
    drawing = drawn(layout)
    spots = {(box.x, box.y) for box in drawing.boxes}
    assert len(spots) == len(drawing.boxes)
    assert all(0 <= box.x <= drawing.width - drawing.box and 0 <= box.y < drawing.height for box in drawing.boxes)
    left_out = sum(max(0, len(column) - MOST) for column in layout.columns)
    assert sum(more for _, _, more in drawing.more) == left_out == len(place) - len(drawing.boxes)
    assert (drawing.box > 150) == (len(layout.columns) <= FITTING)


def test_the_overview_goes_from_systems_over_products_to_dashboards(graph: LineageGraph) -> None:
    columns = [{node.id for node in column} for column in graph.overview().columns]
    at = {id_: place for place, column in enumerate(columns) for id_ in column}
    assert columns[0] == {f"raw_{name}" for name in PROJECT.sources}
    assert columns[-1] == {f"dashboard:{name}" for name in PROJECT.dashboards}
    assert at["shop"] < at["conformed"] < at["identity"] < at["gold"] < at["insights"] < at["customer_360"]


def test_a_column_comes_from_the_columns_that_its_table_copies(graph: LineageGraph) -> None:
    layout = graph.of_column("gold.gold_sales_fact", "net_sales_amount")
    shown = {node.id for column in layout.columns for node in column}
    assert "conformed.sale_line.net_sales_amount" in shown
    assert any(each.startswith("raw_shop.orders.") for each in shown)
    with pytest.raises(UnknownName):
        graph.of_column("gold.gold_sales_fact", "nothing")


def test_columns_that_go_into_a_method_together_are_one_box() -> None:
    made, read = Relation("b", "made"), Relation("a", "read")
    names = [f"c{number}" for number in range(FOLDED_FROM + 1)]
    edges = tuple(Edge(made, "score", read, name, "step") for name in names)
    (before, _) = LineageGraph(PROJECT, edges).of_column("b.made", "score").columns
    assert [node.id for node in before] == ["a.read.*"]
    few = LineageGraph(PROJECT, edges[:2]).of_column("b.made", "score").columns[0]
    assert [node.id for node in few] == ["a.read.c0", "a.read.c1"]
