"""Documents arrive as text that casts back: by field, from the cursor on, every refusal one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pymongo
import pytest
from bson import Decimal128, Int64, ObjectId
from pymongo.errors import AutoReconnect, OperationFailure
from tests.postgres_server import free_port

from customer360.connectors.base import Extract
from customer360.connectors.documents import as_text
from customer360.connectors.mongodb import MongoConnector
from customer360.errors import C360Error, Place, ProjectError, SettingMissing, SourceMalformed, SourceUnreachable
from customer360.project.spec import Source, SourceTable

PLACE = Place("sources/support.yaml", 6)
VARIABLE = "C360_TEST_MONGO"
FIRST = ObjectId("64b000000000000000000001")


def ticket(n: int, **fields: Any) -> dict[str, Any]:
    return {"ticket_id": f"T{n}", "created": datetime(2024, 1, n, 10, tzinfo=UTC), **fields}


@pytest.fixture
def support(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty database with the collection ``tickets``."""
    monkeypatch.setenv(VARIABLE, f"{mongo_url}/support")
    with pymongo.MongoClient(mongo_url) as client:
        client.drop_database("support")
        yield client["support"]["tickets"]


def source(**facts: Any) -> Source:
    return Source("support", "mongodb", PLACE, {}, **{"connection": {"url": {"env": VARIABLE}}, **facts})


def table_of(location: str = "tickets", **facts: Any) -> SourceTable:
    return SourceTable("support", "tickets", location, PLACE, **facts)


def read(table: SourceTable, *fields: str, since: Any = None) -> list[dict[str, Any]]:
    connector = MongoConnector(source(options={"timeout_seconds": 2}), Path())
    try:
        schema = connector.schema(table, fields)
        found = connector.read(Extract(table, since, tuple(schema.names))).read_all()
        assert found.schema == schema
        return found.to_pylist()
    finally:
        connector.close()


def test_values_of_every_kind_become_exact_text(support: Any) -> None:
    support.insert_one(
        {
            "_id": FIRST,
            "created": datetime(2024, 3, 31, 1, 30, 15, 250_000, tzinfo=UTC),
            "score": 0.1,
            "count": Int64(9007199254740993),
            "is_open": True,
            "note": "",
            "agent": None,
            "tags": ["a", 1],
            "address": {"city": "Rome", "since": datetime(2020, 1, 1, tzinfo=UTC)},
        }
    )
    support.insert_one({"_id": "text-id", "score": "high"})
    first, second = read(table_of())
    assert first == {
        "_id": str(FIRST),
        "created": "2024-03-31 01:30:15.250000",
        "score": "0.1",
        "count": "9007199254740993",
        "is_open": "true",
        "note": "",
        "agent": None,
        "tags": '["a",1]',
        "address": '{"city":"Rome","since":"2020-01-01 00:00:00"}',
    }
    assert {name: value for name, value in second.items() if value is not None} == {"_id": "text-id", "score": "high"}


def test_fields_come_by_name_and_path_and_may_be_missing(support: Any) -> None:
    support.insert_many([{"a": 1, "b": {"c": {"d": 2}, "e": 5}}, {"a": 3, "b": "no object"}, {}])
    table = table_of(options={"fields": {"deep": "b.c.d", "whole": "b"}})
    assert read(table, "a", "z") == [
        {"a": "1", "z": None, "deep": "2", "whole": '{"c":{"d":2},"e":5}'},
        {"a": "3", "z": None, "deep": None, "whole": "no object"},
        {"a": None, "z": None, "deep": None, "whole": None},
    ]


@pytest.mark.parametrize(
    ("cursor", "since", "expected"),
    [
        ("created", datetime(2024, 1, 2, 10), ["T2", "T3", "none"]),  # noqa: DTZ001 - UTC, as cursors are kept
        ("created", datetime(2024, 1, 2, 12, tzinfo=UTC), ["T3", "none"]),
        ("created", date(2024, 1, 2), ["T2", "T3", "none"]),
        ("number", 2, ["T2", "T3", "none"]),
        ("number", Decimal("2.5"), ["T3", "none"]),
        ("text", "b", ["T2", "T3", "none"]),
        ("day", date(2024, 1, 3), ["T3", "none"]),
        ("_id", "64b000000000000000000002", ["T2", "T3", "none"]),
    ],
)
def test_the_cursor_is_the_servers_work(support: Any, cursor: str, since: Any, expected: list[str]) -> None:
    """A moment may bring the rest of its day too: servers differ in how they compare dates with texts."""
    for n in (1, 2, 3):
        identifier = ObjectId(f"64b00000000000000000000{n}")
        support.insert_one(ticket(n, _id=identifier, number=n, text="_abc"[n], day=f"2024-01-0{n}T10:00:00Z"))
    support.insert_one({"_id": ObjectId("64b000000000000000000009"), "ticket_id": "none"})
    found = [row["ticket_id"] for row in read(table_of(cursor=cursor), "ticket_id", cursor, since=since)]
    assert [name for name in found if name in expected] == expected
    assert "T1" not in found


def test_more_documents_than_a_batch(support: Any) -> None:
    support.insert_many([{"n": n} for n in range(45_000)])
    connector = MongoConnector(source(), Path())
    sizes = [batch.num_rows for batch in connector.read(Extract(table_of(), None, ("n",)))]
    connector.close()
    assert sizes == [20_000, 20_000, 5_000]


def test_equal_to_an_independent_reader(support: Any) -> None:
    support.insert_many([{"_id": n, "v": n * 0.1, "w": [n, {"x": n}]} for n in range(1000)])
    expected = [{"_id": d["_id"], "v": d["v"], "w": d["w"]} for d in support.find()]
    found = [
        {"_id": int(row["_id"]), "v": float(row["v"]), "w": json.loads(row["w"])}
        for row in read(table_of(), "_id", "v", "w")
    ]
    assert found == expected


def test_the_source_may_name_the_database_that_the_url_leaves_out(
    support: Any, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    support.insert_one({"ticket_id": "T1"})
    monkeypatch.setenv(VARIABLE, mongo_url)
    connector = MongoConnector(source(options={"database": "support"}), Path())
    found = connector.read(Extract(table_of(), None, ("ticket_id",))).read_all().to_pylist()
    connector.close()
    assert found == [{"ticket_id": "T1"}]


REFUSALS: dict[str, tuple[dict[str, Any], type[C360Error], str]] = {
    "no such collection": ({"location": "ticket"}, SourceMalformed,
        ("MongoDB at 127.0.0.1:{port} has no collection ticket in database 'support'. In sources/support.yaml:6. "
        "Did you mean 'tickets'?")),
    "server down": ({"url": "mongodb://ann:hunter2@127.0.0.1:{free}/support"}, SourceUnreachable,
        ("MongoDB at 127.0.0.1:{free} does not answer. In sources/support.yaml:6. "
        "Start the server, or correct host and port in C360_TEST_MONGO.")),
    "no database": ({"url": "mongodb://127.0.0.1:{port}"}, ProjectError,
        ("It is not said in which database the collection tickets lies. In sources/support.yaml:6. "
        "Add the database to the URL in C360_TEST_MONGO, or write `options: {database: ...}`.")),
    "not a URL": ({"url": "127.0.0.1:27017"}, ProjectError,
        ("The environment variable C360_TEST_MONGO does not hold a MongoDB URL. In sources/support.yaml:6. "
        "Write it as mongodb://user:password@host:27017/database (special characters percent-encoded).")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=[name.replace(" ", "_") for name in REFUSALS])
def test_a_refusal_is_one_sentence(support: Any, mongo_url: str, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    support.insert_one({})
    facts, kind, sentence = REFUSALS[case]
    ports = {"{port}": mongo_url.rpartition(":")[2], "{free}": str(free_port())}
    for mark, port in ports.items():
        sentence = sentence.replace(mark, port)
        if "url" in facts:
            facts = {**facts, "url": facts["url"].replace(mark, port)}
    if "url" in facts:
        monkeypatch.setenv(VARIABLE, facts["url"])
    with pytest.raises(kind) as caught:
        read(table_of(facts.get("location", "tickets")), "a")
    assert str(caught.value) == sentence
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationFailure("Authentication failed: hunter2", 18), "refused user and password."),
        (OperationFailure("bad auth: hunter2", 8000), "refused user and password."),
        (OperationFailure("not authorized on support: hunter2", 13), "does not let this user read tickets."),
        (AutoReconnect("connection closed"), "ended the connection while support.tickets was read."),
        (OperationFailure("hunter2", 99), "answered with an error (OperationFailure, code 99) for support.tickets."),
    ],
)
def test_what_a_server_with_users_says(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    """The server of these tests knows no users, so the driver's own errors stand in for one that does."""
    monkeypatch.setenv(VARIABLE, "mongodb://ann:hunter2@db:27018,db2:27019/support?replicaSet=a")
    told = MongoConnector(source(), Path())._explained(error, table_of())
    assert isinstance(told, SourceUnreachable)
    assert told.what == f"MongoDB at db:27018 {words}"


def test_decimals_are_written_as_they_are() -> None:
    assert as_text(Decimal128("1234567890.10")) == "1234567890.10"
    assert as_text(Decimal("1E+3")) == "1000"
    assert json.loads(str(as_text({"a": Decimal128("1.10"), "b": [Decimal("2.5")]}))) == {"a": "1.10", "b": [2.5]}


def test_url_must_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SettingMissing, match="it holds the MongoDB URL of source support"):
        MongoConnector(source(), Path())
    with pytest.raises(ProjectError, match="does not name the environment variable") as caught:
        MongoConnector(source(connection={"url": "mongodb://ann:hunter2@h/d"}), Path())
    assert "hunter2" not in str(caught.value)
