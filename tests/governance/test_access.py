"""A request becomes a grant only by somebody else's decision, and a grant ends when it should, at once, everywhere."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.governance.conftest import OPERATOR, Clock, clocked, who

from customer360.errors import C360Error, NotPermitted, ProjectError, UnknownName
from customer360.governance.failures import AccessRefused, AccountRefused
from customer360.governance.records import Actor, Grant
from customer360.governance.rules import shown_grant
from customer360.governance.state import MIGRATIONS, State

if TYPE_CHECKING:
    from customer360.workspace import Workspace

CUSTOMER, SALE, BY_COUNTRY = "crm.customer", "sales.sale", "sales.by_country"
SRC = Path(__file__).parents[2] / "src"


def count(workspace: Workspace, name: str, port: str = CUSTOMER) -> int:
    account = workspace.governance.accounts.named(name)
    table = workspace.sql(f"SELECT count(*) AS n FROM {port}", principal=workspace.governance.principal(account))
    return int(table["n"][0].as_py())


def test_approval_is_what_opens_a_port(people: Workspace) -> None:
    access, ida = people.governance.access, people.governance.accounts.named("ida")
    with pytest.raises(NotPermitted, match=r"may not read crm\.customer"):
        count(people, "ida")
    request = access.request(ida, CUSTOMER, purpose="spring campaign", days=30)
    assert request.status == "open"
    with pytest.raises(NotPermitted):
        count(people, "ida")
    assert [each.id for each in access.to_decide(who(people, "olga"))] == [request.id]
    assert access.to_decide(who(people, "sam")) == ()
    grant = access.approve(request.id, by=who(people, "olga"), note="fine")
    assert (grant.holder, grant.port, grant.granted_by) == ("ida", CUSTOMER, "olga")
    assert count(people, "ida") == 90
    actions = [event.action for event in people.governance.state.history(subject=CUSTOMER)]
    assert actions == ["data.read", "access.granted", "access.approved", "access.requested"]


@pytest.mark.parametrize("decider", ["ida", "vera", "sam", "pia"])
def test_only_owners_and_administrators_decide(people: Workspace, decider: str) -> None:
    access = people.governance.access
    request = access.request(people.governance.accounts.named("ida"), CUSTOMER, purpose="spring campaign")
    with pytest.raises(AccessRefused):
        access.approve(request.id, by=who(people, decider))
    with pytest.raises(AccessRefused):
        access.deny(request.id, by=who(people, decider), note="no")
    assert access.request_of(request.id).status == "open"


@pytest.mark.parametrize("owner", ["olga", "dora", "ada"])
def test_nobody_approves_himself_whatever_his_role(people: Workspace, owner: str) -> None:
    access = people.governance.access
    request = access.request(people.governance.accounts.named(owner), CUSTOMER, purpose="mine")
    with pytest.raises(AccessRefused, match="own request"):
        access.approve(request.id, by=who(people, owner))
    with pytest.raises(AccessRefused, match="himself"):
        access.grant(CUSTOMER, owner, by=who(people, owner))
    grant = access.approve(request.id, by=who(people, "ada" if owner != "ada" else "olga"))
    with pytest.raises(AccessRefused):
        access.renew(grant.id, by=who(people, owner), days=10)


def test_personal_data_in_the_clear_take_the_privacy_officer(people: Workspace) -> None:
    access, account = people.governance.access, people.governance.accounts.named("ida")
    with pytest.raises(AccessRefused, match="itself first"):
        access.request(account, CUSTOMER, purpose="call back", personal=True)
    access.grant(CUSTOMER, "ida", by=who(people, "olga"), row_filter="country = 'CA'")
    request = access.request(account, CUSTOMER, purpose="call back", personal=True)
    for name in ("olga", "dora", "ada"):
        with pytest.raises(AccessRefused):
            access.approve(request.id, by=who(people, name))
    access.approve(request.id, by=who(people, "pia"))
    ida = people.governance.principal(people.governance.accounts.named("ida"))
    assert people.sql("SELECT email FROM crm.customer WHERE customer_id = 4", principal=ida)["email"].to_pylist() == [
        "secretmail4@harbour.example"
    ]
    assert count(people, "ida") == 30  # who sees names in the clear sees no more rows


def test_a_grant_for_personal_data_opens_nothing(people: Workspace) -> None:
    people.governance.access.grant(CUSTOMER, "ida", by=who(people, "pia"), personal=True)
    with pytest.raises(NotPermitted):
        count(people, "ida")


def test_numbers_beyond_reason_are_refused(people: Workspace) -> None:
    access, ida = people.governance.access, people.governance.accounts.named("ida")
    with pytest.raises(UnknownName):
        access.approve(10**30, by=OPERATOR)
    for days in (0, -1, 10**12):
        with pytest.raises(AccessRefused):
            access.request(ida, SALE, purpose="x", days=days)


def test_a_decision_is_taken_once(people: Workspace) -> None:
    access = people.governance.access
    request = access.request(people.governance.accounts.named("ida"), CUSTOMER, purpose="spring")
    with pytest.raises(AccessRefused, match="open already"):
        access.request(people.governance.accounts.named("ida"), CUSTOMER, purpose="again")
    with pytest.raises(AccessRefused, match="says why"):
        access.deny(request.id, by=who(people, "olga"), note=" ")
    access.deny(request.id, by=who(people, "olga"), note="the aggregate is enough")
    with pytest.raises(AccessRefused, match="denied already"):
        access.approve(request.id, by=who(people, "dora"))
    assert access.grants() == ()
    again = access.request(people.governance.accounts.named("ida"), CUSTOMER, purpose="again")
    with pytest.raises(AccessRefused, match="Only who asked"):
        access.withdraw(again.id, by=who(people, "olga"))
    assert access.withdraw(again.id, by=who(people, "ida")).status == "withdrawn"


def test_what_cannot_be_asked_for(people: Workspace) -> None:
    access, named = people.governance.access, people.governance.accounts.named
    for account, port, match in (
        ("vera", CUSTOMER, "viewer"),
        ("ida", "hr.pay", "private"),
        ("ida", "sales.calendar", "open to everybody"),
    ):
        with pytest.raises(AccessRefused, match=match):
            access.request(named(account), port, purpose="x")
    with pytest.raises(AccessRefused, match="180 days at most"):
        access.request(named("ida"), CUSTOMER, purpose="x", days=181)
    with pytest.raises(AccessRefused, match="180 days at most"):
        access.request(named("ida"), CUSTOMER, purpose="x", days=None)
    with pytest.raises(UnknownName, match=r"crm\.customers"):
        access.request(named("ida"), "crm.customers", purpose="x")
    with pytest.raises(UnknownName):
        access.request(named("ida"), "sales.working", purpose="x")  # a table that no product offers


def test_rows_can_be_asked_for_while_figures_are(people: Workspace) -> None:
    access, ida = people.governance.access, people.governance.accounts.named("ida")
    access.request(ida, CUSTOMER, purpose="a plan", figures_only=True)
    access.request(ida, CUSTOMER, purpose="letters")
    for figures_only in (True, False):
        with pytest.raises(AccessRefused, match="open already"):
            access.request(ida, CUSTOMER, purpose="again", figures_only=figures_only)


def test_a_state_file_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.path.parent.mkdir()
    asked = "INSERT INTO access_request (account, port, purpose, personal, status, at, figures_only)"
    with closing(sqlite3.connect(state.path)) as database:
        for script in MIGRATIONS[:3]:
            database.executescript(script)
        database.execute("INSERT INTO account VALUES ('ida', NULL, '[]', '[]', '{}', 1, '')")
        database.execute(f"{asked} VALUES ('ida', 'a.b', 'x', 0, 'open', '', 1)")
        database.execute("PRAGMA user_version = 3")
        database.commit()
    with state.writing() as writing:
        writing.run(f"{asked} VALUES ('ida', 'a.b', 'x', 0, 'open', '', 0)")
    assert len(state.rows("SELECT * FROM access_request WHERE status = 'open'")) == 2


def test_a_grant_ends_on_its_day(people: Workspace) -> None:
    clock = Clock()
    shop = clocked(people, clock)
    access = shop.governance.access
    request = access.request(shop.governance.accounts.named("ida"), CUSTOMER, purpose="spring", days=30)
    grant = access.approve(request.id, by=who(shop, "olga"), days=10)
    clock.turn(days=9, hours=23)
    assert count(shop, "ida") == 90
    access.renew(grant.id, by=who(shop, "olga"), days=2)
    clock.turn(hours=2)
    assert count(shop, "ida") == 90
    clock.turn(days=2)
    assert access.grant_of(grant.id).status(clock()) == "expired"
    with pytest.raises(NotPermitted):
        count(shop, "ida")
    with pytest.raises(AccessRefused, match="expired already"):
        access.renew(grant.id, by=who(shop, "olga"), days=5)


def test_revoking_holds_at_the_next_query_of_another_process(people: Workspace) -> None:
    """A reader in another process asks twice through its own opened project; between them the grant is revoked."""
    access = people.governance.access
    grant = access.grant(CUSTOMER, "ida", by=OPERATOR)
    _, key = people.governance.tickets.create_key("ida", label="test", by="test")
    script = (
        "import sys\nfrom customer360.workspace import open_project\nfrom customer360.errors import NotPermitted\n"
        "shop = open_project(sys.argv[1])\nida = shop.governance.key_principal(sys.argv[2])\n"
        "for _ in sys.stdin:\n"
        "    try:\n        print(shop.sql('SELECT count(*) AS n FROM crm.customer', principal=ida)['n'][0], flush=True)\n"
        "    except NotPermitted:\n        print('refused', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(people.project.root), key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(SRC), "HOME": str(Path.home())},
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        answers = []
        for revoke in (False, True):
            if revoke:
                access.revoke(grant.id, by=who(people, "olga"), note="over")
            reader.stdin.write("\n")
            reader.stdin.flush()
            answers.append(reader.stdout.readline().strip())
        reader.stdin.close()
    assert answers == ["90", "refused"]


def test_its_holder_may_give_a_grant_back_and_others_may_not_take_it(people: Workspace) -> None:
    access = people.governance.access
    grant = access.grant(CUSTOMER, "ida", by=who(people, "olga"))
    for name in ("sam", "vera", "pia"):
        with pytest.raises(AccessRefused):
            access.revoke(grant.id, by=who(people, name))
    access.revoke(grant.id, by=who(people, "ida"))
    with pytest.raises(AccessRefused, match="revoked already"):
        access.revoke(grant.id, by=who(people, "olga"))


def test_a_personal_grant_is_taken_back_by_officers_and_owners(people: Workspace) -> None:
    access = people.governance.access
    for name in ("pia", "olga"):
        grant = access.grant(CUSTOMER, "ida", by=who(people, "pia"), personal=True)
        for other in ("sam", "vera"):
            with pytest.raises(AccessRefused):
                access.revoke(grant.id, by=who(people, other))
        assert access.revoke(grant.id, by=who(people, name)).revoked_by == name


def test_an_account_named_like_a_group_holds_nothing_of_it(people: Workspace) -> None:
    access, accounts = people.governance.access, people.governance.accounts
    grant = access.grant(CUSTOMER, "readers", holder_kind="group", by=OPERATOR)
    named_so = Actor("readers", frozenset({"viewer"}))
    with pytest.raises(AccessRefused):
        access.revoke(grant.id, by=named_so)
    for name, groups in (("readers", []), ("marketing", []), ("kim", ["kim"]), ("kim", ["ida"])):
        with pytest.raises(AccountRefused, match="is named"):
            accounts.create(name, password=None, groups=groups, by="test")
    with pytest.raises(AccountRefused, match="'ida'"):
        accounts.change("vera", groups=["ida"], by="test")
    with pytest.raises(AccessRefused, match="no group"):
        access.grant(CUSTOMER, "ida", holder_kind="group", by=OPERATOR)
    assert accounts.find("readers") is None


def test_nobody_gives_or_renews_himself_a_grant_through_a_group(people: Workspace) -> None:
    access, accounts = people.governance.access, people.governance.accounts
    accounts.change("ada", groups=["team"], by="test")
    for group in ("everyone", "team"):
        with pytest.raises(AccessRefused, match="himself"):
            access.grant(CUSTOMER, group, holder_kind="group", by=who(people, "ada"))
        grant = access.grant(CUSTOMER, group, holder_kind="group", by=OPERATOR, days=2)
        with pytest.raises(AccessRefused, match="Somebody else"):
            access.renew(grant.id, by=who(people, "ada"), days=80)
        assert access.renew(grant.id, by=OPERATOR, days=80).expires_at is not None
    other = access.grant(CUSTOMER, "marketing", holder_kind="group", by=who(people, "ada"), days=2)
    assert access.renew(other.id, by=who(people, "ada"), days=80).status(other.starts_at) == "active"


def test_a_group_holds_a_grant_for_its_members(people: Workspace) -> None:
    access, accounts = people.governance.access, people.governance.accounts
    access.grant(CUSTOMER, "marketing", holder_kind="group", by=OPERATOR)
    assert count(people, "ida") == 90
    accounts.change("ida", groups=[], by="test")
    with pytest.raises(NotPermitted):
        count(people, "ida")
    access.grant(CUSTOMER, "everyone", holder_kind="group", by=OPERATOR)
    assert count(people, "vera") == 90


def test_a_disabled_account_reads_nothing(people: Workspace) -> None:
    people.governance.access.grant(CUSTOMER, "ida", by=OPERATOR)
    principal = people.governance.principal(people.governance.accounts.named("ida"))
    people.governance.accounts.change("ida", is_active=False, by="test")
    with pytest.raises(NotPermitted, match="disabled"):
        people.sql("SELECT 1 AS one", principal=principal)


def test_rows_depend_on_the_port_and_on_the_grant(people: Workspace) -> None:
    access, accounts = people.governance.access, people.governance.accounts
    access.grant(BY_COUNTRY, "everyone", holder_kind="group", by=OPERATOR)
    assert count(people, "ida", BY_COUNTRY) == 1  # country = user.country
    with pytest.raises(NotPermitted):
        count(people, "vera", BY_COUNTRY)  # has no country
    assert count(people, "sam", BY_COUNTRY) == 3  # owns the product
    accounts.change("ida", attributes={"country": "US', 'CA"}, by="test")
    assert count(people, "ida", BY_COUNTRY) == 0  # an attribute is a value, whatever stands in it
    access.grant(CUSTOMER, "ida", by=OPERATOR, row_filter="country = 'US'")
    assert count(people, "ida") == 30
    access.grant(CUSTOMER, "ida", by=OPERATOR, row_filter="country IN ('CA')")
    assert count(people, "ida") == 60


def test_personal_columns_are_clear_on_the_granted_rows_only(people: Workspace) -> None:
    access = people.governance.access
    access.grant(CUSTOMER, "ida", by=OPERATOR)
    access.grant(CUSTOMER, "ida", by=OPERATOR, personal=True, row_filter="country = 'US'")
    ida = people.governance.principal(people.governance.accounts.named("ida"))
    rows = people.sql("SELECT country, email, full_name FROM crm.customer", principal=ida).to_pylist()
    assert len(rows) == 90
    for row in rows:
        is_clear = row["email"].startswith("secretmail")
        assert is_clear == (row["country"] == "US")
        assert (row["full_name"] is not None) == is_clear


@pytest.mark.parametrize(
    "text",
    [
        "1 = (SELECT 1 FROM hr.pay)",
        "nosuch = 1",
        "country = ",
        "getenv('HOME') = 'x'",
        "country = $1",
        "hr.pay.person = 'x'",
    ],
)
def test_a_row_filter_that_is_no_condition_on_columns_is_refused(people: Workspace, text: str) -> None:
    with pytest.raises(ProjectError):
        people.governance.access.grant(CUSTOMER, "ida", by=OPERATOR, row_filter=text)
    assert people.governance.access.grants() == ()


def test_errors_show_no_personal_value(people: Workspace) -> None:
    people.governance.access.grant(CUSTOMER, "ida", by=OPERATOR)
    ida = people.governance.principal(people.governance.accounts.named("ida"))
    for sql in ("SELECT CAST(email AS INTEGER) FROM crm.customer", "SELECT error(email) FROM crm.customer"):
        with pytest.raises(C360Error) as caught:
            people.sql(sql, principal=ida)
        assert "secret" not in str(caught.value)


def test_nobody_approves_himself_by_an_account_that_he_made(people: Workspace) -> None:
    """Ada makes bob, an administrator too; bob makes carl. Neither decides what ada asks for, nor changes her."""
    accounts, access = people.governance.accounts, people.governance.access
    accounts.create("bob", password=None, roles=["admin"], by="ada")
    accounts.create("carl", password=None, roles=["admin"], by="bob")
    request = access.request(accounts.named("ada"), CUSTOMER, purpose="mine")
    for name in ("bob", "carl"):
        with pytest.raises(AccessRefused, match=f"made the account {name}"):
            access.approve(request.id, by=who(people, name))
        with pytest.raises(AccessRefused, match=f"made the account {name}"):
            access.deny(request.id, by=who(people, name), note="no")
        with pytest.raises(AccessRefused, match=f"made the account {name}"):
            access.grant(CUSTOMER, "ada", by=who(people, name))
        with pytest.raises(AccountRefused, match="that he made"):
            accounts.change("ada", groups=["customer-data"], by=name)
    grant = access.approve(request.id, by=who(people, "olga"))
    with pytest.raises(AccessRefused, match="made the account bob"):
        access.renew(grant.id, by=who(people, "bob"), days=20)


@pytest.mark.parametrize("how", ["password", "key"])
def test_who_can_sign_in_as_a_decider_is_not_decided_about_by_him(people: Workspace, how: str) -> None:
    governance = people.governance
    if how == "password":
        governance.accounts.set_password("olga", "nobody else says this one", by="ada")
    else:
        governance.tickets.create_key("olga", label="t", by="ada")
    request = governance.access.request(governance.accounts.named("ada"), CUSTOMER, purpose="mine")
    with pytest.raises(AccessRefused, match="a key of it"):
        governance.access.approve(request.id, by=who(people, "olga"))
    governance.access.approve(request.id, by=who(people, "dora"))


def test_a_grant_to_an_account_of_ones_own_making_stands_in_the_history_as_such(people: Workspace) -> None:
    """Administrators make accounts for others and decide about them, so it is not refused."""
    people.governance.accounts.create("bob", password=None, roles=["member"], by="ada")
    request = people.governance.access.request(people.governance.accounts.named("bob"), CUSTOMER, purpose="his")
    people.governance.access.approve(request.id, by=who(people, "ada"))
    people.governance.access.grant(SALE, "ida", by=who(people, "sam"))
    other, own = (e for e in people.governance.state.history() if e.action == "access.granted")
    assert (own.detail.get("to_own_account"), other.detail.get("to_own_account")) == (True, None)


def test_values_of_a_row_filter_are_shown_to_who_decides_and_not_kept_in_the_history(people: Workspace) -> None:
    access, ports = people.governance.access, people.governance.ports
    text = "NOT (email = 'secretmail7@harbour.example' OR phone LIKE '%1555%') AND country = 'US'"
    grant = access.grant(CUSTOMER, "ida", by=who(people, "olga"), row_filter=text)
    plain = access.grant(CUSTOMER, "ida", by=who(people, "olga"), row_filter="country = 'US'")

    def shown(name: str, of: Grant) -> str | None:
        return shown_grant(of, ports, who(people, name)).row_filter

    assert {shown(name, grant) for name in ("olga", "dora", "ada", "pia")} == {text}
    assert shown("ida", grant) == "NOT (email = ... OR phone LIKE ...) AND country = ..."
    assert shown("ida", plain) == "country = 'US'"
    told = str([dict(event.detail) for event in people.governance.state.history()])
    assert "secretmail7" not in told
    assert "['country', 'email', 'phone']" in told
    assert count(people, "ida") == 30  # it holds as it was written
