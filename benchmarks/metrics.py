"""Thirty metric queries over many sales lines: compiled against SQL by hand, and what compiling itself costs."""

from __future__ import annotations

import os
import statistics
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.timing import paired, seconds
from customer360.errors import Place
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import PlanCache
from customer360.semantic.compile import compile_query
from customer360.semantic.model import SemanticModel
from customer360.semantic.principal import OWNER
from customer360.semantic.query import MetricQuery

LINES = int(os.environ.get("C360_BENCH_LINES", "10000000"))
AS_OF = date(2024, 12, 31)

TABLES = f"""
CREATE SCHEMA gold;
CREATE TABLE gold.customer AS SELECT i AS customer_key, 'segment ' || i % 5 AS segment, 'region ' || i % 12 AS region
    FROM range(200000) AS r(i);
CREATE TABLE gold.product AS SELECT i AS product_key, 'category ' || i % 40 AS category, 'brand ' || i % 300 AS brand
    FROM range(20000) AS r(i);
CREATE TABLE gold.calendar AS SELECT CAST(strftime(d, '%Y%m%d') AS INTEGER) AS date_key, CAST(d AS DATE) AS day
    FROM generate_series(DATE '2022-01-01', DATE '2024-12-31', INTERVAL 1 DAY) AS days(d);
CREATE TABLE gold.sales AS SELECT i AS line_id, i // 3 AS order_id, hash(i // 3) % 200000 AS customer_key,
    hash(i, 'p') % 20000 AS product_key,
    CAST(strftime(DATE '2022-01-01' + CAST(hash(i // 3, 'd') % 1096 AS INTEGER), '%Y%m%d') AS INTEGER) AS date_key,
    DATE '2022-01-01' + CAST(hash(i // 3, 'd') % 1096 AS INTEGER) AS sale_date,
    1 + hash(i, 'q') % 5 AS quantity, CAST(hash(i, 'n') % 10000 / 100 AS DECIMAL(10, 2)) AS net,
    hash(i, 'r') % 50 = 0 AS is_return FROM range({LINES}) AS r(i);
"""

METRICS = {
    "revenue": ("SUM(sales.net)", ["NOT sales.is_return"]),
    "units": ("SUM(sales.quantity)", []),
    "lines": ("COUNT(*)", []),
    "orders": ("COUNT(DISTINCT sales.order_id)", ["NOT sales.is_return"]),
    "buyers": ("COUNT(DISTINCT sales.customer_key)", []),
    "average_line": ("AVG(sales.net)", []),
}
BY_HAND = {
    ("revenue",): "SUM(net) FILTER ({kept})",
    ("units", "lines"): "SUM(quantity), COUNT(*)",
    ("average_line",): "AVG(net)",
    ("buyers",): "COUNT(DISTINCT s.customer_key)",
    (
        "revenue",
        "orders",
    ): "SUM(net) FILTER (WHERE NOT is_return), COUNT(DISTINCT order_id) FILTER (WHERE NOT is_return)",
}
CUSTOMER = "LEFT JOIN gold.customer AS c ON c.customer_key = s.customer_key"
PRODUCT = "LEFT JOIN gold.product AS p ON p.product_key = s.product_key"
CALENDAR = "LEFT JOIN gold.calendar AS d ON d.date_key = s.date_key"
YEAR = "WHERE day BETWEEN DATE '2024-01-01' AND DATE '2024-12-31' GROUP BY 1, 2 ORDER BY 1, 2"
SEGMENT = "WHERE segment = 'segment 3' GROUP BY 1 ORDER BY 1"
GROUPS: dict[str, tuple[list[dict[str, str]], dict[str, Any], str]] = {
    "total": ([], {}, "SELECT {figures} FROM gold.sales AS s"),
    "segment": (
        [{"name": "customer.segment"}],
        {},
        f"SELECT segment, {{figures}} FROM gold.sales AS s {CUSTOMER} GROUP BY 1 ORDER BY 1",
    ),
    "month": (
        [{"name": "calendar.day", "grain": "month"}],
        {},
        f"SELECT date_trunc('month', day), {{figures}} FROM gold.sales AS s {CALENDAR} GROUP BY 1 ORDER BY 1",
    ),
    "brand": (
        [{"name": "product.brand"}],
        {},
        f"SELECT brand, {{figures}} FROM gold.sales AS s {PRODUCT} GROUP BY 1 ORDER BY 1",
    ),
    "region and category of a year": (
        [{"name": "customer.region"}, {"name": "product.category"}],
        {"time": {"relative": "this year"}},
        f"SELECT region, category, {{figures}} FROM gold.sales AS s {CUSTOMER} {PRODUCT} {CALENDAR} {YEAR}",
    ),
    "one segment by quarter": (
        [{"name": "calendar.day", "grain": "quarter"}],
        {"where": {"field": "customer.segment", "value": "segment 3"}},
        f"SELECT date_trunc('quarter', day), {{figures}} FROM gold.sales AS s {CUSTOMER} {CALENDAR} {SEGMENT}",
    ),
}


def field(name: str, datatype: str) -> dict[str, Any]:
    """Return a field of the model."""
    return {
        "name": name,
        "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": name}]},
        "datatype": datatype,
    }


def model(time_field: str = "calendar.day") -> SemanticModel:
    """Return the semantic model of the tables, with its time axis in the calendar or in the sales themselves."""
    sales = [field(name, "Integer") for name in ("line_id", "order_id", "customer_key", "quantity")]
    sales += [field("net", "Decimal"), field("is_return", "Boolean"), field("sale_date", "Date")]
    datasets = [
        {"name": "sales", "source": "gold.sales", "primary_key": ["line_id"], "fields": sales}
        | {"custom_extensions": [{"vendor_name": "C360", "data": f'{{"v":1,"time_field":"{time_field}"}}'}]},
        {
            "name": "customer",
            "source": "gold.customer",
            "fields": [field("segment", "String"), field("region", "String")],
        },
        {
            "name": "product",
            "source": "gold.product",
            "fields": [field("brand", "String"), field("category", "String")],
        },
        {"name": "calendar", "source": "gold.calendar", "fields": [field("day", "Date")]},
    ]
    keys = {"customer": "customer_key", "product": "product_key", "calendar": "date_key"}
    relationships = [
        {"name": f"sales_{to}", "from": "sales", "to": to, "from_columns": [key], "to_columns": [key]}
        for to, key in keys.items()
    ]
    metrics = [
        {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]}}
        | {"custom_extensions": [{"vendor_name": "C360", "data": _extension(filters)}]}
        for name, (expression, filters) in METRICS.items()
    ]
    body = {"name": "bench", "datasets": datasets, "relationships": relationships, "metrics": metrics}
    document = {"version": "0.2.0.dev0", "semantic_model": [body]}
    return SemanticModel.from_document(SemanticDocument("bench", Place("bench.yaml"), document))


def _extension(filters: list[str]) -> str:
    listed = ", ".join(f'"{text}"' for text in filters)
    return f'{{"v":1,"base":"sales","filters":[{listed}]}}'


def page() -> str:
    """Return the table of ratios and the cost of compiling."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute(TABLES)
    found = model()
    rows, ratios = [], []
    for metrics, figures in BY_HAND.items():
        for group, (dimensions, more, template) in GROUPS.items():
            query = MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
            compiled = compile_query(found, query, as_of=AS_OF).sql
            hand = template.format(figures=figures.format(kept="WHERE NOT is_return"))
            _same(connection, compiled, hand)
            pair = paired(lambda sql=compiled: _run(connection, sql), lambda sql=hand: _run(connection, sql), rounds=3)
            ratios.append(pair.ratio)
            rows.append(
                f"| {', '.join(metrics)} | {group} | {pair.measured:.3f} | {pair.baseline:.3f} | {pair.ratio:.2f} |"
            )
    head = f"## Metric queries over {LINES:,} sales lines\n\n| metrics | by | compiled s | by hand s | ratio |"
    head += "\n|---|---|---|---|---|"
    return "\n".join([head, *rows, "", f"Median ratio {statistics.median(ratios):.2f}. {_compiling(found)}"])


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return connection.execute(sql).to_arrow_table()


def _same(connection: duckdb.DuckDBPyConnection, compiled: str, hand: str) -> None:
    one, other = connection.execute(compiled).fetchall(), connection.execute(hand).fetchall()
    plain = [[tuple(str(value)[:10] for value in row) for row in rows] for rows in (one, other)]
    if plain[0] != plain[1]:
        raise AssertionError(f"Different answers:\n{compiled}\n{hand}")


def _compiling(found: SemanticModel) -> str:
    asked = [
        MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
        for metrics in BY_HAND
        for dimensions, more, _ in GROUPS.values()
    ]
    cache = PlanCache()

    def plan(query: MetricQuery) -> object:
        return cache.plan(found, query, as_of=AS_OF, dialect="duckdb", principal=OWNER)

    cold = statistics.median(seconds(lambda query=query: plan(query)) for query in asked)
    warm = statistics.median(seconds(lambda query=query: plan(query)) for query in asked for _ in range(20))
    return f"Compiling takes {cold * 1000:.2f} ms in the median, {warm * 1000:.3f} ms from the plan cache."
