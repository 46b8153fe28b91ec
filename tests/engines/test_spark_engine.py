"""Tables that Spark computes are the lake's own: states, clean-up, crashes and refusals as without Spark."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.spark_server import Kept, spark

from customer360.engines.base import Column
from customer360.engines.registry import open_engine
from customer360.engines.spark import SparkEngine
from customer360.engines.spark_server import Address, Spark, require_java
from customer360.errors import (
    ExtensionMissing,
    Place,
    ProjectError,
    SettingMissing,
    StatementFailed,
    UnknownName,
    WarehouseError,
)
from customer360.names import Relation
from customer360.project.spec import EngineSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from customer360.engines.base import Engine

__all__ = ["spark"]

PEOPLE, TALL, COPY = Relation("raw_shop", "people"), Relation("gold", "tall"), Relation("gold", "copy")
FOLDER = "ware house é"
ROWS = "SELECT * FROM (VALUES (1, 'Ann', 1.75), (2, 'Bob', 1.62), (3, 'Cleo', NULL)) AS t(id, name, height)"


def settings(**options: Any) -> Settings:
    return Settings(name="acme", place=Place("c360.yaml", 4), label="Acme", engine=EngineSettings("spark", options))


@pytest.fixture
def engine(spark: Spark, tmp_path: Path) -> Iterator[SparkEngine]:
    opened = SparkEngine.open(settings(folder=FOLDER), tmp_path, spark=Kept(spark))
    with opened.publish(note="load") as publication:
        publication.create_schema("raw_shop")
        publication.create_schema("gold")
        publication.create_table_as(PEOPLE, ROWS)
    yield opened
    opened.close()


def make(engine: Engine, relation: Relation, select: str, note: str = "build") -> int:
    with engine.publish(note=note) as publication:
        return publication.create_table_as(relation, select)


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    with engine.read() as session:
        return [tuple(row.values()) for row in session.query(sql).to_pylist()]


def interrupted(engine: Engine) -> None:
    with engine.publish(note="build") as publication:
        publication.create_table_as(TALL, f"SELECT p.name FROM {PEOPLE.sql} AS p")
        raise KeyboardInterrupt


def spark_files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and "spark-" in str(path))


pytestmark = pytest.mark.spark


def test_the_files_that_spark_wrote_are_the_lakes_and_move_with_the_project(
    engine: SparkEngine, spark: Spark, tmp_path: Path
) -> None:
    assert make(engine, TALL, f"SELECT p.id, p.height FROM {PEOPLE.sql} AS p WHERE p.height > 1.7") == 1
    (file,) = spark_files(tmp_path)
    assert pq.read_table(file).num_rows == 1
    assert engine.sizes([TALL])[TALL] == file.stat().st_size
    assert not list(tmp_path.rglob("handover/*"))
    assert not list(tmp_path.rglob("*.crc"))
    engine.close()
    moved = tmp_path.parent / f"{tmp_path.name}_moved"
    shutil.move(tmp_path, moved)
    other = SparkEngine.open(settings(folder=FOLDER), moved, spark=Kept(spark))
    assert [row[0] for row in rows(other, f"FROM {TALL.sql}")] == [1]
    assert make(other, COPY, f"SELECT t.id FROM {TALL.sql} AS t") == 1
    other.close()


def test_an_empty_result_is_an_empty_table_of_the_right_types(engine: SparkEngine) -> None:
    assert make(engine, TALL, f"SELECT p.id, p.name FROM {PEOPLE.sql} AS p WHERE p.id > 9") == 0
    assert make(engine, COPY, f"SELECT count(*) AS n FROM {TALL.sql} AS t") == 1
    assert rows(engine, f"FROM {COPY.sql}") == [(0,)]
    with engine.read() as session:
        assert session.columns(TALL) == (Column("id", "INTEGER"), Column("name", "VARCHAR"))


def test_spark_sees_what_the_transaction_sees(engine: SparkEngine) -> None:
    counted = f"SELECT count(*) AS n, count(p.email) AS emails, max(p.id) AS last FROM {PEOPLE.sql} AS p"
    with engine.publish(note="build") as publication:
        publication.execute(f"DELETE FROM {PEOPLE.sql} WHERE id = 2")
        publication.execute(f"ALTER TABLE {PEOPLE.sql} ADD COLUMN email VARCHAR")
        publication.insert_arrow(PEOPLE, pa.table({"id": [7], "email": ["x@example.com"]}))
        publication.create_table_as(TALL, counted)
        publication.execute(f"UPDATE {TALL.sql} SET n = n + 10")
        publication.create_table_as(COPY, f"SELECT t.n FROM {TALL.sql} AS t")
    assert rows(engine, f"FROM {TALL.sql}") == [(13, 1, 7)]
    assert rows(engine, f"FROM {COPY.sql}") == [(13,)]
    make(engine, COPY, counted)  # deleted rows and a new column, committed by now
    assert rows(engine, f"FROM {COPY.sql}") == [(3, 1, 7)]


def test_types_that_spark_lacks_go_there_and_back(engine: SparkEngine) -> None:
    typed = (
        "SELECT 170141183460469231731::HUGEINT AS big, '7b9f3a1c-0000-4000-8000-000000000001'::UUID AS code, "
        "TIMESTAMP '1850-03-01 01:02:03.000004' AS moment, DATE '0999-12-31' AS day, 'é ☕' AS text, "
        "12345678901.123456789::DECIMAL(28,9) AS amount, true AS flag, [1, NULL, 3] AS list, 1::UTINYINT AS tiny"
    )
    with engine.publish(note="load") as publication:
        publication.create_table_as(Relation("raw_shop", "odd"), typed)
    make(engine, COPY, "SELECT o.* FROM raw_shop.odd AS o")
    with engine.read() as session:
        assert session.columns(COPY) == session.columns(Relation("raw_shop", "odd"))
        del session
    kept = "big::VARCHAR, code, moment, day, text, amount, flag, list, tiny"
    assert rows(engine, f"SELECT {kept} FROM {COPY.sql}") == rows(engine, f"SELECT {kept} FROM raw_shop.odd")


def test_spark_reads_views_of_the_lake(engine: SparkEngine) -> None:
    with engine.publish(note="views") as publication:
        publication.create_view(Relation("gold", "named"), f"SELECT p.name, p.id FROM {PEOPLE.sql} AS p")
        publication.create_view(Relation("gold", "short"), "SELECT n.id FROM gold.named AS n WHERE length(n.name) < 4")
        publication.create_view(Relation("gold", "odd"), f"SELECT list_sum(list(p.id)) AS s FROM {PEOPLE.sql} AS p")
        publication.create_table_as(TALL, "SELECT s.id, o.s FROM gold.short AS s CROSS JOIN gold.odd AS o")
    assert sorted(rows(engine, f"FROM {TALL.sql}")) == [(1, 6), (2, 6)]


def test_a_rollback_publishes_an_earlier_state_and_old_files_go(
    spark: Spark, engine: SparkEngine, tmp_path: Path
) -> None:
    make(engine, TALL, f"SELECT p.id FROM {PEOPLE.sql} AS p")
    first = engine.history()[0].id
    make(engine, TALL, f"SELECT p.name FROM {PEOPLE.sql} AS p")
    engine.rollback(first)
    assert sorted(rows(engine, f"FROM {TALL.sql}")) == [(1,), (2,), (3,)]
    make(engine, COPY, f"SELECT sum(t.id)::BIGINT AS s FROM {TALL.sql} AS t")
    assert rows(engine, f"FROM {COPY.sql}") == [(6,)]
    assert len(spark_files(tmp_path)) == 3
    engine.maintain(purge=True)
    assert len(spark_files(tmp_path)) == 1, "what no state needs is deleted, whoever wrote it"


def test_a_purge_leaves_no_trace_of_a_deleted_row(engine: SparkEngine, tmp_path: Path) -> None:
    secret = hashlib.md5(b"Bob").hexdigest().encode()  # a text that no compression makes shorter
    make(engine, TALL, f"SELECT p.id, md5(p.name) AS code FROM {PEOPLE.sql} AS p")
    assert any(secret in file.read_bytes() for file in spark_files(tmp_path))
    with engine.publish(note="erase") as publication:
        publication.execute(f"DELETE FROM {PEOPLE.sql} WHERE id = 2")
        publication.execute(f"DELETE FROM {TALL.sql} WHERE id = 2")
    engine.maintain(purge=True)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in kept if secret in path.read_bytes()] == []
    assert len(rows(engine, f"FROM {TALL.sql}")) == 2


def test_a_publish_that_fails_leaves_the_state_and_no_files(engine: SparkEngine, tmp_path: Path) -> None:
    make(engine, TALL, f"SELECT p.id FROM {PEOPLE.sql} AS p")
    before, files = engine.history(), spark_files(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupted(engine)
    with pytest.raises(StatementFailed) as caught:
        make(engine, TALL, f"SELECT p.name::INTEGER AS n FROM {PEOPLE.sql} AS p")
    assert "Ann" not in f"{caught.value} {caught.value.next_step}"
    assert (engine.history(), spark_files(tmp_path)) == (before, files)
    assert len(rows(engine, f"SELECT id FROM {TALL.sql}")) == 3


def test_a_construct_without_a_rule_is_refused_naming_it_and_spark(engine: SparkEngine) -> None:
    with pytest.raises(StatementFailed, match=r"list_sum\(\) has no rule for Spark"):
        make(engine, TALL, f"SELECT list_sum([p.id]) AS s FROM {PEOPLE.sql} AS p")


def test_files_that_spark_writes_elsewhere_are_noticed(engine: SparkEngine, tmp_path: Path) -> None:
    """As if the folder were not shared: what Spark wrote vanishes before the lake looks."""
    from customer360.engines.spark_publication import _files

    folder = tmp_path / "not_shared"
    with pytest.raises(WarehouseError, match="do not see the same files"):
        _files(folder, 3, keep_empty=False)
    folder.mkdir()
    pq.write_table(pa.table({"x": [1, 2]}), folder / "part-0.parquet")
    with pytest.raises(WarehouseError, match="do not see the same files"):
        _files(folder, 3, keep_empty=False)


def test_one_process_has_one_spark_of_its_own(spark: Spark) -> None:
    spark.session()
    other = Spark(Address(master="local[3]"))
    with pytest.raises(WarehouseError, match="other settings"):
        other.session()


@pytest.mark.full  # waiting takes a dozen seconds
def test_a_server_that_is_not_there_is_told_within_half_a_minute() -> None:
    away = Spark(Address(url="sc://localhost:1"))
    with pytest.raises(WarehouseError, match="does not answer") as caught:
        away.session()
    assert "localhost" not in str(caught.value)


def test_addresses_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = Place("c360.yaml", 4)
    with pytest.raises(ProjectError, match="environment variable, not in the project"):
        Address.named({"url": "sc://host"}, place=place)
    with pytest.raises(SettingMissing, match="C360_SPARK_URL is not set"):
        open_engine(settings(url={"env": "C360_SPARK_URL"}), tmp_path)
    monkeypatch.setenv("C360_SPARK_URL", "postgres://secret@host")
    with pytest.raises(ProjectError, match="does not hold a Spark Connect URL") as caught:
        open_engine(settings(url={"env": "C360_SPARK_URL"}), tmp_path)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("C360_SPARK_URL", "sc://host:15002/;token=secret")
    assert open_engine(settings(url={"env": "C360_SPARK_URL"}), tmp_path).name == "spark"
    with pytest.raises(UnknownName, match=r"'mastr'.*Did you mean 'master'"):
        open_engine(settings(mastr="local[2]"), tmp_path)
    for key in ("catalogue", "endpoint", "region", "wait_seconds"):
        with pytest.raises(UnknownName, match=f"'{key}'"):
            open_engine(settings(**{key: "x"}), tmp_path)
    with pytest.raises(ProjectError, match="maps names"):
        open_engine(settings(settings=["x"]), tmp_path)
    assert not (tmp_path / "warehouse").exists(), "opening touches nothing"


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExtensionMissing, match="needs Java 17 or newer, and there is none") as caught:
        require_java()
    assert "openjdk-17-jre-headless" in str(caught.value.next_step)
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(ExtensionMissing, match="the one here is 11"):
        require_java()
