"""The same company grows day by day: ids stay, later days only add, chunks and threads leave no trace."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.synthetic.conftest import whole

from customer360.synthetic import events, shop
from customer360.synthetic.ahead import ahead
from customer360.synthetic.book import OrderBook
from customer360.synthetic.columns import plain
from customer360.synthetic.company import END, START, Company
from customer360.synthetic.sessions import plan
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files

if TYPE_CHECKING:
    from pathlib import Path

EARLY, LATE = date(2024, 9, 15), date(2024, 12, 20)
LOGS = [
    (system, table) for system, tables in ShopFlow.of(10).systems.items() for table, s in tables.items() if s.moment
]


@pytest.fixture(scope="module")
def early() -> ShopFlow:
    return ShopFlow.of("small", until=EARLY)


@pytest.fixture(scope="module")
def late() -> ShopFlow:
    return ShopFlow.of("small", until=LATE)


def test_the_logs_are_named() -> None:
    assert {table for _, table in LOGS} >= {"orders", "events", "returns", "erp_orders", "customer_interactions"}
    assert len(LOGS) == 14


@pytest.mark.parametrize(("system", "table"), LOGS)
def test_a_later_date_only_adds_rows(early: ShopFlow, late: ShopFlow, system: str, table: str) -> None:
    before, after = whole(early, system, table), whole(late, system, table)
    assert 0 < before.num_rows < after.num_rows
    assert after.slice(0, before.num_rows).equals(before)


@pytest.mark.parametrize(("system", "table"), LOGS)
def test_since_gives_exactly_the_missing_days(early: ShopFlow, late: ShopFlow, system: str, table: str) -> None:
    source = late.systems[system][table]
    added = pa.concat_tables([plain(chunk) for chunk in source(EARLY + timedelta(days=1))])
    assert pa.concat_tables([whole(early, system, table), added]).equals(whole(late, system, table))


def test_day_by_day_equals_all_at_once() -> None:
    days = [date(2023, 11, 18) + timedelta(days=n) for n in range(8)]
    book = OrderBook.write(Company(customers=300, until=days[0]))
    parts = [pa.concat_tables([plain(c) for c in shop.orders(book)])]
    clicks = [pa.concat_tables([plain(c) for c in events.tables(book, plan(book))])]
    for day in days[1:]:
        book = OrderBook.write(Company(customers=300, until=day))
        today = (day - START).days
        parts += [plain(chunk) for chunk in shop.orders(book, since_day=today)]
        clicks += [plain(chunk) for chunk in events.tables(book, plan(book), since_day=today)]
    assert pa.concat_tables(parts).equals(pa.concat_tables([plain(c) for c in shop.orders(book)]))
    assert pa.concat_tables(clicks).equals(pa.concat_tables([plain(c) for c in events.tables(book, plan(book))]))


def test_what_a_ticket_says_of_its_creation_never_changes(early: ShopFlow, late: ShopFlow) -> None:
    fixed = ["ticket_id", "customer_id", "customer_segment", "created_date", "issue_type", "priority", "order_id"]
    before, after = whole(early, "support", "support_tickets"), whole(late, "support", "support_tickets")
    assert after.slice(0, before.num_rows).select(fixed).equals(before.select(fixed))
    closed = [n for n, status in enumerate(before["status"].to_pylist()) if status == "Closed"]
    assert after.take(closed).equals(before.take(closed))


def test_recovery_emails_only_fill_in_what_was_open(early: ShopFlow, late: ShopFlow) -> None:
    before = whole(early, "shop_ops", "cart_recovery_emails").to_pylist()
    after = {row["session_id"]: row for row in whole(late, "shop_ops", "cart_recovery_emails").to_pylist()}
    for row in before:
        then = after[row["session_id"]]
        assert all(value is None or then[name] == value for name, value in row.items())
        filled = {name: then[name] for name, value in row.items() if value is None and then[name] is not None}
        moments = [value.date() for name, value in filled.items() if name != "recovered_order_id"]
        assert all(moment > EARLY for moment in moments)


def test_parcels_keep_their_numbers(early: ShopFlow, late: ShopFlow) -> None:
    fixed = ["shipment_id", "order_ref", "shipped_date"]
    before, after = whole(early, "wms", "wms_shipments"), whole(late, "wms", "wms_shipments")
    assert after.slice(0, before.num_rows).select(fixed).equals(before.select(fixed))


@settings(max_examples=6, deadline=None)
@given(block=st.integers(5, 400), chunk=st.integers(60, 3_000), workers=st.integers(1, 4))
def test_chunking_leaves_no_trace(block: int, chunk: int, workers: int) -> None:
    company = Company(customers=200, seed=7)
    whole_book, book = OrderBook.write(company), OrderBook.write(company, block=block)
    orders = pa.concat_tables([plain(c) for c in shop.orders(book, chunk=chunk)]).combine_chunks()
    clicks = pa.concat_tables([plain(c) for c in events.tables(book, plan(book), chunk=chunk)]).combine_chunks()
    assert orders.equals(pa.concat_tables([plain(c) for c in shop.orders(whole_book)]).combine_chunks())
    assert clicks.equals(
        pa.concat_tables([plain(c) for c in events.tables(whole_book, plan(whole_book))]).combine_chunks()
    )
    assert list(ahead(lambda n: n * n, range(20), workers=workers)) == [n * n for n in range(20)]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("file_format", ["parquet", "csv", "jsonl"])
def test_same_seed_same_bytes(tmp_path: Path, file_format: str) -> None:
    for name in ("a", "b", "d", "e"):
        write_files(ShopFlow.of(60), tmp_path / name, file_format=file_format)
    write_files(ShopFlow.of(60, seed=43), tmp_path / "c", file_format=file_format)
    first = digests(tmp_path / "a")
    assert all(first == digests(tmp_path / name) for name in ("b", "d", "e"))
    other = digests(tmp_path / "c")
    assert first.keys() == other.keys()
    assert first[f"shop/orders.{file_format}"] != other[f"shop/orders.{file_format}"]


def test_since_writes_files_of_later_days_beside_the_others(tmp_path: Path) -> None:
    until, since = date(2024, 12, 7), date(2024, 12, 1)
    write_files(ShopFlow.of(300), tmp_path, systems=["shop"])
    write_files(ShopFlow.of(300, until=until), tmp_path, systems=["shop"], since=since)
    write_files(ShopFlow.of(300, until=until), tmp_path / "once", systems=["shop"])
    names = sorted(path.name for path in (tmp_path / "shop").iterdir())
    assert [n for n in names if "2024" in n] == ["events-2024-12-01.parquet", "orders-2024-12-01.parquet"]
    for table in ("orders", "events"):
        parts = [pq.read_table(tmp_path / "shop" / f"{table}{end}.parquet") for end in ("", "-2024-12-01")]
        assert parts[1].num_rows > 0
        assert pa.concat_tables(parts).equals(pq.read_table(tmp_path / "once" / "shop" / f"{table}.parquet"))
    for table in ("customers", "products", "inventory"):
        assert (tmp_path / "shop" / f"{table}.parquet").read_bytes() == (
            tmp_path / "once" / "shop" / f"{table}.parquet"
        ).read_bytes()


@pytest.mark.parametrize("until", [START, START + timedelta(days=1), date(2022, 3, 1), END + timedelta(days=900)])
def test_any_last_day_works(until: date) -> None:
    shopflow = ShopFlow.of(40, until=until)
    for tables in shopflow.systems.values():
        for source in tables.values():
            for chunk in source():
                assert chunk.num_rows >= 0
                if source.moment and chunk.num_rows:
                    latest = max(chunk[source.moment].to_pylist())
                    assert (latest.date() if hasattr(latest, "hour") else latest) <= until


def test_parquet_reads_back_as_documented_types(tmp_path: Path, shopflow: ShopFlow) -> None:
    write_files(shopflow, tmp_path, systems=["shop"])
    for table in ("customers", "orders", "events", "inventory"):
        read = pq.read_table(tmp_path / "shop" / f"{table}.parquet")
        assert read.equals(whole(shopflow, "shop", table))
