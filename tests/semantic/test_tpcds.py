"""The specification's own example loads, is written back without loss, validates, and answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from tests.semantic.shop import AS_OF, MemorySession, shop_model

from customer360.errors import Place, QueryError
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import answer
from customer360.semantic.lint import lint
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery
from customer360.semantic.write import to_document

OSSIE = Path(__file__).parents[1] / "data" / "ossie"
EXAMPLE = YAML(typ="safe").load(OSSIE / "tpcds_semantic_model.yaml")
SCHEMA = Draft202012Validator(json.loads((OSSIE / "osi-schema-0.2.0.dev0.json").read_text()))
MODEL = SemanticModel.from_document(SemanticDocument("tpcds", Place("semantic/tpcds.yaml"), EXAMPLE))

TABLES = """
ATTACH ':memory:' AS tpcds;
CREATE SCHEMA tpcds.public;
CREATE TABLE tpcds.public.store_sales AS SELECT * FROM (VALUES
    (1, 10, 100, 1, 20240101, 2, 5.0, 10.0, 3.0),
    (2, 10, 100, 1, 20240101, 1, 4.0, 4.0, 1.0),
    (1, 11, 101, 2, 20240201, 1, 5.0, 5.0, 1.5),
    (3, 12, NULL, 2, 20240201, 3, 2.0, 6.0, 0.5)
) AS t(ss_item_sk, ss_ticket_number, ss_customer_sk, ss_store_sk, ss_sold_date_sk, ss_quantity, ss_sales_price,
       ss_ext_sales_price, ss_net_profit);
CREATE TABLE tpcds.public.date_dim AS SELECT * FROM (VALUES
    (20240101, DATE '2024-01-01', 2024, '2024Q1', 'January'), (20240201, DATE '2024-02-01', 2024, '2024Q1', 'February')
) AS t(d_date_sk, d_date, d_year, d_quarter_name, d_month_name);
CREATE TABLE tpcds.public.customer AS SELECT * FROM (VALUES
    (100, 'A', 'Ann', 'A', 'a@example.com'), (101, 'B', 'Bob', 'B', 'b@example.com'), (102, 'C', 'Cy', 'C', NULL)
) AS t(c_customer_sk, c_customer_id, c_first_name, c_last_name, c_email_address);
CREATE TABLE tpcds.public.item AS SELECT * FROM (VALUES
    (1, 'i1', 'one', 'Acme', 'Shoes', 5.0), (2, 'i2', 'two', 'Acme', 'Hats', 4.0), (3, 'i3', 'three', 'Zed', 'Shoes', 2.0)
) AS t(i_item_sk, i_item_id, i_item_desc, i_brand, i_category, i_current_price);
CREATE TABLE tpcds.public.store AS SELECT * FROM (VALUES
    (1, 's1', 'One', 'Austin', 'TX', 10), (2, 's2', 'Two', 'Boston', 'MA', 5)
) AS t(s_store_sk, s_store_id, s_store_name, s_city, s_state, s_number_employees);
"""


@pytest.fixture(scope="module")
def session() -> MemorySession:
    found = MemorySession()
    found.connection.execute(TABLES)
    return found


def ask(session: MemorySession, *metrics: str, by: tuple[str, ...] = (), **more: Any) -> list[tuple[Any, ...]]:
    dimensions = [{"name": d.partition(":")[0], "grain": d.partition(":")[2] or None} for d in by]
    query = MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
    table = answer(session, MODEL, query, as_of=AS_OF).table  # type: ignore[arg-type]
    return [tuple(row.values()) for row in table.to_pylist()]


def test_it_is_written_back_without_loss() -> None:
    assert to_document(MODEL) == EXAMPLE


@pytest.mark.parametrize("document", [to_document(MODEL), to_document(shop_model())], ids=["tpcds", "shop"])
def test_what_is_written_fits_the_standards_schema(document: dict[str, Any]) -> None:
    assert list(SCHEMA.iter_errors(document)) == []


def test_its_metrics_answer(session: MemorySession) -> None:
    assert ask(session, "total_sales", "total_profit") == [(25.0, 6.0)]
    assert ask(session, "sales_by_brand", by=("item.i_brand",)) == [("Acme", 19.0), ("Zed", 6.0)]
    assert ask(session, "total_sales", by=("date_dim.d_month_name",)) == [("February", 11.0), ("January", 14.0)]
    assert (
        ask(session, "total_sales", by=("d_date:month",), time={"relative": "2024-02", "dimension": "d_date"})[0][1]
        == 11.0
    )


def test_employees_are_counted_once_a_store_not_once_a_sale(session: MemorySession) -> None:
    assert ask(session, "store_productivity", by=("store.s_state",)) == [("MA", 11 / 5), ("TX", 14 / 10)]
    assert ask(session, "store_productivity") == [(25 / 15,)]


def test_customers_are_counted_on_their_own_rows(session: MemorySession) -> None:
    assert ask(session, "customer_lifetime_value") == [(25 / 3,)]


def test_a_metric_of_two_datasets_is_refused_where_one_does_not_reach(session: MemorySession) -> None:
    with pytest.raises(QueryError, match="it counts customer"):
        ask(session, "customer_lifetime_value", by=("item.i_brand",))


def test_grains_of_what_is_no_date_are_refused(session: MemorySession) -> None:
    for name in ("date_dim.d_year:month", "date_dim.d_month_name:month"):
        with pytest.raises(QueryError, match="is no date"):
            ask(session, "total_sales", by=(name,))


def test_its_claims_hold_on_data(session: MemorySession) -> None:
    found = lint(MODEL, session)  # type: ignore[arg-type]
    assert [str(finding) for finding in found if finding.severity == "error"] == []
