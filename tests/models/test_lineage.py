from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
from tests.models.projects import column, contract, model, project, source, step, union

from customer360.models.lineage import Edge, column_lineage, lineage_table, upstream
from customer360.names import Relation
from customer360.project.reader import read_project
from customer360.project.starter import create_project

SOURCES = Path(__file__).parents[2] / "src"

RAW = contract(
    "raw_shop.orders",
    [
        column("order_id", "BIGINT"),
        column("customer_id", "VARCHAR"),
        column("net", "DECIMAL(10,2)"),
        column("tax", "DECIMAL(10,2)"),
    ],
)
SOURCE = source("shop", "orders")
SOURCE = type(SOURCE)(SOURCE.name, SOURCE.kind, SOURCE.place, {
    "orders": type(SOURCE.tables["orders"])("shop", "orders", "o.csv", SOURCE.place, contract=RAW.id)
})  # fmt: skip


def origins(sql: str, name: str, *more) -> dict[str, str]:
    made = project(model("gold.x", f"-- One row per x.\n{sql}"), *more, contracts=[RAW], sources=[SOURCE])
    return {
        f"{edge.source}.{edge.source_column}": edge.how
        for edge in column_lineage(made)
        if (str(edge.to), edge.to_column) == ("gold.x", name)
    }


def test_a_copied_column_is_told_from_a_computed_one():
    sql = "SELECT o.customer_id AS who, o.net + o.tax AS gross, 1 AS one FROM raw_shop.orders AS o"
    assert origins(sql, "who") == {"raw_shop.orders.customer_id": "copied"}
    assert origins(sql, "gross") == {"raw_shop.orders.net": "computed", "raw_shop.orders.tax": "computed"}
    assert origins(sql, "one") == {"None.None": "constant"}


def test_with_parts_stars_and_renamed_columns_are_looked_through():
    sql = (
        "WITH o AS (SELECT * FROM raw_shop.orders), s(who, total) AS (SELECT customer_id, sum(net) FROM o GROUP BY 1)\n"
        "SELECT a.w, a.t FROM (SELECT who AS w, total AS t FROM s) AS a"
    )
    assert origins(sql, "w") == {"raw_shop.orders.customer_id": "copied"}
    assert origins(sql, "t") == {"raw_shop.orders.net": "computed"}


def test_joins_subqueries_unions_and_windows_are_looked_through():
    sql = (
        "SELECT a.order_id, (SELECT max(i.tax) FROM raw_shop.orders AS i WHERE i.order_id = a.order_id) AS top,\n"
        "  rank() OVER (PARTITION BY a.customer_id ORDER BY b.net) AS r\n"
        "FROM raw_shop.orders AS a JOIN raw_shop.orders AS b USING (order_id)\n"
        "UNION ALL SELECT x.order_id, x.net, 0 FROM raw_shop.orders AS x"
    )
    assert set(origins(sql, "top")) == {"raw_shop.orders.tax", "raw_shop.orders.order_id", "raw_shop.orders.net"}
    assert set(origins(sql, "r")) == {"raw_shop.orders.customer_id", "raw_shop.orders.net"}


def test_a_column_is_traced_to_its_source_through_all_models():
    made = project(
        union("conformed.sale", shop="-- One row per sale.\nSELECT o.net AS amount FROM raw_shop.orders AS o"),
        model("gold.fact", "-- One row per sale.\nSELECT s.amount * 2 AS doubled FROM conformed.sale AS s"),
        model("insights.sum", "-- One row.\nSELECT sum(f.doubled) AS total FROM gold.fact AS f"),
        contracts=[RAW, contract("conformed.sale", [column("amount", "DECIMAL(10,2)")])],
        sources=[SOURCE],
    )
    edges = column_lineage(made)
    found = upstream(edges, Relation("insights", "sum"), "total")
    assert [(str(e.to), str(e.source), e.source_column) for e in found] == [
        ("conformed.sale", "raw_shop.orders", "net"),
        ("gold.fact", "conformed.sale", "amount"),
        ("insights.sum", "gold.fact", "doubled"),
    ]
    assert lineage_table(edges).num_rows == len(edges) == 3


def test_a_step_is_made_of_all_its_inputs_unless_it_says_more():
    def edges(**parameters):
        made = project(
            step("gold.keys", "surrogate_keys", {"members": "raw_shop.orders", "previous": "gold.keys"}, **parameters),
            contracts=[
                RAW,
                contract("gold.keys", [column("customer_id", "VARCHAR"), column("customer_key", "INTEGER")]),
            ],
            sources=[SOURCE],
        )
        return column_lineage(made)

    assert len(edges()) == 2 * 5, "two columns, each of four columns and the load id"
    own, raw = Relation("gold", "keys"), Relation("raw_shop", "orders")
    assert edges(lineage={"customer_key": ["members.customer_id"]}) == (
        Edge(own, "customer_id", None, None, "step"),
        Edge(own, "customer_key", raw, "customer_id", "step"),
    )


def test_counted_rows_come_from_the_table_also_through_with_parts():
    sql = (
        "WITH o AS (SELECT customer_id, count(*) AS n FROM raw_shop.orders GROUP BY 1)\n"
        "SELECT o.n AS lines, row_number() OVER () AS number, sum(o.n) / count(*) AS mean,\n"
        "  (SELECT count(*) FROM raw_shop.orders AS i) AS total FROM o"
    )
    for name in ("lines", "number", "mean", "total"):
        assert origins(sql, name).keys() == {"raw_shop.orders.*"}


def test_a_history_says_which_columns_it_keeps_itself():
    text = "-- One row per customer and version.\n-- kind: scd2\n-- key: customer_id\n"
    config = {"kind": "scd2", "key": "customer_id"}
    made = project(
        model("gold.x", f"{text}SELECT o.customer_id, 'none' AS region FROM raw_shop.orders AS o", **config),
        contracts=[RAW],
        sources=[SOURCE],
    )
    how = {edge.to_column: edge.how for edge in column_lineage(made)}
    kept = dict.fromkeys(("valid_from", "valid_to", "is_current"), "history")
    assert how == {"customer_id": "copied", "region": "constant", **kept}


@pytest.mark.parametrize("template", ["blank", "complete_journey"])
def test_every_column_of_every_output_port_has_an_edge_or_says_why_not(tmp_path: Path, template: str):
    create_project(tmp_path / "made", template=template)
    made = read_project(tmp_path / "made")
    edges = column_lineage(made)
    traced = {(edge.to, edge.to_column) for edge in edges}
    ports = [made.contracts[port.contract_id] for one in made.products.values() for port in one.output_ports]
    assert ports
    assert not [
        (c.relation, column.name) for c in ports for column in c.columns if (c.relation, column.name) not in traced
    ]
    marks = {edge.how for edge in edges if edge.source is None}
    assert marks <= {"constant", "history", "empty", "step"}
    raw = {edge.source for edge in edges if edge.source and edge.source.schema.startswith("raw_")}
    assert raw, "the sources are reached"


def test_the_command_shows_a_table_a_port_and_a_column(tmp_path: Path):
    create_project(tmp_path / "made", template="blank")

    def run(what: str) -> subprocess.CompletedProcess[bytes]:
        code = "from customer360.cli import main; main()"
        command = [sys.executable, "-c", code, "lineage", what, "--format", "csv", "--project", str(tmp_path / "made")]
        return subprocess.run(command, capture_output=True, check=False, cwd=SOURCES)

    def rows(what: str) -> list[dict[str, str]]:
        return pyarrow.csv.read_csv(pa.BufferReader(run(what).stdout)).to_pylist()

    port = rows("customer_orders")
    assert port == rows("gold.customer_orders")
    assert {row["to_table"] for row in port} == {"gold.customer_orders"}
    assert [row["from_column"] for row in port if row["to_column"] == "orders"] == ["*"]
    name = next(row["to_column"] for row in port if row["from_column"] != "*")
    assert any(row["from_table"].startswith("raw_") for row in rows(f"customer_orders.{name}"))
    wrong = run("customer_orders.nothing")
    assert wrong.returncode == 1
    assert b"column of gold.customer_orders" in wrong.stderr
