"""Webhooks are signed, tried again and resumed; a PostgreSQL table follows the members; failures are written down."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest
from tests.postgres_server import PostgresServer, free_port

from customer360.audiences.destinations import webhook
from customer360.audiences.destinations.files import _harmless
from customer360.audiences.failures import ExportFailed
from customer360.connectors.http_post import UNREACHED, post
from customer360.errors import SettingMissing

if TYPE_CHECKING:
    from customer360.audiences.room import Audiences

SECRET = "sesame"


@dataclass
class Receiver:
    """A web server that answers as told and remembers what it got."""

    statuses: list[int] = field(default_factory=list)
    """Answers in turn; 200 when there are no more."""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def taken(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = kept.statuses.pop(0) if kept.statuses else 200
            kept.headers.append({"status": str(status), **dict(self.headers)})
            if status == 200:
                kept.bodies.append(body)
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/members?from=c360"
    monkeypatch.setenv("LIGHTHOUSE_HOOK", kept.url)
    monkeypatch.setenv("LIGHTHOUSE_HOOK_SECRET", SECRET)
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def members(room: Audiences) -> list[str]:
    return [each.id for each in room.book.members("offer") if not each.held_out]


def test_a_webhook_gets_members_in_signed_parts(room: Audiences, receiver: Receiver) -> None:
    room.refresh("offer")
    made, _ = room.export("offer", "shop")
    parts = receiver.taken()
    sent = [row["customer_id"] for part in parts for row in part["added"]]
    assert sent == members(room)
    assert [len(part["added"]) for part in parts[:-1]] == [10] * (len(parts) - 1)
    assert {part["parts"] for part in parts} == {len(parts)}
    assert parts[0]["added"][0].keys() == {"customer_id", "country"}
    assert (parts[0]["audience"], parts[0]["purpose"], parts[0]["as_of"]) == ("offer", "offers", "2024-11-18")
    for body, headers in zip(receiver.bodies, receiver.headers, strict=True):
        moment, digest = (part.partition("=")[2] for part in headers["X-C360-Signature"].split(","))
        expected = hmac.new(SECRET.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(digest, expected)
    assert made is not None
    assert made.outcome == "sent"
    room.export("offer", "shop")  # nothing changed, so nobody is called
    assert len(receiver.bodies) == len(parts)


def test_another_address_is_another_receiver(
    room: Audiences, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.refresh("offer")
    room.export("offer", "shop")
    first = len(receiver.bodies)
    monkeypatch.setenv("LIGHTHOUSE_HOOK", receiver.url.replace("127.0.0.1", "someone:else@127.0.0.1"))
    room.export("offer", "shop")  # the same place under another password
    assert len(receiver.bodies) == first
    monkeypatch.setenv("LIGHTHOUSE_HOOK", receiver.url.replace("/members", "/others"))
    assert room.diff("offer", "shop") == (tuple(members(room)), ())
    room.export("offer", "shop")
    again = [row["customer_id"] for part in receiver.taken()[first:] for row in part["added"]]
    assert again == members(room)
    room.export("offer", "shop")
    assert len(receiver.bodies) == 2 * first


def test_who_comes_back_is_another_call(room: Audiences, receiver: Receiver) -> None:
    room.refresh("offer")
    room.export("offer", "shop")
    first = len(receiver.bodies)
    for _ in range(2):
        room.suppress(members(room)[0], channel="email", reason="-")
        room.export("offer", "shop")
        room.readmit(members(room)[0], channel="email", reason="-")
        room.export("offer", "shop")
    bodies, calls = receiver.bodies[first:], [headers["Idempotency-Key"] for headers in receiver.headers[first:]]
    assert (bodies[0], bodies[1]) == (bodies[2], bodies[3])
    assert len(set(calls)) == 4


@pytest.mark.parametrize("wrong", ["http://127.0.0.1:99999/pa55", "http://[::1/pa55", "key"])
def test_an_address_or_key_that_cannot_be_sent_is_said_without_it(
    room: Audiences, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    room.refresh("offer")
    if wrong == "key":
        with pytest.raises(UNREACHED) as raised:
            post(urlsplit(receiver.url), b"{}", {"Authorization": "Bearer pa55\nword"})
        assert isinstance(raised.value, ValueError)
        return
    monkeypatch.setenv("LIGHTHOUSE_HOOK", wrong)
    with pytest.raises(ExportFailed, match="no web address") as caught:
        room.export("offer", "shop")
    assert "pa55" not in str(caught.value)


def test_a_busy_receiver_is_asked_again_with_growing_pauses(room: Audiences, receiver: Receiver) -> None:
    room.refresh("offer")
    receiver.statuses = [503, 500, 429, 200]
    pauses: list[float] = []
    _, delivery = room.export("offer", "shop", dry_run=True)
    for _ in webhook.send_webhook(delivery, room.book.path, wait=pauses.append):
        pass
    assert pauses == [0.01, 0.02, 7.0]
    first = [headers["Idempotency-Key"] for headers in receiver.headers[:4]]
    assert len(set(first)) == 1
    assert [row["customer_id"] for part in receiver.taken() for row in part["added"]] == members(room)


def test_what_was_taken_is_not_sent_again_after_a_failure(room: Audiences, receiver: Receiver) -> None:
    room.refresh("offer")
    receiver.statuses = [200, 500, 500, 500, 500]
    with pytest.raises(ExportFailed, match="did not take the members: status 500"):
        room.export("offer", "shop")
    assert len(room.book.sent("offer", "shop")) == 10
    room.export("offer", "shop")
    sent = [row["customer_id"] for part in receiver.taken() for row in part["added"]]
    assert sent == members(room)
    assert [each.outcome for each in room.book.exports("offer")] == ["sent", "failed"]


def test_a_refusal_is_not_tried_again_and_a_redirect_is_not_followed(room: Audiences, receiver: Receiver) -> None:
    room.refresh("offer")
    for status in (401, 302):
        receiver.statuses = [status]
        with pytest.raises(ExportFailed, match=f"status {status}"):
            room.export("offer", "shop")
    assert len(receiver.headers) == 2
    assert receiver.bodies == []


def test_nobody_listening_is_said_without_the_address_or_secret(
    room: Audiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.refresh("offer")
    monkeypatch.delenv("LIGHTHOUSE_HOOK", raising=False)
    with pytest.raises(SettingMissing, match="LIGHTHOUSE_HOOK"):
        room.export("offer", "shop")
    monkeypatch.setenv("LIGHTHOUSE_HOOK", f"http://user:pa55@127.0.0.1:{free_port()}/secret-path")
    monkeypatch.setenv("LIGHTHOUSE_HOOK_SECRET", SECRET)
    with pytest.raises(ExportFailed, match="ConnectionRefusedError") as caught:
        room.export("offer", "shop")
    assert "pa55" not in str(caught.value)
    assert "secret-path" not in str(caught.value)
    assert [each.outcome for each in room.book.exports("offer")] == ["failed", "failed"]


@pytest.mark.postgres
def test_a_table_follows_the_members(
    room: Audiences, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTHOUSE_POSTGRES", postgres.url)

    def rows() -> dict[str, Any]:
        with psycopg.connect(postgres.url) as connection:
            found = connection.execute(
                "SELECT audience, customer_id, segment, expected_value, revenue FROM marketing.offer"
            )
            return {row[1]: row for row in found.fetchall()}

    assert room.refresh("offer", as_of=date(2023, 1, 1))[0].members == 0
    room.export("offer", "warehouse")  # nobody yet, and the columns have their types
    room.refresh("offer")
    room.export("offer", "warehouse")
    assert list(rows()) == members(room)
    postgres.execute("INSERT INTO marketing.offer (audience, customer_id, refreshed_at) VALUES ('other', 'X', now())")
    room.refresh("offer", as_of=room.book.refreshes("offer")[0].as_of.replace(day=1))
    before = set(rows())
    room.export("offer", "warehouse")
    assert set(rows()) == {*members(room), "X"} != before  # another audience's rows stay
    with psycopg.connect(postgres.url) as connection:
        kinds = dict(
            connection.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'marketing'"
            ).fetchall()
        )
    assert (kinds["expected_value"], kinds["revenue"]) == ("double precision", "numeric")
    monkeypatch.setenv("LIGHTHOUSE_POSTGRES", f"postgresql://nobody:pa55@127.0.0.1:{free_port()}/x")
    room.book.has_sent("offer", "warehouse", {}, members(room)[:1])
    with pytest.raises(ExportFailed, match="OperationalError") as caught:
        room.export("offer", "warehouse")
    assert "pa55" not in str(caught.value)


def test_a_name_that_is_a_formula_is_a_text_in_a_csv_file_and_telephones_stay() -> None:
    names = ["=HYPERLINK(A1)", "@SUM(1)", "+1|cmd", "-2+3+cmd", "\tx", "Ana", None, "+49 (30) 123-4", "-5"]
    table = pa.table({"name": names, "n": list(range(len(names)))})
    assert _harmless(table)["name"].to_pylist() == [*(f"'{name}" for name in names[:5]), *names[5:]]
    assert _harmless(table)["n"] == table["n"]
