"""The SQL of each kind of query is pinned per engine, so that a change shows in review.

With C360_REGENERATE set it is written anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from tests.semantic.shop import AS_OF, Shop, changed, element
from tests.semantic.test_paths import as_of_join, bridged
from tests.semantic.test_policies import EU, with_policy
from tests.semantic.test_rollups import DAILY, declare, make

from customer360.semantic.compile import compile_query
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from customer360.semantic.principal import Principal

GOLDEN = Path(__file__).parent / "golden"
SEGMENT = {"name": "customer.segment"}
MONTH = {"name": "time", "grain": "month"}

QUERIES: dict[str, dict[str, Any]] = {
    "total": {"metrics": ["revenue"]},
    "by_dimension": {
        "metrics": ["revenue"],
        "dimensions": [SEGMENT],
        "order": [{"by": "revenue", "descending": True}],
        "limit": 5,
    },
    "by_month": {"metrics": ["revenue"], "dimensions": [MONTH], "time": {"relative": "last 12 months"}},
    "by_week": {"metrics": ["tickets"], "dimensions": [{"name": "tickets.created_at", "grain": "week"}]},
    "by_fiscal_year": {"metrics": ["revenue"], "dimensions": [{"name": "time", "grain": "fiscal_year"}]},
    "ratio": {"metrics": ["average_order_value"], "dimensions": [SEGMENT]},
    "derived": {"metrics": ["net_of_returns"]},
    "distinct_and_percentile": {"metrics": ["buyers", "median_line_value"]},
    "filters": {
        "metrics": ["revenue"],
        "where": {
            "all": [
                {"field": "customer.segment", "op": "!=", "value": "VIP"},
                {"any": [{"field": "product.brand", "value": "Acme"}, {"field": "sales.channel", "op": "is null"}]},
                {"not": {"field": "product.category", "op": "in", "value": ["Hats", "it's"]}},
                {"field": "order_date.day", "op": ">=", "value": "2024-03"},
            ]
        },
        "having": {"field": "revenue", "op": ">", "value": 100},
    },
    "two_facts": {"metrics": ["revenue", "tickets"], "dimensions": [SEGMENT, MONTH]},
    "two_roles": {
        "metrics": ["lines"],
        "dimensions": [{"name": "order_date.day", "grain": "month"}, {"name": "ship_date.weekday"}],
    },
    "balance": {"metrics": ["stock_on_hand", "average_stock"], "dimensions": [{"name": "product.brand"}, MONTH]},
    "cumulative": {
        "metrics": ["revenue"],
        "dimensions": [SEGMENT, MONTH],
        "windows": [{"metric": "revenue", "kind": "cumulative"}],
    },
    "rolling_distinct": {
        "metrics": ["revenue"],
        "dimensions": [MONTH],
        "time": {"start": "2024-01", "end": "2024-11-30"},
        "windows": [{"metric": "buyers", "kind": "trailing", "count": 90, "unit": "day"}],
    },
    "comparison": {
        "metrics": ["revenue"],
        "dimensions": [MONTH],
        "time": {"relative": "last 3 months"},
        "compare": {"to": "same period last year"},
    },
    "share": {
        "metrics": ["revenue"],
        "dimensions": [SEGMENT, MONTH],
        "shares": [{"metric": "revenue", "within": ["time"]}],
    },
    "top_with_other": {
        "metrics": ["revenue"],
        "dimensions": [{"name": "product.brand"}],
        "top": {"dimension": "product.brand", "n": 1, "by": "revenue"},
    },
    "filled": {
        "metrics": ["revenue"],
        "dimensions": [MONTH, SEGMENT],
        "time": {"relative": "last 3 months"},
        "fill": "zero",
    },
    "as_was": {"metrics": ["revenue"], "dimensions": [SEGMENT], "history": "as_was"},
    "as_of_join": {"metrics": ["revenue"], "dimensions": [SEGMENT], "history": "as_was"},
    "bridge": {"metrics": ["lost_revenue"], "dimensions": [{"name": "product.category"}]},
    "two_filters": {
        "metrics": ["revenue"],
        "dimensions": [SEGMENT],
        "where": {"field": "sales.channel", "value": "Online"},
        "compare": {"where": {"field": "sales.channel", "value": "Store"}, "name": "store"},
    },
    "period_to_date": {
        "metrics": ["revenue"],
        "dimensions": [MONTH],
        "windows": [{"metric": "revenue", "kind": "period_to_date", "unit": "year"}],
    },
    "top_only": {
        "metrics": ["revenue"],
        "dimensions": [{"name": "product.brand"}],
        "top": {"dimension": "product.brand", "n": 1, "by": "revenue", "other": False},
    },
    "dataset_query": {"metrics": ["tickets"], "dimensions": [SEGMENT]},
    "page": {"metrics": ["revenue"], "dimensions": [SEGMENT], "limit": 2, "offset": 1},
    "rollup": {
        "metrics": ["revenue", "tickets"],
        "dimensions": [SEGMENT, MONTH],
        "time": {"relative": "last 6 complete months"},
    },
    "policy_and_mask": {"metrics": ["revenue", "tickets"], "dimensions": [{"name": "customer.email"}]},
}


def _recent_tickets(model: dict[str, Any]) -> None:
    query = "SELECT * FROM gold.tickets WHERE DATE_DIFF('day', CAST(created_at AS DATE), as_of()) < 365"
    element(model, "datasets", "tickets")["source"] = query


CHANGES = {
    "dataset_query": _recent_tickets,
    "as_of_join": as_of_join,
    "bridge": bridged("share"),
    "policy_and_mask": with_policy(),
    "rollup": declare(DAILY),
}
PRINCIPALS: dict[str, Principal] = {"policy_and_mask": EU}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "spark"])
@pytest.mark.parametrize("name", QUERIES)
def test_the_sql_of_a_kind_of_query_is_this(name: str, dialect: str, shop: Shop) -> None:
    model = changed(CHANGES[name]) if name in CHANGES else shop.model
    query = MetricQuery.model_validate(QUERIES[name])
    rollups = [rollup.name for rollup in model.c360.rollups]
    compiled = compile_query(
        model, query, as_of=AS_OF, dialect=dialect, principal=PRINCIPALS.get(name), rollups=rollups
    )
    sql = compiled.sql + "\n"
    path = GOLDEN / dialect / f"{name}.sql"
    if "C360_REGENERATE" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
    assert sql == path.read_text()
    assert sqlglot.parse_one(sql, dialect=dialect)


@pytest.mark.parametrize("name", QUERIES)
def test_a_pinned_query_runs(name: str, shop: Shop) -> None:
    asked = make(Shop(CHANGES[name])) if name in CHANGES else shop
    text = (GOLDEN / "duckdb" / f"{name}.sql").read_text()
    assert asked.session.query(text).num_rows > 0


def test_every_pinned_file_belongs_to_a_query() -> None:
    assert {path.stem for path in GOLDEN.glob("*/*.sql")} == set(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_each_step_says_what_it_is(name: str) -> None:
    tree = sqlglot.parse_one((GOLDEN / "duckdb" / f"{name}.sql").read_text(), dialect="duckdb")
    steps = list(tree.find_all(sqlglot.exp.CTE))
    assert steps
    for step in steps:
        first = step.this
        while isinstance(first, sqlglot.exp.SetOperation):
            first = first.this
        assert first.comments, step.alias
