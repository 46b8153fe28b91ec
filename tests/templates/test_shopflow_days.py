"""ShopFlow goes on: another week is loaded onto what is there, a bad document is put aside, the support API reads it."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from tests.templates.conftest import Built

from customer360.engines.registry import open_engine
from customer360.identity.configured import MODEL_FILE, configured, settings_of
from customer360.identity.lifecycle import People
from customer360.models.build import build
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.load import load
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.web.support_api import create_support_app
from customer360.web.tickets import WarehouseTickets

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.raw.report import LoadReport

SIZE = 150
DAYS = [date(2024, 11, 21), date(2024, 11, 30)]
MORE_DAYS = [DAYS[0], date(2024, 11, 24), DAYS[1]]


def ran(root: Path, only: list[str] | None = None) -> tuple[LoadReport, Built]:
    project = read_project(root)
    engine = open_engine(project.settings, root)
    loaded = load(engine, project)
    loaded.raise_failures()
    return loaded, Built(root, engine, build(engine, configured(project), select=only))


# Keys, versions and ids of people are given once and kept, so they tell in which order the days came: the star is
# compared by what they stand for, a person by the first of the records.
STAR = ("identity", "gold", "insights", "customer_360")
PEOPLE = """
SELECT customer_id, MIN(system || ':' || record_id) AS person
FROM identity.customer_xref
WHERE valid_to IS NULL
GROUP BY customer_id
"""
SALES = f"""
SELECT f.* EXCLUDE (customer_key, customer_version_key, product_key, location_key),
  w.person, p.product_id, l.location_id
FROM gold.gold_sales_fact AS f
INNER JOIN gold.gold_customer_dim AS c ON c.customer_key = f.customer_key AND c.is_current
LEFT JOIN ({PEOPLE}) AS w ON w.customer_id = c.customer_id
INNER JOIN gold.gold_product_dim AS p ON p.product_key = f.product_key
INNER JOIN gold.gold_location_dim AS l ON l.location_key = f.location_key
"""
CUSTOMERS = f"""
SELECT
  c.* EXCLUDE (
    customer_id, customer_key, churn_risk_score, probability_alive, expected_purchases_12m, predicted_clv_12m
  ),
  ROUND(c.churn_risk_score, 6) AS churn_risk_score,
  w.person
FROM customer_360.customer_360 AS c
LEFT JOIN ({PEOPLE}) AS w ON w.customer_id = c.customer_id
"""
CONTACTS = f"""
SELECT f.* EXCLUDE (customer_key), w.person
FROM care_insights.contact AS f
LEFT JOIN gold.gold_customer_dim AS c ON c.customer_key = f.customer_key AND c.is_current
LEFT JOIN ({PEOPLE}) AS w ON w.customer_id = c.customer_id
"""
SESSIONS = f"""
SELECT f.* EXCLUDE (customer_key), w.person
FROM gold.gold_web_session_fact AS f
INNER JOIN gold.gold_customer_dim AS c ON c.customer_key = f.customer_key AND c.is_current
LEFT JOIN ({PEOPLE}) AS w ON w.customer_id = c.customer_id
"""


def contents(made: Built) -> dict[str, tuple[int, int]]:
    compared = {
        str(relation): f"FROM {relation.sql}" for relation in made.project.models if relation.schema not in STAR
    }
    compared["care_insights.contact"] = CONTACTS
    found = {}
    for name, query in (compared | {"sales": SALES, "customers": CUSTOMERS, "sessions": SESSIONS}).items():
        (row,) = made.rows(f"SELECT count(*) AS n, sum(hash(t) % 1000003) AS digest FROM ({query}) AS t")
        found[name] = (row["n"], int(row["digest"] or 0))
    return found


@pytest.mark.parametrize("days", [DAYS, pytest.param(MORE_DAYS, marks=pytest.mark.full)], ids=len)
def test_day_by_day_and_all_at_once_give_the_same_tables(tmp_path: Path, days: list[date]) -> None:
    whole, grown = tmp_path / "whole", tmp_path / "grown"
    create_project(whole, template="shopflow")
    write_files(ShopFlow.of(SIZE, until=days[-1]), whole / "data")
    _, at_once = ran(whole)
    expected = contents(at_once)
    # A model learnt from the first days alone weighs doubtful pairs a little otherwise: both projects keep the same.
    model = People(at_once.engine, whole).train(settings_of(at_once.project), as_of=days[-1])
    at_once.engine.close()

    create_project(grown, template="shopflow")
    (grown / MODEL_FILE).write_bytes(model.read_bytes())
    write_files(ShopFlow.of(SIZE, until=days[0]), grown / "data")
    first, made = ran(grown)
    assert made.report.as_of == days[0]
    assert contents(made) != expected
    made.engine.close()
    for before, until in itertools.pairwise(days):
        since = before.replace(day=before.day + 1)
        write_files(ShopFlow.of(SIZE, until=until), grown / "data", since=since)
        later, made = ran(grown)
        assert made.report.as_of == until
        events = {t.table: t.rows_read for t in later.tables if t.source == "shop"}
        assert events["events"] < {t.table: t.rows_read for t in first.tables if t.source == "shop"}["events"] / 5
        found = contents(made)
        made.engine.close()
    assert found == expected


def test_a_ticket_without_customer_is_put_aside_and_the_others_land(tmp_path: Path) -> None:
    root = tmp_path / "tickets"
    create_project(root, template="shopflow", systems=["support"])
    write_files(ShopFlow.of(SIZE), root / "data", systems=["support"])
    path = root / "data/support/support_tickets.parquet"
    tickets = pq.read_table(path)
    bad = tickets["ticket_id"][3].as_py()
    kept = pc.if_else(pc.equal(tickets["ticket_id"], bad), pa.scalar(None, pa.string()), tickets["customer_id"])
    pq.write_table(tickets.set_column(tickets.schema.get_field_index("customer_id"), "customer_id", kept), path)
    loaded, made = ran(root, ["support.support_tickets"])
    assert loaded.rows_rejected == 1
    assert made.value("SELECT count(*) AS n FROM support.support_tickets") == tickets.num_rows - 1
    (put_aside,) = made.rows("SELECT column_name, reason, row_key FROM quarantine.support_support_tickets")
    assert put_aside["column_name"] == "customer_id"
    assert bad in put_aside["row_key"]
    made.engine.close()


@pytest.mark.parametrize("status", ["Closed", "Resolved"])
def test_the_support_api_serves_the_products_tickets(shopflow: Built, status: str) -> None:
    expected = shopflow.value(f"SELECT count(*) AS n FROM raw_support.support_tickets WHERE status = '{status}'")
    app = create_support_app(WarehouseTickets(shopflow.engine), "open sesame")
    with TestClient(app, headers={"X-API-Key": "open sesame"}) as client:
        answer = client.get("/tickets", params={"status": status, "limit": 500}).json()
    assert answer["total"] == expected > 0
    assert len(answer["items"]) == min(expected, 500)
