"""Whatever ails a server: one clear sentence, old rows served, other sources loaded, and nothing lost afterwards."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
import pymongo
import pytest
import uvicorn
from tests.faulty_wire import FaultyWire, LockedMongoServer
from tests.postgres_server import PostgresServer
from tests.raw.conftest import Shop, column, contract

from customer360.errors import Place
from customer360.names import raw_relation
from customer360.project.spec import Source, SourceTable
from customer360.raw.load import LoadReport, load
from customer360.web.support_api import create_support_app
from customer360.web.tickets import MongoTickets

pytestmark = pytest.mark.postgres

URL, KEY = "C360_TEST_URL", "C360_TEST_KEY"
SECRET = "open sesame"
TABLE = "support_tickets"
CONTRACT = contract(
    column("ticket_id", "VARCHAR", required=True),
    column("customer_id", "VARCHAR", required=True),
    column("created_date", "TIMESTAMP"),
    relation=raw_relation("desk", "tickets"),
)
NAMES = ["T1", "T2", "T3"]


def moment(number: int) -> datetime:
    return datetime(2024, 1, number, 10)  # noqa: DTZ001 - UTC


@dataclass
class Desk:
    """A table of tickets behind a faulty wire."""

    source: Source
    wire: FaultyWire
    monkeypatch: pytest.MonkeyPatch

    def add(self, *names: str, day: int | None = None, customer: str | None = "ann") -> None: ...

    def clear(self) -> None: ...

    def rename_customer(self) -> None: ...

    def lose_table(self) -> None: ...

    def lock_out(self) -> None: ...


class PostgresDesk(Desk):
    server: PostgresServer

    def add(self, *names: str, day: int | None = None, customer: str | None = "ann") -> None:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for name in names:
                values = [name, customer, moment(day or int(name[1:]))]
                connection.execute("INSERT INTO desk.support_tickets VALUES (%s, %s, %s)", values)

    def clear(self) -> None:
        self.server.execute(
            "DROP SCHEMA IF EXISTS desk CASCADE; CREATE SCHEMA desk",
            "CREATE TABLE desk.support_tickets (ticket_id text PRIMARY KEY, customer_id text, created_date timestamp)",
            "GRANT USAGE ON SCHEMA desk TO reader; GRANT SELECT ON desk.support_tickets TO reader",
        )

    def rename_customer(self) -> None:
        self.server.execute("ALTER TABLE desk.support_tickets RENAME COLUMN customer_id TO client_id")

    def lose_table(self) -> None:
        self.server.execute("ALTER TABLE desk.support_tickets RENAME TO support_ticket")

    def lock_out(self) -> None:
        self.monkeypatch.setenv(URL, os.environ[URL].replace("open%20sesame", "hunter2"))


class MongoDesk(Desk):
    rows: Any

    def add(self, *names: str, day: int | None = None, customer: str | None = "ann") -> None:
        for name in names:
            known = {} if customer is None else {"customer_id": customer}
            self.rows.insert_one({**FILLER, "ticket_id": name, "created_date": moment(day or int(name[1:])), **known})

    def clear(self) -> None:
        self.rows.drop()

    def rename_customer(self) -> None:
        for document in list(self.rows.find()):
            self.rows.replace_one(
                {"_id": document["_id"]}, {("client_id" if k == "customer_id" else k): v for k, v in document.items()}
            )

    def lose_table(self) -> None:
        self.rows.drop()
        self.rows.database["support_ticket"].insert_one({})

    def lock_out(self) -> None:
        self.locked = LockedMongoServer()
        port = self.locked.server_address[1]
        self.monkeypatch.setenv(URL, f"mongodb://ann:hunter2@127.0.0.1:{port}/unwell?authSource=admin")


class HttpDesk(MongoDesk):
    def lose_table(self) -> None:
        self.monkeypatch.setenv(URL, f"{os.environ[URL]}/v2")

    def lock_out(self) -> None:
        self.monkeypatch.setenv(KEY, "hunter2")


# What the support API documents beside the three columns.
FILLER = {
    "issue_type": "Billing Issue",
    "issue_category": "Books",
    "priority": "Low",
    "status": "Open",
    "agent_id": "AGT001",
    "description": "Charged twice.",
}


def desk_source(kind: str, location: str, options: dict[str, Any], table_options: dict[str, Any]) -> Source:
    place = Place("sources/desk.yaml", 6)
    table = SourceTable(
        "desk", "tickets", location, place, contract=CONTRACT.id, key=("ticket_id",), cursor="created_date",
        options=table_options,
    )  # fmt: skip
    connection: dict[str, Any] = {"url": {"env": URL}}
    if kind == "http_api":
        connection["headers"] = {"X-API-Key": {"env": KEY}}
    return Source("desk", kind, place, {"tickets": table}, connection=connection, options=options)


@pytest.fixture
def postgres_desk(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    wire = FaultyWire(f"{postgres.socket_folder}/.s.PGSQL.5432")
    monkeypatch.setenv(
        URL, f"postgresql://reader:open%20sesame@127.0.0.1:{wire.port}/postgres?connect_timeout=2&sslmode=disable"
    )
    source = desk_source("postgres", f"desk.{TABLE}", {"lock_seconds": 0.3}, {})
    made = PostgresDesk(source, wire, monkeypatch)
    made.server = postgres
    yield made
    wire.down()


@pytest.fixture
def mongo_desk(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    wire = FaultyWire(("127.0.0.1", int(mongo_url.rpartition(":")[2])))
    monkeypatch.setenv(URL, f"mongodb://127.0.0.1:{wire.port}/unwell")
    options = {"timeout_seconds": 1.0, "read_timeout_seconds": 1.0}
    made = MongoDesk(desk_source("mongodb", TABLE, options, {}), wire, monkeypatch)
    with pymongo.MongoClient(mongo_url) as client:
        made.rows = client["unwell"][TABLE]
        yield made
    wire.down()


@pytest.fixture
def http_desk(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    app = create_support_app(MongoTickets(mongo_url, database="unwell_api"), SECRET)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    wire = FaultyWire(("127.0.0.1", server.servers[0].sockets[0].getsockname()[1]))
    monkeypatch.setenv(URL, f"http://127.0.0.1:{wire.port}")
    monkeypatch.setenv(KEY, SECRET)
    options = {"timeout_seconds": 1.0, "retries": 1, "first_pause_seconds": 0.01, "requests_per_second": 1000.0}
    paging = {
        "paging": "cursor",
        "next": "next_cursor",
        "limit": 2,
        "since_parameter": "updated_since",
    }
    made = HttpDesk(desk_source("http_api", "/tickets", options, paging), wire, monkeypatch)
    with pymongo.MongoClient(mongo_url) as client:
        made.rows = client["unwell_api"][TABLE]
        yield made
    wire.down()
    server.should_exit = True
    thread.join()


@pytest.fixture(params=["postgres", "mongo", "http"])
def desk(request: pytest.FixtureRequest, shop: Shop) -> Desk:
    """A source of three tickets, loaded once beside another source of files."""
    made: Desk = request.getfixturevalue(f"{request.param}_desk")
    made.clear()
    made.add(*NAMES)
    shop.source("till", receipts="receipts-*.csv")
    shop.write("receipts-1.csv", "a\n1\n")
    shop.project = replace(
        shop.project,
        sources={**shop.project.sources, "desk": made.source},
        contracts={CONTRACT.id: CONTRACT},
    )
    shop.load()
    assert landed(shop) == NAMES
    return made


def landed(shop: Shop) -> list[str]:
    return [row["ticket_id"] for row in shop.rows("raw_desk.tickets")]


def loaded(shop: Shop) -> LoadReport:
    return load(shop.engine, shop.project)


AILMENTS: dict[str, dict[str, str]] = {
    "down": {
        "postgres": "PostgreSQL at 127.0.0.1:{port} does not answer. In sources/desk.yaml:6. Start the server",
        "mongodb": "MongoDB at 127.0.0.1:{port} does not answer. In sources/desk.yaml:6. Start the server",
        "http_api": "The API at 127.0.0.1:{port} did not answer desk.tickets in 2 attempts",
    },
    "silent": {
        "postgres": "PostgreSQL at 127.0.0.1:{port} does not answer.",
        "mongodb": "MongoDB at 127.0.0.1:{port} does not answer.",
        "http_api": "The API at 127.0.0.1:{port} did not answer desk.tickets in 2 attempts",
    },
    "cut": {
        "postgres": "PostgreSQL at 127.0.0.1:{port} ended the connection",
        "mongodb": "MongoDB at 127.0.0.1:{port} ended the connection while desk.tickets was read.",
        "http_api": "The API at 127.0.0.1:{port} did not answer desk.tickets in 2 attempts",
    },
    "stalled": {
        "postgres": "Another session of PostgreSQL at 127.0.0.1:{port} keeps a table locked while desk.tickets was read.",
        "mongodb": "MongoDB at 127.0.0.1:{port} was silent for 1 seconds while desk.tickets was read.",
        "http_api": "The API at 127.0.0.1:{port} did not answer desk.tickets in 2 attempts",
    },
    "locked out": {
        "postgres": "PostgreSQL at 127.0.0.1:{port} refused the password of user 'reader'.",
        "mongodb": "refused user and password.",
        "http_api": "The API at 127.0.0.1:{port} refused the key (401): /tickets for desk.tickets.",
    },
    "table gone": {
        "postgres": "has no table or view desk.support_tickets in database 'postgres'. In sources/desk.yaml:6. "
        "Did you mean 'desk.support_ticket'?",
        "mongodb": "has no collection support_tickets in database 'unwell'. In sources/desk.yaml:6. "
        "Did you mean 'support_ticket'?",
        "http_api": "The API at 127.0.0.1:{port} knows no such path (404)",
    },
    "column renamed": {
        "postgres": "The source of desk.tickets changed: column 'client_id' is new; column 'customer_id' is gone.",
        "mongodb": "Every one of 1 rows of desk.tickets breaks the contract: 1 times: customer_id is empty but required",
        "http_api": "Every one of 1 rows of desk.tickets breaks the contract: 1 times: customer_id is empty but required",
    },
    "cursor reset": dict.fromkeys(
        ("postgres", "mongodb", "http_api"),
        "The source of desk.tickets has no row as new as one that was loaded before: it was emptied, or its cursor"
        " 'created_date' started again.",
    ),
}


def befall(desk: Desk, ailment: str) -> None:
    """Let it happen."""
    if ailment == "down":
        desk.wire.down()
    elif ailment == "silent":
        desk.wire.ail("silent")
    elif ailment in ("cut", "stalled"):
        at = {"postgres": b'"desk"."support_tickets"', "mongodb": b"\x02find\x00", "http_api": b"GET /tickets"}
        desk.wire.ail("cut" if ailment == "cut" else "stall", at=at[desk.source.kind])
    elif ailment == "locked out":
        desk.lock_out()
    elif ailment == "table gone":
        desk.lose_table()
    elif ailment == "column renamed":
        desk.rename_customer()
    else:
        desk.clear()
        desk.add("T7", day=1)


@pytest.mark.parametrize("ailment", AILMENTS, ids=[name.replace(" ", "_") for name in AILMENTS])
def test_old_rows_are_served_others_load_and_nothing_is_lost(
    shop: Shop, desk: Desk, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, ailment: str
) -> None:
    shop.write("receipts-2.csv", "a\n2\n")
    kind, before = desk.source.kind, {name: os.environ.get(name, "") for name in (URL, KEY)}
    if ailment == "stalled" and kind == "postgres":
        with psycopg.connect(postgres.url) as other:
            other.execute("LOCK TABLE desk.support_tickets")
            report = loaded(shop)
    else:
        befall(desk, ailment)
        report = loaded(shop)
    said = str(report.failures["desk"])
    assert re.sub(r"\s+", " ", AILMENTS[ailment][kind]).replace("{port}", str(desk.wire.port)) in said
    assert SECRET not in said
    assert "hunter2" not in said
    assert {(t.source, t.status) for t in report.tables} == {("desk", "failed"), ("till", "loaded")}
    assert landed(shop) == NAMES
    assert [row["a"] for row in shop.rows("raw_till.receipts")] == ["1", "2"]

    desk.wire.heal()
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    if ailment in ("table gone", "column renamed", "cursor reset"):
        desk.clear()
        desk.add(*NAMES)
    desk.add("T9")
    loaded(shop).raise_failures()
    assert landed(shop) == [*NAMES, "T9"]


def test_a_ticket_without_customer_waits_in_quarantine(shop: Shop, desk: Desk) -> None:
    desk.add("T4", customer=None)
    desk.add("T5")
    report = loaded(shop)
    report.raise_failures()
    assert {t.source: t.rejected for t in report.tables}["desk"] == {"customer_id is empty but required": 1}
    assert landed(shop) == [*NAMES, "T5"]
    assert [row["column_name"] for row in shop.rows("quarantine.desk_tickets")] == ["customer_id"]


def test_the_source_as_it_is_after_a_cursor_reset(shop: Shop, desk: Desk) -> None:
    befall(desk, "cursor reset")
    load(shop.engine, shop.project, sources=["desk"], full=True).raise_failures()
    assert landed(shop) == ["T7"]


def test_changes_of_old_tickets_come_over_the_api(shop: Shop, http_desk: MongoDesk) -> None:
    """The API is asked what changed since the newest ticket; a ticket of long ago that was solved later is news."""
    http_desk.clear()
    http_desk.add(*NAMES)
    changed = replace(CONTRACT, columns=(*CONTRACT.columns, column("status", "VARCHAR")))
    shop.project = replace(shop.project, sources={"desk": http_desk.source}, contracts={CONTRACT.id: changed})
    shop.load()
    http_desk.rows.update_one({"ticket_id": "T1"}, {"$set": {"status": "Closed", "resolved_date": moment(20)}})
    report = shop.load()
    assert [(t.rows_read, t.rows_changed) for t in report.tables] == [(2, 1)]
    states = [row["status"] for row in shop.rows("raw_desk.tickets", "ticket_id, status")]
    assert states == ["Closed", "Open", "Open"]
