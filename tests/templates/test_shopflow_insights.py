"""What the insights of ShopFlow conclude, against plain Python over the generated files, and against what was planted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from tests.templates.projects import template_project

from customer360.semantic.answer import answer
from customer360.semantic.lint import lint as semantic_lint
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery
from customer360.synthetic.sessions import BOUGHT, CART, SHIPPING
from customer360.synthetic.shopflow import ShopFlow

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built

Row = dict[str, Any]
TODAY = date(2024, 11, 30)
CUT = date(2024, 9, 1)


class Files:
    """The rows of the generated files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getitem__(self, table: str) -> list[Row]:
        return self._connection.execute(f"FROM {table}").to_arrow_table().to_pylist()


@pytest.fixture(scope="module")
def files(shopflow_files: duckdb.DuckDBPyConnection) -> Files:
    return Files(shopflow_files)


@pytest.fixture(scope="module")
def purchases(shopflow: Built) -> dict[int, list[date]]:
    """Days on which each golden customer bought, every basket once."""
    days: dict[int, list[date]] = defaultdict(list)
    for row in shopflow.rows("SELECT customer_key, purchase_date FROM gold.customer_purchases"):
        days[row["customer_key"]].append(row["purchase_date"])
    return days


@pytest.fixture(scope="module")
def sold(files: Files) -> list[Row]:
    """Lines of the three systems that sell, returns left out: month, basket, product (None: telephone), amount."""
    back = {row["order_id"] for row in files["shop_ops.returns"] if row["return_date"] <= TODAY}
    parcels = Counter(row["order_ref"] for row in files["wms.wms_shipments"] if row["delivery_status"] == "Returned")
    lines = [
        {
            "day": row["order_date"],
            "basket": ("shop", row["customer_id"] or row["order_id"], row["order_date"], row["payment_method"]),
            "product": f"shop:{row['product_id']}",
            "amount": row["order_amount"] - (row["discount_amount"] or 0),
        }
        for row in files["shop.orders"]
        if row["order_id"] not in back
    ]
    for row in files["cdp.purchase_transactions"]:
        line = {"day": row["purchase_date"], "basket": row["transaction_id"], "product": f"cdp:{row['product_id']}"}
        lines.append({**line, "amount": row["total_amount"]})
    for row in files["erp.erp_orders"]:
        if not parcels[row["order_id"]]:
            lines.append(
                {"day": row["order_date"].date(), "basket": None, "product": None, "amount": row["total_amount"]}
            )
    return lines


@pytest.fixture(scope="module")
def visits(files: Files) -> dict[str, list[Row]]:
    """Events of each session of the web shop."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in files["shop.events"]:
        found[row["session_id"]].append(row)
    return found


# ---- baskets and tastes ----------------------------------------------------------------------------------------------------


def test_every_pair_has_the_measures_counted_from_the_orders(shopflow: Built, sold: list[Row]) -> None:
    baskets: dict[Any, set[str]] = defaultdict(set)
    for line in sold:
        if line["product"]:
            baskets[line["basket"]].add(line["product"])
    alone = Counter(product for basket in baskets.values() for product in basket)
    together = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    found = shopflow.rows(
        "SELECT p.*, a.product_id AS a, b.product_id AS b FROM insights.basket_pairs AS p "
        "JOIN gold.gold_product_dim AS a ON a.product_key = item_a "
        "JOIN gold.gold_product_dim AS b ON b.product_key = item_b"
    )
    assert {tuple(sorted((row["a"], row["b"]))) for row in found} == {pair for pair, n in together.items() if n >= 10}
    for row in found:
        n, count = together[tuple(sorted((row["a"], row["b"])))], len(baskets)
        lift = n * count / (alone[row["a"]] * alone[row["b"]])
        assert row["pair_count"] == n
        assert row["lift"] == pytest.approx(lift)
        assert row["npmi"] == pytest.approx(math.log(lift) / -math.log(n / count))
        assert row["confidence_a_to_b"] == pytest.approx(n / alone[row["a"]])


def test_planted_complements_lead_by_lift_and_their_rules_are_there(shopflow: Built, files: Files) -> None:
    planted = {frozenset((f"shop:{r['product_a']}", f"shop:{r['product_b']}")) for r in files["truth.complements"]}
    named = "SELECT product_key, product_id FROM gold.gold_product_dim"
    names = {row["product_key"]: row["product_id"] for row in shopflow.rows(named)}
    rows = shopflow.rows("SELECT item_a, item_b FROM insights.basket_pairs ORDER BY lift DESC")
    led = [frozenset((names[row["item_a"]], names[row["item_b"]])) in planted for row in rows]
    assert sum(led) >= 0.8 * len(planted), "most of them were bought together ten times"
    assert all(led[: sum(led)]), "and each has more lift than any pair of chance"
    rules = shopflow.rows("SELECT antecedent, consequent FROM insights.basket_rules ORDER BY lift DESC LIMIT 10")
    assert all(frozenset((names[r["antecedent"][0]], names[r["consequent"]])) in planted for r in rules)


def test_affinity_is_the_shrunken_share_and_recommendations_are_new(shopflow: Built) -> None:
    lines = shopflow.rows("SELECT * FROM insights.purchase_line WHERE customer_key IS NOT NULL")
    own, size, product, category = Counter(), Counter(), Counter(), Counter()
    kind: dict[int, Any] = {}
    in_category: Counter[tuple[int, Any]] = Counter()
    for line in lines:
        key, item, kind[line["product_key"]] = line["customer_key"], line["product_key"], line["category"]
        own[key, item] += 1
        size[key] += 1
        product[item] += 1
        category[line["category"]] += 1
        in_category[key, line["category"]] += 1
    prices = {r["product_key"]: r["price"] for r in shopflow.rows("SELECT * FROM insights.product_price")}
    expected_purchases = {
        row["customer_key"]: row["expected_purchases_12m"]
        for row in shopflow.rows("SELECT customer_key, expected_purchases_12m FROM insights.customer_value")
    }
    for table, bought in (("product_affinity", None), ("recommendations", False)):
        ranks = defaultdict(list)
        for row in shopflow.rows(f"SELECT * FROM insights.{table}"):
            key, item = row["customer_key"], row["product_key"]
            share = in_category[key, kind[item]] / size[key] * product[item] / category[kind[item]]
            score = (own[key, item] + 10 * share) / (size[key] + 10)
            assert row["affinity_score"] == pytest.approx(score)
            assert row["purchase_count"] == own[key, item]
            assert bought is None or not own[key, item]
            impact = score * expected_purchases[key] * float(prices[item])
            assert float(row["predicted_cltv_impact"]) == pytest.approx(impact, abs=0.006)
            assert row["why"]
            ranks[key].append((row["affinity_rank"], -row["affinity_score"]))
        assert set(ranks) == set(size)
        for found in ranks.values():
            assert [rank for rank, _ in sorted(found)] == list(range(1, len(found) + 1))
            assert sorted(found) == sorted(found, key=lambda place: (place[1], place[0]))


# ---- value and churn -------------------------------------------------------------------------------------------------------


def test_churn_and_value_recover_what_was_planted(shopflow: Built, files: Files) -> None:
    truth = {row["customer_id"]: row for row in files["truth.customers"]}
    rows = shopflow.rows(
        "SELECT k.record_id, v.* FROM gold.record_keys AS k "
        "JOIN insights.customer_value AS v ON v.customer_key = k.customer_key WHERE k.system = 'shop'"
    )
    gone = np.array([not truth[row["record_id"]]["is_alive"] for row in rows])
    assert roc_auc_score(gone, [1 - row["probability_alive"] for row in rows]) > 0.75
    assert roc_auc_score(gone, [row["churn_risk_score"] for row in rows]) > 0.68
    planted = [
        truth[row["record_id"]]["weekly_rate"] * truth[row["record_id"]]["mean_basket_value"] * (not left)
        for row, left in zip(rows, gone, strict=True)
    ]
    assert spearmanr(planted, [float(row["predicted_clv_12m"]) for row in rows]).statistic > 0.5


def test_the_back_test_observed_what_buyers_then_did(shopflow: Built, purchases: dict[int, list[date]]) -> None:
    known = {key: days for key, days in purchases.items() if min(days) <= CUT}
    stayed = {key for key, days in known.items() if any(CUT < day <= TODAY for day in days)}
    bands = shopflow.rows("SELECT * FROM insights.churn_back_test")
    assert {(row["cut_date"], row["until_date"]) for row in bands} == {(CUT, TODAY)}
    assert sum(row["customers"] for row in bands) == len(known)
    churned = sum(row["customers"] * row["observed_rate"] for row in bands)
    assert churned == pytest.approx(len(known) - len(stayed))
    assert bands[0]["auc"] > 0.78
    assert bands[0]["calibration_error"] < 0.05
    card = {
        (row["model"], row["name"]): row["value"]
        for row in shopflow.rows("SELECT * FROM insights.model_card WHERE kind = 'metric'")
    }
    assert card["churn", "auc"] == bands[0]["auc"]
    assert card["churn", "churn_rate"] == pytest.approx(1 - len(stayed) / len(known))
    days = sum(len({day for day in known[key] if CUT < day <= TODAY}) for key in known)
    assert card["lifetime_value", "actual_purchases"] == days
    assert card["lifetime_value", "expected_purchases"] == pytest.approx(days, rel=0.15)


def test_risk_stands_beside_its_rules_and_prospects_have_none(
    shopflow: Built, purchases: dict[int, list[date]]
) -> None:
    rows = {row["customer_key"]: row for row in shopflow.rows("SELECT * FROM insights.churn_risk")}
    assert len(rows) == shopflow.value("SELECT count(*) FROM customer_360.customer_360")
    for key, row in rows.items():
        days = purchases.get(key)
        if days is None:
            assert row["churn_risk_score"] is row["churn_risk_band"] is row["is_at_risk_rule"] is None
            continue
        silent = (TODAY - max(days)).days
        assert (row["recency_days"], row["purchases"]) == (silent, len(days))
        assert row["is_churned_90_day_rule"] == (silent > 90)
        assert row["is_at_risk_rule"] == (silent > 90 and len(days) < 3)
        assert row["churn_risk_180_90_rule"] == ("High" if silent > 180 else "Medium" if silent > 90 else "Low")
        score = row["churn_risk_score"]
        assert row["churn_risk_band"] == ("Low" if score < 0.5 else "Medium" if score < 0.8 else "High")
        assert str(silent) in row["why"]
        assert 0 < row["band_observed_rate"] < 1


def test_a_challenger_is_published_only_when_it_won(shopflow: Built) -> None:
    card = {
        row["name"]: row["value"]
        for row in shopflow.rows("SELECT * FROM insights.model_card WHERE model = 'churn_challenger'")
    }
    won = card["challenger_auc"] >= card["champion_auc"] + 0.005 and card["challenger_brier"] <= card["champion_brier"]
    assert card["is_promoted"] == won
    buyers = shopflow.value("SELECT count(*) FROM insights.customer_value")
    assert shopflow.value("SELECT count(*) FROM insights.churn_challenger") == (buyers if won else 0)
    assert shopflow.value("SELECT count(challenger_score) FROM insights.churn_risk") == (buyers if won else 0)


def test_cohorts_and_moves_between_segments_are_counted(shopflow: Built, purchases: dict[int, list[date]]) -> None:
    active: Counter[tuple[date, int]] = Counter()
    for days in purchases.values():
        first = min(days)
        months = {(day.year - first.year) * 12 + day.month - first.month for day in days}
        active.update((first.replace(day=1), month) for month in months)
    for row in shopflow.rows("SELECT * FROM insights.cohort_retention"):
        n = active[row["cohort_date"], row["period_number"]]
        assert row["active_customers"] == n
        assert row["retention_rate"] == pytest.approx(n / active[row["cohort_date"], 0])
    now = {
        row["rfm_segment"]: row["n"]
        for row in shopflow.rows("SELECT rfm_segment, count(*) AS n FROM insights.customer_rfm GROUP BY rfm_segment")
    }
    moves = shopflow.rows("SELECT * FROM insights.rfm_migration")
    arrived: Counter[str] = Counter()
    for row in moves:
        arrived[row["to_segment"]] += row["customers"]
    assert arrived == now
    new = sum(row["customers"] for row in moves if row["from_segment"] is None)
    assert new == sum(min(days) > CUT for days in purchases.values())


# ---- visits, carts, channels, months ---------------------------------------------------------------------------------------


def test_the_funnel_is_that_of_the_events_and_within_1_percent_of_the_planned_visits(
    shopflow: Built, visits: dict[str, list[Row]]
) -> None:
    found = {
        row["stage"]: row["n"]
        for row in shopflow.rows("SELECT stage, sum(sessions) AS n FROM insights.funnel GROUP BY stage")
    }
    kinds = [{event["event_type"] for event in events} for events in visits.values()]
    bought = [kind for kind in kinds if {"add_to_cart", "purchase"} <= kind]
    assert found["view"] == len(kinds)
    assert found["add_to_cart"] == sum("add_to_cart" in kind for kind in kinds)
    assert found["checkout"] == sum("add_to_cart" in kind and bool(kind & {"checkout", "purchase"}) for kind in kinds)
    assert found["purchase"] == len(bought)
    stage = ShopFlow.of("small").visits.stage
    for name, least in (("add_to_cart", CART), ("checkout", SHIPPING), ("purchase", BOUGHT)):
        assert float(found[name] / found["view"]) == pytest.approx((stage >= least).mean(), rel=0.01)


def test_carts_are_counted_once_and_lost_when_nobody_came_back(
    shopflow: Built, visits: dict[str, list[Row]], files: Files
) -> None:
    carts = {
        session: {event["event_type"] for event in events}
        for session, events in visits.items()
        if any(event["event_type"] == "add_to_cart" for event in events)
    }
    left = {session for session, kinds in carts.items() if "purchase" not in kinds}
    letters = [row for row in files["shop_ops.cart_recovery_emails"] if row["session_id"] in left]
    (found,) = shopflow.rows(
        "SELECT sum(carts_created) AS created, sum(carts_abandoned) AS abandoned, sum(recovery_emails_sent) AS sent, "
        "sum(carts_recovered) AS recovered, sum(abandonment_share) AS share FROM insights.cart_abandonment"
    )
    assert (found["created"], found["abandoned"], found["sent"]) == (len(carts), len(left), len(letters))
    assert found["recovered"] == sum(row["recovered_order_id"] is not None for row in letters)
    assert found["share"] == pytest.approx(1)
    for row in shopflow.rows("SELECT * FROM insights.cart_abandonment"):
        assert row["cart_abandonment_rate"] == pytest.approx(row["carts_abandoned"] / row["carts_created"])
        assert row["lost_revenue"] <= row["abandoned_cart_value"]


def test_suspected_reasons_recover_the_planted_ones(shopflow: Built, files: Files) -> None:
    planted = {row["session_id"]: row["reason"] for row in files["truth.abandoned_carts"]}
    stocked = date(2024, 10, 31)
    rows = shopflow.rows("SELECT session_id, suspected_reason, created_date FROM gold.gold_cart_abandonment_fact")
    assert {row["session_id"].removeprefix("shop:") for row in rows} == set(planted)
    seen: Counter[tuple[str, str, bool]] = Counter()
    for row in rows:
        reason = planted[row["session_id"].removeprefix("shop:")]
        seen[reason, row["suspected_reason"], row["created_date"] >= stocked] += 1

    def recovered(reason: str, word: str, *, since_stock: bool) -> float:
        of_reason = {key: n for key, n in seen.items() if key[0] == reason and (key[2] or not since_stock)}
        return sum(n for key, n in of_reason.items() if key[1] == word) / sum(of_reason.values())

    # Where two reasons hold, low stock is named first; stock is known for the last 31 days only.
    assert recovered("shipping_cost", "shipping", since_stock=False) > 0.98
    assert recovered("payment_failed", "payment_failed", since_stock=False) > 0.97
    assert recovered("low_stock", "low_stock", since_stock=True) > 0.95
    named = {(truth, word) for truth, word, _ in seen if word not in ("unknown", "low_stock")}
    assert named == {("shipping_cost", "shipping"), ("payment_failed", "payment_failed")}, "none is named wrongly"
    # Comparison leaves no trace, and prices of a shop without price history neither.
    assert recovered("comparison", "unknown", since_stock=False) > 0.98
    assert recovered("price", "unknown", since_stock=False) > 0.98


def test_credit_for_purchases_is_shared_by_path(shopflow: Built) -> None:
    touches: dict[int, list[tuple[Any, str]]] = defaultdict(list)
    for row in shopflow.rows("SELECT * FROM insights.marketing_touch"):
        touches[row["customer_key"]].append((row["touched_at"], row["channel"]))
    conversions: dict[int, list[Row]] = defaultdict(list)
    for row in shopflow.rows("SELECT * FROM insights.conversion ORDER BY converted_at, conversion_id"):
        conversions[row["customer_key"]].append(row)
    credit: dict[str, Counter[str]] = {name: Counter() for name in ("first_touch", "last_touch", "linear")}
    for key, bought in conversions.items():
        before = None
        for conversion in bought:
            moment = conversion["converted_at"]
            path = sorted(
                (at, channel)
                for at, channel in touches[key]
                if at <= moment and (before is None or at > before) and (moment - at).total_seconds() <= 30 * 86400
            )
            before = moment
            if path:
                credit["first_touch"][path[0][1]] += 1
                credit["last_touch"][path[-1][1]] += 1
                for _, channel in path:
                    credit["linear"][channel] += 1 / len(path)
    rows = shopflow.rows("SELECT * FROM insights.channel_attribution")
    for row in rows:
        for name, counted in credit.items():
            assert row[f"{name}_conversions"] == pytest.approx(counted[row["channel"]])
    total = sum(credit["linear"].values())
    assert sum(row["markov_conversions"] for row in rows) == pytest.approx(total)
    assert total > 100


def test_months_hold_every_cent_and_december_is_forecast_to_be_the_best(shopflow: Built, sold: list[Row]) -> None:
    months: dict[date, Decimal] = defaultdict(Decimal)
    for line in sold:
        months[line["day"].replace(day=1)] += line["amount"]
    rows = shopflow.rows("SELECT month, value FROM insights.monthly_revenue WHERE series = 'all channels'")
    assert {row["month"]: row["value"] for row in rows} == dict(months)
    ahead = shopflow.rows("SELECT * FROM insights.revenue_forecast WHERE series = 'all channels' ORDER BY month")
    assert [row["month"].month for row in ahead] == [12, 1, 2, 3, 4, 5]
    assert {row["history_months"] for row in ahead} == {35}
    assert max(ahead, key=lambda row: row["forecast"])["month"] == date(2024, 12, 1), "demand is planted to peak then"
    assert all(row["lower"] < row["forecast"] < row["upper"] for row in ahead)
    last = [float(months[date(2023, 12, 1)]), float(months[date(2022, 12, 1)])]
    assert ahead[0]["lower"] < max(last) < ahead[0]["upper"] * 1.5


# ---- the model that dashboards ask for these figures

INSIGHTS = SemanticModel.from_document(template_project("shopflow").semantics["shopflow_insights"])


@pytest.mark.parametrize("name", sorted(INSIGHTS.metrics))
def test_a_figure_of_a_method_equals_its_check(shopflow: Built, name: str) -> None:
    metric = INSIGHTS.metrics[name]
    assert metric.c360.check_sql is not None
    assert metric.description
    expected = shopflow.value(metric.c360.check_sql.replace("as_of()", f"DATE '{TODAY}'"))
    with shopflow.engine.read() as session:
        got = answer(session, INSIGHTS, MetricQuery(metrics=(name,)), as_of=TODAY).table.to_pylist()
    assert float(got[0][name]) == pytest.approx(float(expected), rel=1e-9)


def test_that_model_has_no_findings() -> None:
    found = semantic_lint(INSIGHTS)
    assert [finding for finding in found if finding.severity == "error"] == []
