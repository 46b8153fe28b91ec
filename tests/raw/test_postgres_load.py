"""PostgreSQL loads incrementally, exactly, and publishes nothing when nothing changed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.postgres_server import PostgresServer
from tests.raw.conftest import Shop, column, contract

from customer360.errors import SchemaDrift, SourceMalformed

pytestmark = pytest.mark.postgres

ORDERS = {"location": "sales.orders", "key": ("id",), "cursor": "changed_at", "overlap": "10 minutes"}


@pytest.fixture
def erp(shop: Shop, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("C360_TEST_URL", postgres.url)
    postgres.execute(
        "DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (id int PRIMARY KEY, amount numeric(10,2), changed_at timestamptz NOT NULL)",
        "INSERT INTO sales.orders SELECT n, n * 1.01, TIMESTAMPTZ '2024-01-01 00:00:00+00' + n * INTERVAL '1 minute'"
        " FROM generate_series(1, 5000) AS n",
    )
    shop.source("erp", kind="postgres", orders=ORDERS)
    shop.load()
    return shop


def total(shop: Shop) -> tuple[int, Decimal]:
    row = shop.rows("raw_erp.orders", "count(*) AS n, sum(amount) AS total")[0]
    return row["n"], row["total"]


def test_only_what_changed_is_read_again(erp: Shop, postgres: PostgresServer) -> None:
    assert total(erp) == (5000, sum(Decimal(n) * Decimal("1.01") for n in range(1, 5001)))
    before = erp.snapshots()
    report = erp.load()
    assert [(t.status, t.rows_read) for t in report.tables] == [("unchanged", 11)]
    assert erp.snapshots() == before
    postgres.execute(
        "UPDATE sales.orders SET amount = 0.01, changed_at = '2024-02-01 00:00:00+00' WHERE id IN (7, 8)",
        "INSERT INTO sales.orders VALUES (5001, 100, '2024-02-01 00:00:00+00')",
        "DELETE FROM sales.orders WHERE id = 1",
    )
    report = erp.load()
    assert [(t.rows_read, t.rows_changed) for t in report.tables] == [(14, 3)]
    assert erp.rows("raw_erp.orders WHERE id IN (1, 7, 5001)", "id, amount") == [
        {"id": 1, "amount": Decimal("1.01")},  # deletes show only in a full read
        {"id": 7, "amount": Decimal("0.01")},
        {"id": 5001, "amount": Decimal(100)},
    ]
    erp.load(full=True)
    assert erp.rows("raw_erp.orders WHERE id = 1") == []
    assert total(erp)[0] == 5000


def test_a_table_without_cursor_is_compared_whole(erp: Shop, postgres: PostgresServer) -> None:
    erp.source("erp", kind="postgres", orders="sales.orders")
    erp.load()
    before = erp.snapshots()
    assert erp.load().tables[0].status == "unchanged"
    assert erp.snapshots() == before
    postgres.execute("UPDATE sales.orders SET amount = amount + 0.01 WHERE id = 4999")
    assert erp.load().tables[0].status == "loaded"


def test_a_retyped_column_is_drift(erp: Shop, postgres: PostgresServer) -> None:
    postgres.execute("ALTER TABLE sales.orders ALTER COLUMN amount TYPE text")
    with pytest.raises(SchemaDrift, match=r"column 'amount' was decimal128\(10, 2\) and is string"):
        erp.load()
    erp.source("erp", kind="postgres", orders={**ORDERS, "on_schema_change": "ignore"})
    postgres.execute("UPDATE sales.orders SET amount = '7.00', changed_at = '2024-02-01 00:00:00+00' WHERE id = 7")
    erp.load()
    assert erp.rows("raw_erp.orders WHERE id = 7", "amount") == [{"amount": Decimal("7.00")}]
    erp.source("erp", kind="postgres", orders={**ORDERS, "on_schema_change": "evolve"})
    erp.load()
    assert erp.rows("raw_erp.orders WHERE id IN (6, 7)", "amount") == [{"amount": "6.06"}, {"amount": "7.00"}]


def test_a_renamed_cursor_is_told(erp: Shop, postgres: PostgresServer) -> None:
    postgres.execute("ALTER TABLE sales.orders RENAME COLUMN changed_at TO changed")
    with pytest.raises(SourceMalformed, match=r"has no column 'changed_at'.* Did you mean 'changed'\?"):
        erp.load()
    assert total(erp)[0] == 5000


def test_numbers_without_precision_land_by_contract(erp: Shop, postgres: PostgresServer) -> None:
    postgres.execute(
        "CREATE TABLE sales.free (id int, v numeric)",
        "INSERT INTO sales.free VALUES (1, 0.1), (2, 12345678901234567.89), (3, 0.105)",
    )
    typed = contract(column("v", "DECIMAL(38,2)"))
    erp.source("erp", kind="postgres", free={"location": "sales.free", "contract": typed.id}, contracts=(typed,))
    report = erp.load()
    assert [row["v"] for row in erp.rows("raw_erp.free")] == [Decimal("0.10"), Decimal("12345678901234567.89")]
    assert report.tables[0].rejected == {"v is no DECIMAL(38,2)": 1}
