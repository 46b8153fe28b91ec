"""PostgreSQL loads incrementally, exactly, and publishes nothing when nothing changed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.postgres_server import PostgresServer
from tests.raw.conftest import Shop, column, contract

from customer360.errors import SchemaDrift, SourceMalformed, SourceUnreachable

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


def test_a_server_that_dies_while_rows_are_written_leaves_nothing(erp: Shop, postgres: PostgresServer) -> None:
    """A first load is written as it is read; the server ends it by itself after some thousand rows."""
    postgres.execute(
        "CREATE FUNCTION sales.dying(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
        " IF n > 400000 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN n; END $$",
        "CREATE VIEW sales.mortal AS SELECT sales.dying(n) AS n FROM generate_series(1, 1000000) AS n",
    )
    before = erp.snapshots()
    erp.source("erp", kind="postgres", orders=ORDERS, mortal="sales.mortal")
    with pytest.raises(SourceUnreachable, match=r"ended the connection while erp\.mortal was read"):
        erp.load()
    assert erp.snapshots() == before
    with erp.engine.read() as session:
        assert {str(relation) for relation in session.relations()} == {"c360.load_log", "raw_erp.orders"}


UNIQUE = "CREATE UNIQUE INDEX ON sales.versions (region, id)"


@pytest.mark.parametrize(
    ("statements", "key_type", "rows"),
    [
        ((UNIQUE,), "VARCHAR", 3),
        (("CREATE INDEX ON sales.versions (region, id)", "UPDATE sales.versions SET region = '1'"), "VARCHAR", 2),
        ((UNIQUE, "ALTER TABLE sales.versions ALTER region DROP NOT NULL"), "VARCHAR", 3),
        ((UNIQUE, "UPDATE sales.versions SET region = '01' WHERE region = '2'"), "INTEGER", 2),
    ],
    ids=["unique", "not unique", "unique but for NULLs", "unique until cast"],
)
def test_rows_of_one_key_are_put_in_order_unless_the_server_keeps_it_unique(
    erp: Shop, postgres: PostgresServer, statements: tuple[str, ...], key_type: str, rows: int
) -> None:
    postgres.execute(
        "CREATE TABLE sales.versions (id int NOT NULL, region text NOT NULL, at date)",
        "INSERT INTO sales.versions VALUES (1, '1', '2024-01-01'), (1, '2', '2024-01-02'), (2, '1', '2024-01-03')",
        *statements,
    )
    typed = contract(column("id", "INTEGER"), column("region", key_type), column("at", "DATE"))
    table = {"location": "sales.versions", "key": ("id", "region"), "cursor": "at", "contract": typed.id}
    erp.source("erp", kind="postgres", versions=table, contracts=(typed,))
    report = erp.load()
    assert [(t.rows_read, t.rows_landed, t.rows_changed) for t in report.tables] == [(3, rows, rows)]
    assert len(erp.rows("raw_erp.versions")) == rows
    assert erp.load().tables[0].status == "unchanged"


def test_rows_land_the_same_whether_all_of_them_are_good_or_not(erp: Shop, postgres: PostgresServer) -> None:
    """Chunks without a bad row take a shorter way through the cast; the numbers' widths change on both."""
    postgres.execute(
        "CREATE TABLE sales.readings (n bigint, small int, at timestamptz, price numeric(9,2), note text)",
        "INSERT INTO sales.readings SELECT n, CASE WHEN n % 7 <> 0 THEN n % 30000 END,"
        " TIMESTAMPTZ '2024-01-01 00:00+00' + n * INTERVAL '1 hour', n / 4.0, CASE WHEN n % 3 > 0 THEN 'r' || n END"
        " FROM generate_series(1, 5000) AS n",
    )
    typed = contract(column("n", "INTEGER"), column("small", "SMALLINT"), column("note", "VARCHAR"))
    erp.source("erp", kind="postgres", contracts=(typed,), good={"location": "sales.readings", "contract": typed.id})
    erp.load()
    postgres.execute("INSERT INTO sales.readings VALUES (5001, 99999, now(), 1, 'too wide')")
    erp.source("erp", kind="postgres", contracts=(typed,), mixed={"location": "sales.readings", "contract": typed.id})
    report = erp.load()
    assert report.tables[0].rejected == {"small is no SMALLINT": 1}
    assert erp.rows("raw_erp.mixed") == erp.rows("raw_erp.good")
    assert erp.query("DESCRIBE raw_erp.mixed").equals(erp.query("DESCRIBE raw_erp.good"))
