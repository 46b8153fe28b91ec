"""Somebody is erased: gone from every file, kept out of later loads, and what must stay is what it was."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.privacy.conftest import OPERATOR, Company, Stopping, listening, stray

from customer360.ask.kept import kept_values
from customer360.ask.valueindex import Listed, ValueIndex
from customer360.audiences.book import Book, Member
from customer360.engines.base import Column
from customer360.errors import CustomerMissing, NotPermitted
from customer360.governance.records import Actor
from customer360.identity.overrides import SqliteStore
from customer360.names import Relation
from customer360.privacy.consent import ConsentStore
from customer360.privacy.desk import PrivacyDesk
from customer360.privacy.failures import CertificateBroken, PrivacyError
from customer360.raw.suppressed import Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from customer360.privacy.certificate import Certificate

TOTALS = """
SELECT
  (SELECT sum(net_sales_amount) FROM gold.gold_sales_fact) AS revenue,
  (SELECT count(*) FROM gold.gold_sales_fact) AS lines,
  (SELECT count(DISTINCT transaction_id) FROM gold.gold_sales_fact) AS transactions,
  (SELECT count(*) FROM gold.gold_customer_event_fact) AS events,
  (SELECT count(*) FROM gold.gold_interaction_fact) AS contacts,
  (SELECT sum(total_lifetime_value) FROM customer_360.customer_360) AS lifetime_value,
  (SELECT count(*) FROM customer_360.customer_360) AS customers,
  (SELECT count(*) FROM raw_shop.orders) AS orders
"""
BY_DAY = """
SELECT date_key, channel_key, product_key, sum(net_sales_amount) AS amount, sum(quantity_sold) AS units
FROM gold.gold_sales_fact GROUP BY ALL ORDER BY ALL
"""


AGAIN, MOVED = "ORD9999999", "Elsewhere"


def go_on(company: Company) -> Decimal:
    """Change the shop's files as a shop would, the erased person's rows in them as ever; return the new net amount."""
    shop = company.root / "data" / "shop"
    person = dict(company.records)["shop"]
    (path,) = shop.glob("customers*.parquet")
    rows = pq.read_table(path)
    moved = next(i for i, name in enumerate(rows["customer_id"].to_pylist()) if name != person)
    cities = [MOVED if i == moved else city for i, city in enumerate(rows["city"].to_pylist())]
    field = rows.schema.get_field_index("city")
    pq.write_table(
        rows.set_column(field, rows.schema.field(field), pa.array(cities, rows.schema.field(field).type)), path
    )
    path = sorted(shop.glob("orders*.parquet"))[-1]
    orders = pq.read_table(path)
    own = next(
        row
        for file in shop.glob("orders*.parquet")
        for row in pq.read_table(file).to_pylist()
        if row["customer_id"] == person
    )
    day = max(row["order_date"] for row in orders.to_pylist())
    again = {**own, "order_id": AGAIN, "order_date": day}
    pq.write_table(pa.concat_tables([orders, pa.Table.from_pylist([again], orders.schema)]), path)
    path = sorted((company.root / "data" / "shop_ops").glob("returns*.parquet"))[-1]
    returns = pq.read_table(path)
    back = {**returns.to_pylist()[0], "order_id": AGAIN, "quantity": own["quantity"]}
    pq.write_table(pa.concat_tables([returns, pa.Table.from_pylist([back], returns.schema)]), path)
    return Decimal(str(own["order_amount"])) - Decimal(str(own["discount_amount"]))


_BAD = pa.schema(
    [("load_id", pa.int64()), *((name, pa.string()) for name in ("column_name", "reason", "row_key", "row_json"))]
)
SENT = Path("exports") / "win_back.csv"
LISTED = Path("exports") / "vip_early_access.parquet"


def with_audience(company: Company, other: str) -> None:
    """Let an audience hold the person and somebody else, and be sent to two files."""
    book, both = Book(company.root), (company.person, other)
    facts = {"by": "t", "as_of": date(2024, 11, 30), "state": "s", "query": "q"}
    book.refresh("win_back", [Member(id_, held_out=False) for id_ in both], **facts)
    book.has_sent("win_back", "newsletter", dict.fromkeys(both, "f"))
    (company.root / SENT).parent.mkdir()
    (company.root / SENT).write_text("customer_id,change\n" + "".join(f"{id_},added\n" for id_ in both))
    pq.write_table(pa.table({"customer_id": both, "n": [1, 2]}), company.root / LISTED)


def kept(company: Company) -> dict[str, object]:
    """Return what lies beside the warehouse: decisions, who was sent where, files that were sent, who is kept out."""
    root = company.root
    return {
        "overrides": SqliteStore(root / "state" / "identity.sqlite").all(),
        "consent": ConsentStore(root).all(),
        "sent": Book(root).sent("win_back", "newsletter"),
        "file": (root / SENT).read_text(),
        "kept out": Suppressed(root).entries(),
    }


class Erased:
    """A company before and after somebody was erased."""

    calls: list[dict[str, object]]
    """What destinations were told."""

    def __init__(self, company: Company, mode: str) -> None:
        self.company = company
        self.before, self.by_day = company.one(TOTALS), company.rows(BY_DAY)
        self.theirs = company.one(
            "SELECT coalesce(sum(net_sales_amount), 0) AS revenue, count(*) AS lines FROM gold.gold_sales_fact"
            f" JOIN gold.customer_keys USING (customer_key) WHERE customer_id = '{company.person}'"
        )
        self.stray_before = stray(company)
        self.refusal = ""
        shop = dict(company.records)["shop"]
        self.referred = f"SELECT * FROM raw_shop.customers WHERE referred_by = '{shop}'"
        self.friend = company.one(self.referred)
        self.bad = self._with_bad_rows(shop)
        self.made = self._erased(mode)
        self.after = company.one(TOTALS)

    def _erased(self, mode: str) -> Certificate:
        """Erase in one go, or (anonymise) while somebody reads an older state, and finish later."""
        office, person = self.company.office, self.company.person
        engine = self.company.workspace.engine
        if mode == "delete":
            self.kept = kept(self.company)
            with pytest.raises(KeyboardInterrupt):
                self.company.office_of(Stopping(engine, after_commit=False)).erase(person, mode="delete", by=OPERATOR)
            self.kept_after_failure = kept(self.company)
            (self.company.root / "state" / "broken.sqlite").write_text("no database at all, but long enough" * 9)
            with pytest.raises(PrivacyError) as refused:
                office.erase(person, mode="delete", by=OPERATOR, reason="asked")
            self.refusal = str(refused.value)
            (self.company.root / "state" / "broken.sqlite").unlink()
            return office.finish(office.erasures(by=OPERATOR)[0].id, by=OPERATOR)
        with pytest.raises(KeyboardInterrupt):
            self.company.office_of(Stopping(engine, after_commit=True)).erase(person, mode="anonymise", by=OPERATOR)
        (waiting,) = office.erasures(by=OPERATOR)
        assert waiting.status == "begun"
        assert Suppressed(self.company.root).count(waiting.id) >= len(self.company.records)
        with engine.read():
            with pytest.raises(PrivacyError) as refused:
                office.finish(waiting.id, by=OPERATOR)
            self.refusal = str(refused.value)
            (waiting,) = office.erasures(by=OPERATOR)
            assert waiting.status == "removed"
            index(self.company)  # by a process that still reads the older state
            with pytest.raises(PrivacyError, match="has no certificate"):
                office.certificate(waiting.id, by=OPERATOR)
        return office.finish(waiting.id, by=OPERATOR)

    def _with_bad_rows(self, shop: str) -> str:
        """Put rows aside that broke their contract, under names as sources write them; return what counts them."""
        rows = {"shop_orders": [], "shop_ops_returns": []}
        for n, own in enumerate(self.company.rows("SELECT order_id, customer_id FROM raw_shop.orders")):
            rows["shop_orders"].append({"Customer_ID": own["customer_id"], "amount": n})
            rows["shop_ops_returns"].append({"ORDER_ID": own["order_id"], "why": n})
        self.own_orders = sum(row["Customer_ID"] == shop for row in rows["shop_orders"])
        names = ("load_id", "column_name", "reason", "row_key", "row_json")
        with self.company.workspace.engine.publish(note="bad rows") as publication:
            for table, found in rows.items():
                relation = Relation("quarantine", table)
                publication.create_schema("quarantine")
                if relation not in publication.relations():
                    columns = [Column(name, "BIGINT" if name == "load_id" else "VARCHAR") for name in names]
                    publication.create_table(relation, columns)
                made = [dict(zip(names, (1, "amount", "?", None, json.dumps(row)), strict=True)) for row in found]
                publication.insert_arrow(relation, pa.Table.from_pylist(made).cast(_BAD))
        return (
            "SELECT (SELECT count(*) FROM quarantine.shop_orders WHERE reason = '?') AS orders, (SELECT count(*) FROM"
            " quarantine.shop_ops_returns WHERE reason = '?') AS returns"
        )


def index(company: Company) -> None:
    """Keep an index for questions in which the person's names are values, as if a column were not classified."""
    kept_values(company.root, ["a state"], lambda: ValueIndex([Listed("order.remark", company.telling)]))


def remember(company: Company, other: str) -> None:
    """Let the person be in audiences, have left one, be known at a destination, and stand in a conversation."""
    index(company)
    book, person = Book(company.root), company.person
    facts = {"by": "t", "as_of": date(2024, 11, 30), "state": "s", "query": "q"}
    for members in ([person, other], [other], [person, other]):
        book.refresh("win_back", [Member(each, held_out=False) for each in members], **facts)
    book.refresh("vip_early_access", [Member(person, held_out=True)], **facts)
    book.has_sent("win_back", "newsletter", {person: "f1", other: "f2"})
    book.has_sent("vip_early_access", "shop", {person: "f1", other: "f2"})
    questions = [f"orders of {company.telling[0]} last year", "revenue last month"]
    conversations = company.root / "state" / "conversations.json"
    conversations.write_text(json.dumps({"monday": questions, person: ["revenue"]}), encoding="utf-8")


@pytest.fixture(scope="module")
def deleted(shopflow_copy: Callable[[Path], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    company = shopflow_copy(tmp_path_factory.mktemp("deleted") / "project")
    people = company.workspace.people()
    other = company.one(
        f"SELECT customer_id FROM customer_360.customer_360 WHERE customer_id <> '{company.person}' LIMIT 1"
    )
    remember(company, other["customer_id"])
    people.never(company.person, other["customer_id"], who="dana", why="asked both")
    desk = PrivacyDesk(company.workspace.engine, company.workspace.project, company.workspace.governance)
    desk.decide(company.person, purpose="*", channel="*", is_allowed=False, by=OPERATOR)
    with_audience(company, other["customer_id"])
    with listening() as (url, calls), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPFLOW_WEBHOOK_URL", url)
        patch.setenv("SHOPFLOW_WEBHOOK_SECRET", "sesame")
        made = Erased(company, "delete")
    made.calls = calls
    yield made
    company.workspace.close()


@pytest.fixture(scope="module")
def anonymised(shopflow_copy: Callable[[Path], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    company = shopflow_copy(tmp_path_factory.mktemp("anonymised") / "project")
    yield Erased(company, "anonymise")
    company.workspace.close()


def test_the_person_was_on_disk_and_is_no_more(deleted: Erased) -> None:
    assert len(deleted.stray_before) > 10
    assert any(place == "catalog.sqlite" for place in deleted.stray_before)
    assert any(place.endswith(".arrow") for place in deleted.stray_before)
    assert stray(deleted.company) == []


def test_everything_else_is_what_it_was(deleted: Erased) -> None:
    before, after = deleted.before, deleted.after
    assert deleted.theirs["lines"] > 0
    assert after["revenue"] == before["revenue"] - deleted.theirs["revenue"]
    assert after["lines"] == before["lines"] - deleted.theirs["lines"]
    assert after["customers"] == before["customers"] - 1
    assert after["orders"] == before["orders"] - deleted.own_orders


def test_a_commit_that_fails_leaves_decisions_and_files_as_they_were(deleted: Erased) -> None:
    assert deleted.kept["overrides"]
    assert deleted.kept["consent"]
    assert deleted.kept_after_failure == deleted.kept


def test_a_file_of_the_state_that_cannot_be_changed_can_be_finished_later(deleted: Erased) -> None:
    assert "broken.sqlite" in deleted.refusal
    assert "c360 privacy finish" in deleted.refusal
    after = kept(deleted.company)
    assert (after["overrides"], after["consent"], len(after["sent"])) == ((), (), 1)


def test_files_that_audiences_were_written_to_lose_the_person_and_destinations_are_named(deleted: Erased) -> None:
    (_, other) = (deleted.company.root / SENT).read_text().splitlines()
    assert deleted.company.person not in other
    assert pq.read_table(deleted.company.root / LISTED)["n"].to_pylist() == [2]
    places = {each["place"]: each["rows"] for each in deleted.made.document["removed"]}
    assert (places[str(SENT)], places[str(LISTED)]) == (1, 1)
    assert deleted.made.document["sent_to"] == ["vip_early_access to shop", "win_back to newsletter"]
    assert (deleted.made.document["told"], deleted.made.document["owed"]) == (["vip_early_access to shop"], [])
    assert [body["removed"] for body in deleted.calls] == [[deleted.company.person]]  # once, over two attempts
    assert "win_back to newsletter" in deleted.made.path.with_suffix(".html").read_text(encoding="utf-8")


def test_rows_of_others_that_name_the_person_stay_without_the_name(deleted: Erased, anonymised: Erased) -> None:
    find = f"SELECT * FROM raw_shop.customers WHERE customer_id = '{deleted.friend['customer_id']}'"
    assert deleted.company.one(find) == {**deleted.friend, "referred_by": None}
    after = anonymised.company.one(find)
    assert {**after, "referred_by": None} == {**anonymised.friend, "referred_by": None}
    assert after["referred_by"] not in {None, anonymised.friend["referred_by"]}
    assert anonymised.company.one(f"SELECT email FROM raw_shop.customers WHERE customer_id = '{after['referred_by']}'")[
        "email"
    ].endswith("@erased.invalid")


def test_rows_put_aside_go_however_their_source_writes_names_and_those_that_hang_on_them(deleted: Erased) -> None:
    everybody = deleted.before["orders"]
    assert deleted.own_orders > 0
    left = everybody - deleted.own_orders
    assert deleted.company.one(deleted.bad) == {"orders": left, "returns": left}


def test_the_person_leaves_audiences_and_remembered_questions(deleted: Erased) -> None:
    book, person = Book(deleted.company.root), deleted.company.person
    refreshes = [each.id for each in book.refreshes("win_back")]
    seen = [{each.id for each in book.members("win_back", at=number)} for number in refreshes]
    assert len(seen) == 4
    assert all(len(members) == 1 and person not in members for members in seen)  # so no difference tells of them
    assert book.members("vip_early_access") == ()
    assert list(book.sent("win_back", "newsletter").values()) == ["f"]
    text = (deleted.company.root / "state" / "conversations.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"monday": ["revenue last month"]}
    places = {each["place"]: each["rows"] for each in deleted.made.document["removed"]}
    assert places["audiences.sqlite: membership"] == 3
    assert places["audiences.sqlite: sent"] == 1
    assert places["conversations.json"] >= 2


def test_nobody_finds_the_person_again(deleted: Erased) -> None:
    for key in (deleted.company.person, *(f"{s}:{r}" for s, r in deleted.company.records)):
        with pytest.raises(CustomerMissing):
            deleted.company.office.find(key, by=OPERATOR)


def test_rollback_to_before_has_ended(deleted: Erased) -> None:
    assert len(deleted.company.workspace.history()) == 1
    assert deleted.made.document["older_states"]["snapshots"] >= 2


def test_later_loads_do_not_bring_the_person_back(deleted: Erased) -> None:
    """The sources go on: another customer moved, the person ordered again and sent that back."""
    go_on(deleted.company)
    deleted.company.run()
    assert deleted.company.one(f"SELECT count(*) AS n FROM raw_shop.customers WHERE city = '{MOVED}'") == {"n": 1}
    assert deleted.company.one(f"SELECT count(*) AS n FROM raw_shop.orders WHERE order_id = '{AGAIN}'") == {"n": 0}
    assert deleted.company.one(f"SELECT count(*) AS n FROM raw_shop_ops.returns WHERE order_id = '{AGAIN}'") == {"n": 0}
    assert deleted.company.one(TOTALS) == deleted.after
    friend = deleted.friend["customer_id"]
    found = deleted.company.one(f"SELECT referred_by FROM raw_shop.customers WHERE customer_id = '{friend}'")
    assert found == {"referred_by": None}
    deleted.company.workspace.engine.maintain(purge=True)
    assert stray(deleted.company) == []


def test_the_certificate_counts_and_names_nobody(deleted: Erased) -> None:
    document = deleted.made.document
    places = {each["place"]: each for each in document["removed"]}
    assert places["raw_shop.orders"]["action"] == "deleted"
    assert places["customer_360.customer_360"]["rows"] == 1
    assert places["identity.sqlite: identity_override"]["rows"] == 1
    assert document["verified"]["still_named_in"] == {}
    assert document["suppressed"] >= len(deleted.company.records)
    assert any("source systems were not written to" in text for text in document["limits"])
    for path in (deleted.made.path, deleted.made.path.with_suffix(".html")):
        text = path.read_text(encoding="utf-8")
        assert not [each for each in deleted.company.telling if each in text]


def test_a_changed_certificate_is_refused(deleted: Erased, tmp_path: Path) -> None:
    office = deleted.company.office
    assert office.verify(deleted.made.path).document == deleted.made.document
    changed = {**deleted.made.document, "removed": []}
    (tmp_path / "changed.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(CertificateBroken, match="was changed"):
        office.verify(tmp_path / "changed.json")
    with pytest.raises(CertificateBroken, match="no certificate of an erasure"):
        office.verify(_other(tmp_path))


def _other(folder: Path) -> Path:
    path = folder / "other.json"
    path.write_text("{}", encoding="utf-8")
    return path


def test_anonymised_totals_are_equal_to_the_cent(anonymised: Erased) -> None:
    assert anonymised.theirs["lines"] > 0
    assert anonymised.after == anonymised.before
    assert anonymised.company.rows(BY_DAY) == anonymised.by_day


def test_an_erasure_waits_for_who_reads_older_states(anonymised: Erased) -> None:
    assert "older ones are still on disk" in anonymised.refusal
    assert "c360 privacy finish 1" in anonymised.refusal
    (done,) = anonymised.company.office.erasures(by=OPERATOR)
    assert "to_do" not in done.facts
    assert done.status == "complete"
    with pytest.raises(PrivacyError, match="does not wait for anything"):
        anonymised.company.office.finish(1, by=OPERATOR)


def test_anonymised_rows_name_nobody_on_disk(anonymised: Erased) -> None:
    assert stray(anonymised.company) == []


@pytest.mark.full
def test_later_loads_land_anonymised_rows_as_they_are(anonymised: Erased) -> None:
    amount = go_on(anonymised.company)
    anonymised.company.run()
    after = anonymised.company.one(TOTALS)
    assert after["revenue"] == anonymised.before["revenue"] + amount
    assert after["customers"] == anonymised.before["customers"]
    anonymised.company.workspace.engine.maintain(purge=True)
    assert stray(anonymised.company) == []


def test_a_household_of_real_data_is_erased(journey: Company) -> None:
    (_, number) = journey.records[0]
    theirs = f"(SELECT count(*) FROM raw_complete_journey.transactions WHERE household_id = {number})"
    before = journey.one(f"SELECT count(*) AS n, {theirs} AS theirs FROM raw_complete_journey.transactions")
    assert before["theirs"] > 0
    assert stray(journey)
    journey.office.erase(journey.person, mode="delete", by=OPERATOR)
    after = journey.one(f"SELECT count(*) AS n, {theirs} AS theirs FROM raw_complete_journey.transactions")
    assert after == {"n": before["n"] - before["theirs"], "theirs": 0}
    assert stray(journey) == []


def test_only_privacy_officers_erase(deleted: Erased) -> None:
    office = deleted.company.office
    for role in ("viewer", "member", "product_owner", "domain_owner", "admin"):
        with pytest.raises(NotPermitted):
            office.erase("anybody", mode="delete", by=Actor("kai", frozenset({role})))
    assert office.erasures(by=Actor("pia", frozenset({"privacy_officer"})))[0].status == "complete"
