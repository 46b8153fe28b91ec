from __future__ import annotations

import itertools
from datetime import date

import pyarrow as pa
import pytest
from tests.models.projects import column, contract, land, model, project, source, step, union

from customer360.errors import BuildFailed
from customer360.models.build import build
from customer360.models.methods import METHODS

SOURCES = (source("shop", "events", "people"),)
EVENTS = "SELECT * FROM (VALUES {rows}) AS t(event_id, day, amount)"


def events(*rows: str) -> str:
    return EVENTS.format(rows=", ".join(rows))


def incremental(**config: str):
    return project(
        model(
            "gold.events",
            "-- One row per event.\nSELECT e.event_id, e.day, e.amount FROM raw_shop.events AS e -- all of them",
            kind="incremental",
            **config,
        ),
        sources=SOURCES,
    )


FIRST = events("(1, DATE '2024-01-01', 10)", "(2, DATE '2024-01-05', 20)", "(3, DATE '2024-01-08', 30)")


def test_an_incremental_model_takes_new_rows_and_late_ones_inside_its_window(engine, rows):
    made = incremental(time_column="day", lookback="3 days")
    land(engine, "raw_shop.events", FIRST, load=1)
    build(engine, made)
    land(
        engine,
        "raw_shop.events",
        events("(4, DATE '2024-01-09', 40)", "(5, DATE '2024-01-06', 50)", "(6, DATE '2024-01-02', 60)"),
        load=2,
    )
    report = build(engine, made)
    found = [row[0] for row in rows("SELECT event_id FROM gold.events ORDER BY 1")]
    assert found == [1, 2, 3, 4, 5], "6 came later than the window"
    assert report.nodes[0].rows == 5
    build(engine, made, full_refresh=True)
    assert len(rows("SELECT 1 FROM gold.events")) == 6


def test_an_incremental_model_computes_only_its_window(engine, rows):
    """Rows outside the window are not touched: a change of old raw rows does not arrive."""
    made = incremental(time_column="day", lookback="3 days")
    land(engine, "raw_shop.events", FIRST, load=1)
    build(engine, made)
    changed = FIRST.replace("10)", "11)").replace("20)", "21)")
    land(engine, "raw_shop.events", changed, load=2, replace=True)
    build(engine, made)
    assert rows("SELECT event_id, amount FROM gold.events ORDER BY 1") == [(1, 10), (2, 21), (3, 30)]


def test_an_incremental_model_by_key_replaces_rows_that_come_again(engine, rows):
    made = incremental(key="event_id")
    land(engine, "raw_shop.events", FIRST, load=1)
    build(engine, made)
    land(engine, "raw_shop.events", events("(1, DATE '2024-01-01', 99)", "(7, NULL, 70)"), load=2, replace=True)
    build(engine, made)
    assert rows("SELECT event_id, amount FROM gold.events ORDER BY 1") == [(1, 99), (2, 20), (3, 30), (7, 70)]


def test_rows_without_a_time_are_replaced_not_doubled(engine, rows):
    made = incremental(time_column="day", lookback="1 day")
    land(engine, "raw_shop.events", events("(1, DATE '2024-01-01', 10)", "(2, NULL, 20)"), load=1)
    build(engine, made)
    land(engine, "raw_shop.events", events("(3, DATE '2024-01-02', 30)"), load=2)
    build(engine, made)
    assert rows("SELECT event_id FROM gold.events ORDER BY 1") == [(1,), (2,), (3,)]


def test_a_changed_incremental_model_is_built_anew(engine, rows):
    land(engine, "raw_shop.events", FIRST, load=1)
    build(engine, incremental(key="event_id"))
    changed = model(
        "gold.events",
        "-- One row per event.\nSELECT e.event_id, e.amount FROM raw_shop.events AS e WHERE e.event_id > 1",
        kind="incremental",
        key="event_id",
    )
    build(engine, project(changed, sources=SOURCES))
    assert rows("SELECT event_id FROM gold.events ORDER BY 1") == [(2,), (3,)]


def test_incremental_equals_a_full_build_when_rows_come_in_time(engine, rows):
    made = incremental(time_column="day", lookback="2 days", key="event_id")
    for load in range(1, 8):
        day = f"DATE '2024-01-0{load}'"
        land(
            engine,
            "raw_shop.events",
            events(f"({load}, {day}, {load * 10})", f"({load + 100}, {day} - 1, 1)"),
            load=load,
        )
        build(engine, made)
    step_by_step = rows("SELECT event_id, day, amount FROM gold.events ORDER BY 1")
    build(engine, made, full_refresh=True)
    assert rows("SELECT event_id, day, amount FROM gold.events ORDER BY 1") == step_by_step
    assert len(step_by_step) == 14


def history(**config: str):
    settings = {
        "kind": "scd2", "key": "customer_id", "durable_key": "customer_key", "version_key": "customer_version_key",
        "track": "city", **config,
    }  # fmt: skip
    return project(
        model(
            "gold.customer",
            "-- One row per version of a customer.\n"
            "SELECT c.customer_key::BIGINT AS customer_key, c.customer_id, c.city, c.visits FROM raw_shop.people AS c",
            **settings,
        ),
        sources=SOURCES,
    )


def people(engine, load: int, *values: str) -> None:
    text = f"SELECT * FROM (VALUES {', '.join(values)}) AS t(customer_key, customer_id, city, visits)"
    land(engine, "raw_shop.people", text, load=load, replace=True)


VERSIONS = (
    "SELECT customer_key, customer_id, city, visits, valid_from, valid_to, is_current, customer_version_key "
    "FROM gold.customer ORDER BY customer_id, valid_from"
)


def test_a_change_closes_a_version_and_opens_the_next(engine, rows):
    people(engine, 1, "(1, 'A', 'Oslo', 5)", "(2, 'B', 'Bern', 1)")
    build(engine, history(), as_of=date(2024, 1, 10))
    first = rows(VERSIONS)
    assert [row[:7] for row in first] == [
        (1, "A", "Oslo", 5, date(1900, 1, 1), date(9999, 12, 31), True),
        (2, "B", "Bern", 1, date(1900, 1, 1), date(9999, 12, 31), True),
    ]
    people(engine, 2, "(1, 'A', 'Rome', 6)", "(2, 'B', 'Bern', 7)", "(3, 'C', 'Nice', 1)")
    build(engine, history(), as_of=date(2024, 2, 1))
    second = rows(VERSIONS)
    old, new, other, added = second
    assert old[1:7] == ("A", "Oslo", 5, date(1900, 1, 1), date(2024, 2, 1), False)
    assert new[:7] == (1, "A", "Rome", 6, date(2024, 2, 1), date(9999, 12, 31), True)
    assert other[:7] == (2, "B", "Bern", 7, date(1900, 1, 1), date(9999, 12, 31), True), "visits are not tracked"
    assert added[:7] == (3, "C", "Nice", 1, date(1900, 1, 1), date(9999, 12, 31), True), "late facts find it"
    assert old[7] == first[0][7], "a version's key never changes"
    assert other[7] == first[1][7]
    assert old[0] == old[7], "a closed version gives its durable key up for its own"


def test_keys_are_unique_and_each_moment_has_one_version(engine, rows):
    cities = ["Oslo", "Rome", "Rome", "Oslo", "Bern"]
    for number, city in enumerate(cities, start=1):
        people(engine, number, f"(1, 'A', '{city}', {number})", "(2, 'B', NULL, 1)")
        build(engine, history(), as_of=date(2024, number, 1))
    found = rows(VERSIONS)
    assert [row[2] for row in found if row[1] == "A"] == ["Oslo", "Rome", "Oslo", "Bern"]
    assert len({row[0] for row in found}) == len(found)
    assert len({row[7] for row in found}) == len(found)
    spans = [(row[4], row[5]) for row in found if row[1] == "A"]
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    assert sum(row[6] for row in found) == 2


def test_the_same_day_twice_leaves_one_version(engine, rows):
    people(engine, 1, "(1, 'A', 'Oslo', 5)")
    build(engine, history(), as_of=date(2024, 1, 10))
    people(engine, 2, "(1, 'A', 'Rome', 5)")
    build(engine, history(), as_of=date(2024, 2, 1))
    people(engine, 3, "(1, 'A', 'Nice', 5)")
    build(engine, history(), as_of=date(2024, 2, 1))
    assert [(row[2], row[4]) for row in rows(VERSIONS)] == [("Oslo", date(1900, 1, 1)), ("Nice", date(2024, 2, 1))]


def test_a_history_refuses_to_go_back_in_time(engine):
    people(engine, 1, "(1, 'A', 'Oslo', 5)")
    build(engine, history(), as_of=date(2024, 1, 10))
    people(engine, 2, "(1, 'A', 'Rome', 5)")
    build(engine, history(), as_of=date(2024, 2, 1))
    people(engine, 3, "(1, 'A', 'Nice', 5)")
    with pytest.raises(BuildFailed, match="goes up to 2024-02-01, later than the as-of date 2024-01-20"):
        build(engine, history(), as_of=date(2024, 1, 20))


def test_a_row_that_is_gone_ends_only_when_asked(engine, rows):
    people(engine, 1, "(1, 'A', 'Oslo', 5)", "(2, 'B', 'Bern', 1)")
    build(engine, history(), as_of=date(2024, 1, 10))
    people(engine, 2, "(1, 'A', 'Oslo', 5)")
    build(engine, history(), as_of=date(2024, 2, 1))
    assert rows("SELECT count(*) FROM gold.customer WHERE is_current") == [(2,)]
    build(engine, history(expire_missing="true"), as_of=date(2024, 3, 1), full_refresh=True)
    people(engine, 3, "(3, 'C', 'Nice', 1)")
    build(engine, history(expire_missing="true"), as_of=date(2024, 4, 1))
    assert rows("SELECT customer_id, is_current, valid_to FROM gold.customer ORDER BY 1") == [
        ("A", False, date(2024, 4, 1)),
        ("C", True, date(9999, 12, 31)),
    ]


def test_versions_may_begin_with_a_column_and_carry_other_names(engine, rows):
    text = "SELECT 'A' AS customer_id, 'Oslo' AS city, DATE '2022-05-01' AS signup"
    land(engine, "raw_shop.people", text, load=1)
    made = model(
        "gold.customer",
        "-- One row per version.\nSELECT p.customer_id, p.city, p.signup FROM raw_shop.people AS p",
        kind="scd2", key="customer_id", initial_valid_from="signup", valid_from="effective_date",
        valid_to="expiration_date", is_current="now_valid", version_key="version_id",
    )  # fmt: skip
    build(engine, project(made, sources=SOURCES))
    (found,) = rows("SELECT effective_date, expiration_date, now_valid, length(version_id) FROM gold.customer")
    assert found == (date(2022, 5, 1), date(9999, 12, 31), True, 32)


def test_a_durable_key_must_have_room_for_the_keys_of_closed_versions(engine):
    people(engine, 1, "(1, 'A', 'Oslo', 5)")
    narrow = model(
        "gold.customer", "-- One row per version.\nSELECT p.customer_key, p.customer_id FROM raw_shop.people AS p",
        kind="scd2", key="customer_id", durable_key="customer_key",
    )  # fmt: skip
    with pytest.raises(BuildFailed, match="need BIGINT"):
        build(engine, project(narrow, sources=SOURCES))


def test_a_history_names_columns_it_needs(engine):
    people(engine, 1, "(1, 'A', 'Oslo', 5)")
    with pytest.raises(BuildFailed, match="does not yield town"):
        build(engine, history(track="town"))


def test_a_view_stores_nothing_and_can_become_a_table_and_back(shop, rows):
    text = "-- One row per customer.\nSELECT c.customer_id FROM raw_shop.customers AS c"
    report = build(shop, project(model("gold.c", text, kind="view")))
    assert report.nodes[0].action == "view"
    assert rows("SELECT count(*) FROM gold.c") == [(3,)]
    assert build(shop, project(model("gold.c", text))).nodes[0].action == "built"
    assert build(shop, project(model("gold.c", text, kind="view"))).nodes[0].action == "view"
    assert rows("SELECT count(*) FROM gold.c") == [(3,)]


def test_an_entity_is_the_union_of_what_feeds_it_in_the_contracts_columns(shop, rows):
    declared = contract(
        "conformed.sale",
        [
            column("system", "VARCHAR"),
            column("sale_id", "VARCHAR"),
            column("amount", "DECIMAL(12,2)"),
            column("day", "DATE"),
        ],
    )
    one = "-- One row per order.\nSELECT o.amount, 'shop' AS system, o.order_id::VARCHAR AS sale_id FROM raw_shop.orders AS o"
    two = "-- One row per customer.\nSELECT c.customer_id AS sale_id, 'crm' AS system, as_of() AS day FROM raw_shop.customers AS c"
    build(shop, project(union("conformed.sale", shop=one, crm=two), contracts=[declared]))
    assert rows("SELECT system, sale_id, amount::VARCHAR, day FROM conformed.sale ORDER BY 1, 2") == [
        ("crm", "C1", None, date(2024, 3, 31)),
        ("crm", "C2", None, date(2024, 3, 31)),
        ("crm", "C3", None, date(2024, 3, 31)),
        ("shop", "1", "10.50", None),
        ("shop", "2", "20.00", None),
        ("shop", "3", "5.25", None),
    ]


def test_an_entity_that_nothing_feeds_is_empty_and_typed(shop, rows):
    declared = contract("conformed.event", [column("event_id", "VARCHAR"), column("happened_at", "TIMESTAMP")])
    report = build(shop, project(union("conformed.event"), contracts=[declared]))
    assert report.nodes[0].rows == 0
    assert rows("SELECT happened_at FROM conformed.event") == []
    with shop.read() as session:
        assert [c.type for c in session.describe("FROM conformed.event")] == ["VARCHAR", "TIMESTAMP"]


def spend_per_customer(inputs, parameters, *, as_of):
    orders = inputs["orders"].group_by("customer_id").aggregate([("amount", "sum")])
    return pa.table(
        {
            "as_of": pa.array([as_of] * orders.num_rows),
            "spend": orders["amount_sum"].cast(pa.float64()),
            "customer_id": orders["customer_id"],
            "factor": pa.array([parameters["factor"]] * orders.num_rows),
        }
    )


@pytest.fixture
def methods():
    METHODS["spend_per_customer"] = f"{__name__}:spend_per_customer"
    yield
    del METHODS["spend_per_customer"]


STEP_COLUMNS = [
    column("customer_id", "VARCHAR", primary_key=1), column("spend", "DECIMAL(18,2)"), column("factor", "INTEGER"),
    column("as_of", "DATE"),
]  # fmt: skip


def test_a_step_is_typed_by_its_contract_and_rebuilt_when_a_parameter_changes(shop, rows, methods):
    def made(factor: int):
        return project(
            step("gold.spend", "spend_per_customer", {"orders": "raw_shop.orders"}, factor=factor),
            contracts=[contract("gold.spend", STEP_COLUMNS)],
        )

    build(shop, made(2))
    assert rows("SELECT customer_id, spend::VARCHAR, factor, as_of FROM gold.spend ORDER BY 1") == [
        ("C1", "30.50", 2, date(2024, 3, 31)),
        ("C2", "5.25", 2, date(2024, 3, 31)),
    ]
    assert build(shop, made(2)).unchanged == 1
    assert build(shop, made(3)).built == 1


def test_a_step_that_yields_other_columns_is_named(shop, methods):
    declared = contract("gold.spend", [column("customer_id", "VARCHAR"), column("total", "DECIMAL(18,2)")])
    made = project(
        step("gold.spend", "spend_per_customer", {"orders": "raw_shop.orders"}, factor=1), contracts=[declared]
    )
    with pytest.raises(BuildFailed, match="lacks total and has as_of, factor, spend too many"):
        build(shop, made)


def test_keys_given_once_are_kept_over_builds_and_full_refreshes(shop, rows):
    made = project(
        step(
            "gold.keys", "surrogate_keys", {"members": "raw_shop.customers", "previous": "gold.keys"},
            business_key="customer_id", surrogate_key="customer_key",
        ),
        contracts=[contract("gold.keys", [column("customer_id", "VARCHAR"), column("customer_key", "INTEGER")])],
    )  # fmt: skip
    build(shop, made)
    land(shop, "raw_shop.customers", "SELECT 'A0' AS customer_id, NULL AS email, 'US' AS country", load=9)
    build(shop, made)
    build(shop, made, full_refresh=True)
    assert rows("SELECT * FROM gold.keys ORDER BY 2") == [("C1", 1), ("C2", 2), ("C3", 3), ("A0", 4)]
