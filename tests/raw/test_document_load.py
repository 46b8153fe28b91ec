"""Documents land by contract: missing required fields go to quarantine, loads go on from the cursor."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pymongo
import pytest
from tests.raw.conftest import Shop, column, contract

from customer360.errors import Place, RowsRejected
from customer360.project.spec import Source, SourceTable

TICKETS = contract(
    column("ticket_id", "VARCHAR", required=True),
    column("customer_id", "VARCHAR", required=True),
    column("created", "TIMESTAMP"),
    column("hours", "DECIMAL(6,2)"),
    column("city", "VARCHAR"),
)


@pytest.fixture
def support(shop: Shop, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("C360_TEST_MONGO", f"{mongo_url}/loads")
    with pymongo.MongoClient(mongo_url) as client:
        client.drop_database("loads")
    place = Place("sources/support.yaml", 6)
    table = SourceTable(
        "support", "tickets", "tickets", place, contract=TICKETS.id, key=("ticket_id",), cursor="created",
        options={"fields": {"city": "address.city"}},
    )  # fmt: skip
    source = Source("support", "mongodb", place, {"tickets": table}, connection={"url": {"env": "C360_TEST_MONGO"}})
    shop.project = replace(shop.project, sources={"support": source}, contracts={TICKETS.id: TICKETS})
    return shop


def ticket(n: int, **fields: object) -> dict[str, object]:
    return {"ticket_id": f"T{n}", "customer_id": "ann", "created": datetime.fromisoformat(f"2024-01-{n:02d}"), **fields}


def test_documents_land_by_contract_and_go_on_from_the_cursor(support: Shop, mongo_url: str) -> None:
    with pymongo.MongoClient(mongo_url) as client:
        tickets = client["loads"]["tickets"]
        tickets.insert_many([ticket(1, hours=1.5, address={"city": "Rome"}, ignored=1), ticket(2), {"ticket_id": "T3"}])
        report = support.load()
        assert report.tables[0].rejected == {"customer_id is empty but required": 1}
        landed = support.rows("raw_support.tickets", "ticket_id, hours, city")
        assert [tuple(row.values()) for row in landed] == [
            ("T1", Decimal("1.50"), "Rome"),
            ("T2", None, None),
        ]
        before = support.snapshots()
        assert support.load().tables[0].status == "unchanged"
        assert support.snapshots() == before
        tickets.insert_one(ticket(9, hours=2))
        tickets.update_one({"ticket_id": "T3"}, {"$set": {"customer_id": "bob"}})
        report = support.load()
    assert [row["ticket_id"] for row in support.rows("raw_support.tickets")] == ["T1", "T2", "T3", "T9"]
    assert support.rows("quarantine.support_tickets") == []


def test_a_renamed_required_field_leaves_the_old_rows(support: Shop, mongo_url: str) -> None:
    with pymongo.MongoClient(mongo_url) as client:
        tickets = client["loads"]["tickets"]
        tickets.insert_one(ticket(1))
        support.load()
        tickets.drop()
        tickets.insert_one({"ticket_id": "T1", "client_id": "ann", "created": datetime.fromisoformat("2024-01-01")})
        with pytest.raises(
            RowsRejected, match=r"Every one of 1 rows of support\.tickets breaks the contract: 1 times: customer_id"
        ):
            support.load(full=True)
    assert [row["customer_id"] for row in support.rows("raw_support.tickets")] == ["ann"]
