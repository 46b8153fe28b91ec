"""Whoever is erased is taken back from destinations: at once, or with the next export where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.audiences.test_destinations import Receiver, members, receiver
from tests.audiences.test_keeping import with_tables

from customer360.audiences.book import Book
from customer360.audiences.grouping import Grouping
from customer360.audiences.holdout import group_of
from customer360.audiences.recall import recall_of
from customer360.audiences.room import audiences_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.audiences.room import Audiences
    from customer360.workspace import Workspace

__all__ = ["receiver"]


def test_a_webhook_is_told_at_once_and_once(room: Audiences, shop: Workspace, receiver: Receiver) -> None:
    room.refresh("offer")
    room.export("offer", "shop")
    gone, *others = members(room)
    receiver.bodies.clear()
    done = recall_of(shop)([gone, "CFORMER"])
    assert (done.told, done.owed) == (("offer to shop",), ())
    (body,) = receiver.taken()
    assert (body["removed"], body["added"], body["changed"]) == ([gone], [], [])
    assert set(room.book.sent("offer", "shop")) == set(others) - set(room.diff("offer", "shop")[0])
    (entry, _) = room.book.exports("offer")
    assert (entry.by, entry.removed, entry.outcome) == ("erasure", 1, "sent")
    assert recall_of(shop)([gone]).told == ()
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("reason", ["busy", "no address"])
def test_who_did_not_take_it_is_told_by_the_next_export(
    room: Audiences, shop: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    room.refresh("offer")
    room.export("offer", "shop")
    gone = members(room)[0]
    if reason == "busy":
        receiver.statuses.append(503)
    else:
        monkeypatch.delenv("LIGHTHOUSE_HOOK")
    done = recall_of(shop)([gone])
    assert (done.told, done.owed) == ((), ("offer to shop",))
    assert room.book.owed("offer", "shop") == {gone}
    monkeypatch.setenv("LIGHTHOUSE_HOOK", receiver.url)
    with room.book._file.writing() as database:  # as the erasure does: nothing else names them
        for table in ("membership", "sent"):
            database.execute(f"DELETE FROM {table} WHERE member = ?", (gone,))
    receiver.bodies.clear()
    room.export("offer", "shop")
    assert [id_ for body in receiver.taken() for id_ in body["removed"]] == [gone]
    assert room.book.owed("offer", "shop") == frozenset()


def test_a_table_loses_the_person_and_nobody_else(
    room: Audiences, shop: Workspace, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTHOUSE_POSTGRES", postgres.url)
    room.refresh("offer")
    room.export("offer", "warehouse")
    with psycopg.connect(postgres.url) as connection:
        before = {row[0] for row in connection.execute("SELECT customer_id FROM marketing.offer").fetchall()}
        gone = min(before)
        assert recall_of(shop)([gone]).told == ("offer to warehouse",)
        connection.rollback()
        after = {row[0] for row in connection.execute("SELECT customer_id FROM marketing.offer").fetchall()}
        connection.execute("DROP TABLE marketing.offer")
    assert before - after == {gone}
    assert after < before


def test_a_file_of_an_older_version_learns_to_owe(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.has_sent("a", "b", {"x": "f"})
    with book._file.writing() as database:
        database.execute("DROP TABLE owed")
        database.execute("PRAGMA user_version = 2")
    book.owe("a", "b", ["x"])
    assert book.owed("a", "b") == {"x"}
    book.has_sent("a", "b", {}, ["x"])
    assert (book.owed("a", "b"), book.sent("a", "b")) == (frozenset(), {})


SALT = "a secret of this test"


def drawn(wanted: str, *, count: int = 1) -> list[str]:
    ids = (f"C{number:04}" for number in range(10_000))
    return [id_ for id_ in ids if group_of(id_, audience="a", salt=SALT, share=0.25) == wanted][:count]


def test_the_id_somebody_was_first_a_member_under_decides() -> None:
    (held, later_held), (sent, later_sent) = drawn("held_out", count=2), drawn("treated", count=2)

    def is_held_out(member: str, former: list[str], **first: int) -> bool:
        known = {held: "held", sent: "sent", later_held: "later_held", later_sent: "later_sent"}
        numbers = {id_: first[name] for id_, name in known.items() if name in first}
        return Grouping("a", salt=SALT, share=0.25, former={member: former}, first=numbers).is_held_out(member)

    assert is_held_out(sent, [held], held=1)  # never sent under the old id, so not sent now
    assert is_held_out(sent, [held], held=1, sent=2)  # and it stays so at the refreshes after
    assert not is_held_out(held, [sent], sent=1, held=2)  # sent before, so sent on
    assert not is_held_out(held, [sent], sent=1, held=1)  # both at once: somebody was sent already
    assert is_held_out(later_held, [held], later_held=1, held=1)
    assert is_held_out(held, [sent])  # nobody was a member before: drawn by the id of now
    assert not is_held_out(later_sent, [], later_sent=1)


def test_who_was_put_together_is_not_sent_after_all(shop: Workspace) -> None:
    room = audiences_of(shop)
    made, _ = room.refresh("offer")
    someone = members(room)[0]
    held = next(each.id for each in room.book.members("offer") if each.held_out)
    facts = {"by": "t", "as_of": made.as_of, "state": "then", "query": "q"}
    with room.book._file.writing() as database:
        database.execute("DELETE FROM membership WHERE member = ?", (someone,))
    with with_tables(shop, identity_alias=[{"old_id": held, "new_id": someone}]):
        room.refresh("offer")
        assert {each.id: each.held_out for each in room.book.members("offer")}[someone]
        assert room.preview("offer").held_out == room.book.last_refresh("offer").held_out  # type: ignore[union-attr]
        room.book.refresh("offer", room.book.members("offer"), **facts)
        room.refresh("offer")
        assert {each.id: each.held_out for each in room.book.members("offer")}[someone]
