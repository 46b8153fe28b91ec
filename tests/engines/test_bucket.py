"""A team's lake whose data files lie in object storage: published, read, rolled back, cleaned up, erased from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.engines.conftest import SOURCES
from tests.engines.test_team import T, catalogue, ids, put, settings
from tests.faulty_wire import FaultyWire
from tests.object_storage import IDENTITY, SECRET, keys_to_storage, object_storage

from customer360.engines.bucket import Bucket, Keys
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.spark import SparkEngine
from customer360.errors import NotPermitted, ProjectError, SettingMissing, WarehouseError
from customer360.names import Relation

if TYPE_CHECKING:
    from tests.object_storage import ObjectStorage

__all__ = ["catalogue", "keys_to_storage", "object_storage"]
pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("keys_to_storage")]

PEOPLE = Relation("gold", "people")
PERSON = "persephone.nightingale@example.com"
Open = Callable[..., DuckLakeEngine]


@pytest.fixture(params=[False], ids=["plain"])
def bucket(object_storage: ObjectStorage, request: pytest.FixtureRequest) -> str:
    return object_storage.new_bucket(versioned=request.param)


@pytest.fixture
def machine(catalogue: str, object_storage: ObjectStorage, bucket: str, tmp_path: Path) -> Iterator[Open]:
    """Open the lake as one more machine of the team does."""
    opened: list[DuckLakeEngine] = []

    def make(name: str, **options: Any) -> DuckLakeEngine:
        given = {"data": f"s3://{bucket}/acme", "endpoint": object_storage.endpoint, "wait_seconds": 0, **options}
        opened.append(DuckLakeEngine.open(settings(**given), tmp_path / name))
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()


READS = """
import sys
from pathlib import Path
from tests.engines.test_team import ids, settings
from customer360.engines.duckdb import DuckLakeEngine
print(ids(DuckLakeEngine.open(settings(data=sys.argv[1], endpoint=sys.argv[2]), Path(sys.argv[3]))))
"""
DIES = """
import os, sys
from pathlib import Path
from tests.engines.test_team import T, settings
from customer360.engines.duckdb import DuckLakeEngine
engine = DuckLakeEngine.open(settings(data=sys.argv[1], endpoint=sys.argv[2]), Path(sys.argv[3]))
with engine.publish(note="dies") as publication:
    publication.create_table_as(T, "SELECT * FROM range(100000) AS r(id)")
    os._exit(9)
"""


def elsewhere(program: str, bucket: str, storage: ObjectStorage, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, f"s3://{bucket}/acme", storage.endpoint, str(folder)],
        env={**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def test_what_one_machine_publishes_every_other_reads(
    machine: Open, bucket: str, object_storage: ObjectStorage, tmp_path: Path
) -> None:
    one, other = machine("one"), machine("other")
    assert not other.exists()
    first = put(one, 1, 2)
    assert ids(other) == [1, 2]
    put(other, 3)
    assert (ids(one), ids(one, at_snapshot=first)) == ([3], [1, 2])
    one.rollback(first)
    assert ids(other) == [1, 2]
    assert one.sizes([T])[T] > 0
    assert not list(tmp_path.rglob("*.parquet")), "rows lie in the bucket only"
    assert all(key.startswith("acme/") for key in object_storage.keys(bucket))
    read = elsewhere(READS, bucket, object_storage, tmp_path / "process")
    assert (read.returncode, read.stdout) == (0, "[1, 2]\n"), read.stderr
    with other.read_untrusted(relations=[T]) as session:
        assert session.query("SELECT sum(id) AS n FROM gold.t").to_pylist() == [{"n": 3}]
        for other_way in (f"read_parquet('s3://{bucket}/acme/gold/t/*.parquet')", "duckdb_secrets()"):
            with pytest.raises(NotPermitted):
                session.query(f"SELECT * FROM {other_way}")


def test_old_states_leave_the_bucket_and_a_failed_build_leaves_nothing_for_long(
    machine: Open, bucket: str, object_storage: ObjectStorage
) -> None:
    one, reader = machine("one", keep=2), machine("reader", keep=2)
    put(one, 1)
    with reader.read() as session:
        for value in (2, 3):
            put(one, value)
        assert session.query("SELECT id FROM gold.t").to_pylist() == [{"id": 1}]
        assert len(object_storage.keys(bucket, ".parquet")) == 3, "what is read stays"
    put(one, 4)
    assert len(object_storage.keys(bucket, ".parquet")) == 2
    assert not object_storage.keys(bucket, "unfinished")
    object_storage.client.put_object(Bucket=bucket, Key="acme/gold/t/left.parquet", Body=b"by a killed writer")
    object_storage.client.put_object(Bucket=bucket, Key="acme2/gold/t/not_ours.parquet", Body=b"a neighbour's")
    object_storage.client.create_multipart_upload(Bucket=bucket, Key="acme/gold/t/half.parquet")

    def fails() -> None:
        with one.publish(note="fails") as publication:
            publication.execute("INSERT INTO gold.t SELECT 2")
            publication.execute("SELECT * FROM gold.nowhere")

    with pytest.raises(WarehouseError):
        fails()
    assert object_storage.keys(bucket, "unfinished")
    put(reader, 5)
    assert [key for key in object_storage.keys(bucket) if "acme/" not in key] == ["acme2/gold/t/not_ours.parquet"]
    assert len(object_storage.keys(bucket, ".parquet")) == 3
    assert not object_storage.client.list_multipart_uploads(Bucket=bucket).get("Uploads")
    assert one.maintain() == {"snapshots": 0, "files": 0, "bytes": 0}


@pytest.mark.parametrize("bucket", [False, True], indirect=True, ids=["plain", "versioned"])
def test_an_erased_person_is_gone_from_every_version_of_every_object(
    machine: Open, bucket: str, object_storage: ObjectStorage, catalogue: str
) -> None:
    engine, reader = machine("one"), machine("reader")

    def named() -> list[str]:
        stored = object_storage.everything(bucket)
        with psycopg.connect(catalogue) as connection:
            query = "SELECT min_value || ' ' || max_value FROM ducklake_file_column_stats"
            stored |= {
                ("catalogue", str(n)): row[0].encode() for n, row in enumerate(connection.execute(query)) if row[0]
            }
        return [key for (key, _), content in stored.items() if PERSON.encode() in content]

    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        publication.create_table_as(PEOPLE, f"SELECT '{PERSON}' AS email UNION ALL SELECT 'b@example.com'")
    assert len(named()) == 2, "the search finds what is there, in the bucket and in the catalogue"
    with engine.publish(note="erase") as publication:
        publication.execute(f"DELETE FROM {PEOPLE.sql} WHERE email = '{PERSON}'")
    object_storage.client.create_multipart_upload(Bucket=bucket, Key="acme/gold/people/half.parquet")
    engine.maintain()
    with reader.read(), pytest.raises(WarehouseError, match="cannot be purged while 1 of them"):
        engine.maintain(purge=True)
    assert named()
    gone = engine.maintain(purge=True)
    assert gone["files"] >= 1
    assert named() == []
    stored = [key for key, _ in object_storage.everything(bucket) if key.endswith(".parquet")]
    assert stored == object_storage.keys(bucket), "the file that is read, in one version"
    assert not object_storage.client.list_multipart_uploads(Bucket=bucket).get("Uploads")
    with reader.read() as session:
        assert session.query(f"FROM {PEOPLE.sql}").to_pylist() == [{"email": "b@example.com"}]
    said = engine.storage() or ""
    assert said.startswith(f"s3://{bucket}/acme/ answers")
    assert "which an erasure deletes too" in said or "keeps no earlier versions" in said


def test_a_lost_storage_publishes_nothing_and_shows_no_key(
    machine: Open, bucket: str, object_storage: ObjectStorage
) -> None:
    wire = FaultyWire(("127.0.0.1", object_storage.port))
    one, other = machine("one", endpoint=f"http://127.0.0.1:{wire.port}"), machine("other")
    put(one, 1)

    def cut() -> None:
        with one.publish(note="cut") as publication:
            publication.execute("DELETE FROM gold.t")
            wire.down()
            publication.execute("INSERT INTO gold.t SELECT 2")

    told = []
    for action in (cut, lambda: ids(machine("third", endpoint=f"http://127.0.0.1:{wire.port}")), one.storage):
        with pytest.raises(WarehouseError, match="object storage of the warehouse does not answer") as refused:
            action()
        told.append(str(refused.value))
    assert not [text for text in told for secret in (IDENTITY, SECRET, "127.0.0.1") if secret in text]
    assert ids(other) == [1]
    wire.heal()
    put(one, 2)
    assert ids(other) == [2]
    assert len(object_storage.keys(bucket, ".parquet")) == 2, "what the lost build wrote is gone"


def test_settings_that_cannot_be_right_are_told(
    catalogue: str, object_storage: ObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(**options: Any) -> DuckLakeEngine:
        return DuckLakeEngine.open(settings(**{"endpoint": object_storage.endpoint, **options}), tmp_path)

    for data in ("s3://bucket", "s3://bucket/", "s3://UPPER/x", "s3://bucket/a/../b", "gs://bucket/x", "s3://bucket/*"):
        with pytest.raises(ProjectError, match="must name a bucket and a prefix"):
            opened(data=data)
    with pytest.raises(ProjectError, match="an address without a path"):
        opened(data="s3://bucket/x", endpoint="localhost:9000")
    missing = opened(data="s3://nobodys-bucket/x")
    with pytest.raises(WarehouseError, match="has no bucket 'nobodys-bucket'"):
        put(missing, 1)
    with pytest.raises(ProjectError, match="Spark's lake keeps its data files in a folder"):
        SparkEngine.open(settings(data="s3://bucket/x"), tmp_path)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SettingMissing, match="AWS_SECRET_ACCESS_KEY") as told:
        opened(data="s3://bucket/x")
    assert SECRET not in repr((told.value, Keys(IDENTITY, SECRET), Bucket("s3://bucket/x", Keys(IDENTITY, SECRET))))


@pytest.mark.full
def test_a_builder_that_is_killed_leaves_the_state_and_the_next_one_tidies_up(
    machine: Open, bucket: str, object_storage: ObjectStorage, tmp_path: Path
) -> None:
    other = machine("other")
    put(other, 1)
    assert elsewhere(DIES, bucket, object_storage, tmp_path / "one").returncode == 9
    assert ids(other) == [1]
    assert len(object_storage.keys(bucket, ".parquet")) > 1
    put(other, 2)
    other.maintain(purge=True)
    assert (ids(other), len(object_storage.keys(bucket, ".parquet"))) == ([2], 1)


class _ReadsOnly(BaseHTTPRequestHandler):
    """Answers as storage does to keys that may list and get, and no more."""

    def do_GET(self) -> None:
        is_asked = "versioning" in self.path
        body = b"<Error><Code>AccessDenied</Code></Error>" if is_asked else b"<ListBucketResult></ListBucketResult>"
        self.send_response(403 if is_asked else 200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_keys_that_only_read_cannot_tell_about_earlier_versions() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _ReadsOnly) as server:
        running = Thread(target=server.serve_forever)
        running.start()
        try:
            bucket = Bucket(
                "s3://acme-lake/x", Keys(IDENTITY, SECRET), endpoint=f"http://127.0.0.1:{server.server_port}"
            )
            assert "cannot tell whether old versions are kept" in (bucket.about() or "")
        finally:
            server.shutdown()
            running.join()
