from __future__ import annotations

import pytest
from tests.models.projects import model, project, step

from customer360.errors import ModelError, ProjectErrors, UnknownName
from customer360.models.graph import Graph


def select(relation: str, *reads: str, **config: str):
    froms = " CROSS JOIN ".join(reads) or "raw_shop.orders"
    return model(relation, f"-- One row per thing.\nSELECT 1 AS n FROM {froms}", **config)


CHAIN = project(
    select("shop.orders", "raw_shop.orders"),
    select("gold.facts", "shop.orders", "raw_shop.customers"),
    select("gold.dim", "raw_shop.customers"),
    select("customer_360.customer_360", "gold.facts", "gold.dim"),
    select("insights.rfm", "gold.facts"),
)


def chosen(selector: str | list[str] | None) -> set[str]:
    return {str(relation) for relation in Graph.from_project(CHAIN).select(selector)}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("customer_360", {"customer_360.customer_360"}),
        ("gold", {"gold.facts", "gold.dim"}),
        ("gold.*", {"gold.facts", "gold.dim"}),
        ("facts", {"gold.facts"}),
        ("gold.facts", {"gold.facts"}),
        ("+gold.facts", {"gold.facts", "shop.orders"}),
        ("gold.facts+", {"gold.facts", "customer_360.customer_360", "insights.rfm"}),
        ("+facts+", {"shop.orders", "gold.facts", "customer_360.customer_360", "insights.rfm"}),
        ("raw_shop.orders+", {"shop.orders", "gold.facts", "customer_360.customer_360", "insights.rfm"}),
        ("gold.dim, rfm", {"gold.dim", "insights.rfm"}),
        (["gold.dim", "rfm"], {"gold.dim", "insights.rfm"}),
    ],
)
def test_a_selector_means_these_models(selector, expected):
    assert chosen(selector) == expected


@pytest.mark.parametrize("selector", [None, "+", "*"])
def test_nothing_and_plus_mean_everything(selector):
    assert len(chosen(selector)) == 5


def test_an_unknown_selector_offers_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'customer_360'"):
        chosen("+customer_36")


def test_every_model_comes_after_those_it_reads():
    graph = Graph.from_project(CHAIN)
    place = {relation: number for number, relation in enumerate(graph.order)}
    for relation in graph.nodes:
        assert all(place[read] < place[relation] for read in graph.inputs(relation))


def test_the_order_does_not_depend_on_the_order_of_files():
    backwards = project(*reversed(list(CHAIN.models.values())))
    assert Graph.from_project(backwards).order == Graph.from_project(CHAIN).order


def test_a_cycle_is_shown_as_a_path():
    circle = project(select("a.a", "b.b"), select("b.b", "c.c"), select("c.c", "a.a"))
    with pytest.raises(ProjectErrors) as caught:
        Graph.from_project(circle)
    assert "a.a -> b.b -> c.c -> a.a" in str(caught.value)


def test_with_parts_are_no_dependencies():
    made = model(
        "gold.x",
        "-- One row per thing.\nWITH orders AS (SELECT * FROM shop.orders), t AS (SELECT * FROM orders) SELECT 1 AS n FROM t",
    )
    node = Graph.lenient(project(made)).nodes[made.relation]
    assert {str(relation) for relation in node.dependencies} == {"shop.orders"}


def test_a_step_that_continues_its_own_table_is_no_cycle():
    keys = step("gold.keys", "surrogate_keys", {"members": "raw_shop.customers", "previous": "gold.keys"})
    node = Graph.from_project(project(keys)).nodes[keys.relation]
    assert {str(relation) for relation in node.dependencies} == {"raw_shop.customers"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kind": "incremantal"}, "Did you mean 'incremental'"),
        ({"kind": "incremental"}, "neither by which time nor by which key"),
        ({"kind": "scd2"}, "does not name its key"),
        ({"kind": "full", "lookback": "3 days"}, "No setting of a model of kind full is named 'lookback'"),
        ({"kind": "incremental", "time_column": "d", "lookback": "soon"}, "'soon' is no time span"),
        ({"kind": "scd2", "key": "id", "expire_missing": "maybe"}, "true or false"),
    ],
)
def test_a_wrong_setting_is_named(config, message):
    with pytest.raises((ProjectErrors, ModelError), match=message):
        Graph.from_project(project(select("gold.x", **config)))
