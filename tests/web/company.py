"""A small company in memory, so that pages show figures of a real semantic model over real tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from ruamel.yaml import YAML

from customer360.engines.base import Snapshot
from customer360.errors import Place, WarehouseMissing
from customer360.project.spec import Dashboard, Project, SemanticDocument, Settings, Widget
from customer360.semantic.answer import Answer, answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

AS_OF = date(2024, 11, 18)
HERE = Path(__file__).parent

TABLES = """
CREATE SCHEMA gold;
CREATE TABLE gold.calendar AS
    SELECT CAST(strftime(d, '%Y%m%d') AS INTEGER) AS date_key, CAST(d AS DATE) AS day
    FROM generate_series(DATE '2023-01-01', DATE '2024-12-31', INTERVAL 1 DAY) AS days(d);
CREATE TABLE gold.customer AS
    SELECT
        n AS customer_key,
        'Household ' || (1000 + n) AS household,
        ['US', 'CA', 'MX'][1 + n % 3] AS country,
        ['Champions', 'Loyal Customers', 'Potential Loyalists', 'New Customers', 'Promising', 'Need Attention',
         'About To Sleep', 'At Risk', 'Can''t Lose Them', 'Hibernating', 'Lost'][1 + CAST(floor(11 * pow(hash(n) % 1000 / 1000, 0.9)) AS INTEGER)] AS segment,
        CAST(NULL AS DOUBLE) AS satisfaction
    FROM range(1, {customers} + 1) AS numbers(n);
CREATE TABLE gold.sales AS
    SELECT
        row_number() OVER () AS line_id,
        c.customer_key * 1000 + k AS transaction_id,
        c.customer_key,
        CAST(strftime(DATE '2023-01-01' + CAST((hash(c.customer_key, k) % 10000 / 10000.0) * 687 AS INTEGER), '%Y%m%d') AS INTEGER) AS date_key,
        ['Grocery', 'Drug & beauty', 'Produce', 'Meat', 'Bakery & deli', 'Household', 'Pet', 'Garden'][1 + CAST(floor(8 * pow(hash(k, c.customer_key, 'c') % 1000 / 1000, 2)) AS INTEGER)] AS category,
        ['Store', 'Online', 'Mobile app'][1 + CAST(hash(c.customer_key, k, 'ch') % 3 AS INTEGER)] AS channel,
        CAST(4 + hash(k, c.customer_key, 'v') % 9000 / 100 AS DECIMAL(10, 2)) AS net
    FROM gold.customer AS c, range(0, 60) AS lines(k)
    WHERE k < 2 + 58 * pow(hash(c.customer_key, 'n') % 1000 / 1000, 3);
CREATE TABLE gold.customer_state AS
    SELECT
        c.*,
        coalesce(sum(s.net), 0) AS lifetime_value,
        count(DISTINCT s.transaction_id) AS frequency,
        date_diff('day', max(k.day), DATE '2024-11-18') AS recency,
        CASE WHEN count(s.line_id) = 0 THEN 'Prospect' WHEN date_diff('day', max(k.day), DATE '2024-11-18') < 60 THEN 'Low'
             WHEN date_diff('day', max(k.day), DATE '2024-11-18') < 180 THEN 'Medium' ELSE 'High' END AS churn_band
    FROM gold.customer AS c LEFT JOIN gold.sales AS s USING (customer_key) LEFT JOIN gold.calendar AS k USING (date_key)
    GROUP BY ALL
"""


class MemorySession:
    """An in-memory DuckDB that answers as a warehouse session does, from any thread."""

    def __init__(self, customers: int) -> None:
        self.connection = duckdb.connect()
        for statement in TABLES.format(customers=customers).split(";\n"):
            self.connection.execute(statement)

    def query(self, sql: str, parameters: Any = ()) -> pa.Table:
        return self.connection.cursor().execute(sql, list(parameters)).to_arrow_table()


def read_yaml(name: str) -> Any:
    return YAML(typ="safe").load(HERE / name)


def dashboard(name: str, document: dict[str, Any]) -> Dashboard:
    place = Place(f"dashboards/{name}.yaml")
    widgets = tuple(
        Widget(w["name"], w["title"], w["chart"], place, w["query"], w.get("options", {})) for w in document["widgets"]
    )
    return Dashboard(name, document["title"], place, widgets, document.get("description"), tuple(document["filters"]))


class Company:
    """What the web app needs of a workspace, over tables in memory; ``publish`` makes a new snapshot."""

    def __init__(self, customers: int = 300) -> None:
        boards = {"executive": dashboard("executive", read_yaml("executive.yaml"))}
        settings = Settings("corner_shop", Place("c360.yaml"), "Corner Shop")
        document = SemanticDocument("company", Place("semantic/company.yaml"), read_yaml("company.yaml"))
        self.project = Project(HERE, settings, semantics={"company": document}, dashboards=boards)
        self.session = MemorySession(customers)
        self._model = SemanticModel.from_document(document)
        self._snapshots: list[Snapshot] = []
        self.asked: list[MetricQuery] = []
        self.publish()

    def publish(self) -> None:
        number = len(self._snapshots) + 1
        self._snapshots.insert(0, Snapshot(number, datetime(2024, 11, 19, 6, number, tzinfo=UTC), "build", "test"))

    def as_of(self) -> date:
        if not self._snapshots:
            raise WarehouseMissing("Nothing has been built in this project yet.")
        return AS_OF

    def answer(self, query: MetricQuery, *, as_of: date | None = None) -> Answer:
        self.asked.append(query)
        return answer(self.session, self._model, query, as_of=as_of or self.as_of())  # type: ignore[arg-type]

    def semantic_model(self) -> SemanticModel:
        return self._model

    def history(self) -> tuple[Snapshot, ...]:
        return tuple(self._snapshots)


def empty_company() -> Company:
    """Return the company before its first build."""
    company = Company(1)
    company._snapshots.clear()
    return company
