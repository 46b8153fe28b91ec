"""Loads land each row once, in one piece, and change nothing when nothing changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.raw.conftest import Shop, column, contract

from customer360.clock import stopwatch
from customer360.errors import CommitFailed, RowsRejected, SchemaDrift, SourceMalformed, SourceUnreachable, UnknownName
from customer360.raw.load import load

ORDERS = contract(
    column("order_id", "INTEGER", required=True),
    column("customer_id", "VARCHAR", max_length=12),
    column("order_date", "DATE"),
    column("amount", "DECIMAL(10,2)"),
    column("paid_at", "TIMESTAMP"),
)
moment = datetime.fromisoformat
HEAD = "order_id,customer_id,order_date,amount,paid_at\n"


def test_rows_land_with_the_types_of_their_contract(shop: Shop) -> None:
    shop.source(orders="orders.csv", contracts=(ORDERS,))
    shop.write(
        "orders.csv",
        HEAD + '1,ann,2024-01-02,19.90,2024-01-02T10:00:00+02:00\n2,,"","",\n3,bob,2024-01-03,.5,2024-01-03 23:59:59\n',
    )
    report = shop.load()
    assert shop.rows() == [
        {
            "order_id": 1,
            "customer_id": "ann",
            "order_date": date(2024, 1, 2),
            "amount": Decimal("19.90"),
            "paid_at": moment("2024-01-02T08:00:00"),
        },
        {"order_id": 2, "customer_id": None, "order_date": None, "amount": None, "paid_at": None},
        {
            "order_id": 3,
            "customer_id": "bob",
            "order_date": date(2024, 1, 3),
            "amount": Decimal("0.50"),
            "paid_at": moment("2024-01-03T23:59:59"),
        },
    ]
    with shop.engine.read() as session:
        types = [c.type for c in session.describe("FROM raw_shop.orders")]
    assert types == ["INTEGER", "VARCHAR", "DATE", "DECIMAL(10,2)", "TIMESTAMP", "BIGINT"]
    assert [(t.status, t.rows_read, t.rows_landed, t.rows_changed) for t in report.tables] == [("loaded", 3, 3, 3)]


def test_without_a_contract_rows_land_as_they_came(shop: Shop) -> None:
    shop.source(orders="orders.csv")
    shop.write("orders.csv", "Order Id,amount\n007,1.50\n")
    shop.load()
    assert shop.rows() == [{"Order Id": "007", "amount": "1.50"}]


def test_columns_of_the_contract_that_the_source_lacks_are_null(shop: Shop) -> None:
    shop.source(orders="orders.csv", contracts=(ORDERS,))
    shop.write("orders.csv", "ORDER_ID,note\n1,hello\n")
    shop.load()
    assert shop.rows() == [
        {"order_id": 1, "note": "hello", "customer_id": None, "order_date": None, "amount": None, "paid_at": None}
    ]


def test_the_same_files_twice_publish_nothing(shop: Shop) -> None:
    shop.source(orders="orders.csv")
    shop.write("orders.csv", "a\n1\n")
    shop.load()
    before = shop.snapshots()
    report = shop.load()
    assert [t.status for t in report.tables] == ["unchanged"]
    shop.write("orders.csv", "a\n1\n")  # touched: another time of change, the same content
    report = shop.load()
    assert [(t.status, t.rows_read) for t in report.tables] == [("unchanged", 1)]
    assert shop.snapshots() == before


def test_a_load_without_news_is_cheap(shop: Shop) -> None:
    shop.source(**{f"t{n}": f"t{n}.csv" for n in range(20)})
    for n in range(20):
        shop.write(f"t{n}.csv", "a\n1\n")
    shop.load()
    seconds = []
    for _ in range(3):
        began = stopwatch()
        shop.load()
        seconds.append(stopwatch() - began)
    assert min(seconds) / 20 < 0.05


def test_a_full_read_reflects_deletes(shop: Shop) -> None:
    shop.source(orders="orders.csv")
    shop.write("orders.csv", "a\n1\n2\n")
    shop.load()
    shop.write("orders.csv", "a\n2\n")
    shop.load()
    assert shop.rows() == [{"a": "2"}]


INCREMENTAL = {"location": "orders-*.csv", "key": ("order_id",), "cursor": "order_date", "overlap": "2 days"}


def test_rows_of_one_key_and_cursor_that_differ_are_refused_and_none_is_dropped(shop: Shop) -> None:
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n")
    shop.load()
    shop.write("orders-2.csv", "order_id,order_date,amount\n2,2024-01-02,5\n2,2024-01-02,99\n")
    with pytest.raises(RowsRejected, match=r"1 key stands on rows of shop\.orders that differ"):
        shop.load()
    assert shop.rows(columns="order_id, amount") == [{"order_id": 1, "amount": Decimal(1)}]


def test_newer_rows_replace_those_of_their_key_and_others_stay(shop: Shop) -> None:
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n2,2024-01-09,2\n3,2024-01-10,3\n")
    shop.load()
    (shop.root / "orders-1.csv").unlink()
    shop.write(
        "orders-2.csv",
        "order_id,order_date,amount\n1,2024-01-01,999\n2,2024-01-09,2\n3,2024-01-10,33\n4,2024-01-11,4\n"
        "4,2024-01-12,45\n4,2024-01-12,45\n",
    )
    report = shop.load()
    assert shop.rows(columns="order_id, amount, _load_id") == [
        {"order_id": 1, "amount": Decimal(1), "_load_id": 1},  # before the overlap: not read again
        {"order_id": 2, "amount": Decimal(2), "_load_id": 1},  # the same
        {"order_id": 3, "amount": Decimal(33), "_load_id": 2},
        {"order_id": 4, "amount": Decimal(45), "_load_id": 2},  # the newest; the very same row twice is one row
    ]
    assert (report.tables[0].rows_read, report.tables[0].rows_changed) == (5, 2)
    log = shop.rows("c360.load_log", "load_id, mode, cursor_from, cursor_to, rows_read, rows_changed")
    assert log == [
        {
            "load_id": 1,
            "mode": "replace",
            "cursor_from": None,
            "cursor_to": "2024-01-10",
            "rows_read": 3,
            "rows_changed": 3,
        },
        {
            "load_id": 2,
            "mode": "merge",
            "cursor_from": "2024-01-08",
            "cursor_to": "2024-01-12",
            "rows_read": 5,
            "rows_changed": 2,
        },
    ]


def test_an_older_version_never_replaces_a_newer_one(shop: Shop) -> None:
    shop.source(orders={**INCREMENTAL, "overlap": "9 days"}, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-10,new\n".replace("new", "2"))
    shop.load()
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-05,1\n2,2024-01-10,5\n")
    shop.load()
    assert shop.rows(columns="order_id, amount") == [{"order_id": 1, "amount": 2}, {"order_id": 2, "amount": 5}]


def test_the_same_batch_twice_changes_nothing(shop: Shop) -> None:
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n2,2024-01-09,2\n")
    shop.load()
    before, rows = shop.snapshots(), shop.rows()
    shop.write("orders-2.csv", "order_id,order_date,amount\n2,2024-01-09,2\n")
    assert shop.load().tables[0].status == "unchanged"
    assert (shop.snapshots(), shop.rows()) == (before, rows)


def test_all_at_once_equals_day_by_day(shop: Shop) -> None:
    days = [
        f"order_id,order_date,amount\n{n},2024-01-{n:02d},{n}\n{n - 1},2024-01-{n:02d},{n}00\n" for n in range(1, 9)
    ]
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    for number, day in enumerate(days):
        shop.write(f"orders-{number}.csv", day)
        shop.load()
    step_by_step = shop.rows()
    shop.load(full=True)
    assert shop.rows() == step_by_step
    assert len(step_by_step) == 9


def test_without_a_key_the_window_from_the_cursor_on_is_replaced(shop: Shop) -> None:
    shop.source(
        orders={"location": "a-*.csv", "cursor": "day", "overlap": "1 day"},
        contracts=(contract(column("day", "DATE")),),
    )
    shop.write("a-1.csv", "day,v\n2024-01-01,a\n2024-01-02,b\n2024-01-03,c\n")
    shop.load()
    (shop.root / "a-1.csv").unlink()
    shop.write("a-2.csv", "day,v\n2024-01-02,b\n2024-01-03,cc\n2024-01-03,cc\n2024-01-04,d\n")
    shop.load()
    expected = [(1, "a"), (2, "b"), (3, "cc"), (3, "cc"), (4, "d")]
    assert [(r["day"].day, r["v"]) for r in shop.rows()] == expected
    before = shop.snapshots()
    shop.write("a-3.csv", "day,v\n2024-01-01,ignored\n")
    assert shop.load().tables[0].status == "unchanged"
    assert shop.snapshots() == before


def test_a_cursor_that_started_again_is_told_and_nothing_is_lost(shop: Shop) -> None:
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-06-01,1\n")
    shop.load()
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2020-01-01,7\n")
    with pytest.raises(SourceMalformed) as caught:
        shop.load()
    assert str(caught.value) == (
        "The source of shop.orders has no row as new as one that was loaded before: it was emptied, or its cursor"
        " 'order_date' started again. In sources/shop.yaml:4. What was loaded stays."
        " To take the source as it is now: c360 load shop --full."
    )
    assert [row["amount"] for row in shop.rows()] == [Decimal(1)]
    shop.load(full=True)
    assert [row["amount"] for row in shop.rows()] == [Decimal(7)]


def test_a_broken_source_does_not_stop_the_others(shop: Shop) -> None:
    shop.source("shop", orders="orders.csv", items="items.csv")
    shop.source("crm", customers="customers.csv")
    shop.write("orders.csv", "a\n1\n")
    shop.write("customers.csv", "a\n1\n")
    report = load(shop.engine, shop.project)
    assert {(t.source, t.table): t.status for t in report.tables} == {
        ("shop", "orders"): "skipped",
        ("shop", "items"): "failed",
        ("crm", "customers"): "loaded",
    }
    assert list(report.failures) == ["shop"]
    with pytest.raises(SourceUnreachable, match=r"The file items\.csv of shop\.items does not exist"):
        report.raise_failures()
    with pytest.raises(SourceUnreachable):
        shop.load()
    assert {str(r) for r in _relations(shop)} == {"raw_crm.customers", "c360.load_log"}


def _relations(shop: Shop) -> frozenset[object]:
    with shop.engine.read() as session:
        return frozenset(session.relations())


def test_only_chosen_sources_and_tables_are_loaded(shop: Shop) -> None:
    shop.source("shop", orders="a.csv", items="a.csv")
    shop.source("crm", customers="a.csv")
    shop.write("a.csv", "a\n1\n")
    assert [t.table for t in shop.load(sources=["crm"]).tables] == ["customers"]
    assert [t.table for t in shop.load(tables=["shop.items"]).tables] == ["items"]
    with pytest.raises(UnknownName, match="Did you mean 'shop'"):
        shop.load(sources=["shpo"])
    with pytest.raises(UnknownName, match=r"Did you mean 'shop\.items'"):
        shop.load(tables=["shop.item"])


def test_load_ids_count_up_over_all_tables(shop: Shop) -> None:
    shop.source(orders="a.csv", items="a.csv")
    shop.write("a.csv", "a\n1\n")
    shop.load()
    shop.write("a.csv", "a\n2\n")
    shop.load()
    log = shop.rows("c360.load_log", "load_id, table_name, status")
    assert [(r["load_id"], r["table_name"]) for r in log] == [(1, "orders"), (2, "items"), (3, "orders"), (4, "items")]
    assert {r["status"] for r in log} == {"loaded"}


def test_two_loads_at_once_do_not_overwrite_each_other(shop: Shop) -> None:
    """The second to publish notices that the first changed what it had compared with."""
    shop.source(orders=INCREMENTAL, contracts=(ORDERS,))
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n")
    shop.load()

    class OtherLoad:
        """Loads the same source in the middle of this one: after it was read, before it is published."""

        def start(self, task: str, total: int | None = None) -> None: ...

        def finish(self, task: str) -> None: ...

        def step(self, task: str, what: str, amount: int = 1) -> None:
            shop.write("orders-2.csv", "order_id,order_date,amount\n2,2024-01-02,2\n")
            shop.load()

    shop.write("orders-2.csv", "order_id,order_date,amount\n3,2024-01-02,3\n")
    with pytest.raises(CommitFailed, match=r"Another load of shop\.orders finished while this one was reading"):
        shop.load(progress=OtherLoad())
    assert [row["order_id"] for row in shop.rows()] == [1, 2]


DRIFTED = "order_id,order_date,total\n1,2024-01-01,5\n2,2024-01-02,6\n"


@pytest.fixture
def drifting(shop: Shop) -> Shop:
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n")
    return shop


def drift(shop: Shop, policy: str, **facts: object) -> None:
    shop.source(orders={**INCREMENTAL, "on_schema_change": policy, **facts})
    shop.load()
    shop.write("orders-1.csv", DRIFTED)


def test_drift_that_must_fail_names_the_columns(drifting: Shop) -> None:
    drift(drifting, "fail")
    with pytest.raises(SchemaDrift) as caught:
        drifting.load()
    assert str(caught.value) == (
        "The source of shop.orders changed: column 'total' is new; column 'amount' is gone. In sources/shop.yaml:4."
        " If that is meant, run `c360 load shop --full` once, or set `on_schema_change: evolve` (take it over)"
        " or `ignore` (keep the known columns)."
    )
    assert drifting.rows() == [{"order_id": "1", "order_date": "2024-01-01", "amount": "1"}]
    drifting.load(full=True)
    assert [row["total"] for row in drifting.rows()] == ["5", "6"]


def test_drift_that_is_ignored_keeps_the_known_columns(drifting: Shop) -> None:
    drift(drifting, "ignore", overlap=None)
    report = drifting.load()
    assert drifting.rows() == [
        {"order_id": "1", "order_date": "2024-01-01", "amount": None},
        {"order_id": "2", "order_date": "2024-01-02", "amount": None},
    ]
    assert report.tables[0].drift == ("column 'total' is new", "column 'amount' is gone")


def test_drift_that_evolves_adds_columns_and_drops_none(drifting: Shop) -> None:
    drift(drifting, "evolve", overlap=None)
    drifting.load()
    assert drifting.rows() == [
        {"order_id": "1", "order_date": "2024-01-01", "amount": None, "total": "5"},
        {"order_id": "2", "order_date": "2024-01-02", "amount": None, "total": "6"},
    ]
    assert drifting.load().tables[0].status == "unchanged"


def test_a_new_contract_type_casts_what_landed(shop: Shop) -> None:
    shop.source(orders=INCREMENTAL)
    shop.write("orders-1.csv", "order_id,order_date,amount\n1,2024-01-01,1\n")
    shop.load()
    (shop.root / "orders-1.csv").unlink()
    shop.write("orders-2.csv", "order_id,order_date,amount\n2,2024-01-02,2\n")
    shop.source(orders={**INCREMENTAL, "overlap": None}, contracts=(ORDERS,))
    shop.load()
    assert [(r["order_id"], r["amount"]) for r in shop.rows()] == [(1, Decimal(1)), (2, Decimal(2))]


def test_landed_rows_that_cannot_be_cast_are_counted(shop: Shop) -> None:
    shop.source(orders={**INCREMENTAL, "overlap": None})
    shop.write("orders-1.csv", "order_id,order_date,amount\none,2024-01-01,1\n")
    shop.load()
    shop.write("orders-1.csv", "order_id,order_date,amount\n2,2024-01-02,2\n")
    shop.source(orders={**INCREMENTAL, "overlap": None}, contracts=(ORDERS,))
    with pytest.raises(SchemaDrift, match=r"1 landed rows of shop\.orders cannot become INTEGER in column 'order_id'"):
        shop.load()
    assert [r["order_id"] for r in shop.rows()] == ["one"]
