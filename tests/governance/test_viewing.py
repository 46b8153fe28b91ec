"""Looking as somebody else shows what they see and never more than one may see oneself; nothing can be changed meanwhile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR, PASSWORD, who
from tests.governance.test_doors import HERE, MAILS, SQL

from customer360.errors import NotPermitted, UnknownName
from customer360.governance.office import operator
from customer360.governance.viewing import looking, sights
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.principal import Principal
    from customer360.workspace import Workspace


def eyes(workspace: Workspace, viewer: str, whom: str) -> Principal:
    return looking(workspace.governance, who(workspace, viewer), whom)


def test_an_owner_sees_rows_and_masks_of_another(people: Workspace) -> None:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, personal=True)
    table = people.sql(SQL, principal=eyes(people, "olga", "ida"))
    assert table.num_rows == 30
    assert all(len(mail) == 32 for mail in table["email"].to_pylist())  # ida sees them in the clear, olga does not
    own = people.sql(SQL, principal=people.governance.principal(people.governance.accounts.named("ida")))
    assert own["email"][0].as_py().startswith("secretmail")
    with pytest.raises(NotPermitted, match=r"may not read crm\.customer"):
        people.sql(SQL, principal=eyes(people, "olga", "role:member"))


def test_nobody_sees_through_another_what_he_may_not_see_himself(people: Workspace) -> None:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    with pytest.raises(NotPermitted, match="may not read"):
        people.sql(SQL, principal=eyes(people, "ada", "ida"))  # an administrator reads nothing without a grant
    people.governance.access.grant("crm.customer", "ada", by=OPERATOR, row_filter="country = 'US'")
    with pytest.raises(NotPermitted, match="may not read"):
        people.sql(SQL, principal=eyes(people, "ada", "ida"))  # ida sees more rows
    people.governance.access.grant("crm.customer", "ada", by=OPERATOR)
    assert people.sql(SQL, principal=eyes(people, "ada", "ida")).num_rows == 90


def test_both_in_the_clear_is_in_the_clear(people: Workspace) -> None:
    for name in ("ida", "ada"):
        people.governance.access.grant("crm.customer", name, by=OPERATOR)
        people.governance.access.grant("crm.customer", name, by=OPERATOR, personal=True)
    assert people.sql(SQL, principal=eyes(people, "ada", "ida"))["email"][0].as_py().startswith("secretmail")


def test_in_the_clear_on_some_rows_is_not_in_the_clear(people: Workspace) -> None:
    for name in ("ida", "ada"):
        people.governance.access.grant("crm.customer", name, by=OPERATOR)
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, personal=True)
    people.governance.access.grant("crm.customer", "ada", by=OPERATOR, personal=True, row_filter="country = 'US'")
    ada = people.governance.principal(people.governance.accounts.named("ada"))
    read = [people.sql(SQL, principal=each)["email"].to_pylist() for each in (ada, eyes(people, "ada", "ida"))]
    assert [sum(mail.startswith("secretmail") for mail in mails) for mails in read] == [30, 0]
    found = {each.port: each for each in sights(people.governance, ada)}
    assert "email" in found["crm.customer"].masked
    assert not found["crm.customer"].clear


def test_the_summary_says_what_the_other_reads(people: Workspace) -> None:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    found = {each.port: each for each in sights(people.governance, looking(people.governance, operator(), "ida"))}
    assert found["crm.customer"].reads
    assert found["crm.customer"].filters_rows
    assert "email" in found["crm.customer"].masked
    assert not found["hr.pay"].reads
    assert "private" in str(found["hr.pay"].why_not)
    assert found["sales.calendar"].masked == ()


def test_only_administrators_and_owners_look(people: Workspace) -> None:
    for name in ("ida", "vera", "pia"):
        with pytest.raises(NotPermitted, match="Only administrators and owners"):
            eyes(people, name, "olga")
    with pytest.raises(UnknownName, match="No account"):
        eyes(people, "ada", "idda")
    with pytest.raises(UnknownName, match="No role"):
        eyes(people, "ada", "role:king")
    people.governance.accounts.change("ida", is_active=False, by="test")
    with pytest.raises(NotPermitted, match="disabled"):
        eyes(people, "ada", "ida")


def test_who_looked_stands_in_the_history(people: Workspace) -> None:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    principal = eyes(people, "olga", "ida")
    people.sql(SQL, principal=principal)
    reading, looked = people.governance.state.history(limit=2)
    assert (looked.actor, looked.action, looked.subject) == ("olga", "access.view_as", "ida")
    assert (reading.actor, reading.action, reading.detail["viewed_as"]) == ("olga", "data.read", "ida")
    people.governance.accounts.change("olga", is_active=False, by="test")
    with pytest.raises(NotPermitted, match="disabled"):
        people.sql(SQL, principal=principal)  # the viewer is looked up with every query, too


@pytest.fixture
def client(people: Workspace) -> Iterator[TestClient]:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    people.governance.accounts.set_password("olga", PASSWORD, by="test")
    with TestClient(create_app(people), base_url=HERE, follow_redirects=False) as client:
        yield client


def test_a_header_looks_for_one_request(people: Workspace, client: TestClient) -> None:
    keys = {name: people.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("olga", "ida")}

    def call(name: str, method: str, path: str, body: Any = None, whom: str = "ida") -> Any:
        headers = {"X-API-Key": keys[name], "X-View-As": whom}
        return client.request(method, path, json=body, headers=headers)

    assert len(call("olga", "POST", "/api/v1/metrics/query", MAILS).json()["rows"]) == 30
    assert len(call("olga", "POST", "/api/v1/sql", {"sql": SQL}).json()["rows"]) == 30
    assert call("olga", "POST", "/api/v1/sql", {"sql": SQL}, whom="vera").status_code == 403
    assert call("ida", "POST", "/api/v1/sql", {"sql": SQL}, whom="olga").status_code == 403
    refused = call("olga", "POST", "/api/v1/access/requests", {"port": "sales.sale", "purpose": "x"})
    assert (refused.status_code, "change nothing" in refused.text) == (403, True)
    for path in ("/api/v1/audit", "/api/v1/privacy/erasures", "/access", "/runs", "/api/v1/access/requests"):
        assert call("olga", "GET", path).status_code == 403, path
    assert people.governance.access.requests() == ()


def test_the_page_has_a_switch_and_a_banner(people: Workspace, client: TestClient) -> None:
    client.post("/sign-in", data={"name": "olga", "password": PASSWORD, "next": "/access"})
    page = client.get("/access").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    form = {"csrf": token[1], "account": "ida"}
    assert "Look as somebody else" in page
    assert client.post("/access/view-as", data={"account": "ida"}).status_code == 403  # from another site
    begun = client.post("/access/view-as", data=form)
    assert "httponly" in begun.headers["set-cookie"].casefold()
    assert "You look as <strong>ida</strong>" in client.get("/").text
    rows = client.post("/api/v1/sql", json={"sql": SQL}, headers={"Origin": HERE}).json()["rows"]
    assert len(rows) == 30
    assert client.get("/access").status_code == 403
    assert client.post("/access/view-as", data={"csrf": token[1]}).status_code == 303
    assert "You look as" not in client.get("/").text
    assert client.get("/access").status_code == 200
