"""Words that mean something else than a figure we have: asked back or declined, never answered with that figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.templates.conftest import Built

BOTH = [
    ("accounts", "Total customers"),
    ("number of accounts", "Total customers"),
    ("revenue without discounts", "Gross sales"),
    ("sales without discounts", "Gross sales"),
    ("star rating", "satisfaction"),
    ("product rating", "satisfaction"),
    ("chargebacks", "Refunds"),
    ("return cost", "Refunds"),
    ("trading profit", "Gross margin"),
    ("contribution margin", "Gross margin"),
    ("units shipped to customers", "Units sold"),
    ("were sales good", "Units sold"),
    ("customers moving", "Units sold"),
    ("average sales", "Average order value"),
    ("average discount per product", "Discount rate"),
    ("average discounts per product", "Discount rate"),
    ("order quantity", "Orders"),
    ("total coupons", "Coupon"),
    ("coupons", "Coupon"),
]
SHOPFLOW = [
    *BOTH,
    ("return quantity", "Returned lines"),
    ("returning visitors", "Returned lines"),
    ("returned visitors", "Returned lines"),
    ("visitors who returned", "Returned lines"),
    ("accounts opened in October", "Support tickets"),
    ("customers opened in October", "Support tickets"),
    ("orders not received", "Orders is 0"),
    ("lost sales", "Lost revenue"),
    ("sales lost last month", "Lost revenue"),
    ("shipping delay", "Days to ship"),
    ("lead time", "Days to ship"),
    ("revenue by campaign type", "Campaign channel"),
    ("tickets under sla", "Has a promised time"),
    ("customers by last complaint", "Last contact type"),
    ("how many people unsubscribed", "Unsubscribes"),
    ("unsubscribed people", "Unsubscribes"),
    ("unique visitors", "Known visitors"),
    ("how many products are in stock", "Stock on hand"),
    ("shipments not delivered", "In Transit"),
    ("shipments not arrived", "In Transit"),
    ("shipments not delivered yet", "In Transit"),
    ("campaigns mailed", "Mailings"),
]


@pytest.fixture(scope="module")
def households(journey: Built) -> Iterator[Workspace]:
    workspace = open_project(journey.root)
    yield workspace
    workspace.close()


@pytest.mark.parametrize(("question", "forbidden"), SHOPFLOW)
def test_shopflow_does_not_read(asked: Workspace, question: str, forbidden: str) -> None:
    reading = asked.ask(question).reading or ""
    assert forbidden not in reading


@pytest.mark.parametrize(("question", "forbidden"), BOTH)
def test_complete_journey_does_not_read(households: Workspace, question: str, forbidden: str) -> None:
    reading = households.ask(question).reading or ""
    assert forbidden not in reading


def test_a_word_that_means_two_figures_is_asked_back(asked: Workspace) -> None:
    for question in ("lost sales", "returning visitors", "visitors who came back"):
        assert asked.ask(question).status == "clarify", question


def test_plans_end_on_their_last_day(asked: Workspace, shopflow: Built) -> None:
    ended = "FROM conformed.plan_subscription WHERE start_date <= DATE '2024-11-30' AND end_date < DATE '2024-11-30'"
    months = shopflow.rows(f"SELECT strftime(end_date, '%Y-%m') AS month, COUNT(*) AS n {ended} GROUP BY 1 ORDER BY 1")
    assert months
    busiest = max(months, key=lambda row: row["n"])
    table = asked.ask(f"plans ended in {busiest['month']}").table
    assert table is not None
    assert list(table.to_pylist()[0].values()) == [busiest["n"]]
