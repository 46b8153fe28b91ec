# ruff: noqa: ISC004
from __future__ import annotations

import pytest
from tests.models.projects import column, contract, model, project, reference, rule, source, step, union

from customer360.models.lint import lint

RAW = contract(
    "raw_shop.orders",
    [
        column("order_id", "BIGINT"),
        column("customer_id", "VARCHAR"),
        column("order_date", "DATE"),
        column("amount", "DECIMAL(10,2)"),
    ],
)
SHOP = source("shop", "orders")
SHOP = type(SHOP)(SHOP.name, SHOP.kind, SHOP.place, {
    "orders": type(SHOP.tables["orders"])("shop", "orders", "o.csv", SHOP.place, contract=RAW.id)
})  # fmt: skip


def findings(sql: str, relation: str = "gold.x", **config: str) -> list[str]:
    text = sql if sql.startswith("--") else f"-- One row per order.\n{sql}"
    made = project(model(relation, text, **config), contracts=[RAW], sources=[SHOP])
    return [str(error) for error in lint(made)]


def test_a_sound_model_has_no_findings():
    assert (
        findings(
            "WITH o AS (SELECT * FROM raw_shop.orders WHERE order_date <= as_of())\n"
            "SELECT o.customer_id, sum(o.amount) AS spend, max(o._load_id) AS newest, count(*) AS n FROM o\n"
            "GROUP BY o.customer_id ORDER BY spend"
        )
        == []
    )


@pytest.mark.parametrize(
    "expression",
    [
        "current_date", "current_date()", "today()", "now()", "current_timestamp", "get_current_timestamp()",
        "get_current_time()", "current_time", "localtime", "localtimestamp", "transaction_timestamp()",
        "current_localtimestamp()", "current_localtime()", "'today'::DATE", "CAST('now' AS TIMESTAMP)", "age(order_date)",
        "CURRENT_DATE - 1", "NOW()::DATE",
    ],
)  # fmt: skip
def test_the_wall_clock_is_refused_in_every_spelling(expression):
    found = findings(f"SELECT o.order_id,\n {expression} AS d FROM raw_shop.orders AS o")
    assert len(found) == 1, found
    assert "wall clock" in found[0]
    assert "products/gold/x.sql:" in found[0]
    assert "as_of()" in found[0]


@pytest.mark.parametrize(
    "expression", ["random()", "uuid()", "gen_random_uuid()", "setseed(0.5)", "nextval('s')", "uuidv7()"]
)
def test_chance_is_refused(expression):
    found = findings(f"SELECT o.order_id, {expression} AS r FROM raw_shop.orders AS o")
    assert len(found) == 1
    assert "chance" in found[0]


def test_a_sample_of_rows_is_refused():
    assert any("chance" in text for text in findings("SELECT order_id FROM raw_shop.orders USING SAMPLE 10%"))


@pytest.mark.parametrize("sql", ["SELECT * FROM raw_shop.orders", "SELECT o.* FROM raw_shop.orders AS o"])
def test_a_star_in_the_final_select_is_refused(sql):
    assert any("names its columns" in text for text in findings(sql))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT o.order_id FROM raw_shop.order AS o", "Did you mean 'raw_shop.orders'"),
        ("SELECT order_id FROM orders", "No table or WITH part is named 'orders'"),
        ("SELECT o.order_idd FROM raw_shop.orders AS o", "Did you mean 'order_id'"),
        ("SELECT order_idd AS a FROM raw_shop.orders", "Did you mean 'order_id'"),
        ("SELECT p.order_id FROM raw_shop.orders AS o", "No table in FROM is named 'p'"),
        ("WITH o AS (SELECT order_id FROM raw_shop.orders) SELECT o.amount FROM o", "No column of o is named 'amount'"),
        ("SELECT a.n FROM (SELECT count(*) AS m FROM raw_shop.orders) AS a", "No column of a is named 'n'"),
        ("SELECT order_id FROM raw_shop.orders AS o WHERE EXISTS "
         "(SELECT 1 FROM raw_shop.orders AS i WHERE i.order_id = o.orderid)", "No column of o is named 'orderid'"),
        ("SELECT lake.shop.orders.order_id FROM lake.shop.orders", "names a database"),
        ("SELECT b.build_id FROM c360.build_log AS b", "No table is named 'c360.build_log'"),
        ("SELECT order_id, amount + 1 FROM raw_shop.orders", "Column 2 has no name"),
        ("SELECT order_id, amount AS order_id FROM raw_shop.orders", "there twice"),
        ("SELECT amount AS a, a + 1 AS b FROM raw_shop.orders", "alias 'a'.* has no rule for PostgreSQL"),
        ("SELECT list_sum([order_id]) AS s FROM raw_shop.orders", r"list_sum\(\) has no rule for PostgreSQL and Spark"),
        ("SELECT a FROM read_csv('x.csv') AS t(a)", "read_csv"),
        ("SELECT order_id FROM raw_shop.orders ASOF JOIN raw_shop.orders AS p USING (order_date)", "ASOF JOIN"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_what_to_do(sql, message):
    import re

    found = findings(sql)
    assert any(re.search(message, text) for text in found), found
    assert all("products/gold/x.sql" in text for text in found)


def test_all_findings_come_at_once_in_file_order_with_their_lines():
    found = findings(
        "SELECT\n  o.order_idd,\n  current_date AS d,\n  random() AS r,\n  list_sum([1]) AS s\nFROM raw_shop.orders AS o"
    )
    assert [text.split("x.sql:")[1].split(".")[0] for text in found if "x.sql:" in text] == ["3", "4", "5", "6"]


def test_names_of_outer_queries_aliases_and_lambdas_are_known():
    assert (
        findings(
            "SELECT o.customer_id, count(*) AS n FROM raw_shop.orders AS o WHERE EXISTS ("
            "SELECT 1 FROM raw_shop.orders AS i WHERE i.customer_id = o.customer_id AND i.amount > (SELECT avg(amount) "
            "FROM raw_shop.orders WHERE order_date < o.order_date)) GROUP BY ALL HAVING count(*) > 1 ORDER BY n"
        )
        == []
    )
    assert findings("SELECT v.a, g.day::DATE AS day FROM (VALUES (1)) AS v(a), "
                    "generate_series(DATE '2024-01-01', as_of(), INTERVAL 1 DAY) AS g(day)") == []  # fmt: skip
    assert (
        findings(
            "SELECT customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY order_date) AS rn "
            "FROM raw_shop.orders QUALIFY rn = 1"
        )
        == []
    )


def test_a_reserved_schema_and_a_missing_grain_are_refused():
    assert any("reserved" in text for text in findings("SELECT 1 AS n", relation="raw_mine.x"))
    made = project(model("gold.x", "SELECT 1 AS n"))
    assert any("does not say its grain" in str(error) for error in lint(made))


def test_a_model_and_its_contract_must_name_the_same_columns():
    made = project(
        model("gold.x", "-- One row per order.\nSELECT o.order_id, o.amount AS total FROM raw_shop.orders AS o"),
        contracts=[RAW, contract("gold.x", [column("order_id", "BIGINT"), column("amount", "DECIMAL(10,2)")])],
        sources=[SHOP],
    )
    found = [str(error) for error in lint(made)]
    assert any("No column in the contract of gold.x is named 'total'" in text for text in found)
    assert any("declares the column amount; the model does not yield it" in text for text in found)


def test_faulty_rules_of_a_contract_are_named():
    columns = [column("order_id", "BIGINT")]
    for bad, message in [
        (rule("r", metric="nullvalues", column="order_id", mustBe=0), "Did you mean 'nullValues'"),
        (rule("r", metric="rowCount", mustBeMore=1), "No operator is named 'mustBeMore'"),
        (rule("r", metric="rowCount"), "not what it must be"),
        (rule("r", metric="duplicateValues", mustBe=0, unit="percent", column="order_id"), "in percent"),
        (rule("r", metric="duplicateValues", mustBe=0, arguments={"properties": ["ordr_id"]}), "Did you mean 'order_id'"),
        (rule("r", "sql", query="DELETE FROM {object}", mustBe=0), "one SELECT"),
        (rule("r", "sql", query="SELECT count(*) FROM {objekt}", mustBe=0), "Did you mean 'object'"),
        (rule("r", "sql", query="SELECT count(*) FROM gold.nowhere", mustBe=0), "gold.nowhere"),
        (rule("r", "sql", query="SELECT count(*) FROM {object} WHERE current_date > '2024-01-01'", mustBe=0), "wall clock"),
    ]:  # fmt: skip
        made = project(
            model("gold.x", "-- One row per order.\nSELECT o.order_id FROM raw_shop.orders AS o"),
            contracts=[RAW, contract("gold.x", columns, [bad])],
            sources=[SHOP],
        )
        assert any(message in str(error) for error in lint(made)), message


def test_a_reference_to_an_unknown_table_is_named():
    made = project(
        model("gold.x", "-- One row per order.\nSELECT o.order_id FROM raw_shop.orders AS o"),
        contracts=[RAW, contract("gold.x", [column("order_id", "BIGINT")], references=[reference("order_id", "gold.y", "id")])],
        sources=[SHOP],
    )  # fmt: skip
    assert any("No table is named 'gold.y'" in str(error) for error in lint(made))


def test_steps_and_entities_are_looked_at_too():
    made = project(
        step("gold.keys", "surogate_keys", {"members": "gold.nothing"}),
        union(
            "conformed.sale",
            shop="-- One row per sale.\nSELECT o.order_id AS sale_id, 1 AS odd FROM raw_shop.orders AS o",
        ),
        union("conformed.other"),
        contracts=[RAW, contract("conformed.sale", [column("sale_id", "BIGINT")])],
        sources=[SHOP],
    )
    found = " ".join(str(error) for error in lint(made))
    assert "Did you mean 'surrogate_keys'" in found
    assert "gold.nothing" in found
    assert "No column in the contract of conformed.sale is named 'odd'" in found
    assert "conformed.other has no contract" in found


def test_a_cast_that_spark_would_cut_off_is_refused_also_behind_a_with_part():
    sql = "WITH o AS (SELECT order_id, amount AS price FROM raw_shop.orders)\nSELECT {cast} AS n FROM o"
    found = findings(sql.format(cast="CAST(o.price AS INTEGER)"))
    assert len(found) == 1
    assert "Casting o.price (DECIMAL(10,2)) to INT without rounding has no rule for Spark" in found[0]
    assert "x.sql:3" in found[0]
    assert findings(sql.format(cast="CAST(ROUND(o.price) AS INTEGER)")) == []
    assert findings(sql.format(cast="CAST(o.order_id AS INTEGER)")) == []
