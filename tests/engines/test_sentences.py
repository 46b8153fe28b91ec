"""What DuckDB finds wrong with typed SQL is said in words of ours, with the nearest right name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customer360.errors import NotPermitted, QueryError
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.engines.duckdb import DuckLakeEngine

T = Relation("gold", "sales")


@pytest.fixture
def sales(engine: DuckLakeEngine) -> DuckLakeEngine:
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        publication.create_table_as(
            T, "SELECT 1 AS order_id, 2.5::DECIMAL(9,2) AS net_amount, 'VIP' AS segment, DATE '2024-01-02' AS day"
        )
    return engine


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT net_amont FROM gold.sales", "No column is named 'net_amont'. Did you mean 'net_amount'?"),
        ("SELECT s.net_amont FROM gold.sales s", "No column is named 'net_amont'. Did you mean 'net_amount'?"),
        ("SELECT x.day FROM gold.sales s", "No table in FROM is named 'x'. Known: s."),
        ("SELECT flor(net_amount) FROM gold.sales", "No function is named 'flor'. Did you mean 'floor'?"),
        ("SELECT zzqqxx(net_amount) FROM gold.sales", "No function is named 'zzqqxx'."),
        ("SELECT day::integr FROM gold.sales", "No type is named 'integr'. Did you mean 'integer'?"),
        (
            "SELECT sum(segment) FROM gold.sales",
            "The function sum does not take (VARCHAR). Change the type first, with CAST(... AS type).",
        ),
        (
            "SELECT net_amount + segment FROM gold.sales",
            "DECIMAL(9,2) and VARCHAR cannot be combined by +. Change the type first, with CAST(... AS type).",
        ),
        (
            "SELECT segment::INTEGER FROM gold.sales",
            "A value of column segment cannot be read as INTEGER. TRY_CAST leaves it empty instead.",
        ),
        (
            "SELECT DATE '2017-02-30'",
            "A value cannot be read as DATE. TRY_CAST leaves it empty instead.",
        ),
        (
            "SELECT day FROM gold.sales WHERE day > 3",
            "DATE and INTEGER cannot be compared. Change the type of one, with CAST(... AS type).",
        ),
        (
            "SELECT segment, count(*) FROM gold.sales",
            "The column 'segment' is neither in GROUP BY nor aggregated. Group by it, or write max() around it.",
        ),
        (
            "SELECT day FROM gold.sales a JOIN gold.sales b USING (order_id)",
            "Several tables have a column 'day'. Write a.day or b.day.",
        ),
        ("SELECT 1 WHERE sum(1) > 0", "WHERE cannot hold an aggregate. Put the condition into HAVING."),
        (
            "SELECT 9223372036854775807 + order_id FROM gold.sales",
            "A number gets too big for its type. Change the type first, with CAST(... AS DOUBLE).",
        ),
        ("SELECT * FRM gold.sales", "The SQL cannot be read near 'gold'."),
        ("SELECT * FROM gold.sales WHERE", "The SQL ends too early."),
        ("SELECT * FROM gold.sales ORDER BY 99", "ORDER term out of range - should be between 1 and 4."),
        ("SELECT * FROM gold.sale", "There is no table gold.sale that you may read. Did you mean gold.sales?"),
    ],
)
def test_typed_sql_is_refused_in_a_sentence(sales: DuckLakeEngine, sql: str, sentence: str) -> None:
    with sales.read_untrusted() as session, pytest.raises((QueryError, NotPermitted)) as refused:
        session.query(sql)
    assert str(refused.value) == sentence


def test_describing_refuses_in_the_same_words(sales: DuckLakeEngine) -> None:
    with sales.read_untrusted() as session, pytest.raises(QueryError, match="No column is named 'net_amont'"):
        session.describe("SELECT net_amont FROM gold.sales")


def test_a_refusal_does_not_end_the_session(sales: DuckLakeEngine) -> None:
    with sales.read_untrusted() as session:
        for number in range(3):
            with pytest.raises(QueryError):
                session.query(f"SELECT nothing_{number}")
        assert session.query("SELECT segment FROM gold.sales").to_pylist() == [{"segment": "VIP"}]
