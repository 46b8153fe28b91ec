"""A dashboard that is kept in memory is shown again only to who may see the same, and each reading is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR
from tests.governance.test_doors import HERE

from customer360.semantic.answer import PlanCache
from customer360.semantic.extensions import RowPolicy
from customer360.semantic.policies import seen_as
from customer360.semantic.principal import Principal
from customer360.semantic.query import MetricQuery
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from customer360.workspace import Workspace

States = dict[str, str]
BOARD = "/api/v1/dashboards/executive"
SHOWN = {"customers": "ok", "revenue": "ok", "mails": "not_permitted"}
CLOSED = dict.fromkeys(SHOWN, "not_permitted")


@pytest.fixture
def look(people: Workspace) -> Iterator[Callable[..., States]]:
    """Two accounts who differ by nothing but their grants: ida and eve."""
    eve = {"roles": ["member"], "groups": ["marketing"], "attributes": {"country": "US"}}
    people.governance.accounts.create("eve", password=None, by="test", **eve)
    keys = {name: people.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("ida", "eve")}
    with TestClient(create_app(people), base_url=HERE) as client:

        def looked(name: str, widget: str = "") -> States:
            answer = client.get(f"{BOARD}{widget}", headers={"X-API-Key": keys[name]})
            assert answer.status_code == 200, answer.text
            return {each["name"]: each["state"] for each in answer.json().get("widgets", [])}

        yield looked


@pytest.mark.parametrize("order", [("ida", "eve", "ida"), ("eve", "ida", "eve")])
def test_figures_without_rows_are_shown_to_who_was_given_them(
    people: Workspace, look: Callable[..., States], order: tuple[str, ...]
) -> None:
    given = [
        people.governance.access.grant(port, "ida", by=OPERATOR, figures_only=True)
        for port in ("crm.customer", "sales.sale")
    ]
    for name in order:
        assert look(name) == (SHOWN if name == "ida" else CLOSED), name
    for grant in given:
        people.governance.access.revoke(grant.id, by=OPERATOR)
    assert look("ida") == CLOSED


def test_policies_about_ones_name_are_ones_own(people: Workspace) -> None:
    model = people.semantic_model()
    policy = RowPolicy(id="own", dataset="customer", expression="customer.email = user.name")
    own = replace(model, c360=model.c360.model_copy(update={"row_policies": (policy,)}))
    plans, query = PlanCache(), MetricQuery(metrics=("customers",))
    for name in ("ida", "eve", "ida"):
        found = plans.plan(own, query, as_of=date(2024, 1, 1), dialect="duckdb", principal=Principal(name))
        assert f"'{name}'" in found.sql
    assert seen_as(own, Principal("ida")) != seen_as(own, Principal("eve"))
    assert seen_as(model, Principal("ida")) == seen_as(model, Principal("eve"))


def test_what_is_shown_again_is_written_down_again(people: Workspace, look: Callable[..., States]) -> None:
    for port in ("crm.customer", "sales.sale"):
        people.governance.access.grant(port, "everyone", holder_kind="group", by=OPERATOR)

    def read(name: str, widget: str = "") -> list[tuple[str, str, str, int]]:
        before = len(people.governance.state.history(limit=1000))
        look(name, widget)
        new = people.governance.state.history(limit=1000)[:-before]
        assert {each.actor for each in new} == {name}
        return sorted((each.action, each.subject, each.detail["query"], each.detail["rows"]) for each in new)

    first = read("ida")
    assert [(action, subject) for action, subject, *_ in first] == [
        ("data.read", "crm.customer"),
        ("data.read", "crm.customer"),
        ("data.read", "sales.sale"),
    ]
    assert read("eve") == read("ida") == first
    (one,) = read("eve", "/revenue")
    assert one == first[-1]
