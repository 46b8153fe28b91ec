"""The server killed in the middle of a build, or the network cut: the old state stays, a sentence, the next run works."""

from __future__ import annotations

import signal
import socket
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from tests.models.projects import column, contract, land, model, project, source
from tests.postgres_server import PostgresServer, running

from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.errors import CommitFailed, WarehouseError, WarehouseLost
from customer360.models.build import build
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.postgres

MODELS = (
    model("gold.firsts", "-- One row per number.\nSELECT n FROM raw_shop.numbers"),
    model("gold.seconds", "-- One row per number.\nSELECT n * 2 AS n FROM gold.firsts"),
    model("gold.shown", "-- One row per number.\nSELECT n FROM gold.seconds", kind="view"),
)
CONTRACTS = (contract("gold.seconds", [column("n", "INTEGER", required=True)]),)
PROJECT = project(*MODELS, contracts=CONTRACTS, sources=(source("shop", "numbers"),))


class Wire:
    """A network between us and a server: TCP on our side, the server's socket on the other. It can be cut."""

    def __init__(self, folder: str) -> None:
        self._target = f"{folder}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.is_up = True
        self.at_commit: Callable[[], bool] | None = None
        """Called when a COMMIT passes; whether it may go on to the server."""
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, of: str) -> str:
        """The URL of a database through this wire."""
        database = of.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]
        return f"postgresql://postgres@127.0.0.1:{self._listener.getsockname()[1]}/{database}?sslmode=disable"

    def cut(self) -> None:
        """Drop every connection and take no new one."""
        self.is_up = False
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open = []

    def close(self) -> None:
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_up:
                ours.close()
                continue
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(self._target)
            self._open += [ours, theirs]
            threading.Thread(target=self._forward, args=(ours, theirs, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(theirs, ours, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if to_server and b"COMMIT" in data and self.at_commit is not None:
                    act, self.at_commit = self.at_commit, None
                    if not act():
                        break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class At:
    """Do something when a build has come to a step."""

    def __init__(self, what: str, action: Callable[[], None]) -> None:
        self._what, self._action = what, action

    def start(self, task: str, total: int | None = None) -> None:
        """A task begins."""

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """A step is done."""
        if what == self._what:
            self._action()

    def finish(self, task: str) -> None:
        """A task ends."""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """A database with a published state, and raw rows that were loaded since."""
    made = postgres.new_database()
    begun(made)
    return made


def begun(url: str) -> None:
    engine = PostgresEngine(Server(url))
    land(engine, "raw_shop.numbers", "SELECT CAST(1 AS INTEGER) AS n", load=1)
    build(engine, PROJECT)
    land(engine, "raw_shop.numbers", "SELECT CAST(2 AS INTEGER) AS n", load=2)
    engine.close()


@pytest.fixture
def wire(postgres: PostgresServer) -> Iterator[Wire]:
    made = Wire(postgres.socket_folder)
    yield made
    made.close()


def shown(url: str) -> list[tuple[int]]:
    """What everybody sees, through a connection of its own."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT n FROM gold.shown ORDER BY n").fetchall()


def left_over(url: str) -> list[str]:
    """Tables of versions that no state has."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relname LIKE '%\\_\\_v%' AND n.nspname || '.' || c.relname NOT IN"
            " (SELECT physical FROM c360_versions.members)"
        ).fetchall()
    return [name for (name,) in found]


@pytest.mark.parametrize("when", ["gold.firsts", "gold.shown", "checks of gold.seconds"])
def test_a_cut_network_publishes_nothing_and_the_next_run_works(url: str, wire: Wire, when: str) -> None:
    engine = PostgresEngine(Server(wire.url(url)))
    with pytest.raises(WarehouseLost) as told:
        build(engine, PROJECT, progress=At(when, wire.cut))
    assert str(told.value) == (
        "The connection to the PostgreSQL warehouse was lost. "
        "Run again when the server answers; nothing was published and readers keep the old state."
    )
    assert shown(url) == [(2,)]
    with pytest.raises(WarehouseError, match=r"does not answer|cannot be opened"):
        build(engine, PROJECT)
    wire.is_up = True
    build(engine, PROJECT)
    assert shown(url) == [(2,), (4,)]
    assert left_over(url) == []
    engine.close()


def test_a_load_that_loses_its_connection_lands_nothing(url: str, wire: Wire) -> None:
    engine = PostgresEngine(Server(wire.url(url)))
    before = engine.history()

    def load() -> None:
        with engine.publish(note="load") as publication:
            publication.execute("DELETE FROM raw_shop.numbers")
            wire.cut()
            publication.insert_arrow(Relation("raw_shop", "numbers"), pa.table({"n": [3]}))

    with pytest.raises(WarehouseLost):
        load()
    wire.is_up = True
    assert engine.history() == before
    land(engine, "raw_shop.numbers", "SELECT CAST(3 AS INTEGER) AS n", load=3)
    build(engine, PROJECT)
    assert shown(url) == [(2,), (4,), (6,)]
    engine.close()


def test_a_commit_that_never_arrived_is_no_publish(url: str, wire: Wire) -> None:
    engine = PostgresEngine(Server(wire.url(url)))
    wire.at_commit = lambda: False
    with pytest.raises(CommitFailed, match="could not be committed, so nothing was published"):
        build(engine, PROJECT)
    assert shown(url) == [(2,)]
    build(engine, PROJECT)
    assert shown(url) == [(2,), (4,)]
    engine.close()


def test_a_commit_whose_answer_was_lost_is_found_to_be_published(url: str, wire: Wire) -> None:
    engine = PostgresEngine(Server(wire.url(url)))
    before = engine.history()[0].id
    wire.at_commit = lambda: swallow_answers(wire)
    report = build(engine, PROJECT)
    assert report.snapshot == before + 1 == engine.history()[0].id
    assert shown(url) == [(2,), (4,)]
    assert {node.action for node in build(engine, PROJECT).nodes} == {"skipped"}
    engine.close()


def swallow_answers(wire: Wire) -> bool:
    """Let our ends of the open connections hear nothing more; what we send still arrives."""
    for end in wire._open[::2]:
        end.shutdown(socket.SHUT_WR)
    return True


def test_a_commit_that_nobody_can_ask_about_is_told_so(url: str, wire: Wire) -> None:
    engine = PostgresEngine(Server(wire.url(url)))

    def lost() -> bool:
        wire.is_up = False
        return swallow_answers(wire)

    wire.at_commit = lost
    with pytest.raises(CommitFailed, match=r"not known whether the state \d+ was published. Look at `c360 history`"):
        build(engine, PROJECT)
    wire.is_up = True
    until(lambda: shown(url) == [(2,), (4,)])  # it was
    assert {node.action for node in build(engine, PROJECT).nodes} == {"skipped"}
    engine.close()


def until(came: Callable[[], bool]) -> None:
    """Wait for something that happens in a moment."""
    deadline = time.monotonic() + 10
    while not came():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def doomed() -> Iterator[PostgresServer]:
    """A server of its own, to be killed."""
    with running() as made:
        yield made


def test_a_killed_server_has_the_old_state_when_it_is_back(doomed: PostgresServer) -> None:
    url = doomed.new_database()
    begun(url)
    engine = PostgresEngine(Server(url))
    with engine.read() as session:
        old = session.query("SELECT n FROM gold.shown").to_pylist()
    pid = doomed.server.get_pid()
    with pytest.raises(WarehouseLost, match="connection to the PostgreSQL warehouse was lost"):
        build(engine, PROJECT, progress=At("gold.seconds", lambda: killed(pid)))
    with pytest.raises(WarehouseError, match=r"does not answer.*Start the server"):
        build(engine, PROJECT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        doomed.server.ensure_postgres_running()
    with engine.read() as session:
        assert session.query("SELECT n FROM gold.shown").to_pylist() == old == [{"n": 2}]
    assert left_over(url) == []
    build(engine, PROJECT)
    assert shown(url) == [(2,), (4,)]
    engine.close()


def killed(pid: int) -> None:
    """Kill a server with all its processes, at once and for good."""
    import psutil

    processes = [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=10)
