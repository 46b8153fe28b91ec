"""Refreshes keep a history; exports send what changed, to those who may be addressed, and write it down."""

from __future__ import annotations

import csv
import dataclasses
import json
import sqlite3
import stat
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.audiences.conftest import Clock, company, rebuilt

from customer360.audiences.book import Book, Member
from customer360.audiences.failures import AudienceError, ExportBusy, NotRefreshed
from customer360.audiences.holdout import group_of
from customer360.audiences.room import audiences_of
from customer360.engines.base import Column
from customer360.errors import UnknownName
from customer360.names import Relation
from customer360.privacy.consent import ConsentStore, Decision
from customer360.privacy.search import scrub_state
from customer360.privacy.subject import Subject
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audiences.conftest import Tables

    from customer360.audiences.room import Audiences


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def treated(room: Audiences, name: str) -> list[str]:
    return [each.id for each in room.book.members(name) if not each.held_out]


def test_members_are_kept_with_their_group_and_when_they_were_worked_out(room: Audiences) -> None:
    made, is_new = room.refresh("offer")
    members = room.book.members("offer")
    assert is_new
    assert (made.members, made.joined, made.left) == (len(members), len(members), 0)
    for each in members:
        group = group_of(each.id, audience="offer", salt="a secret of this test", share=0.25)
        assert each.held_out is (group == "held_out")
    assert 0 < made.held_out == sum(each.held_out for each in members) < made.members
    again, is_new = room.refresh("offer")  # nothing was published since
    assert (again, is_new) == (made, False)
    status = {each.audience.name: each for each in room.list()}
    assert (status["offer"].is_fresh, status["survey"].is_fresh) == (True, None)


def test_history_tells_who_joined_and_left_and_when(tmp_path: Path) -> None:
    clock = Clock()
    book = Book(tmp_path, clock=clock)

    def worked_out(*ids: str, held: str = "") -> Any:
        clock.turn(hours=1)
        facts = {"by": "t", "as_of": clock.at.date(), "state": str(clock.at), "query": "q"}
        return book.refresh("a", [Member(id_, id_ == held) for id_ in ids], **facts)

    first, second, third = worked_out("x", "y"), worked_out("y", "z"), worked_out("x", "z", held="z")
    assert [(each.joined, each.left) for each in (first, second, third)] == [(2, 0), (1, 1), (2, 2)]
    at = [[each.id for each in book.members("a", at=number)] for number in (first.id, second.id, third.id)]
    assert at == [["x", "y"], ["y", "z"], ["x", "z"]]
    assert [each.held_out for each in book.members("a")] == [False, True]  # another group is another membership


def test_who_is_erased_is_gone_from_the_file(room: Audiences) -> None:
    room.refresh("offer")
    room.export("offer", "letters")
    (someone, *_) = treated(room, "offer")
    assert someone.encode() in room.book.path.read_bytes() + b"".join(
        path.read_bytes() for path in room.book.path.parent.glob("audiences.sqlite-wal")
    )
    gone = dict(scrub_state(room.book.path.parent.parent, Subject((someone,), ())))
    assert gone == {"audiences.sqlite: membership": 1, "audiences.sqlite: sent": 1}
    for path in room.book.path.parent.glob("audiences*"):
        assert someone.encode() not in path.read_bytes(), path


def test_a_file_has_everybody_who_may_be_addressed(room: Audiences, tables: Tables, shop: Workspace) -> None:
    room.refresh("offer")
    made, delivery = room.export("offer", "letters")
    path = shop.project.root / "exports" / "offer.csv"
    rows = read(path)
    assert [row["customer_id"] for row in rows] == treated(room, "offer")
    spent = {id_: sum(row["net"] for row in tables.sales if row["customer_id"] == id_) for id_ in tables.customers}
    for row in rows:
        known = tables.customers[row["customer_id"]]
        assert known["consent_email"]
        assert (row["email"], row["segment"] or None) == (known["email"], known["segment"])
        assert float(row["revenue"]) == float(spent[row["customer_id"]])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made is not None
    assert (made.added, made.removed, made.withheld) == (len(rows), 0, delivery.withheld)
    assert made.withheld == len(room.book.members("offer")) - len(rows)
    (entry,) = room.book.exports("offer")
    assert (entry.outcome, entry.destination, len(entry.query)) == ("sent", "letters", 32)
    assert entry.by.startswith("operator:")


def test_a_destination_may_ask_for_another_channels_consent(room: Audiences, tables: Tables, shop: Workspace) -> None:
    room.refresh("offer")
    room.export("offer", "printer")
    found = pq.read_table(shop.project.root / "exports" / "printer.parquet").to_pylist()
    assert [row["customer_id"] for row in found] == [
        id_ for id_ in treated(room, "offer") if tables.customers[id_]["consent_post"]
    ]


def test_a_dry_run_sends_and_keeps_nothing(room: Audiences, shop: Workspace) -> None:
    room.refresh("offer")
    made, delivery = room.export("offer", "letters", dry_run=True)
    assert made is None
    assert len(delivery.added) == len(treated(room, "offer"))
    assert not (shop.project.root / "exports").exists()
    assert room.book.exports() == ()
    assert room.book.sent("offer", "letters") == {}


def test_whoever_is_suppressed_or_in_another_audience_stays_home(room: Audiences, shop: Workspace) -> None:
    room.refresh("offer")
    room.refresh("survey")
    others = {each.id for each in room.book.members("survey")}
    everybody = treated(room, "offer")
    assert others.intersection(everybody)
    someone = next(id_ for id_ in everybody if id_ not in others)
    room.suppress(someone, channel="email", reason="asked by telephone")
    room.export("offer", "changes")
    sent = [row["customer_id"] for row in read(shop.project.root / "exports" / "changes.csv")]
    assert sent == [id_ for id_ in everybody if id_ not in others and id_ != someone]
    room.export("offer", "printer")  # another channel
    printed = pq.read_table(shop.project.root / "exports" / "printer.parquet")["customer_id"].to_pylist()
    assert (someone in printed) is (int(someone[1:]) % 3 == 0)
    assert someone.encode() not in _rows_of(room.book.path, "suppressed")
    assert room.diff("offer", "changes") == ((), ())  # what the next export would tell: nothing
    with pytest.raises(UnknownName, match="Did you mean 'email'"):
        room.suppress(someone, channel="emial", reason="-")
    with pytest.raises(UnknownName):
        room.suppress(someone, channel="email/surveys", reason="a purpose is no channel")
    with pytest.raises(AudienceError, match="No customer has this id"):
        room.suppress("C9999", channel="email", reason="-")
    with pytest.raises(AudienceError, match="not suppressed for 'post'"):
        room.readmit(someone, channel="post", reason="-")
    room.readmit(someone, channel="email", reason="asked again")
    assert b"asked again" in _rows_of(room.book.path, "readmitted")
    assert room.diff("offer", "changes") == ((someone,), ())


def test_an_audience_to_leave_out_must_be_worked_out_first(room: Audiences) -> None:
    room.refresh("offer")
    with pytest.raises(NotRefreshed, match="audience refresh survey"):
        room.export("offer", "changes")
    assert room.book.sent("offer", "changes") == {}


@contextmanager
def with_tables(shop: Workspace, **tables: list[dict[str, Any]]) -> Iterator[None]:
    """Publish tables of identity, and take them away again."""
    with shop.engine.publish(note="identity") as publication:
        publication.create_schema("identity")
        for name, rows in tables.items():
            columns = [Column(column, "DATE" if column == "valid_to" else "VARCHAR") for column in rows[0]]
            publication.create_table(Relation("identity", name), columns)
            types = pa.schema([(c.name, pa.date32() if c.type == "DATE" else pa.string()) for c in columns])
            publication.insert_arrow(Relation("identity", name), pa.Table.from_pylist(rows, types))
    yield
    with shop.engine.publish(note="no identity") as publication:
        for name in tables:
            publication.drop(Relation("identity", name))


def test_what_people_refused_at_the_privacy_desk_holds_for_exports(shop: Workspace, tables: Tables) -> None:
    rows = [{"system": "crm", "record_id": id_, "customer_id": id_, "valid_to": None} for id_ in tables.customers]
    with with_tables(shop, customer_xref=rows):
        room = audiences_of(shop)
        room.refresh("offer")
        room.refresh("survey")

        def sent(name: str, destination: str, at: Audiences = room) -> set[str]:
            return set(at.export(name, destination, dry_run=True)[1].rows)

        offer, survey, printed = sent("offer", "letters"), sent("survey", "file"), sent("offer", "printer")
        everything = min(offer & survey & printed)
        letters, other = sorted(offer - {everything})[0], sorted(survey - {everything})[-1]
        polls, yes = sorted(survey - {everything, other})[0], sorted(offer - {everything})[-1]
        at = datetime(2026, 1, 5, tzinfo=UTC)
        said = [(everything, "*", "*"), (letters, "marketing", "email"), (other, "marketing", "email")]
        store = ConsentStore(shop.project.root)
        store.add(Decision("crm", *each, False, at, "pia") for each in (*said, (polls, "surveys", "email")))
        assert sent("offer", "letters") == offer - {everything, letters, other}
        assert sent("offer", "printer") == printed - {everything}
        assert sent("survey", "file") == survey - {everything, polls}  # surveys have a consent of their own
        store.add([Decision("crm", yes, "marketing", "email", True, at, "pia")])
        policies = {**shop.project.settings.policies, "consent": {"default": "refused"}}
        settings = dataclasses.replace(shop.project.settings, policies=policies)
        strict = Workspace(dataclasses.replace(shop.project, settings=settings), shop.engine)
        assert sent("offer", "letters", audiences_of(strict)) == {yes}


def test_who_was_put_together_stays_suppressed_and_is_measured_once(shop: Workspace) -> None:
    room = audiences_of(shop)
    made, _ = room.refresh("offer")
    someone, other = treated(room, "offer")[:2]
    before = room.lift("offer", "revenue", start=date(2024, 9, 1)).lift
    with with_tables(shop, identity_alias=[{"old_id": "C9999", "new_id": someone}]):
        facts = {"by": "t", "as_of": made.as_of, "state": "then", "query": "q"}
        same = [
            dataclasses.replace(each, id={someone: "C9999"}.get(each.id, each.id))
            for each in room.book.members("offer")
        ]
        then = room.book.refresh("offer", same, **facts)  # it was their id when the audience was worked out
        again = room.lift("offer", "revenue", start=date(2024, 9, 1), refresh=then.id).lift
        assert (again.treated, again.held_out) == (before.treated, before.held_out)
        room.refresh("offer")
        assert someone in room.export("offer", "letters", dry_run=True)[1].rows
        room.book.suppress(room._hash("C9999"), channel="*", reason="-", by="t")  # as it was kept then
        rows = room.export("offer", "letters", dry_run=True)[1].rows
        assert (someone in rows, other in rows) == (False, True)
        room.readmit("C9999", channel="*", reason="-")
        assert someone in room.export("offer", "letters", dry_run=True)[1].rows


def _rows_of(path: Path, table: str) -> bytes:
    with sqlite3.connect(path) as database:
        return json.dumps(database.execute(f"SELECT * FROM {table}").fetchall()).encode()


def test_only_what_changed_is_sent_again(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company")
    room = audiences_of(workspace)
    path = workspace.project.root / "exports" / "changes.csv"
    room.refresh("offer")
    room.refresh("survey")
    room.export("offer", "changes")
    before = {row["customer_id"] for row in read(path)}
    assert {row["change"] for row in read(path)} == {"added"}
    room.export("offer", "changes")
    assert read(path) == []

    withdrawn = rebuilt(workspace, consent_every=3)  # others consent now, and some who did do not any more
    room = audiences_of(withdrawn)
    assert {each.audience.name: each.is_fresh for each in room.list()}["offer"] is False
    _, late = room.export("offer", "changes", dry_run=True)
    assert late.added == frozenset()  # the members are those of the old refresh ...
    assert set(late.removed) == {id_ for id_ in before if int(id_[1:]) % 3 == 0}  # ... less who withdrew since
    made, is_new = room.refresh("offer")
    assert is_new
    joined, left = room.diff("offer", "changes")
    assert (len(room.diff("offer")[0]), len(room.diff("offer")[1])) == (made.joined, made.left)
    room.export("offer", "changes")
    rows = read(path)
    assert {row["customer_id"] for row in rows if row["change"] == "added"} == set(joined)
    assert {row["customer_id"] for row in rows if row["change"] == "removed"} == set(left)
    after = (before | set(joined)) - set(left)
    assert after == set(treated(room, "offer")) - {each.id for each in room.book.members("survey")}
    withdrawn.close()


def test_overlap_counts_who_is_in_both(room: Audiences) -> None:
    with pytest.raises(NotRefreshed, match="audience refresh offer"):
        room.overlap("offer", "survey")
    room.refresh("offer")
    room.refresh("survey")
    found = room.overlap("offer", "survey")
    one, other = ({each.id for each in room.book.members(name)} for name in ("offer", "survey"))
    assert (found.first, found.second, found.both) == (len(one), len(other), len(one & other))
    assert found.jaccard == len(one & other) / len(one | other)


def test_two_exports_at_once_are_one(room: Audiences) -> None:
    room.refresh("offer")
    with room.book.sending("offer", "letters"), pytest.raises(ExportBusy, match="just now"):
        room.export("offer", "letters")
    room.export("offer", "letters")
