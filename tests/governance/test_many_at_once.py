"""Many people at once: each signs in, looks and asks, and none of them meets an error or somebody else's session."""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import uvicorn
from tests.governance.conftest import PASSWORD

from customer360.governance.state import State
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

PEOPLE = 8
ROUNDS = 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def crowd(people: Workspace) -> tuple[Workspace, list[str]]:
    names = [f"person{number}" for number in range(PEOPLE)]
    for name in names:
        people.governance.accounts.create(name, password=PASSWORD, by="test")
    return people, names


@pytest.fixture
def port(crowd: tuple[Workspace, list[str]]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(crowd[0]), log_level="warning"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


class Person:
    """Somebody with a browser: one connection, one session."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        self.connection.request(method, path, body, {"Cookie": self.cookie, **headers})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if found := re.match(r"[^;]+", answer.headers.get("Set-Cookie", "")):
            self.cookie = found[0]
        return answer.status, text

    def work(self, number: int) -> list[int]:
        with closing(self.connection):
            form = urlencode({"name": self.name, "password": PASSWORD, "next": "/"})
            statuses = [self.send("POST", "/sign-in", form, **FORM)[0]]
            for turn in range(ROUNDS):
                statuses.append(self.send("GET", f"/?from=2024-0{1 + (number + turn) % 9}-01")[0])
                status, text = self.send("GET", "/api/v1/me")
                assert json.loads(text)["name"] == self.name
                statuses.append(status)
                statuses.append(self.send("GET", "/api/v1/dashboards/executive")[0])
            return statuses


def test_many_people_work_at_once_without_an_error(crowd: tuple[Workspace, list[str]], port: int) -> None:
    workspace, names = crowd
    before = len(workspace.governance.state.history())
    with ThreadPoolExecutor(PEOPLE) as pool:
        found = list(pool.map(lambda pair: Person(pair[1], port).work(pair[0]), enumerate(names)))
    assert found == [[303] + [200] * 3 * ROUNDS] * PEOPLE
    entries = workspace.governance.state.history()
    assert len({e.actor for e in entries if e.action == "sign_in.done"}) == PEOPLE
    assert {e.actor for e in entries[: len(entries) - before] if e.action == "data.read"} <= set(names)
    workspace.governance.state.verify()


def test_writers_of_one_process_wait_for_their_turn_however_long_it_takes(tmp_path: Path) -> None:
    """A crowd that signs in at once queues: nobody is sent away because the file was busy."""
    state = State(tmp_path, patience=0.05)

    def note(number: int) -> None:
        with state.writing() as writing:
            sleep(0.03)
            writing.note("test", "signed_in", str(number))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(note, range(20)))
    assert {event.subject for event in state.history()} == {str(number) for number in range(20)}
    assert state.verify()[0] == 20
