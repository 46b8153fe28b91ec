"""People hear of requests that wait for them and of what was decided; the list only grows, and an address hears it too."""

from __future__ import annotations

import json
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR, who
from tests.governance.test_doors import HERE

from customer360.governance.notices import Notices, signature
from customer360.governance.office import Governance
from customer360.privacy.search import scrub_state
from customer360.privacy.subject import Subject
from customer360.project.outside import NoticeAddress
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace


def told(workspace: Workspace, name: str) -> list[tuple[str, str]]:
    return [(each.kind, each.port) for each in workspace.governance.notices.of(name)]


def test_who_decides_hears_of_a_request_and_who_asked_of_the_decision(people: Workspace) -> None:
    access, ida = people.governance.access, people.governance.accounts.named("ida")
    request = access.request(ida, "crm.customer", purpose="spring")
    assert told(people, "olga") == told(people, "dora") == told(people, "ada") == [("requested", "crm.customer")]
    for name in ("ida", "sam", "vera", "pia"):
        assert told(people, name) == [], name
    grant = access.approve(request.id, by=who(people, "olga"), note="fine")
    assert told(people, "ida") == [("approved", "crm.customer")]
    access.revoke(grant.id, by=who(people, "dora"))
    assert told(people, "ida")[0] == ("revoked", "crm.customer")
    personal = access.grant("sales.sale", "ida", by=OPERATOR)
    assert told(people, "ida")[0] == ("granted", "sales.sale")
    access.revoke(personal.id, by=who(people, "ida"))  # what one does oneself is no news
    assert told(people, "ida")[0] == ("granted", "sales.sale")


def test_personal_data_are_told_to_privacy_officers(people: Workspace) -> None:
    access, ida = people.governance.access, people.governance.accounts.named("ida")
    access.grant("crm.customer", "ida", by=OPERATOR)
    access.request(ida, "crm.customer", purpose="call back", personal=True)
    assert told(people, "pia") == [("requested", "crm.customer")]
    assert told(people, "olga") == []
    assert "in the clear" in people.governance.notices.of("pia")[0].text


def test_the_list_only_grows_and_remembers_what_was_seen(people: Workspace) -> None:
    people.governance.access.grant("sales.sale", "ida", by=OPERATOR)
    notices = people.governance.notices
    assert notices.count_new("ida") == 1
    notices.mark_seen("ida", notices.of("ida")[0].id)
    notices.mark_seen("ida", 0)  # never back
    assert notices.count_new("ida") == 0
    with (
        pytest.raises(sqlite3.IntegrityError, match="only grow"),
        people.governance.state.writing() as writing,
    ):
        writing.run("DELETE FROM notice")


def test_over_rest_each_sees_its_own(people: Workspace) -> None:
    people.governance.access.grant("sales.sale", "ida", by=OPERATOR)
    keys = {name: people.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("ida", "vera")}
    with TestClient(create_app(people), base_url=HERE) as client:

        def call(name: str, method: str, path: str, body: Any = None) -> Any:
            return client.request(method, f"/api/v1/access{path}", json=body, headers={"X-API-Key": keys[name]})

        (notice,) = call("ida", "GET", "/notices").json()
        assert (notice["is_new"], notice["port"]) == (True, "sales.sale")
        assert call("vera", "GET", "/notices").json() == []
        assert call("vera", "POST", "/notices/seen", {"up_to": notice["id"]}).status_code == 204
        assert call("ida", "GET", "/notices").json()[0]["is_new"]
        assert call("ida", "POST", "/notices/seen", {"up_to": notice["id"]}).status_code == 204
        assert not call("ida", "GET", "/notices").json()[0]["is_new"]


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]], list[int]]]:
    """A server that keeps what it is sent and answers with the next of some statuses."""
    took: list[tuple[dict[str, str], bytes]] = []
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            took.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses.pop(0) if statuses else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", took, statuses
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_told_too_signed_and_never_waited_for(
    people: Workspace, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, took, statuses = receiver
    monkeypatch.setenv("HARBOUR_NOTICES", url)
    monkeypatch.setenv("HARBOUR_NOTICES_SECRET", "a secret")
    governance = Governance(people.project)
    governance.notices = Notices(governance.state, NoticeAddress("HARBOUR_NOTICES", "HARBOUR_NOTICES_SECRET"))
    governance.access.grant("sales.sale", "ida", by=OPERATOR)
    headers, body = took.pop()
    (notice,) = json.loads(body)["notices"]
    assert (notice["account"], notice["kind"], notice["port"]) == ("ida", "granted", "sales.sale")
    moment, _, digest = headers["X-C360-Signature"].partition(",v1=")
    assert digest == signature("a secret", moment.removeprefix("t="), body)
    statuses.append(503)
    governance.access.grant("crm.customer", "ida", by=OPERATOR)  # holds in any case
    failed = governance.state.history(limit=1)[0]
    assert (failed.action, failed.detail["reason"]) == ("notices.failed", "status 503")
    assert len(governance.access.grants(holder="ida")) == 2


def test_an_erasure_empties_what_people_wrote_and_the_history_never_held_it(people: Workspace) -> None:
    governance, person = people.governance, "crm:P17"
    access, ida = governance.access, governance.accounts.named("ida")
    request = access.request(ida, "crm.customer", purpose=f"call {person}")
    grant = access.approve(request.id, by=who(people, "olga"), note=f"for {person} only")
    assert person in governance.notices.of("ida")[0].text
    assert access.revoke(grant.id, by=who(people, "dora"), note=f"{person} left").note == f"{person} left"
    assert person not in str([dict(event.detail) for event in governance.state.history()])
    done = dict(scrub_state(people.project.root, Subject((person,), ())))
    file = governance.state.path.name
    assert {f"{file}: {table}" for table in ("access_request", "access_grant", "notice")} <= done.keys()
    assert access.grant_of(grant.id).note == "[erased] left"
    assert governance.notices.of("ida")[1].text.endswith(": for [erased] only.")
    assert person.encode() not in governance.state.path.read_bytes()
