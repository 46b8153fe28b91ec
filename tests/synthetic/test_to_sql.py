"""The care centre as SQL files: loaded by a real psql with the commands of its quick start, and again."""

from __future__ import annotations

import subprocess
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.synthetic.conftest import POSTGRES_PROGRAMS, whole

from customer360.errors import C360Error
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_sql import write_sql

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

# The commands stand as the source's quick start has them; only the generating script is our own command.
QUICK_START = (
    "psql -d your_database -f 00_simplified_schema.sql",
    "psql -d your_database -f 01_simplified_baseline_data.sql",
    "psql -d your_database -f simplified_synthetic_data_small.sql",
)
CARE = (
    "channels",
    "agents",
    "interaction_types",
    "service_plans",
    "customers",
    "customer_service_plans",
    "customer_interactions",
)


def run(command: str, folder: Path, server: PostgresServer, database: str) -> None:
    done = subprocess.run(
        ["sh", "-c", command.replace("your_database", database)],
        cwd=folder,
        env={
            "PATH": f"{POSTGRES_PROGRAMS}:/usr/bin:/bin",
            "PGHOST": server.socket_folder,
            "PGUSER": "postgres",
            "PGOPTIONS": "-c client_min_messages=warning",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "ERROR" not in done.stderr, done.stderr


@pytest.fixture(scope="module")
def care() -> ShopFlow:
    return ShopFlow.of("small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, care: ShopFlow) -> Path:
    made = tmp_path_factory.mktemp("care")
    written = write_sql(care, made, size="small")
    assert sorted(path.name for path in made.iterdir()) == sorted(line.split()[-1] for line in QUICK_START)
    assert {each.table for each in written} == set(CARE)
    return made


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> str:
    name = f"care_{uuid.uuid4().hex[:8]}"
    postgres.execute(f"CREATE DATABASE {name}")
    return name


def connect(server: PostgresServer, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=server.socket_folder, dbname=database, user="postgres")


def test_quick_start_runs_verbatim_and_again(
    folder: Path, postgres: PostgresServer, database: str, care: ShopFlow
) -> None:
    for line in (*QUICK_START, *QUICK_START, *QUICK_START[1:], QUICK_START[2]):
        run(line, folder, postgres, database)
    with connect(postgres, database) as connection:
        for table in CARE:
            found = connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
            expected = [tuple(row.values()) for row in whole(care, "care", table).to_pylist()]
            assert sorted(map(repr, found)) == sorted(map(repr, expected))
        assert connection.execute("SELECT count(*) FROM customer_interactions").fetchone() == (1_000,)
        added = connection.execute(
            "INSERT INTO customer_interactions (customer_id, channel_id, interaction_type_id, start_timestamp)"
            " VALUES (1, 1, 1, '2024-12-01') RETURNING interaction_id, queue_time_seconds, language"
        )
        assert added.fetchone() == (1_001, 0, "es")
        connection.rollback()


# The five sample queries of the source document, as written there.
SAMPLES = {
    "Interactions by channel": """
        SELECT c.channel_name, COUNT(*) as interaction_count, AVG(ci.satisfaction_score) as avg_satisfaction
        FROM customer_interactions ci JOIN channels c ON ci.channel_id = c.channel_id
        GROUP BY c.channel_name ORDER BY interaction_count DESC;""",
    "Top interaction types": """
        SELECT it.interaction_name, COUNT(*) as interaction_count, AVG(ci.duration_seconds) as avg_duration_seconds
        FROM customer_interactions ci JOIN interaction_types it ON ci.interaction_type_id = it.interaction_type_id
        WHERE ci.duration_seconds IS NOT NULL GROUP BY it.interaction_name ORDER BY interaction_count DESC;""",
    "Agent performance": """
        SELECT a.agent_name, COUNT(*) as interactions_handled, AVG(ci.satisfaction_score) as avg_satisfaction,
            AVG(ci.duration_seconds) as avg_duration
        FROM customer_interactions ci JOIN agents a ON ci.agent_id = a.agent_id
        WHERE ci.duration_seconds IS NOT NULL GROUP BY a.agent_name ORDER BY interactions_handled DESC;""",
    "Customer interaction history": """
        SELECT c.customer_name, COUNT(*) as total_interactions, AVG(ci.satisfaction_score) as avg_satisfaction,
            MAX(ci.start_timestamp) as last_interaction
        FROM customer_interactions ci JOIN customers c ON ci.customer_id = c.customer_id
        GROUP BY c.customer_id, c.customer_name ORDER BY total_interactions DESC;""",
    "Customer service plan analysis": """
        SELECT sp.plan_name, COUNT(DISTINCT csp.customer_id) as customer_count,
            COUNT(ci.interaction_id) as total_interactions, AVG(ci.satisfaction_score) as avg_satisfaction
        FROM service_plans sp JOIN customer_service_plans csp ON sp.service_plan_id = csp.service_plan_id
        LEFT JOIN customer_interactions ci ON csp.customer_id = ci.customer_id
        WHERE csp.is_active = TRUE GROUP BY sp.service_plan_id, sp.plan_name ORDER BY customer_count DESC;""",
}
ANSWERS = {
    "Interactions by channel": 8,
    "Top interaction types": 12,
    "Agent performance": 12,
    "Customer interaction history": 150,
    "Customer service plan analysis": 10,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_queries_run_as_written(folder: Path, postgres: PostgresServer, database: str, name: str) -> None:
    for line in QUICK_START:
        run(line, folder, postgres, database)
    with connect(postgres, database) as connection:
        found = connection.execute(SAMPLES[name].encode()).fetchall()
    assert len(found) >= ANSWERS[name]
    assert all(value is not None for row in found[:5] for value in row)


@pytest.mark.parametrize(
    ("size", "interactions"),
    [
        ("small", 1_000),
        ("medium", 5_000),
        pytest.param("large", 20_000, marks=pytest.mark.full),
        pytest.param("xlarge", 50_000, marks=pytest.mark.full),
    ],
)
def test_sizes(tmp_path: Path, size: str, interactions: int) -> None:
    written = {each.table: each.rows for each in write_sql(ShopFlow.of(size), tmp_path, size=size)}
    assert written["customer_interactions"] == interactions
    assert (tmp_path / f"simplified_synthetic_data_{size}.sql").stat().st_size > 100 * interactions


def test_only_care_is_delivered_as_sql(tmp_path: Path, care: ShopFlow) -> None:
    with pytest.raises(C360Error, match="--system care"):
        write_sql(care, tmp_path, size="small", systems=["shop"])
