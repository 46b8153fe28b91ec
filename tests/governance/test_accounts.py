"""Passwords, sessions and keys: kept as digests, slow to guess, ended in time; the history shows any change."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.governance.conftest import PASSWORD, Clock, clocked
from typer.testing import CliRunner

from customer360.cli import app
from customer360.errors import C360Error, UnknownName
from customer360.governance.accounts import ATTEMPTS
from customer360.governance.failures import AccountRefused, HistoryBroken, NotSignedIn, TooManyAttempts

if TYPE_CHECKING:
    from customer360.workspace import Workspace


def test_there_is_no_account_and_no_password_to_begin_with(shop: Workspace) -> None:
    assert not shop.governance.accounts.any
    assert not shop.governance.state.exists
    with pytest.raises(NotSignedIn):
        shop.governance.accounts.check("admin", "admin")


def test_a_password_is_kept_as_argon2_only(shop: Workspace) -> None:
    accounts, state = shop.governance.accounts, shop.governance.state
    accounts.create("dana", password=PASSWORD, roles=["admin"], by="test")
    (row,) = state.rows("SELECT password_hash FROM account")
    assert row[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD.encode() not in state.path.read_bytes()
    assert state.path.stat().st_mode & 0o077 == 0
    assert accounts.check("dana", PASSWORD).name == "dana"
    for name, password in (("dana", PASSWORD + "x"), ("nobody", PASSWORD), ("dana", ""), ("dana", "x" * 100_000)):
        with pytest.raises(NotSignedIn, match=r"^The name or the password is wrong\.$"):
            accounts.check(name, password)


@pytest.mark.parametrize("password", ["short", "dana dana dana", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_weak_passwords_are_refused(shop: Workspace, password: str) -> None:
    with pytest.raises(AccountRefused):
        shop.governance.accounts.create("dana", password=password, by="test")
    assert not shop.governance.accounts.any


@pytest.mark.parametrize("name", ["Dana", "", "local", "operator", "a b", "a'b", "x" * 65])
def test_names_that_could_be_mistaken_are_refused(shop: Workspace, name: str) -> None:
    with pytest.raises(AccountRefused):
        shop.governance.accounts.create(name, password=None, by="test")


def test_guessing_is_slowed_down_by_name_and_ends(shop: Workspace) -> None:
    clock = Clock()
    accounts = clocked(shop, clock).governance.accounts
    accounts.create("dana", password=PASSWORD, by="test")
    for _ in range(ATTEMPTS):
        with pytest.raises(NotSignedIn):
            accounts.check("dana", "wrong password")
    with pytest.raises(TooManyAttempts) as caught:
        accounts.check("dana", PASSWORD)  # even with the right one
    assert 0 < caught.value.seconds <= 900
    with pytest.raises(NotSignedIn):
        accounts.check("other", "wrong password")
    clock.turn(minutes=16)
    assert accounts.check("dana", PASSWORD).name == "dana"


def test_guesses_at_once_are_no_more_than_one_after_the_other(people: Workspace) -> None:
    accounts = people.governance.accounts
    accounts.set_password("ida", PASSWORD, by="test")

    def guess(number: int) -> type[C360Error]:
        with pytest.raises((NotSignedIn, TooManyAttempts)) as refusal:
            accounts.check("ida", f"a wrong guess {number}", address="192.0.2.7")
        return refusal.type

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(guess, range(20)))
    assert found == {NotSignedIn: ATTEMPTS, TooManyAttempts: 20 - ATTEMPTS}


def test_a_right_password_leaves_no_attempt(people: Workspace) -> None:
    accounts, state = people.governance.accounts, people.governance.state
    accounts.set_password("ida", PASSWORD, by="test")
    with pytest.raises(NotSignedIn):
        accounts.check("vera", "a wrong guess", address="192.0.2.7")
    for _ in range(ATTEMPTS + 1):
        accounts.check("ida", PASSWORD, address="192.0.2.7")
    assert len(state.rows("SELECT * FROM failure")) == 2, "vera's, by name and by address"


def test_an_account_without_a_password_cannot_sign_in(people: Workspace) -> None:
    for password in ("", "None", "nobody has this password"):
        with pytest.raises(NotSignedIn):
            people.governance.accounts.check("ida", password)


def test_roles_and_attributes_are_checked(shop: Workspace) -> None:
    with pytest.raises(UnknownName, match="admim"):
        shop.governance.accounts.create("dana", password=None, roles=["admim"], by="test")
    with pytest.raises(AccountRefused):
        shop.governance.accounts.create("dana", password=None, attributes={"x y": "1"}, by="test")


def test_nobody_changes_his_own_roles_groups_or_attributes(people: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = people.governance.accounts
    before = accounts.named("ada")
    for change in ({"roles": ["admin", "product_owner"]}, {"groups": ["customer-data"]}, {"attributes": {"a": "b"}}):
        with pytest.raises(AccountRefused, match="his own"):
            accounts.change("ada", by="ada", **change)
    words = ["users", "change", "ada", "--role", "privacy_officer", "--project", str(people.project.root)]
    with monkeypatch.context() as environment:
        environment.setenv("C360_API_KEY", people.governance.tickets.create_key("ada", label="t", by="test")[1])
        assert copy_context().run(CliRunner().invoke, app, words).exit_code != 0
    assert accounts.named("ada") == before
    assert CliRunner().invoke(app, words).exit_code == 0, "who sits at the machine may"
    assert accounts.change("vera", by="ada", roles=["member"]).roles == {"member"}


def test_a_session_ends_by_idling_by_age_and_by_a_new_password(people: Workspace) -> None:
    clock = Clock()
    office = clocked(people, clock).governance
    ida = office.accounts.named("ida")
    token = office.tickets.open_session(ida)
    assert token.encode() not in office.state.path.read_bytes()
    for _ in range(20):
        clock.turn(minutes=25)
        assert office.tickets.session(token)
    clock.turn(minutes=31)
    assert office.tickets.session(token) is None  # idle
    token = office.tickets.open_session(ida)
    for _ in range(30):
        clock.turn(minutes=25)
        office.tickets.session(token)
    assert office.tickets.session(token) is None  # twelve hours are over, however busy
    token = office.tickets.open_session(ida)
    office.accounts.set_password("ida", PASSWORD, by="test")
    assert office.tickets.session(token) is None
    assert office.tickets.session("made up") is None


def test_a_key_works_until_it_ends_is_revoked_or_its_account_stops(people: Workspace) -> None:
    clock = Clock()
    office = clocked(people, clock).governance
    made, text = office.tickets.create_key("ida", label="notebook", scopes=["metrics"], days=10, by="test")
    assert text.startswith("c360_")
    assert text.split("_", 2)[2].encode() not in office.state.path.read_bytes()
    assert office.key_principal(text).scopes == {"metrics"}
    for wrong in (
        text[:-1],
        text + "x",
        "c360_",
        "",
        "c360_00000000_" + text.split("_", 2)[2],
        text.replace("c360", "x"),
    ):
        with pytest.raises(NotSignedIn):
            office.key_principal(wrong)
    clock.turn(days=11)
    with pytest.raises(NotSignedIn):
        office.key_principal(text)
    _, text = office.tickets.create_key("ida", label="notebook", days=10, by="test")
    office.accounts.change("ida", is_active=False, by="test")
    with pytest.raises(NotSignedIn):
        office.key_principal(text)
    office.accounts.change("ida", is_active=True, by="test")
    assert office.key_principal(text)
    office.tickets.revoke_key(office.tickets.keys("ida")[-1].id, by="test")
    with pytest.raises(NotSignedIn):
        office.key_principal(text)
    with pytest.raises(UnknownName):
        office.tickets.create_key("ida", label="x", scopes=["everything"], by="test")
    assert made.revoked_at is None


def test_the_history_refuses_changes_and_shows_those_made_around_it(people: Workspace) -> None:
    state = people.governance.state
    count, head = state.verify()
    assert count == 7
    with sqlite3.connect(state.path) as database:
        for sql in ("UPDATE event SET actor = 'x'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                database.execute(sql)
    assert state.verify() == (count, head)
    with sqlite3.connect(state.path) as database:
        database.execute("DROP TRIGGER event_stays")
        database.execute("UPDATE event SET actor = 'somebody else' WHERE seq = 3")
    with pytest.raises(HistoryBroken, match="Entry 3"):
        state.verify()


def test_cutting_the_end_of_the_history_off_is_noticed(people: Workspace) -> None:
    state = people.governance.state
    with sqlite3.connect(state.path) as database:
        database.execute("DROP TRIGGER event_is_kept")
        database.execute("DELETE FROM event WHERE seq > 5")
    with pytest.raises(HistoryBroken, match="ends at entry 5"):
        state.verify()


def test_writers_at_once_keep_one_chain(people: Workspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    state = people.governance.state

    def write(number: int) -> None:
        with state.writing() as writing:
            writing.note("test", "noted", str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    assert state.verify()[0] == 67


def test_a_state_file_of_a_newer_version_is_left_alone(people: Workspace) -> None:
    with sqlite3.connect(people.governance.state.path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(C360Error, match="newer version"):
        people.governance.accounts.all()


def test_what_was_read_is_seen_by_other_processes_at_once_and_outlives_a_killed_one(people: Workspace) -> None:
    state = people.governance.state
    script = (
        "import os, sys; from pathlib import Path; from customer360.governance.state import State\n"
        "state = State(Path(sys.argv[1]))\n"
        "with state.writing(waits=False) as writing: writing.note('x', 'data.read', 'crm.customer', rows=1)\n"
        "os.kill(os.getpid(), 9)"
    )
    before, src = state.verify()[0], Path(__file__).parents[2] / "src"
    root = str(state.path.parent.parent)
    done = subprocess.run([sys.executable, "-c", script, root], check=False, env={**os.environ, "PYTHONPATH": str(src)})
    assert done.returncode == -9
    assert state.verify()[0] == before + 1
    newest = state.history(limit=1)[0]
    assert (newest.actor, newest.action) == ("x", "data.read")
