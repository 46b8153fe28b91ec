from __future__ import annotations

from datetime import date

import pytest
from tests.models.projects import column, contract, model, project, step, union

from customer360.errors import Place
from customer360.models.cases import run_cases
from customer360.names import Relation
from customer360.project.spec import Case

SPEND = model(
    "gold.spend",
    "-- One row per customer.\nSELECT o.customer_id, sum(o.amount) AS spend, max(o.day) AS last_day,\n"
    "  date_diff('day', max(o.day), as_of()) AS recency, list(o.note ORDER BY o.day) AS notes\n"
    "FROM shop.orders AS o GROUP BY o.customer_id ORDER BY o.customer_id",
)
ORDERS = contract(
    "shop.orders",
    [
        column("customer_id", "VARCHAR"), column("amount", "DECIMAL(10,2)"), column("day", "DATE"),
        column("note", "VARCHAR"), column("at", "TIMESTAMP"),
    ],
)  # fmt: skip
GIVEN = {
    Relation("shop", "orders"): (
        {"customer_id": "A", "amount": 10.10, "day": "2024-01-01", "note": "x"},
        {"customer_id": "A", "amount": 0.20, "day": date(2024, 1, 5)},
        {"customer_id": "B", "amount": None, "day": "2024-01-02"},
    )
}
RIGHT = (
    {"customer_id": "A", "spend": 10.30, "last_day": "2024-01-05", "recency": 5, "notes": ["x", None]},
    {"customer_id": "B", "spend": None, "recency": 8},
)


def run(expect, *, made=SPEND, given=GIVEN, contracts=(ORDERS,), others=(), **more):
    case = Case(
        "a case",
        made.relation,
        Place("tests/spend.yaml", 3),
        given,
        tuple(expect),
        **{"as_of": date(2024, 1, 10), **more},
    )
    (result,) = run_cases(project(made, *others, contracts=contracts, cases=[case], as_of="latest"))
    return result


def test_rows_in_rows_out():
    result = run(RIGHT)
    assert result.passed, result.difference
    assert run(tuple(reversed(RIGHT))).passed


def test_the_order_counts_when_asked():
    assert run(RIGHT, ordered=True).passed
    assert not run(tuple(reversed(RIGHT)), ordered=True).passed


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ([{**RIGHT[0], "spend": 10.31}, RIGHT[1]], "spend is 10.30, expected 10.31 (in the row with customer_id: A"),
        ([RIGHT[0]], "unexpected: customer_id: B, spend: None"),
        ([*RIGHT, {"customer_id": "C"}], "missing: customer_id: C"),
        ([RIGHT[0], {"customer_id": "B", "spend": 0}], "spend is None, expected 0"),
        ([{"customer": "A"}], "the model yields no column 'customer'"),
        ([{**RIGHT[0], "last_day": "2024-01-06"}, RIGHT[1]], "last_day is 2024-01-05, expected 2024-01-06"),
    ],
)
def test_differences_are_shown_row_by_row(expect, told):
    result = run(expect)
    assert not result.passed
    assert told in result.difference


def test_an_input_without_rows_is_empty_and_typed():
    assert run((), given={}).passed


def test_a_given_column_that_the_contract_lacks_is_named():
    result = run(RIGHT, given={Relation("shop", "orders"): ({"customerid": "A"},)})
    assert "have a column 'customerid' that its contract lacks" in result.difference


def test_a_case_needs_an_as_of_date_when_the_project_says_latest():
    assert "says no as-of date" in run(RIGHT, as_of=None).difference


def test_a_value_that_does_not_fit_its_type_is_a_difference_not_a_crash():
    result = run(RIGHT, given={Relation("shop", "orders"): ({"day": "soon"},)})
    assert "could not run" in result.difference


def test_entities_and_steps_have_cases_too():
    part = "-- One row per order.\nSELECT o.customer_id AS record_id, 'shop' AS system FROM shop.orders AS o"
    entity = union("conformed.sale", shop=part)
    declared = contract(
        "conformed.sale",
        [column("system", "VARCHAR"), column("record_id", "VARCHAR"), column("amount", "DECIMAL(10,2)")],
    )
    expect = [{"system": "shop", "record_id": r, "amount": None} for r in ("A", "A", "B")]
    result = run(expect, made=entity, contracts=(ORDERS, declared))
    assert result.passed, result.difference
    keys = step(
        "gold.keys", "surrogate_keys", {"members": "shop.orders", "previous": "gold.keys"},
        business_key="customer_id", surrogate_key="customer_key",
    )  # fmt: skip
    assert run([{"customer_id": "A", "customer_key": 1}, {"customer_id": "B", "customer_key": 2}], made=keys).passed
    before = {**GIVEN, Relation("gold", "keys"): ({"customer_id": "B", "customer_key": 7},)}
    typed = contract("gold.keys", [column("customer_id", "VARCHAR"), column("customer_key", "INTEGER")])
    result = run(
        [{"customer_id": "B", "customer_key": 7}, {"customer_id": "A", "customer_key": 8}],
        made=keys, given=before, contracts=(ORDERS, typed),
    )  # fmt: skip
    assert result.passed, result.difference
