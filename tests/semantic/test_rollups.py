"""A roll-up stands in for its base only when it has all that is asked and equals the base in the state that is read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.semantic.shop import AS_OF, ROWS, MemorySession, Shop, changed, element, set_c360, shop_session
from tests.semantic.test_policies import EU, REGIONAL
from tests.semantic.test_random_queries import queries

from customer360.errors import ProjectErrors
from customer360.semantic.answer import Memory, answer
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.proofs import prove
from customer360.semantic.query import MetricQuery
from customer360.semantic.rollups import rollup_select

METRICS = ["revenue", "returned_amount", "lines", "units"]
DAILY = {
    "name": "sales_daily",
    "source": "gold.sales_daily",
    "metrics": METRICS,
    "dimensions": [
        {"name": "order_date.day"},
        {"name": "customer.segment"},
        {"name": "customer.region"},
        {"name": "sales.channel"},
    ],
}
MONTHLY = {
    "name": "sales_monthly",
    "source": "gold.sales_monthly",
    "metrics": ["revenue", "returned_amount"],
    "dimensions": [{"name": "order_date.day", "grain": "month"}, {"name": "product.brand"}],
}


def declare(*rollups: dict[str, Any], **more: Any) -> Any:
    def change(model: dict[str, Any]) -> None:
        set_c360(model, rollups=list(rollups), **more)

    return change


def make(shop: Shop) -> Shop:
    for declared in shop.model.c360.rollups:
        select = rollup_select(shop.model, declared, as_of=AS_OF).sql(dialect="duckdb")
        shop.session.publish(f"CREATE OR REPLACE TABLE {declared.source} AS {select}")
    return shop


@pytest.fixture(scope="module")
def rolled() -> Shop:
    return make(Shop(declare(DAILY, MONTHLY, row_policies=[REGIONAL])))


def used(shop: Shop, *metrics: str, **more: Any) -> tuple[str, ...]:
    """Return the roll-ups that answered, after making sure that the base says the same."""
    found = shop.answer(*metrics, memory=Memory(), **more)
    base = shop.answer(*metrics, **more)
    assert base.rollups == ()
    assert found.table.equals(base.table), found.sql
    for name in found.rollups:
        assert f"gold.{name}" in found.sql
    return found.rollups


@pytest.mark.parametrize(
    ("metrics", "more", "expected"),
    [
        (["revenue"], {}, ("sales_monthly",)),  # the narrower of two
        (["lines", "units"], {}, ("sales_daily",)),
        (["revenue"], {"by": "customer.segment"}, ("sales_daily",)),
        (["revenue"], {"by": ["order_date.day:quarter", "product.brand"]}, ("sales_monthly",)),
        (["revenue"], {"by": ["order_date.day:fiscal_year"]}, ("sales_monthly",)),
        (["revenue"], {"by": ["time:month"], "time": {"start": "2024-02", "end": "2024-10"}}, ("sales_monthly",)),
        (["revenue"], {"by": ["time:week"]}, ("sales_daily",)),  # months do not divide into weeks
        (["revenue"], {"time": {"start": "2024-02-10"}}, ("sales_daily",)),  # in the middle of a month
        (["returned_amount"], {"by": "product.brand"}, ("sales_monthly",)),  # only groups with a return
        (["revenue"], {"by": "time:month", "time": {"relative": "2024-11"}, "compare": {"to": "same period last year"}}, ("sales_monthly",)),
        (["revenue"], {"by": "customer.segment", "shares": [{"metric": "revenue"}]}, ("sales_daily", "sales_monthly")),
        (["revenue"], {"by": "product.brand", "top": {"dimension": "product.brand", "n": 1, "by": "revenue"}}, ("sales_monthly",)),
        (["revenue", "tickets"], {"by": "customer.segment"}, ("sales_daily",)),  # beside a fact from its rows
        (["revenue"], {"where": {"field": "order_date.day", "op": ">", "value": "2024-02-10"}}, ("sales_daily",)),
        (["revenue"], {"having": {"field": "lines", "op": ">", "value": 1}, "by": "channel"}, ("sales_daily",)),
    ],
)  # fmt: skip
def test_a_roll_up_answers_what_it_holds(
    rolled: Shop, metrics: list[str], more: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert used(rolled, *metrics, **more) == expected


@pytest.mark.parametrize(
    ("metrics", "more"),
    [
        (["buyers"], {}),  # distinct counts do not add up
        (["average_order_value"], {}),
        (["average_line_value"], {}),
        (["stock_on_hand"], {}),
        (["revenue"], {"by": "product.category"}),  # a dimension it lacks
        (["revenue"], {"by": "ship_date.day:month"}),  # the same field in another role
        (["revenue"], {"by": "customer.segment", "history": "as_was"}),  # another version of the customer
        (["lines", "units"], {"where": {"field": "product.brand", "value": "Acme"}}),
        (["revenue"], {"by": "time:month", "windows": [{"metric": "revenue", "kind": "cumulative"}], "where": {"field": "customer.age", "op": ">", "value": 3}}),
    ],
)  # fmt: skip
def test_a_roll_up_is_left_alone_where_it_could_be_wrong(
    rolled: Shop, metrics: list[str], more: dict[str, Any]
) -> None:
    assert used(rolled, *metrics, **more) == ()


def test_a_lifted_filter_needs_the_rows() -> None:
    def change(model: dict[str, Any]) -> None:
        declare(MONTHLY)(model)
        rule = {"name": "no store", "expression": "sales.channel <> 'Store'", "removable": True}
        set_c360(element(model, "metrics", "revenue"), default_filters=[rule])

    shop = make(Shop(change))
    assert used(shop, "revenue") == ("sales_monthly",)
    assert used(shop, "revenue", without_filters=["no store"]) == ()


def test_policies_hold_in_a_roll_up_and_need_their_columns(rolled: Shop) -> None:
    assert rolled.answer("lines", principal=EU, memory=Memory()).table.to_pylist() == [{"lines": 4}]
    assert used(rolled, "lines", principal=EU) == ("sales_daily",)
    assert used(rolled, "lines", by="customer.segment", principal=EU) == ("sales_daily",)
    assert used(rolled, "revenue", by="product.brand", principal=EU) == ()  # the monthly one knows no region


def test_masks_hold_in_a_roll_up(rolled: Shop) -> None:
    masked = Principal("eve", masks={"customer.segment": "hash"})
    assert used(rolled, "lines", by="customer.segment", principal=masked) == ("sales_daily",)
    assert used(rolled, "revenue", principal=Principal("eve", masks={"sales.net": "null"})) == ()
    dates = Principal("eve", masks={"calendar.day": "year"})
    assert used(rolled, "revenue", by=["order_date.day:month", "product.brand"], principal=dates) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DELETE FROM gold.sales_monthly WHERE product_brand = 'Zed'", "lacks 2 of the rows"),
        ("INSERT INTO gold.sales SELECT * FROM gold.sales WHERE line_id = 1", "lacks 1 of the rows"),  # built before
        ("INSERT INTO gold.sales_monthly SELECT * FROM gold.sales_monthly", "which the base does not give"),
        ("ALTER TABLE gold.sales_monthly DROP COLUMN revenue", "no column revenue"),
        ("ALTER TABLE gold.sales_monthly ALTER revenue TYPE DOUBLE", "is DOUBLE, the base gives"),
        ("DROP TABLE gold.sales_monthly", "cannot be read"),
        ("INSERT INTO gold.product VALUES (1, 'Acme', 'Shoes', 1)", "of the rows"),
    ],
)
def test_a_roll_up_that_differs_is_not_used(change: str, why: str) -> None:
    shop = make(Shop(declare(MONTHLY)))
    memory = Memory()
    assert shop.answer("revenue", memory=memory).rollups == ("sales_monthly",)
    shop.session.publish(change)
    proof = prove(shop.session, shop.model, "sales_monthly", as_of=AS_OF)  # type: ignore[arg-type]
    assert not proof.holds
    assert why in str(proof.why)
    found = shop.answer("revenue", memory=memory)
    assert found.rollups == ()
    assert found.table.equals(shop.answer("revenue").table)


def test_a_join_that_doubles_is_found_even_when_the_roll_up_has_it_too() -> None:
    shop = Shop(declare(MONTHLY))
    shop.session.publish("INSERT INTO gold.product VALUES (1, 'Acme', 'Shoes', 1)")
    make(shop)  # the table now equals the doubled query; totals without the brand do not
    proof = prove(shop.session, shop.model, "sales_monthly", as_of=AS_OF)  # type: ignore[arg-type]
    assert proof.why == "its joins make 13 rows of 9"
    assert shop.answer("revenue", memory=Memory()).table.to_pylist() == [{"revenue": Decimal("267.50")}]


def test_sums_of_floats_are_never_equal_enough() -> None:
    tickets = {"name": "t", "source": "gold.t", "metrics": ["handling_minutes"], "dimensions": [{"name": "tickets.channel"}]}  # fmt: skip
    shop = make(Shop(declare(tickets)))
    assert "floats" in str(prove(shop.session, shop.model, "t", as_of=AS_OF).why)  # type: ignore[arg-type]
    assert used(shop, "handling_minutes") == ()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"metrics": ["buyers"]}, "do not add up"),
        ({"metrics": ["stock_on_hand"], "dimensions": [{"name": "product.brand"}]}, "do not add up"),
        ({"metrics": ["revenue", "tickets"], "dimensions": [{"name": "customer.segment"}]}, "over one dataset"),
        ({"metrics": ["average_order_value"]}, "plain aggregates"),
        ({"metrics": ["revenu"]}, "No metric is named 'revenu'"),
        ({"dimensions": [{"name": "time", "grain": "month"}]}, "dataset or role"),
        ({"dimensions": [{"name": "tickets.channel"}]}, "cannot be split"),
    ],
)
def test_a_roll_up_that_could_not_be_right_is_an_error_of_the_model(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ProjectErrors, match=why):
        changed(declare({**MONTHLY, **more}))


def test_an_inner_join_drops_rows_so_it_cannot_be_rolled_up() -> None:
    def change(model: dict[str, Any]) -> None:
        set_c360(element(model, "relationships", "sales_product"), join="inner")
        declare(MONTHLY)(model)

    with pytest.raises(ProjectErrors, match="drops rows"):
        changed(change)


MODEL = changed(declare(DAILY, MONTHLY))
MEMORY = Memory()


def session() -> MemorySession:
    found = shop_session(ROWS)
    for declared in MODEL.c360.rollups:
        found.publish(f"CREATE TABLE {declared.source} AS {rollup_select(MODEL, declared, as_of=AS_OF).sql('duckdb')}")
    return found


SESSION = session()
COUNTED = {"queries": 0, "rolled": 0}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(query=queries())
def test_a_random_query_gives_the_same_with_and_without_roll_ups(query: dict[str, Any]) -> None:
    asked = MetricQuery.model_validate(query)
    rolled = answer(SESSION, MODEL, asked, as_of=AS_OF, principal=OWNER, memory=MEMORY)  # type: ignore[arg-type]
    base = answer(SESSION, MODEL, asked, as_of=AS_OF)  # type: ignore[arg-type]
    assert rolled.table.equals(base.table), rolled.sql
    COUNTED["queries"] += 1
    COUNTED["rolled"] += bool(rolled.rollups)


def test_random_queries_did_use_them() -> None:
    assert COUNTED["queries"] == 0 or COUNTED["rolled"] > COUNTED["queries"] / 50
