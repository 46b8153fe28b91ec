"""A lake whose catalogue is a PostgreSQL server: several builders, of which one wins, and many readers."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engines.conftest import SOURCES
from tests.models.projects import AS_OF

from customer360.engines.duckdb import DuckLakeEngine
from customer360.errors import (
    CommitFailed,
    NotPermitted,
    Place,
    ProjectError,
    SettingMissing,
    SnapshotMissing,
    WarehouseError,
    WarehouseLost,
    WarehouseMissing,
    WriterBusy,
)
from customer360.names import Relation
from customer360.project.spec import EngineSettings, Settings

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

T, V = Relation("gold", "t"), Relation("gold", "v")
Open = Callable[..., DuckLakeEngine]


def settings(**options: Any) -> Settings:
    return Settings(
        name="acme",
        label="Acme",
        place=Place("c360.yaml", 1),
        as_of=AS_OF,
        keep_snapshots=int(options.pop("keep", 10)),
        engine=EngineSettings("duckdb", {"catalogue": {"env": "C360_CATALOGUE_URL"}, **options}),
    )


@pytest.fixture
def catalogue(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database for a catalogue."""
    made = postgres.new_database()
    monkeypatch.setenv("C360_CATALOGUE_URL", made)
    return made


@pytest.fixture(scope="module")
def pair(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckLakeEngine, ...]]:
    """Two machines of one team, for all that leaves the lake fit for use: an instance of DuckDB costs most here."""
    folder = tmp_path_factory.mktemp("pair")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("C360_CATALOGUE_URL", postgres.new_database())
        found = [
            DuckLakeEngine.open(settings(data=str(folder / "shared"), wait_seconds=wait), folder / name)
            for name, wait in (("hasty", 0), ("patient", 30))
        ]
    yield tuple(found)
    for engine in found:
        engine.close()


@pytest.fixture
def machine(catalogue: str, tmp_path: Path) -> Iterator[Open]:
    """Open the lake as one more machine of the team does: a folder of its own, the data shared."""
    opened: list[DuckLakeEngine] = []

    def make(name: str, **options: Any) -> DuckLakeEngine:
        given = {"data": str(tmp_path / "shared"), "wait_seconds": 0, **options}
        opened.append(DuckLakeEngine.open(settings(**given), tmp_path / name))
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()


def put(engine: DuckLakeEngine, *values: int, note: str = "put") -> int:
    listed = ", ".join(f"({value})" for value in values)
    with engine.publish(note=note) as publication:
        publication.create_schema("gold")
        publication.create_table_as(T, f"SELECT id FROM (VALUES {listed}) AS v(id)")
        publication.create_view(V, "SELECT sum(id) AS total FROM gold.t")
    assert publication.snapshot_after is not None
    return publication.snapshot_after


def ids(engine: DuckLakeEngine, **at: Any) -> list[int]:
    with engine.read(**at) as session:
        return [row["id"] for row in session.query("SELECT id FROM gold.t ORDER BY id").to_pylist()]


def test_what_one_machine_publishes_every_other_reads(pair: tuple[DuckLakeEngine, ...]) -> None:
    one, other = pair
    assert not one.exists(), "this is the first test of the pair"
    assert other.history() == ()
    with pytest.raises(WarehouseMissing), other.read():
        pass
    first = put(one, 1, 2, note="build one")
    assert ids(other) == [1, 2]
    second = put(other, 3, note="build two")
    assert (ids(one), ids(one, at_snapshot=first)) == ([3], [1, 2])
    assert [(s.id, s.note) for s in one.history()] == [(second, "build two"), (first, "build one")]
    with other.read() as session:
        assert session.query("SELECT total FROM gold.v").to_pylist() == [{"total": 3}]
    one.rollback(first)
    assert ids(other) == [1, 2]
    assert one.sizes([T])[T] > 0
    with pytest.raises(SnapshotMissing):
        ids(other, at_snapshot=99)


def test_a_failed_build_publishes_nothing(pair: tuple[DuckLakeEngine, ...]) -> None:
    one, other = pair
    put(one, 1)

    def fails() -> None:
        with one.publish(note="fails") as publication:
            publication.execute("INSERT INTO gold.t SELECT 2")
            publication.execute("SELECT * FROM gold.nowhere")

    with pytest.raises(WarehouseError):
        fails()
    assert ids(other) == [1]
    put(other, 5)
    assert ids(one) == [5]


def test_one_builder_wins_and_the_others_hear_who_it_is(pair: tuple[DuckLakeEngine, ...]) -> None:
    other, one = pair
    put(one, 1)
    with one.publish(note="long build"), pytest.raises(WriterBusy, match=r"written by .+ \(\d+ on .+\), since .+ UTC"):
        put(other, 2)
    put(other, 2)
    assert ids(one) == [2]


def test_a_builder_waits_and_says_for_whom(pair: tuple[DuckLakeEngine, ...], caplog: pytest.LogCaptureFixture) -> None:
    one, patient = pair
    put(one, 1)
    waiting = threading.Event()

    class Hears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            waiting.set()

    logging.getLogger("customer360.engines.team").addHandler(heard := Hears())
    with one.publish(note="first") as publication:
        thread = threading.Thread(target=put, args=(patient, 7))
        thread.start()
        assert waiting.wait(20)
        publication.execute("DELETE FROM gold.t")
    thread.join(30)
    logging.getLogger("customer360.engines.team").removeHandler(heard)
    assert "The warehouse is being written by" in caplog.text
    assert "Waiting for it, up to 30 s." in caplog.text
    assert [state.note for state in one.history()][:2] == ["put", "first"]
    assert ids(one) == [7]


def test_a_snapshot_that_another_machine_reads_does_not_expire(machine: Open, tmp_path: Path) -> None:
    one, reader = machine("one", keep=2), machine("reader", keep=2)
    first = put(one, 1)
    with reader.read() as session:
        for value in range(2, 5):
            put(one, value)
        assert session.snapshot == first
        assert session.query("SELECT id FROM gold.t").to_pylist() == [{"id": 1}]
        assert first in {state.id for state in one.history()}
    put(one, 8)
    assert len(one.history()) == 2
    assert ids(reader) == [8]


@pytest.mark.full
def test_readers_see_no_mix_while_two_machines_publish(machine: Open) -> None:
    one, other, reader = machine("one"), machine("other"), machine("reader")
    put(one, 0, 0)
    done, wrong, seen = threading.Event(), [], set()

    def read() -> None:
        while not done.is_set():
            found = ids(reader)
            seen.add(found[0])
            if len(set(found)) != 1 or len(found) != 2:
                wrong.append(found)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 5):
        put(one if number % 2 else other, number, number)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(seen) > 1


def test_typed_sql_reads_the_lake_and_nothing_else(pair: tuple[DuckLakeEngine, ...]) -> None:
    one, _ = pair
    first = put(one, 4)
    put(one, 5)
    with one.read_untrusted(relations=[T]) as session:
        assert session.query("SELECT id FROM gold.t").to_pylist() == [{"id": 5}]
        with pytest.raises(NotPermitted):
            session.query("SELECT * FROM gold.v")
        with pytest.raises(NotPermitted):
            session.query("SELECT * FROM postgres_query('lake', 'SELECT 1')")
    with one.read_untrusted(relations=[T], at_snapshot=first) as session:
        assert session.query("SELECT id FROM gold.t").to_pylist() == [{"id": 4}]


def test_maintenance_takes_old_rows_out_of_files_and_catalogue(machine: Open, tmp_path: Path) -> None:
    one, server = machine("one"), machine("one that serves pages")
    put(one, 4711)
    put(one, 5)
    assert ids(server) == [5], "an instance that reads nothing now must not hold the catalogue's tables"
    assert one.maintain(purge=True)["snapshots"] >= 1
    assert ids(one) == [5]
    assert len(list((tmp_path / "shared").rglob("*.parquet"))) == 1
    assert len(one.history()) == 1


@pytest.mark.full
def test_a_builder_that_is_killed_leaves_the_state_and_the_next_one_on_another_machine_tidies_up(
    machine: Open, catalogue: str, tmp_path: Path
) -> None:
    other = machine("other")
    put(other, 1)
    script = tmp_path / "dies.py"
    script.write_text(DIES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "one"), str(tmp_path / "shared")],
        env={**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr
    assert ids(other) == [1]
    assert len(list((tmp_path / "shared").rglob("*.parquet"))) > 1
    put(other, 2)
    assert ids(other) == [2]
    other.maintain(purge=True)
    assert len(list((tmp_path / "shared").rglob("*.parquet"))) == 1


DIES = """
import os, sys
from pathlib import Path
from tests.engines.test_team import T, settings
from customer360.engines.duckdb import DuckLakeEngine
engine = DuckLakeEngine.open(settings(data=sys.argv[2]), Path(sys.argv[1]))
with engine.publish(note="dies") as publication:
    publication.create_table_as(T, "SELECT * FROM range(100000) AS r(id)")
    os._exit(9)
"""


def test_a_lost_catalogue_is_told_without_its_address(machine: Open, postgres: PostgresServer, catalogue: str) -> None:
    one = machine("one")
    put(one, 1)
    name = catalogue.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]

    def cut() -> None:
        with one.publish(note="cut") as publication:
            publication.execute("DELETE FROM gold.t")
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with pytest.raises((WarehouseLost, CommitFailed)) as told:
        cut()
    assert name not in str(told.value)
    assert ids(machine("other")) == [1]
    put(one, 2)
    assert ids(one) == [2]


def test_settings_that_cannot_be_right_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("C360_CATALOGUE_URL", raising=False)
    with pytest.raises(ProjectError, match=r"needs a place for the data files.*Write it under engine: `data:"):
        DuckLakeEngine.open(settings(), tmp_path)
    lone = replace(settings(), engine=EngineSettings("duckdb", {"data": "s3://bucket/x"}))
    with pytest.raises(ProjectError, match="need a catalogue that is not a file"):
        DuckLakeEngine.open(lone, tmp_path)
    with pytest.raises(SettingMissing, match="C360_CATALOGUE_URL"):
        DuckLakeEngine.open(settings(data="shared"), tmp_path)
    monkeypatch.setenv("C360_CATALOGUE_URL", "postgresql://ann:open-sesame@127.0.0.1:1/none")
    engine = DuckLakeEngine.open(settings(data="shared"), tmp_path)
    with pytest.raises(WarehouseError, match="does not answer") as told:
        engine.exists()
    assert "sesame" not in str(told.value)
    with pytest.raises(ProjectError, match=r"Write `catalogue: \{env: C360_CATALOGUE_URL\}` under engine"):
        DuckLakeEngine.open(settings(data="shared", catalogue="postgresql://ann:open-sesame@db/none"), tmp_path)
