"""Support tickets inside a MongoDB-wire server: documented fields, BSON dates, continued and written again."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId
from pymongo import MongoClient
from tests.synthetic.conftest import whole

from customer360.errors import C360Error, SourceUnreachable
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_mongo import COLLECTION, write_mongo

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client(mongo_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as found:
        yield found


def documents(client: MongoClient[dict[str, Any]], database: str) -> list[dict[str, Any]]:
    return sorted(client[database][COLLECTION].find({}), key=lambda each: each["ticket_id"])


def test_every_ticket_arrives_as_it_was(mongo_url: str, client: MongoClient[dict[str, Any]]) -> None:
    shopflow = ShopFlow.of(400)
    (written,) = write_mongo(shopflow, mongo_url, database="first")
    found = documents(client, "first")
    expected = whole(shopflow, "support", "support_tickets").to_pylist()
    assert written.rows == len(found) == len(expected) > 50
    assert all(isinstance(each.pop("_id"), ObjectId) for each in found)
    for row in expected:
        for name in ("created_date", "resolved_date"):
            row[name] = row[name].replace(tzinfo=UTC) if row[name] else None
    assert found == expected


def test_writing_again_needs_a_word(mongo_url: str, client: MongoClient[dict[str, Any]]) -> None:
    write_mongo(ShopFlow.of(100), mongo_url, database="again")
    with pytest.raises(C360Error, match="holds tickets already"):
        write_mongo(ShopFlow.of(100), mongo_url, database="again")
    (written,) = write_mongo(ShopFlow.of(150), mongo_url, database="again", replace=True)
    assert len(documents(client, "again")) == written.rows


def test_continuing_equals_all_at_once_and_keeps_ids(mongo_url: str, client: MongoClient[dict[str, Any]]) -> None:
    until, since = date(2024, 12, 20), date(2024, 12, 1)
    write_mongo(ShopFlow.of(300), mongo_url, database="grown")
    first = {each["ticket_id"]: each["_id"] for each in documents(client, "grown")}
    (added,) = write_mongo(ShopFlow.of(300, until=until), mongo_url, database="grown", since=since)
    write_mongo(ShopFlow.of(300, until=until), mongo_url, database="at_once")
    grown, at_once = documents(client, "grown"), documents(client, "at_once")
    assert 0 < added.rows < len(grown) / 2
    assert all(first[each["ticket_id"]] == each["_id"] for each in grown if each["ticket_id"] in first)
    for each in (*grown, *at_once):
        del each["_id"]
    assert grown == at_once


def test_a_server_that_is_down_is_named_without_the_password() -> None:
    url = "mongodb://shop:s3cret@127.0.0.1:1/?connectTimeoutMS=200"
    with pytest.raises(SourceUnreachable, match=r"MongoDB at 127\.0\.0\.1:1 does not answer") as caught:
        write_mongo(ShopFlow.of(10), url)
    assert "s3cret" not in str(caught.value)


def test_what_is_no_url_is_said_so() -> None:
    with pytest.raises(SourceUnreachable, match="does not hold a MongoDB URL"):
        write_mongo(ShopFlow.of(10), "http://example.com")
