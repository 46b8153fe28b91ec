"""ShopFlow's people across four systems: as the truth knows them, and what a late split moves."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from customer360.identity.evaluate import against_labels
from customer360.synthetic import truth
from customer360.synthetic.shopflow import ShopFlow
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.templates.conftest import Built

COMPANY = ShopFlow.of("small")
NOW = "SELECT system || ':' || record_id AS record, customer_id FROM identity.customer_xref WHERE valid_to IS NULL"


def test_people_are_found_as_the_truth_knows_them(shopflow: Built) -> None:
    person = {row["record"]: row["customer_id"] for row in shopflow.rows(NOW)}
    real = truth.people(COMPANY).to_pylist()
    label = {f"{row['system']}:{row['source_id']}": row["person_id"] for row in real}
    found = pa.table({"record_id": list(person), "person_id": list(person.values())})
    labels = pa.table({"record_id": list(label), "label": [str(each) for each in label.values()]})
    quality = against_labels(found, labels)
    pairs = truth.tables(COMPANY)["linkable_pairs"].to_pylist()
    linked = [
        person[f"{p['system_a']}:{p['source_id_a']}"] == person[f"{p['system_b']}:{p['source_id_b']}"] for p in pairs
    ]
    assert quality.records_labelled == len(person)
    assert quality.precision is not None
    assert quality.precision >= 0.985
    assert sum(linked) / len(linked) >= 0.93


def test_every_record_is_one_customer_and_every_customer_is_in_the_360(shopflow: Built) -> None:
    people = {row["customer_id"] for row in shopflow.rows(NOW)}
    assert people == {row["c"] for row in shopflow.rows("SELECT customer_id AS c FROM identity.golden_customer")}
    assert len(people) == shopflow.value("SELECT count(*) FROM customer_360.customer_360")
    assert shopflow.value("SELECT count(*) FROM shop.customers") < len(shopflow.rows(NOW))


@pytest.fixture
def mine(shopflow: Built, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the built project, to change."""
    shutil.copytree(shopflow.root, tmp_path / "project")
    workspace = open_project(tmp_path / "project")
    yield workspace
    workspace.close()


FACTS = """
SELECT x.system || ':' || x.record_id AS record, count(*) AS lines, sum(f.net_sales_amount) AS net
FROM conformed.sale_line AS l
JOIN gold.gold_sales_fact AS f USING (line_item_id)
JOIN gold.gold_customer_dim AS d ON d.customer_key = f.customer_key AND d.is_current
JOIN identity.customer_xref AS x ON x.system = coalesce(l.record_system, l.system) AND x.record_id = l.record_id
  AND x.valid_to IS NULL AND x.customer_id = d.customer_id
WHERE f.source_system = l.system
GROUP BY ALL ORDER BY ALL
"""
"""Lines and revenue by record, of those facts only that stand with the customer the record belongs to now."""


def read(workspace: Workspace, sql: str) -> list[dict[str, Any]]:
    with workspace.engine.read() as session:
        rows: list[dict[str, Any]] = session.query(sql).to_pylist()
    return rows


BASKETS = """
SELECT coalesce(l.record_system, l.system) || ':' || l.record_id AS record, l.product_id,
  count(DISTINCT l.transaction_id) AS baskets
FROM conformed.sale_line AS l
WHERE NOT l.is_return AND l.sale_date <= DATE '{as_of}' AND l.product_id IN (SELECT product_id FROM gold.product_keys)
GROUP BY ALL
"""
"""Baskets with a product by record, counted on what the systems' lines say, whoever the customer is."""
AFFINITY = """
SELECT k.customer_id, p.product_id, a.purchase_count
FROM insights.product_affinity AS a
JOIN gold.customer_keys AS k USING (customer_key) JOIN gold.product_keys AS p USING (product_key)
WHERE k.customer_id IN ({customers})
"""


def affinity(workspace: Workspace, *customers: str) -> dict[str, dict[str, int]]:
    """Return customer -> product -> baskets of it, of the products the customer is drawn to."""
    listed = ", ".join(f"'{each}'" for each in customers)
    found: dict[str, dict[str, int]] = {each: {} for each in customers}
    for row in read(workspace, AFFINITY.format(customers=listed)):
        found[row["customer_id"]][row["product_id"]] = row["purchase_count"]
    return found


def test_a_late_split_moves_facts_affinity_360_and_metrics_and_undoing_it_moves_them_back(mine: Workspace) -> None:
    people = mine.people()
    before = {row["record"]: row["customer_id"] for row in read(mine, NOW)}
    facts = read(mine, FACTS)
    bought = {row["record"] for row in facts}
    person = next(
        customer
        for customer, _ in Counter(before[record] for record in sorted(bought)).most_common()
        if sum(before[record] == customer for record in bought) == 2
    )
    stays, goes = sorted(record for record in bought if before[record] == person)
    revenue, customers = figures(mine)
    baskets: dict[str, Counter[str]] = {record: Counter() for record in (stays, goes)}
    for row in read(mine, BASKETS.format(as_of=mine.as_of())):
        if row["record"] in baskets:
            baskets[row["record"]][row["product_id"]] += row["baskets"]
    drawn = affinity(mine, person)
    both = baskets[stays] + baskets[goes]
    assert drawn[person] == {product: both[product] for product in drawn[person]}

    split = people.split(person, [goes], who="dana", why="father and son")
    mine.build()
    after = {row["record"]: row["customer_id"] for row in read(mine, NOW)}
    assert after[stays] != after[goes]
    assert {record for record in before if before[record] != after[record]} <= {stays, goes}
    assert read(mine, FACTS) == facts, "each record's lines stand with its new customer"
    by_customer = {
        row["customer_id"]: row["net"]
        for row in read(
            mine,
            "SELECT d.customer_id, sum(f.net_sales_amount) AS net FROM gold.gold_sales_fact AS f JOIN"
            " gold.gold_customer_dim AS d ON d.customer_key = f.customer_key AND d.is_current"
            " WHERE NOT f.is_return GROUP BY 1",
        )
    }
    ltv = {
        row["customer_id"]: row["lifetime_value"]
        for row in read(mine, "SELECT customer_id, lifetime_value FROM gold.gold_customer_dim WHERE is_current")
    }
    for record in (stays, goes):
        assert ltv[after[record]] == by_customer[after[record]]
    assert figures(mine) == (revenue, customers + 1)
    parted = affinity(mine, after[stays], after[goes])
    for record in (stays, goes):
        drawn_now = parted[after[record]]
        assert drawn_now == {product: baskets[record][product] for product in drawn_now}
        assert any(drawn_now.values()), "what the record bought is what its customer is drawn to"

    people.undo(split.number, who="dana")
    mine.build()
    assert {row["record"]: row["customer_id"] for row in read(mine, NOW)} == before
    assert figures(mine) == (revenue, customers)
    assert affinity(mine, person) == drawn


def figures(workspace: Workspace) -> tuple[Any, Any]:
    """Return revenue, and customers of the 360."""
    (row,) = workspace.query(metrics=["revenue"]).to_pylist()
    (count,) = read(workspace, "SELECT count(*) AS n FROM customer_360.customer_360")
    return row["revenue"], count["n"]
