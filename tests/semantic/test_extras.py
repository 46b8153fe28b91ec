"""Comparisons, windows, shares, gaps, largest members, order and balances, on rows one can count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.semantic.shop import ROWS, Shop, element, set_c360

from customer360.errors import QueryError


def texts(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(str(value) if isinstance(value, date) else value for value in row) for row in rows]


# ---- comparisons --------------------------------------------------------------------------------------------------


def test_a_month_is_compared_with_the_month_before_across_a_gap(shop: Shop) -> None:
    rows = shop.ask("revenue", by="time:month", compare={"to": "previous period"})
    assert texts(rows) == [
        ("2024-02-01", Decimal("49.50"), None, None, None),
        ("2024-03-01", None, Decimal("49.50"), None, None),
        ("2024-07-01", Decimal("90.00"), None, None, None),
        ("2024-08-01", None, Decimal("90.00"), None, None),
        ("2024-11-01", Decimal("128.00"), None, None, None),
    ]


def test_a_total_is_compared_with_last_year_up_to_the_same_day() -> None:
    rows = [*ROWS["sales"], (10, "t9", 1, 11, 1, 20231130, None, "Store", False, 1, "80.00", False)]
    rows.append((11, "t10", 1, 11, 1, 20231201, None, "Store", False, 1, "1000.00", False))
    shop = Shop(rows={**ROWS, "sales": rows})
    (row,) = shop.ask(
        "revenue",
        "orders",
        time={"relative": "this year"},
        compare={"to": "same period last year", "name": "last_year"},
    )
    assert row == (
        Decimal("267.50"), Decimal("80.00"), Decimal("187.50"), pytest.approx(187.5 / 80), 6, 1, 5, pytest.approx(5.0)
    )  # fmt: skip


def test_two_filters_stand_side_by_side(shop: Shop) -> None:
    compare = {"where": {"field": "customer.segment", "value": "Regular"}, "name": "regular"}
    answer = shop.answer("revenue", where={"field": "customer.segment", "value": "VIP"}, compare=compare)
    assert answer.table.to_pylist() == [
        {
            "revenue": Decimal("79.50"),
            "revenue_regular": Decimal("60.00"),
            "revenue_change": Decimal("19.50"),
            "revenue_change_rate": pytest.approx(0.325),
        }
    ]
    assert [column.label for column in answer.columns][1:] == [
        "Revenue, regular", "Revenue, change", "Revenue, rate of change"
    ]  # fmt: skip


def test_a_range_given_outright_is_laid_beside_by_its_start(shop: Shop) -> None:
    compare = {"time": {"start": "2024-02", "end": "2024-02"}}
    rows = shop.ask("revenue", by="time:month", time={"start": "2024-07", "end": "2024-07"}, compare=compare)
    assert texts(rows) == [
        ("2024-07-01", Decimal("90.00"), Decimal("49.50"), Decimal("40.50"), pytest.approx(40.5 / 49.5))
    ]


def test_weeks_are_compared_with_the_same_weekdays_of_last_year(shop: Shop) -> None:
    asked = {"time": {"relative": "2024-W48"}, "compare": {"to": "same period last year"}}
    sql = shop.answer("revenue", by="time:week", **asked).sql
    assert "'2023-11-27'" in sql
    assert "'2023-12-03'" in sql


def test_a_condition_may_be_on_the_change(shop: Shop) -> None:
    rows = shop.ask(
        "revenue",
        by="time:month",
        compare={"to": "previous period"},
        time={"relative": "last 5 months"},
        having={"field": "revenue_change", "op": ">", "value": 0},
    )
    assert texts(rows)[0][0] == "2024-07-01"
    assert len(rows) == 1


COMPARISONS = [
    ({"compare": {}}, "neither when nor what"),
    ({"compare": {"to": "previous period", "time": {"relative": "2024"}}}, "not both"),
    ({"compare": {"to": "previous period"}}, "needs a time range or a time dimension"),
    ({"compare": {"time": {"end": "2024"}}, "by": "time:month", "time": {"start": "2024"}}, "without a start"),
    (
        {"compare": {"to": "previous period"}, "by": "time:quarter", "time": {"relative": "2024-03"}},
        "whole number of quarters",
    ),
    (
        {"compare": {"to": "previous period"}, "by": ["time:month", "time:day"], "time": {"relative": "2024"}},
        "two grains",
    ),
    ({"compare": {"to": "previous period", "name": "change"}, "time": {"relative": "2024"}}, "would be named"),
]


@pytest.mark.parametrize(("asked", "words"), COMPARISONS, ids=str)
def test_a_comparison_that_makes_no_sense_is_refused(shop: Shop, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        shop.ask("revenue", **asked)
    assert words in str(refusal.value)


# ---- windows ------------------------------------------------------------------------------------------------------


def test_a_running_sum_goes_on_through_months_without_sales(shop: Shop) -> None:
    rows = shop.ask("lines", by="time:month", windows=[{"metric": "revenue", "kind": "cumulative"}])
    assert [row[2] for row in rows] == [Decimal(v) for v in ["49.50"] * 5 + ["139.50"] * 4 + ["267.50"]]


def test_a_range_cuts_what_is_shown_but_not_what_is_summed(shop: Shop) -> None:
    asked = {"windows": [{"metric": "revenue", "kind": "cumulative"}], "time": {"relative": "last 2 months"}}
    rows = shop.ask("lines", by="time:month", **asked)
    assert texts(rows) == [("2024-10-01", 0, Decimal("139.50")), ("2024-11-01", 4, Decimal("267.50"))]


def test_distinct_buyers_of_a_rolling_year_are_counted_once(shop: Shop) -> None:
    windows = [{"metric": "buyers", "kind": "trailing", "count": 12, "unit": "month"}]
    assert shop.ask("buyers", time={"relative": "this month"}, windows=windows) == [(3, 4)]
    rows = shop.ask("lines", by="time:month", windows=windows, time={"relative": "this month"})
    assert [row[2] for row in rows] == [4]


def test_months_of_a_quarter_cut_short_count_back_from_where_it_ends(shop: Shop) -> None:
    windows = [{"metric": "revenue", "kind": "trailing", "count": 2, "unit": "month"}]
    august = {"start": "2024-08", "end": "2024-08"}
    rows = shop.ask("lines", by="time:quarter", windows=windows, time=august)
    assert texts(rows) == [("2024-07-01", 0, Decimal("90.00"))]


def test_year_to_date_starts_anew_each_year() -> None:
    sale = (10, "t9", 1, 11, 1, 20231230, None, "Store", False, 1, "80.00", False)
    shop = Shop(rows={**ROWS, "sales": [sale, *ROWS["sales"]]})
    rows = shop.ask("lines", by="time:month", windows=[{"metric": "revenue", "kind": "period_to_date", "unit": "year"}])
    assert texts(rows)[0] == ("2023-12-01", 1, Decimal("80.00"))
    assert texts(rows)[1] == ("2024-02-01", 2, Decimal("49.50"))


def test_a_window_of_the_model_is_a_metric_like_any_other() -> None:
    def change(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "units"), window={"kind": "trailing", "count": 2, "unit": "month"})

    shop = Shop(change)
    rows = shop.ask("units", by="time:month", time={"relative": "last 5 months"})
    assert texts(rows) == [("2024-07-01", 4), ("2024-08-01", 4), ("2024-11-01", 7)]
    assert shop.ask("units", time={"relative": "this month"}) == [(7,)]
    with pytest.raises(QueryError, match="already a figure over a window"):
        shop.ask("lines", windows=[{"metric": "units", "kind": "cumulative"}])


WINDOWS = [
    ({"windows": [{"metric": "revenue", "kind": "trailing", "unit": "day"}]}, "has no count"),
    ({"windows": [{"metric": "revenue", "kind": "period_to_date"}]}, "has no unit"),
    ({"windows": [{"metric": "revenu", "kind": "cumulative"}]}, "Did you mean 'revenue'?"),
    ({"windows": [{"metric": "stock_on_hand", "kind": "cumulative"}], "by": "time:month"}, "is a balance"),
    ({"windows": [{"metric": "revenue", "kind": "cumulative", "name": "lines"}]}, "would be named 'lines'"),
]


@pytest.mark.parametrize(("asked", "words"), WINDOWS, ids=str)
def test_a_window_that_makes_no_sense_is_refused(shop: Shop, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        shop.ask("lines", **asked)
    assert words in str(refusal.value)


# ---- shares, gaps, the largest -------------------------------------------------------------------------------------


def test_shares_of_a_sum_add_up_to_one(shop: Shop) -> None:
    rows = shop.ask("revenue", by="customer.segment", shares=[{"metric": "revenue"}])
    assert sum(row[2] for row in rows) == pytest.approx(1)


def test_shares_of_a_distinct_count_are_of_all_and_may_add_up_to_more(shop: Shop) -> None:
    rows = shop.ask("buyers", by="product.brand", shares=[{"metric": "buyers"}])
    assert sum(row[2] for row in rows) == pytest.approx(5 / 4)


def test_a_share_does_not_change_with_a_limit_or_a_condition(shop: Shop) -> None:
    every = {row[0]: row[2] for row in shop.ask("revenue", by="customer.segment", shares=[{"metric": "revenue"}])}
    order = [{"by": "revenue", "descending": True}]
    for more in ({"limit": 1, "order": order}, {"having": {"field": "revenue", "op": ">", "value": 100}}):
        (row,) = shop.ask("revenue", by="customer.segment", shares=[{"metric": "revenue"}], **more)
        assert row[2] == every[row[0]]


SHARES = [
    ({"shares": [{"metric": "average_order_value"}]}, "is no part of a total"),
    ({"shares": [{"metric": "stock_on_hand"}]}, "No metric of the query"),
    ({"shares": [{"metric": "average_order_value", "within": ["product.brand"]}]}, "is no part of a total"),
]


@pytest.mark.parametrize(("asked", "words"), SHARES, ids=str)
def test_a_share_of_what_does_not_add_up_is_refused(shop: Shop, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        shop.ask("average_order_value", by="customer.segment", **asked)
    assert words in str(refusal.value)


def test_the_largest_members_are_ranked_over_the_whole_query(shop: Shop) -> None:
    top = {"dimension": "product.brand", "n": 1, "by": "revenue"}
    rows = shop.ask("revenue", "buyers", by=["time:quarter", "product.brand"], top=top)
    assert {row[1] for row in rows} == {"Acme", "(other)"}
    assert sum(row[2] for row in rows if row[1] == "Acme") == Decimal("129.50")


def test_buyers_of_the_rest_are_counted_once_not_summed(shop: Shop) -> None:
    top = {"dimension": "customer.segment", "n": 1, "by": "revenue"}
    rows = shop.ask("buyers", by="customer.segment", top=top)
    assert rows == [("(none)", 2), ("(other)", 2)]


def test_the_rest_comes_last_whatever_the_order(shop: Shop) -> None:
    top = {"dimension": "customer.segment", "n": 2, "by": "revenue", "ascending": True}
    rows = shop.ask("revenue", by="customer.segment", top=top, order=[{"by": "customer.segment", "descending": True}])
    assert [row[0] for row in rows] == ["VIP", "Regular", "(other)"]


def test_the_rest_can_be_left_out(shop: Shop) -> None:
    top = {"dimension": "customer.segment", "n": 1, "by": "revenue", "other": False}
    assert shop.ask("revenue", by="customer.segment", top=top) == [("(none)", Decimal("128.00"))]


def test_top_of_a_number_is_refused_and_of_nothing_asked_too(shop: Shop) -> None:
    with pytest.raises(QueryError, match="keeps members of a text"):
        shop.ask("revenue", by="customer.age", top={"dimension": "customer.age", "n": 1, "by": "revenue"})
    with pytest.raises(QueryError, match="No dimension of the query"):
        shop.ask("revenue", by="customer.age", top={"dimension": "customer.segment", "n": 1, "by": "revenue"})


def test_gaps_are_filled_for_every_group(shop: Shop) -> None:
    asked = {"by": ["time:month", "customer.segment"], "time": {"start": "2024-06", "end": "2024-08"}}
    assert shop.ask("revenue", **asked, fill="zero") == [
        (date(2024, month, 1), segment, Decimal(value))
        for month, values in {6: ("0", "0"), 7: ("60.00", "30.00"), 8: ("0", "0")}.items()
        for segment, value in zip(("Regular", "VIP"), values, strict=True)
    ]
    assert [row[2] for row in shop.ask("revenue", **asked, fill="null")][:2] == [None, None]


def test_filling_needs_a_time(shop: Shop) -> None:
    with pytest.raises(QueryError, match="needs a time dimension"):
        shop.ask("revenue", by="customer.segment", fill="zero")


# ---- balances -----------------------------------------------------------------------------------------------------


def test_stock_is_that_of_the_last_day_and_parts_add_up(shop: Shop) -> None:
    assert texts(shop.ask("stock_on_hand", by="time:month")) == [("2024-10-01", 50), ("2024-11-01", 7)]
    assert texts(shop.ask("stock_on_hand", by=["time:quarter"])) == [("2024-10-01", 7)]
    october = {"time": {"relative": "2024-10"}}
    parts = shop.ask("stock_on_hand", by="product.category", **october)
    assert parts == [("Hats", 10), ("Shoes", 40)]
    assert shop.ask("stock_on_hand", **october) == [(50,)]


def test_a_filter_on_products_does_not_move_the_last_day(shop: Shop) -> None:
    shoes = {"field": "product.category", "value": "Shoes"}
    assert shop.ask("stock_on_hand", where=shoes) == [(None,)]
    assert shop.ask("stock_on_hand", where={"all": [shoes, {"field": "time", "op": "<", "value": "2024-11"}]}) == [
        (40,)
    ]


@pytest.mark.parametrize(("take", "october"), [("first", 70), ("avg", 60.0), ("min", 50), ("max", 70)])
def test_a_balance_may_take_another_day(take: str, october: float) -> None:
    def change(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "stock_on_hand"), semi_additive={"over": "$time", "take": take})

    assert Shop(change).ask("stock_on_hand", time={"relative": "2024-10"}) == [(october,)]


def test_a_balance_over_another_date_uses_it() -> None:
    def change(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "stock_on_hand"), semi_additive={"over": "stock.day", "take": "first"})
        set_c360(element(model, "datasets", "stock"), time_field=None)

    assert Shop(change).ask("stock_on_hand") == [(70,)]


# ---- order, pages, default filters ----------------------------------------------------------------------------------


def test_pages_follow_each_other(shop: Shop) -> None:
    order = [{"by": "customer.region"}]
    every = shop.ask("lines", by=["customer.region", "customer.segment"], order=order)
    pages = [
        shop.ask("lines", by=["customer.region", "customer.segment"], order=order, limit=1, offset=n or None)
        for n in range(4)
    ]
    assert [row for page in pages for row in page] == every


def test_empty_figures_come_last_either_way(shop: Shop) -> None:
    for descending in (True, False):
        rows = shop.ask(
            "returned_amount",
            "lines",
            by="customer.segment",
            order=[{"by": "returned_amount", "descending": descending}],
        )
        assert rows[0][0] == "Regular"


def test_names_are_sorted_by_the_field_that_orders_them() -> None:
    def change(model: dict[str, Any]) -> None:
        calendar = element(model, "datasets", "calendar")
        number = {"dialects": [{"dialect": "ANSI_SQL", "expression": "EXTRACT(ISODOW FROM calendar_date)"}]}
        calendar["fields"].append({"name": "weekday_number", "expression": number, "datatype": "Integer"})
        set_c360(element(calendar, "fields", "weekday"), sort_by="weekday_number")

    shop = Shop(change)
    days = [row[0] for row in shop.ask("lines", by="order_date.weekday")]
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert days == sorted(days, key=week.index)
    assert days != sorted(days)
    last = [{"by": "order_date.weekday", "descending": True}]
    assert [row[0] for row in shop.ask("lines", by="order_date.weekday", order=last)] == days[::-1]
    having = {"field": "revenue", "op": ">", "value": 0}
    assert [row[0] for row in shop.ask("lines", by="order_date.weekday", having=having)] == days


def test_values_are_sorted_as_the_model_lists_them_and_columns_tell_the_order() -> None:
    tiers = ["VIP", "Regular", "New"]

    def change(model: dict[str, Any]) -> None:
        listed = [{"value": tier} for tier in tiers]
        set_c360(element(element(model, "datasets", "customer"), "fields", "segment"), values=listed, ordered=True)

    def known(rows: list[tuple[Any, ...]]) -> list[Any]:
        return [row[0] for row in rows if row[0] in tiers]

    shop = Shop(change)
    found = known(shop.ask("lines", by="customer.segment"))
    assert found == [tier for tier in tiers if tier in found]
    assert found != sorted(found)
    last = [{"by": "customer.segment", "descending": True}]
    assert known(shop.ask("lines", by="customer.segment", order=last)) == found[::-1]
    columns = shop.answer("lines", by="customer.segment").columns
    assert columns[0].members == tuple(tiers)
    assert not columns[0].is_sorted


def test_a_removable_default_filter_can_be_lifted_and_another_cannot() -> None:
    def change(model: dict[str, Any]) -> None:
        rules = [{"name": "stores", "expression": "sales.channel = 'Store'", "removable": True}]
        set_c360(element(model, "metrics", "lines"), default_filters=rules)

    shop = Shop(change)
    assert shop.ask("lines") == [(3,)]
    assert shop.ask("lines", without_filters=["stores", "no tests"]) == [(8,)]


def test_counts_of_nothing_are_zero_and_sums_of_nothing_are_empty(shop: Shop) -> None:
    nothing = {"field": "customer.region", "value": "Mars"}
    assert shop.ask("lines", "buyers", "revenue", "average_order_value", where=nothing) == [(0, 0, None, None)]
    assert shop.ask("lines", by="customer.segment", where=nothing) == []


def test_sums_of_whole_numbers_are_whole_numbers(shop: Shop) -> None:
    table = shop.answer("units", "lines", "revenue").table
    assert [str(field.type) for field in table.schema] == ["int64", "int64", "decimal128(38, 2)"]


def test_grains_of_time(shop: Shop) -> None:
    def fiscal(model: dict[str, Any]) -> None:
        set_c360(model, week_start="sunday", fiscal_year_start_month=7)

    other = Shop(fiscal)
    assert texts(other.ask("lines", by="time:fiscal_year")) == [("2023-07-01", 2), ("2024-07-01", 6)]
    assert texts(other.ask("lines", by="time:fiscal_quarter")) == [
        ("2024-01-01", 2),
        ("2024-07-01", 2),
        ("2024-10-01", 4),
    ]
    assert {row[0].isoweekday() for row in other.ask("lines", by="time:week")} == {7}
    assert {row[0].isoweekday() for row in shop.ask("lines", by="time:week")} == {1}
    assert texts(shop.ask("tickets", by="tickets.created_at:day"))[0] == ("2024-02-20", 1)


def test_moments_with_a_zone_are_cut_in_the_zone_of_the_model() -> None:
    def zoned(model: dict[str, Any]) -> None:
        set_c360(model, timezone="America/New_York")
        created = element(element(model, "datasets", "tickets"), "fields", "created_at")
        created["datatype"] = "DateTimeTz"
        created["expression"]["dialects"][0]["expression"] = "created_at AT TIME ZONE 'UTC'"

    shop = Shop(zoned)
    assert texts(shop.ask("tickets", by="time:day"))[-1] == ("2024-11-30", 2)
    assert shop.ask("tickets", time={"relative": "today"}) == [(2,)]
    assert shop.ask("tickets", where={"field": "tickets.created_at", "value": "2024-11-30"}) == [(2,)]
    exact = {"field": "tickets.created_at", "op": ">=", "value": "2024-12-01T01:00:00+01:00"}
    assert shop.ask("tickets", where=exact) == [(1,)]
