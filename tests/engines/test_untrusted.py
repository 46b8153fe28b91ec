"""SQL from outside can read what it may read, and do nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from customer360.engines.base import Column
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.errors import C360Error, NotPermitted, QueryError, StatementFailed
from customer360.names import Relation

ORDERS, SECRET = Relation("gold", "orders"), Relation("gold", "secret")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake and files that must stay out of reach."""
    folder = tmp_path_factory.mktemp("untrusted")
    (folder / "notes.csv").write_text("a\n1\n")
    with closing(sqlite3.connect(folder / "foreign.sqlite")) as foreign:
        foreign.execute("CREATE TABLE people (name)")
    return folder


@pytest.fixture(scope="module")
def lake(folder: Path) -> Iterator[DuckLakeEngine]:
    engine = DuckLakeEngine(Lake(folder / "warehouse"))
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        publication.create_table_as(ORDERS, "SELECT range AS id, range % 3 AS kind FROM range(9)")
        publication.create_table_as(SECRET, "SELECT 'hidden' AS word")
        publication.create_view(Relation("gold", "kinds"), f"SELECT DISTINCT kind FROM {ORDERS.sql}")
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) AS n FROM gold.orders", [{"n": 9}]),
        ("SELECT count(*) AS n FROM lake.Gold.ORDERS", [{"n": 9}]),
        ("WITH few AS (FROM gold.orders LIMIT 2) SELECT count(*) AS n FROM few a JOIN few b USING (id)", [{"n": 2}]),
        ("SELECT count(*) AS n FROM gold.orders WHERE id IN (SELECT max(id) FROM gold.orders)", [{"n": 1}]),
        ("FROM gold.kinds ORDER BY kind", [{"kind": 0}, {"kind": 1}, {"kind": 2}]),
        ("SELECT sum(i)::INTEGER AS s FROM range(4) t(i)", [{"s": 6}]),
        ("SELECT unnest([1, 2]) AS u", [{"u": 1}, {"u": 2}]),
        ("VALUES (1)", [{"col0": 1}]),
        ("SELECT id FROM gold.orders PIVOT (count(*) FOR kind IN (0, 1)) LIMIT 0", []),
        (
            "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 3) SELECT max(i) AS m FROM t",
            [{"m": 3}],
        ),
        ("SELECT column_name FROM (DESCRIBE gold.orders)", [{"column_name": "id"}, {"column_name": "kind"}]),
    ],
)
def test_queries_over_the_lake_run(lake: DuckLakeEngine, sql: str, rows: list[dict[str, object]]) -> None:
    with lake.read_untrusted() as session:
        assert session.query(sql).to_pylist() == rows


FORBIDDEN = [
    "COPY gold.orders TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/warehouse/data/gold/orders/x.parquet'",
    "ATTACH '{folder}/other.db'",
    "DETACH lake",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE TABLE gold.x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "INSERT INTO gold.orders VALUES (1, 1)",
    "DROP TABLE gold.orders",
    "SET threads = 64",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "CALL ducklake_expire_snapshots('lake', versions => [1])",
    "FROM ducklake_expire_snapshots('lake', versions => [1])",
    "BEGIN",
    "COMMIT",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPORT DATABASE '{folder}/out'",
    "USE memory",
    "SHOW ALL TABLES",
    "SELECT 1; DROP TABLE gold.orders",
    "",
    "FROM read_csv('{folder}/notes.csv')",
    "FROM '{folder}/notes.csv'",
    'FROM "{folder}/notes.csv"',
    "FROM read_text('/etc/hostname')",
    "FROM glob('{folder}/*')",
    "FROM read_parquet('{folder}/warehouse/data/gold/secret/*.parquet')",
    "FROM sqlite_scan('{folder}/foreign.sqlite', 'people')",
    "FROM sqlite_query('lake', 'SELECT 1')",
    "FROM query('SELECT 1')",
    "FROM query_table('gold.secret')",
    "FROM __ducklake_metadata_lake.ducklake_data_file",
    "FROM duckdb_settings()",
    "FROM duckdb_settings",
    "FROM information_schema.tables",
    "FROM duckdb_secrets()",
    "SELECT (SELECT word FROM gold.secret)",
    "SELECT * FROM gold.orders WHERE EXISTS (FROM gold.secret)",
    "WITH x AS (FROM gold.secret) FROM x",
    "FROM gold.orders UNION ALL BY NAME FROM gold.secret",
    "FROM gold.orders, LATERAL (FROM gold.secret)",
    "SELECT * FROM gold.orders ORDER BY (SELECT word FROM gold.secret)",
    "SELECT list_transform([1], x -> (SELECT word FROM gold.secret))",
    "DESCRIBE gold.secret",
    "SUMMARIZE gold.secret",
    "FROM gold.secret AT (VERSION => 1)",
    "FROM gold.orders PIVOT (count(*) FOR id IN (SELECT word FROM gold.secret))",
    'WITH "{folder}/notes.csv" AS (SELECT 1) SELECT 1',
    "SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT 1) t, duckdb_settings",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_everything_else_is_refused(lake: DuckLakeEngine, folder: Path, sql: str) -> None:
    before = files(folder)
    with (
        lake.read_untrusted(relations=[ORDERS]) as session,
        pytest.raises((NotPermitted, QueryError)) as refusal,
    ):
        session.query(sql.replace("{folder}", str(folder)))
    assert isinstance(refusal.value, C360Error)
    assert "hidden" not in str(refusal.value)
    with lake.read_untrusted(relations=[ORDERS]) as session:
        assert session.query("SELECT count(*) AS n FROM gold.orders").to_pylist() == [{"n": 9}]
    assert files(folder) == before


def files(folder: Path) -> set[Path]:
    """Every file but those SQLite keeps beside its database while it is open."""
    return {path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("catalog.sqlite-")}


def test_even_past_the_parser_the_instance_is_locked_down(lake: DuckLakeEngine, folder: Path) -> None:
    """The second wall, tried through the door that our own code uses."""
    with lake._untrusted._pinned() as (connection, *_):
        for sql in (
            f"FROM read_csv('{folder}/notes.csv')",
            f"COPY (SELECT 1) TO '{folder}/out.csv'",
            f"ATTACH '{folder}/other.db'",
            "INSTALL httpfs",
            "SET threads = 64",
            "CREATE TABLE gold.x AS SELECT 1",
        ):
            with pytest.raises(Exception, match=r"disabled by configuration|locked|read-only|aborted"):
                connection.execute(sql)


def test_only_granted_relations_are_listed_and_described(lake: DuckLakeEngine) -> None:
    with lake.read_untrusted(relations=[ORDERS, Relation("no", "such")]) as session:
        assert session.relations() == {ORDERS}
        assert session.describe("FROM gold.orders") == (Column("id", "BIGINT"), Column("kind", "BIGINT"))
        with pytest.raises(NotPermitted, match=r"gold\.secret"):
            session.describe("FROM gold.secret")


def test_a_missing_and_a_forbidden_table_look_the_same(lake: DuckLakeEngine) -> None:
    with lake.read_untrusted(relations=[ORDERS]) as session:
        messages = []
        for name in ("gold.secret", "gold.nosuch"):
            with pytest.raises(NotPermitted) as refusal:
                session.query(f"FROM {name}")
            messages.append(str(refusal.value).replace(name, "X"))
    assert messages[0] == messages[1]


def test_a_view_shows_what_it_is_made_for(lake: DuckLakeEngine) -> None:
    kinds = Relation("gold", "kinds")
    with lake.read_untrusted(relations=[kinds]) as session:
        assert session.query("SELECT count(*) AS n FROM gold.kinds").to_pylist() == [{"n": 3}]


def test_a_slow_query_is_stopped_and_the_session_goes_on(lake: DuckLakeEngine) -> None:
    with lake.read_untrusted(seconds=0.3) as session, pytest.raises(QueryError, match=r"longer than 0\.3 seconds"):
        session.query("SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = -1")
    with lake.read_untrusted(seconds=30) as session:
        assert session.query("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_an_answer_beyond_the_limit_is_refused(lake: DuckLakeEngine) -> None:
    with lake.read_untrusted() as session, pytest.raises(QueryError, match="bigger than 256 MB"):
        session.query("SELECT range AS a, range AS b, range AS c, range AS d FROM range(20000000)")


def test_memory_is_limited(lake: DuckLakeEngine, folder: Path) -> None:
    small = DuckLakeEngine(Lake(folder / "warehouse"), untrusted_memory_limit="50MB")
    with small.read_untrusted() as session, pytest.raises(StatementFailed, match="more memory"):
        session.query("SELECT list(range::VARCHAR || 'x') AS l FROM range(20000000)")
    small.close()


def test_rows_can_be_streamed(lake: DuckLakeEngine) -> None:
    with lake.read_untrusted() as session:
        batches = list(session.stream("SELECT range AS i FROM range(10)", batch_rows=4))
    assert [batch.num_rows for batch in batches] == [4, 4, 2]
