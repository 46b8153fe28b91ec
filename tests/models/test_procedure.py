"""A build that PostgreSQL runs by itself, beside the same build by ``c360``: every kind of model, refusals, the lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.models.projects import AS_OF, column, contract, land, model, project, rule, source, step, union
from tests.postgres_server import postgres

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.errors import BuildFailed, WarehouseError
from customer360.models.build import build
from customer360.models.procedure import procedure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.project.spec import Model

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres

PEOPLE = "SELECT * FROM (VALUES {rows}) AS t(person_id, town, phone)"
EVENTS = (
    "SELECT event_id, CAST(day AS DATE) AS day, CAST(at AS TIMESTAMP) AS at, amount"
    " FROM (VALUES {rows}) AS t(event_id, day, at, amount)"
)
FIRST_PEOPLE = PEOPLE.format(rows="(1, 'Ulm', '1'), (2, 'Bonn', '2'), (3, 'Köln', NULL)")
FIRST_EVENTS = EVENTS.format(
    rows="(1, DATE '2024-01-01', TIMESTAMP '2024-01-01 08:00:00', 1.50),"
    " (2, DATE '2024-01-05', TIMESTAMP '2024-01-05 09:00:00', 2.25), (3, NULL, NULL, 0.10)"
)
MORE_EVENTS = EVENTS.format(
    rows="(4, DATE '2024-01-06', TIMESTAMP '2024-01-06 10:00:00', 4.00),"
    " (5, DATE '2024-01-04', TIMESTAMP '2024-01-05 08:30:00', 5.00),"
    " (6, DATE '2023-12-01', TIMESTAMP '2023-12-01 10:00:00', 6.00), (2, DATE '2024-01-05', NULL, 7.00)"
)


def events(name: str, **config: str) -> Model:
    text = "-- One row per event.\nSELECT event_id, day, at, amount FROM raw_shop.events -- all"
    return model(f"gold.{name}", text, kind="incremental", **config)


MODELS = (
    events("by_day", time_column="day", lookback="2 days"),
    events("by_moment", time_column="at", lookback="36 hours"),
    events("by_number", time_column="event_id", lookback="1"),
    events("by_key", key="event_id"),
    events("by_key_and_day", time_column="day", key="event_id"),
    model(
        "gold.history",
        "-- One row per version.\nSELECT CAST(person_id AS BIGINT) AS person_key, person_id, town, phone FROM shop.people",
        kind="scd2", key="person_id", durable_key="person_key", version_key="version_id", track="town",
        expire_missing="true",
    ),
    model("shop.people", "-- One row per person.\nSELECT person_id, town, phone FROM raw_shop.people", kind="view"),
    model(
        "gold.sums",
        "-- One row per day.\nSELECT day, CAST(SUM(amount) AS DECIMAL(10, 2)) AS amount, as_of() AS until,\n"
        "  DATE_DIFF('day', day, as_of()) AS days FROM gold.by_day WHERE day <= as_of() GROUP BY ALL",
    ),
    model(
        "gold.lately",
        "-- One row per person and day: 100 % of them.\nSELECT s.day, p.town, 'it''s %s $1' AS said FROM gold.sums AS s,"
        " shop.people AS p WHERE s.day > as_of() - INTERVAL 90 DAY",
        kind="view",
    ),
    model("gold.seen", "-- One row per day.\nSELECT day FROM gold.lately", kind="view"),
    step("gold.person_keys", "surrogate_keys", {"members": "gold.history", "previous": "gold.person_keys"},
         business_key="version_id", surrogate_key="version_key"),
    union("conformed.thing", shop="SELECT town AS name, 1 AS weight FROM shop.people", far="SELECT 'x' AS name"),
    union("conformed.nothing"),
)  # fmt: skip
CONTRACTS = (
    contract(
        "gold.sums",
        [
            column("day", "DATE", required=True, unique=True),
            column("amount", "DECIMAL(10,2)", options={"minimum": 0}),
            column("until", "DATE"),
            column("days", "BIGINT"),
        ],
        [
            rule("some_days", metric="rowCount", mustBeBetween=[1, 100]),
            rule("worth_less_than_a_hundred", "sql", query="SELECT MAX(amount) FROM {object}", mustBeLessThan=100),
            rule(
                "few_are_dear",
                "sql",
                query="SELECT COUNT(*) FROM {object} WHERE amount > 50",
                mustBe=0,
                severity="warning",
            ),
        ],
    ),
    contract("conformed.thing", [column("name", "VARCHAR"), column("weight", "SMALLINT"), column("note", "VARCHAR")]),
    contract("conformed.nothing", [column("id", "BIGINT", primary_key=1)]),
)
PROJECT = project(*MODELS, contracts=CONTRACTS, sources=(source("shop", "events", "people"),))


def loaded(engine: PostgresEngine) -> None:
    land(engine, "raw_shop.people", FIRST_PEOPLE, load=1)
    land(engine, "raw_shop.events", FIRST_EVENTS, load=2)


def changed(engine: PostgresEngine, *, load: int) -> None:
    """Bring late, new and repeated events; one person moves, one calls from elsewhere, one goes, one comes."""
    land(engine, "raw_shop.people", PEOPLE.format(rows="(1, 'Trier', '1'), (2, 'Bonn', '7'), (4, 'Ulm', '4')"),
         load=load, replace=True)  # fmt: skip
    land(engine, "raw_shop.events", MORE_EVENTS, load=load + 1)


@pytest.fixture(scope="module")
def start(postgres: PostgresServer) -> tuple[str, str]:
    """The URL of a warehouse that was built once, and the procedure that was written from it."""
    url = postgres.new_database()
    engine = PostgresEngine(Server(url))
    loaded(engine)
    build(engine, PROJECT)
    text = procedure(PostgresEngine(Server(url), keep_snapshots=3), PROJECT)
    engine.close()
    return url, text


@pytest.fixture
def two(postgres: PostgresServer, start: tuple[str, str]) -> Iterator[tuple[PostgresEngine, PostgresEngine, str]]:
    """Two warehouses that were built alike, and the URL of the second."""
    urls = [postgres.new_database(like=start[0]) for _ in range(2)]
    engines = [PostgresEngine(Server(url), keep_snapshots=3) for url in urls]
    yield engines[0], engines[1], urls[1]
    for engine in engines:
        engine.close()


@pytest.fixture
def call(two: tuple[PostgresEngine, PostgresEngine, str], start: tuple[str, str]) -> Iterator[Callable[..., list[str]]]:
    """Call the procedure in the second warehouse; returns what it warned of."""
    with psycopg.connect(two[2], autocommit=True) as connection:
        connection.execute(start[1].encode())
        told: list[str] = []
        connection.add_notice_handler(lambda said: told.append(said.message_primary or ""))

        def run(as_of: date | None = None) -> list[str]:
            told.clear()
            connection.execute("CALL c360.cdp_procedure(%s)", [as_of])
            return list(told)

        yield run


def everything(engine: PostgresEngine) -> dict[str, list[str]]:
    """All rows of all tables of the project, as sorted texts."""
    with engine.read() as session:
        return {
            str(relation): [
                str(session.columns(relation)),
                *sorted(map(str, session.query(f"FROM {relation.sql}").to_pylist())),
            ]
            for relation in PROJECT.models
        }


def test_a_call_makes_what_a_build_makes_again_and_again(two, call):
    built, called, _ = two
    for number in range(1, 4):
        as_of = AS_OF + timedelta(days=number)
        for engine in (built, called):
            if number < 3:
                changed(engine, load=10 * number)
        build(built, PROJECT, as_of=as_of)
        assert call(as_of) == []
        assert everything(called) == everything(built)
    assert len(everything(called)["gold.history"]) > 5
    events = everything(called)["gold.by_day"][1:]
    assert (len(events), [text for text in events if "2023" in text]) == (9, []), "one came later than the window"


def test_a_call_is_a_state_that_can_be_rolled_back_and_built_on(two, call):
    _, called, url = two
    changed(called, load=10)
    loaded_state = called.history()[0].id
    call(AS_OF)
    newest = called.history()[0]
    assert (newest.id, newest.note) == (loaded_state + 1, "CALL cdp_procedure")
    with psycopg.connect(url) as connection:  # what everybody sees
        ((towns,),) = connection.execute("SELECT COUNT(*) FROM conformed.thing").fetchall()
    assert towns == 4
    with called.read() as session:
        remembered = session.query(
            "SELECT row_count, as_of FROM c360.build_state WHERE table_name = 'thing'"
        ).to_pylist()
        logged = session.query("SELECT COUNT(*) AS n FROM c360.build_log WHERE table_name = 'thing'").to_pylist()
    assert remembered == [{"row_count": 4, "as_of": AS_OF}]
    assert logged == [{"n": 2}]
    of_call = everything(called)
    assert {node.action for node in build(called, PROJECT).nodes} >= {"built"}
    assert everything(called) == of_call
    called.rollback(newest.id)
    assert everything(called) == of_call


def test_old_states_go_and_those_that_are_read_stay(two, call):
    _, called, url = two
    with called.read() as session:
        kept = session.snapshot
        for _ in range(5):
            call(AS_OF)
        assert session.query("SELECT COUNT(*) AS n FROM gold.sums").num_rows == 1
        assert kept in {state.id for state in called.history()}
    call(AS_OF)
    assert len(called.history()) == 3
    with psycopg.connect(url) as connection:
        names = [n for (n,) in connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'sums\\_\\_v%'")]
    assert len(names) == 3


def test_a_check_that_fails_publishes_nothing_and_says_what(two, call):
    _, called, _ = two
    rows, state = everything(called), called.history()[0]
    land(called, "raw_shop.events", EVENTS.format(rows="(9, DATE '2024-01-07', NULL, 60.00)"), load=50)
    assert call(AS_OF) == ["Checks warn: gold.sums: few_are_dear yields 1 (it must be 0)."]
    land(called, "raw_shop.events", EVENTS.format(rows="(10, DATE '2024-01-08', NULL, 900.00)"), load=51)
    rows, state = everything(called), called.history()[0]
    with pytest.raises(
        psycopg.errors.RaiseException, match=r"nothing was published: gold\.sums: worth_less_than_a_hundred"
    ):
        call(AS_OF)
    assert (everything(called), called.history()[0]) == (rows, state)


def test_a_history_does_not_go_back(two, call):
    call(AS_OF + timedelta(days=5))
    changed(two[1], load=10)
    call(AS_OF + timedelta(days=6))
    with pytest.raises(psycopg.errors.RaiseException, match=r"gold\.history goes up to a later day"):
        call(AS_OF)


def test_a_call_hears_who_writes_and_a_build_hears_who_calls(two, call):
    _, called, url = two
    with called.publish(note="build"), pytest.raises(psycopg.errors.RaiseException, match=r"being written by .*since"):
        call(AS_OF)
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.RaiseException, match="has to see what others publish"):
            connection.execute("CALL c360.cdp_procedure()")


def test_a_view_that_is_being_read_holds_a_call_up(two, call):
    _, called, url = two
    state = called.history()[0]
    with psycopg.connect(url, autocommit=True) as connection:
        text = procedure(PostgresEngine(Server(url), lock_seconds=0.3), PROJECT, name="impatient")
        connection.execute(text.encode())
        with psycopg.connect(url) as reader:
            reader.execute("SELECT * FROM gold.sums")
            with pytest.raises(psycopg.errors.RaiseException, match=r"keeps the view gold\.sums locked"):
                connection.execute("CALL c360.impatient()")
        assert called.history()[0] == state
        connection.execute("CALL c360.impatient()")
    assert called.history()[0].note == "CALL impatient"


def test_a_project_that_changed_is_refused_until_it_is_written_anew(two, call):
    _, called, _ = two
    other = replace(PROJECT, models={**PROJECT.models, MODELS[0].relation: events("by_day", time_column="day")})
    with pytest.raises(BuildFailed, match=r"gold\.by_day is not built as the project has it now"):
        procedure(called, other)
    build(called, other)
    with pytest.raises(psycopg.errors.RaiseException, match="The project was changed since"):
        call(AS_OF)


def test_the_latest_day_is_found_in_the_raw_tables(two):
    _, called, url = two
    latest = replace(PROJECT, settings=replace(PROJECT.settings, as_of="latest", as_of_columns=("shop.events.at", "shop.events.day"),
                                               time_zone="Asia/Tokyo"))  # fmt: skip
    build(called, latest)
    land(called, "raw_shop.events", EVENTS.format(rows="(7, NULL, TIMESTAMP '2024-06-01 16:00:00', 1.00)"), load=9)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(procedure(called, latest).encode())
        connection.execute("CALL c360.cdp_procedure()")
    with called.read() as session:
        (row,) = session.query("SELECT MAX(until) AS until FROM gold.sums").to_pylist()
    assert row["until"] == date(2024, 6, 2), "16:00 UTC is the next day in Tokyo"


def test_another_warehouse_has_no_procedure(tmp_path: Path):
    with pytest.raises(WarehouseError, match="on duckdb cannot run procedures"):
        procedure(DuckLakeEngine.open(PROJECT.settings, tmp_path), PROJECT)
