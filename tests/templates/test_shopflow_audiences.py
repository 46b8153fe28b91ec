"""ShopFlow's three audiences choose whom their files say: counted again from the published tables."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import pytest

from customer360.audiences.lint import lint_audiences
from customer360.audiences.room import Audiences, audiences_of
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from tests.templates.conftest import Built

REACHABLE = "c.consent_email AND COALESCE(c.open_tickets, 0) = 0"


@pytest.fixture(scope="module")
def room(shopflow: Built) -> Audiences:
    made = audiences_of(Workspace(shopflow.project, shopflow.engine))
    for name in ("retention_offer", "win_back", "vip_early_access"):
        made.refresh(name)
    return made


def members(room: Audiences, name: str) -> set[str]:
    return {each.id for each in room.book.members(name)}


def test_the_files_are_sound(shopflow: Built) -> None:
    workspace = Workspace(shopflow.project, shopflow.engine)
    audiences = shopflow.project.audiences
    assert set(audiences) == {"retention_offer", "win_back", "vip_early_access"}
    assert lint_audiences(audiences.values(), shopflow.project.settings, workspace.semantic_model()) == []


def test_the_retention_offer_goes_to_the_best_by_expected_value(room: Audiences, shopflow: Built) -> None:
    """Of those who would stay away 20 % come back, worth 40 % of 12 months; who would have come costs the discount."""
    as_of = room.list()[0].refresh.as_of if room.list()[0].refresh else None
    rows = shopflow.rows(f"""
        SELECT c.customer_id, c.churn_risk_score AS risk, c.predicted_clv_12m AS clv, c.average_order_value AS aov
        FROM customer_360.customer_360 AS c
        WHERE {REACHABLE} AND c.is_prediction_reliable AND (
          SELECT COUNT(DISTINCT s.transaction_id) FROM gold.gold_sales_fact AS s
          WHERE s.customer_key = c.customer_key AND NOT s.is_return
            AND s.sale_date > LAST_DAY(DATE '{as_of}' - INTERVAL 24 MONTH) AND s.sale_date <= DATE '{as_of}') >= 2""")
    value = {}
    for row in rows:
        risk, clv, aov = (float(row[name]) for name in ("risk", "clv", "aov"))
        value[row["customer_id"]] = 0.20 * risk * (0.40 * clv - 0.15 * aov) - (1 - risk) * 0.15 * aov
    worth = sorted((id_ for id_, each in value.items() if each > 0), key=lambda id_: (-value[id_], id_))
    assert members(room, "retention_offer") == set(worth[: math.ceil(0.15 * len(worth))])
    scores = {each.id: each.score for each in room.book.members("retention_offer")}
    assert all(score == pytest.approx(value[id_]) for id_, score in scores.items())
    by_risk = sorted(value, key=lambda id_: -next(float(r["risk"]) for r in rows if r["customer_id"] == id_))
    assert set(by_risk[: len(scores)]) != set(scores)  # the riskiest are others


def test_the_win_back_goes_to_who_left_a_cart_and_bought_nothing_since(room: Audiences, shopflow: Built) -> None:
    as_of = room.list()[0].refresh.as_of if room.list()[0].refresh else None
    expected = shopflow.rows(f"""
        WITH carts AS (
          SELECT r.customer_key, MAX(CAST(c.created_at AS DATE)) AS last_cart
          FROM conformed.cart AS c JOIN gold.record_keys AS r
            ON r.system = COALESCE(c.record_system, c.system) AND r.record_id = c.record_id
          WHERE c.is_abandoned AND CAST(c.created_at AS DATE) > DATE '{as_of}' - 30 GROUP BY ALL)
        SELECT c.customer_id FROM carts JOIN customer_360.customer_360 AS c USING (customer_key)
        WHERE {REACHABLE} AND NOT EXISTS (
          FROM gold.gold_sales_fact AS s WHERE s.customer_key = c.customer_key AND s.sale_date >= carts.last_cart)""")
    assert members(room, "win_back") == {row["customer_id"] for row in expected} != set()


def test_early_access_goes_to_vips_and_frequent_buyers(room: Audiences, shopflow: Built) -> None:
    as_of = room.list()[0].refresh.as_of if room.list()[0].refresh else None
    expected = shopflow.rows(f"""
        SELECT c.customer_id FROM customer_360.customer_360 AS c
        WHERE {REACHABLE} AND (c.gold_segment = 'VIP' OR (
          SELECT COUNT(DISTINCT s.transaction_id) FROM gold.gold_sales_fact AS s
          WHERE s.customer_key = c.customer_key AND NOT s.is_return
            AND s.sale_date BETWEEN DATE '{as_of}' - 89 AND DATE '{as_of}') >= 2)""")
    assert members(room, "vip_early_access") == {row["customer_id"] for row in expected} != set()


def test_letters_leave_with_addresses_and_without_the_held_out(room: Audiences, shopflow: Built) -> None:
    _, delivery = room.export("retention_offer", "newsletter")
    with (shopflow.root / "exports" / "retention_offer.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    held = {each.id for each in room.book.members("retention_offer") if each.held_out}
    sent = {row["customer_id"] for row in rows}
    assert sent == members(room, "retention_offer") - held - members(room, "win_back")
    mails = {
        row["customer_id"]: row["email"]
        for row in shopflow.rows("SELECT customer_id, email FROM customer_360.customer_360")
    }
    assert all(row["email"] == (mails[row["customer_id"]] or "") for row in rows)
    assert len(rows) == len(delivery.rows)
