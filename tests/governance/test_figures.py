"""Who may see figures and no rows is told nothing about fewer than five people, not by differences either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR, PASSWORD, who
from tests.governance.test_doors import HERE

from customer360.errors import NotPermitted, QueryError
from customer360.governance.failures import AccessRefused

if TYPE_CHECKING:
    from customer360.semantic.principal import Principal
    from customer360.workspace import Workspace

BY_COUNTRY = [{"name": "country"}]
BIG = {"field": "points", "op": ">", "value": 20}
FEW = {"field": "points", "op": "<=", "value": 4}
"""Customers 1 to 4: each has its own number of points, which is no key."""


@pytest.fixture
def ida(people: Workspace) -> Principal:
    """Ida may see figures of customers and sales, and no rows of them."""
    for port in ("crm.customer", "sales.sale"):
        people.governance.access.grant(port, "ida", by=OPERATOR, figures_only=True)
    return people.governance.principal(people.governance.accounts.named("ida"))


def asked(people: Workspace, ida: Principal, **query: Any) -> list[dict[str, Any]]:
    return list(people.query({"metrics": ["customers"], **query}, principal=ida).to_pylist())


def refused(people: Workspace, ida: Principal, match: str, **query: Any) -> None:
    with pytest.raises(NotPermitted, match=match):
        asked(people, ida, **query)


def test_figures_of_many_are_as_for_everybody(people: Workspace, ida: Principal) -> None:
    query = {"metrics": ["customers", "revenue"], "dimensions": BY_COUNTRY}
    assert people.query(query, principal=ida) == people.query(query)
    assert people.answer(query, principal=ida).withheld == 0


def test_rows_stay_closed_at_every_other_door(people: Workspace, ida: Principal) -> None:
    for sql in ("SELECT * FROM crm.customer", "SELECT count(*) FROM sales.sale"):
        with pytest.raises(NotPermitted, match="may not read"):
            people.sql(sql, principal=ida)
    with pytest.raises(NotPermitted):
        people.profile("3", principal=ida)
    assert people.ask("customers by country", principal=ida).reason == "not_permitted"
    (newest,) = people.governance.state.history(limit=1)
    assert (newest.actor, newest.action) == ("ida", "data.refused")
    assert "may not read" in newest.detail["reason"]
    refused(people, ida, "Fewer than 5", dimensions=[{"name": "email"}])
    refused(people, ida, "a line for each person", dimensions=[{"name": "customer_id"}])


def test_nothing_is_told_of_few_people(people: Workspace, ida: Principal) -> None:
    refused(people, ida, "Fewer than 5", where=FEW)
    five = {**FEW, "value": 5}
    assert asked(people, ida, where=five) == [{"customers": 5}]
    refused(people, ida, "Fewer than 5", where={**FEW, "value": 1}, metrics=["revenue"])


def test_nor_by_leaving_few_out(people: Workspace, ida: Principal) -> None:
    """All customers less all but four is four."""
    refused(people, ida, "leave out|leaves out", where={**FEW, "op": ">"})
    refused(people, ida, "Fewer than 5", where={"not": FEW}, metrics=["revenue"])
    assert asked(people, ida, where={"field": "points", "op": ">", "value": 5}) == [{"customers": 85}]


def test_what_nobody_known_stands_behind_is_withheld(people: Workspace) -> None:
    """Where Ida sees only customers of one country, sales to the others have nobody behind them."""
    people.governance.access.grant("sales.sale", "ida", by=OPERATOR, figures_only=True)
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    ida = people.governance.principal(people.governance.accounts.named("ida"))
    refused(people, ida, "Fewer than 5", metrics=["revenue"], dimensions=BY_COUNTRY)  # US gives (none) away
    refused(people, ida, "Fewer than 5", metrics=["revenue"], dimensions=[{"name": "sale.sale_id"}])
    nobody = {"field": "country", "value": "(none)"}
    refused(people, ida, "Fewer than 5", metrics=["revenue"], dimensions=[{"name": "sale.day"}], where=nobody)


@pytest.mark.parametrize("dimensions", [[], BY_COUNTRY])
@pytest.mark.parametrize("metric", ["customers", "revenue"])
def test_one_who_is_not_there_is_refused_in_the_words_of_one_who_is(
    people: Workspace, ida: Principal, metric: str, dimensions: list[dict[str, str]]
) -> None:
    said = set()
    for number in (7, 7777):
        where = {"field": "points", "value": number}
        with pytest.raises(NotPermitted) as error:
            asked(people, ida, metrics=[metric], dimensions=dimensions, where=where)
        said.add(str(error.value))
    assert len(said) == 1


@pytest.mark.parametrize("field", ["customer_id", "customer.email", "full_name", "phone", "sale.sale_id"])
@pytest.mark.parametrize("op", ["=", "!=", "<="])
def test_what_tells_people_apart_is_no_condition_whoever_is_there(
    people: Workspace, ida: Principal, field: str, op: str
) -> None:
    said = set()
    for value in (7, 7777) if field.endswith("_id") else ("secretmail7@harbour.example", "nobody"):
        where = {"all": [BIG, {"not": {"field": field, "op": op, "value": value}}]}
        with pytest.raises(NotPermitted, match=r"tells people apart") as error:
            asked(people, ida, metrics=["revenue"], where=where)
        said.add(str(error.value))
    assert len(said) == 1


@pytest.mark.parametrize("number", [7, 7777])
@pytest.mark.parametrize("metric", ["customers", "revenue"])
def test_leaving_nobody_out_is_like_leaving_one_out(
    people: Workspace, ida: Principal, metric: str, number: int
) -> None:
    """Else the refusal itself would tell that somebody with so many points is there."""
    refused(people, ida, "Fewer than 5", metrics=[metric], where={"field": "points", "op": "!=", "value": number})
    hidden = {"not": {"all": [{"field": "country", "value": "US"}, {"field": "points", "value": number}]}}
    refused(people, ida, "Fewer than 5", metrics=[metric], where=hidden)


def test_one_sale_cannot_be_left_out_of_the_others_of_its_customer(people: Workspace, ida: Principal) -> None:
    """Customer 7 stays behind the figure with nine other sales, and the difference would be the tenth."""
    (sale,) = people.sql("SELECT min(day) AS day, min(net) AS net FROM sales.sale WHERE customer_id = 7").to_pylist()
    one = {"all": [{"field": "sale.day", "value": str(sale["day"])}, {"field": "points", "value": 7}]}
    refused(people, ida, "Fewer than 5", metrics=["revenue"], where={"not": one})


@pytest.mark.parametrize("number", [3, 6, 1, 7777])
@pytest.mark.parametrize("shape", ["all", "nested", "any", "range"])
def test_no_condition_narrows_others_by_few(people: Workspace, ida: Principal, shape: str, number: int) -> None:
    """Customers from US, and those but one: 3 and 6 are from there, 1 is not, 7777 nobody is."""
    us, is_one = {"field": "country", "value": "US"}, {"field": "points", "value": number}
    below, above = ({"field": "points", "op": op, "value": number} for op in "<>")
    where = {
        "all": {"all": [us, {"not": is_one}]},
        "nested": {"not": {"any": [{"not": us}, {"not": {"not": is_one}}]}},
        "any": {"any": [{"all": [us, {"not": is_one}]}, {"all": [us, {"not": is_one}]}]},
        "range": {"any": [{"all": [us, below]}, {"all": [us, above]}]},
    }[shape]
    assert asked(people, ida, where=us) == [{"customers": 30}]
    refused(people, ida, "Fewer than 5", where=where)


def test_conditions_that_leave_many_out_are_answered_together(people: Workspace, ida: Principal) -> None:
    us = {"field": "country", "value": "US"}
    assert asked(people, ida, where={"all": [us, BIG]}) == [{"customers": 24}]  # 24, 27 ... of 21 to 90
    assert asked(people, ida, where={"all": [us, {"field": "country", "op": "in", "value": ["US"]}, BIG]}) == [
        {"customers": 24}
    ]
    many = [{"field": "points", "op": ">", "value": number} for number in range(20, 40)]
    refused(people, ida, "more than 12 conditions", where={"all": many})


def test_a_condition_on_what_is_grouped_by_leaves_nothing_out_of_a_group(people: Workspace, ida: Principal) -> None:
    two = {"field": "country", "op": "in", "value": ["US", "CA"]}
    rows = asked(people, ida, dimensions=BY_COUNTRY, where=two)
    assert rows == [{"country": "CA", "customers": 30}, {"country": "US", "customers": 30}]
    refused(people, ida, "Fewer than 5", dimensions=BY_COUNTRY, where={"all": [two, {"not": FEW}]})
    refused(people, ida, "without filters", without_filters=["staff"])


def test_a_small_group_is_withheld_and_the_next_with_it(people: Workspace, ida: Principal) -> None:
    """Of customers 1 to 12, 4 are from each country; of 1 to 16 6, 5 and 5; of 1 to 14 one country has 4."""
    some = {"field": "points", "op": "<=", "value": 14}
    clear = {r["country"]: r["customers"] for r in people.query(
        {"metrics": ["customers"], "dimensions": BY_COUNTRY, "where": some}).to_pylist()}  # fmt: skip
    assert sorted(clear.values()) == [4, 5, 5]
    answer = people.answer({"metrics": ["customers"], "dimensions": BY_COUNTRY, "where": some}, principal=ida)
    shown = {row["country"]: row["customers"] for row in answer.table.to_pylist()}
    small = next(country for country, number in clear.items() if number == 4)
    assert small not in shown  # its name is not told either
    assert list(shown.values()) == [5]  # two are withheld: the total would give the one away
    assert answer.withheld == 2


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ({"metrics": ["first_mail"]}, "one person's own value"),
        ({"dimensions": BY_COUNTRY, "having": {"field": "customers", "op": ">", "value": 29}}, "having"),
        ({"dimensions": BY_COUNTRY, "where": {"field": "customers", "op": ">", "value": 29}}, "conditions on metrics"),
        ({"dimensions": BY_COUNTRY, "top": {"dimension": "country", "n": 1, "by": "customers"}}, "top"),
        ({"dimensions": BY_COUNTRY, "shares": [{"metric": "customers"}]}, "shares"),
    ],
)
def test_questions_that_tell_people_apart_are_refused(
    people: Workspace, ida: Principal, query: dict[str, Any], match: str
) -> None:
    try:
        refused(people, ida, match, **query)
    except QueryError:  # where the layer refuses the question for everybody
        with pytest.raises(QueryError):
            people.query({"metrics": ["customers"], **query})


def test_a_grant_for_rows_ends_the_withholding(people: Workspace, ida: Principal) -> None:
    people.governance.access.grant("sales.sale", "ida", by=OPERATOR)
    grant = people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    assert asked(people, ida, where=FEW) == [{"customers": 4}]
    people.governance.access.revoke(grant.id, by=OPERATOR)
    refused(people, ida, "Fewer than 5", where=FEW)


def test_approval_may_narrow_a_request_to_figures(people: Workspace) -> None:
    access, account = people.governance.access, people.governance.accounts.named("ida")
    request = access.request(account, "crm.customer", purpose="a report")
    grant = access.approve(request.id, by=who(people, "olga"), figures_only=True)
    assert grant.figures_only
    principal = people.governance.principal(account)
    assert asked(people, principal) == [{"customers": 90}]
    with pytest.raises(AccessRefused, match="may not read"):
        access.request(account, "crm.customer", purpose="call back", personal=True)
    with pytest.raises(AccessRefused, match="one or the other"):
        access.grant("crm.customer", "ida", by=OPERATOR, figures_only=True, personal=True)


def test_pages_and_api_say_what_is_withheld(people: Workspace, ida: Principal) -> None:
    from customer360.web.app import create_app

    key = people.governance.tickets.create_key("ida", label="t", by="test")[1]
    some = {"field": "points", "op": "<=", "value": 14}
    with TestClient(create_app(people), base_url=HERE, headers={"X-API-Key": key}) as client:
        query = {"metrics": ["customers"], "dimensions": BY_COUNTRY, "where": some}
        answer = client.post("/api/v1/metrics/query", json=query).json()
        assert (answer["withheld"], len(answer["rows"])) == (2, 1)
        few = client.post("/api/v1/metrics/query", json={"metrics": ["customers"], "where": FEW})
        assert (few.status_code, "Fewer than 5" in few.text) == (403, True)
        widgets = {each["name"]: each for each in client.get("/api/v1/dashboards/executive").json()["widgets"]}
        assert widgets["customers"]["state"] == "ok"
        assert widgets["mails"]["state"] == "not_permitted"
        assert client.post("/api/v1/sql", json={"sql": "SELECT * FROM crm.customer"}).status_code == 403


def test_figures_alone_can_be_asked_for(people: Workspace) -> None:
    access, account = people.governance.access, people.governance.accounts.named("ida")
    with pytest.raises(AccessRefused, match="one or the other"):
        access.request(account, "crm.customer", purpose="a report", personal=True, figures_only=True)
    request = access.request(account, "crm.customer", purpose="a report", figures_only=True)
    assert "figures only" in people.governance.notices.of("olga", limit=1)[0].text
    assert access.approve(request.id, by=who(people, "olga")).figures_only  # approving shows no more than was asked for
    assert asked(people, people.governance.principal(account)) == [{"customers": 90}]
    with pytest.raises(NotPermitted, match="may not read"):
        people.sql("SELECT count(*) FROM crm.customer", principal=people.governance.principal(account))


def test_figures_are_asked_for_and_given_on_the_page(people: Workspace) -> None:
    from customer360.web.app import create_app

    for name in ("ida", "olga"):
        people.governance.accounts.set_password(name, PASSWORD, by="test")
    with TestClient(create_app(people), base_url=HERE, follow_redirects=False) as client:

        def as_of(name: str, address: str, **fields: str) -> str:
            client.cookies.clear()
            client.post("/sign-in", data={"name": name, "password": PASSWORD})
            csrf = client.get("/access").text.partition('name="csrf" value="')[2].partition('"')[0]
            answer = client.post(address, data={"csrf": csrf, **fields})
            assert answer.status_code == 303, answer.text
            return client.get("/access").text

        as_of("ida", "/access/requests", port="crm.customer", purpose="a report", figures_only="yes")
        as_of("ida", "/access/requests", port="sales.by_country", purpose="a report")
        (plain, figures) = people.governance.access.requests()
        assert (plain.figures_only, figures.figures_only) == (False, True)
        as_of("olga", f"/access/requests/{figures.id}", decision="approve")
        page = as_of("ida", "/access/notices", up_to="0")
        assert "figures only" in page
    assert people.governance.access.grants(holder="ida")[0].figures_only
