"""Ids on the list of erased people do not land, whatever else a load brings."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.names import Relation
from customer360.raw.screen import Screen, TableScreen, read_screen
from customer360.raw.suppressed import Entry, Screened, Suppressed, by_domain, digest

SALT = b"salt of a test"
ORDERS = Relation("raw_shop", "orders")


def screen(store: Suppressed, *entries: Entry, columns: tuple[Screened, ...]) -> TableScreen:
    made = Screen(store, SALT, by_domain(entries), columns, defaultdict(set))
    found = made.of(ORDERS)
    assert found is not None
    return found


COLUMNS = (
    Screened(ORDERS, "customer_id", "shop", "id"),
    Screened(ORDERS, "order_id", "raw_shop.orders.order_id", "key"),
    Screened(ORDERS, "remark", "", "null"),
)


@settings(deadline=None)
@given(
    ids=st.lists(st.one_of(st.none(), st.integers(1, 12)), max_size=40),
    gone=st.sets(st.integers(1, 12), max_size=4),
    kept=st.sets(st.integers(13, 20), max_size=2),
)
def test_rows_of_listed_ids_go_and_no_others(ids: list[int | None], gone: set[int], kept: set[int]) -> None:
    entries = [Entry("shop", digest(SALT, "shop", str(each)), None) for each in gone | {99}]
    entries += [Entry("crm", digest(SALT, "crm", str(each)), None) for each in kept]  # another system's numbers
    rows = pa.table({"order_id": range(len(ids)), "customer_id": pa.array(ids, pa.int32()), "remark": ["x"] * len(ids)})
    table = screen(Suppressed(Path("nowhere")), *entries, columns=COLUMNS)
    left = table.good(rows)
    assert left.to_pylist() == [row for row in rows.to_pylist() if row["customer_id"] not in gone]
    dropped = {str(number) for number, each in enumerate(ids) if each in gone}
    assert table.screen.dropped["raw_shop.orders.order_id"] == dropped


def test_a_stand_in_takes_the_place_of_an_id(tmp_path: Path) -> None:
    entry = Entry("shop", digest(SALT, "shop", "7"), "2147000000", "erased-1")
    table = screen(Suppressed(tmp_path), entry, columns=COLUMNS)
    rows = pa.table({"order_id": [1, 2], "customer_id": pa.array([7, 8], pa.int32()), "remark": ["call her", "no"]})
    assert table.good(rows).to_pylist() == [
        {"order_id": 1, "customer_id": 2147000000, "remark": None},
        {"order_id": 2, "customer_id": 8, "remark": "no"},
    ]


def test_bad_rows_of_listed_ids_go_too(tmp_path: Path) -> None:
    table = screen(Suppressed(tmp_path), Entry("shop", digest(SALT, "shop", "7"), None), columns=COLUMNS)
    texts = [json.dumps({"Customer_ID": number, "amount": "x"}) for number in (7, 8)]
    bad = pa.table({"column_name": ["amount"] * 2, "reason": ["?"] * 2, "row_key": [None, None], "row_json": texts})
    assert table._bad(bad)["row_json"].to_pylist() == texts[1:]


def test_the_list_is_kept_without_the_ids(tmp_path: Path) -> None:
    store = Suppressed(tmp_path)
    assert read_screen(tmp_path) is None
    store.add([Entry("shop", digest(store.salt(), "shop", "CUST000042"), None)], erasure=1)
    store.screen_columns(COLUMNS)
    found = read_screen(tmp_path)
    assert found is not None
    assert set(found.hits("shop", ["CUST000042", "CUST000043"])) == {"CUST000042"}
    assert found.hits("crm", ["CUST000042"]) == {}
    assert b"CUST000042" not in store.path.read_bytes()
    assert store.path.stat().st_mode & 0o077 == 0
    store.withdraw(1)
    assert read_screen(tmp_path) is None
