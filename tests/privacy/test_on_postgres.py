"""Who was erased stays out of a warehouse in PostgreSQL, and what people allowed holds there too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.postgres_server import postgres

from customer360.engines.base import Column
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.governance.office import Governance, operator
from customer360.governance.records import Actor
from customer360.names import Relation
from customer360.privacy import consent
from customer360.privacy.consent import Decision
from customer360.privacy.desk import PrivacyDesk
from customer360.privacy.failures import PrivacyError
from customer360.privacy.loading import load
from customer360.privacy.office import PrivacyOffice
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.suppressed import Entry, Suppressed, digest
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.engines.base import Publication

__all__ = ["postgres"]
pytestmark = pytest.mark.postgres


def put(publication: Publication, name: str, rows: list[dict[str, object]], **types: str) -> None:
    relation = Relation.parse(name)
    publication.create_schema(relation.schema)
    publication.create_table(relation, [Column(column, type_) for column, type_ in types.items()])
    publication.insert_arrow(relation, pa.Table.from_pylist(rows))


TEXT = dict.fromkeys(("system", "record_id", "customer_id"), "VARCHAR")
PERSON = {**TEXT, "email": "VARCHAR", "phone_number": "VARCHAR"}
CONTACT = dict.fromkeys(
    ("system", "record_system", "record_id", "contact_id", "channel", "response_type", "contact_date"), "VARCHAR"
) | {"contact_date": "DATE"}
PEOPLE = [{"system": "shop", "record_id": f"r{n}", "customer_id": f"P{n}"} for n in range(4)]
LEFT = {"system": "shop", "record_id": "r1", "contact_id": "7", "channel": "E-Mail", "response_type": "unsubscribe"}
DAY = datetime(2026, 1, 5, tzinfo=UTC)


def test_loads_leave_erased_people_out_and_consent_is_known(tmp_path: Path, postgres: PostgresServer) -> None:
    root = tmp_path / "project"
    create_project(root, template="shopflow", name="demo", systems=["shop"])
    write_files(ShopFlow.of(40), root / "data", systems=["shop"])
    project, engine, store = read_project(root), PostgresEngine(Server(postgres.new_database())), Suppressed(root)
    with engine.publish(note="people") as publication:
        put(publication, "identity.customer_xref", PEOPLE, **TEXT, valid_to="DATE")
        unsubscribed = [{**LEFT, "contact_date": date(2024, 1, 2)}]
        put(publication, "conformed.campaign_contact", unsubscribed, **CONTACT)
        put(
            publication,
            "conformed.person_record",
            [{**each, "email": f"{n}@x"} for n, each in enumerate(PEOPLE)],
            **PERSON,
        )
        put(publication, "raw_shop.customers", [{"customer_id": "CUST000009"}], customer_id="VARCHAR")

    store.add([Entry("shop", digest(store.salt(), "shop", "CUST000001"), None)], erasure=1)
    load(engine, project, sources=["shop"], full=True).raise_failures()
    with engine.read() as session:
        landed = session.query("SELECT customer_id FROM raw_shop.customers")["customer_id"].to_pylist()
    assert sorted(landed) == [f"CUST{n:06}" for n in range(2, 41)]

    before = (engine.history(), sorted((root / "state").iterdir()))
    office = PrivacyOffice(engine, project, Governance(project))
    for refused in (office.find, partial(office.erase, mode="delete")):
        with pytest.raises(
            PrivacyError, match=r"kind 'postgres' yet\. Move it first.*drop the old one.*nothing was changed"
        ):
            refused("shop:r1", by=operator())
    assert (engine.history(), sorted((root / "state").iterdir())) == before

    desk, officer = PrivacyDesk(engine, project, Governance(project)), Actor("pia", frozenset({"privacy_officer"}))
    desk.decide("2@X", purpose="*", channel="*", is_allowed=False, by=officer)
    assert desk.consent("shop:r2", by=officer)["is_allowed"].to_pylist() == [False]
    decisions = [("r3", "marketing", "email", True), ("r0", "news", "email", False)]
    consent.ConsentStore(root).add(Decision("shop", *decision, DAY, "t") for decision in decisions)
    everybody = [f"P{n}" for n in range(5)]
    with engine.read() as session:
        assert consent.permitted(session, project, everybody, channel="email") == {"P0", "P3", "P4"}
        assert consent.permitted(session, project, everybody, channel="phone") == {"P0", "P1", "P3", "P4"}
        assert consent.permitted(session, project, everybody, channel="email", purpose=("news", "marketing")) == {
            "P3",
            "P4",
        }
        sql = consent.allowed(session, project, channel="email")
        assert sorted(session.query(sql)["customer_id"].to_pylist()) == ["P0", "P3"]
    engine.close()
