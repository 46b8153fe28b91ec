"""`c360 generate` and `c360 export ddl` as a person types them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pyarrow.parquet as pq
import pytest
from tests.synthetic.conftest import POSTGRES_PROGRAMS

from customer360.cli import main

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

SOURCES = Path(__file__).parents[2] / "src"


def c360(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("C360_")}
    return subprocess.run(
        [sys.executable, "-c", "from customer360.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**clean, "PYTHONPATH": str(SOURCES), **environment},
    )


def test_files(tmp_path: Path) -> None:
    done = c360("generate", "--size", "80", "--out", "sf", "--system", "shop", "--system", "erp", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "(shop, erp) to sf" in done.stderr
    assert pq.read_table(tmp_path / "sf/shop/customers.parquet").num_rows == 80
    assert (tmp_path / "sf/truth/people.parquet").is_file()
    assert not (tmp_path / "sf/care").exists()


def test_sql_of_the_documented_command(tmp_path: Path) -> None:
    done = c360("generate", "--system", "care", "--to", "sql", "--size", "small", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shopflow/simplified_synthetic_data_small.sql").is_file()


@pytest.mark.postgres
def test_postgres_by_the_environment(tmp_path: Path, postgres: PostgresServer) -> None:
    postgres.execute("DROP DATABASE IF EXISTS by_command", "CREATE DATABASE by_command")
    url = f"postgresql://postgres@/by_command?host={postgres.socket_folder}"
    arguments = ("generate", "--size", "60", "--to", "postgres", "--system", "cdp")
    assert c360(*arguments, folder=tmp_path, C360_POSTGRES_URL=url).returncode == 0
    again = c360(*arguments, folder=tmp_path, C360_POSTGRES_URL=url)
    assert again.returncode == 1
    assert "--replace" in again.stderr
    assert c360(*arguments, "--replace", folder=tmp_path, C360_POSTGRES_URL=url).returncode == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM cdp.customer_info").fetchone() == (20,)


@pytest.mark.postgres
def test_embedded_postgres_goes_on_running(tmp_path: Path) -> None:
    done = c360("generate", "--size", "40", "--to", "postgres", "--system", "erp", "--embedded", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    url = next(line for line in done.stderr.splitlines() if "C360_POSTGRES_URL=" in line).split("'")[1]
    try:
        with psycopg.connect(url) as connection:
            counted = connection.execute("SELECT count(*) > 10 FROM sources.erp_orders").fetchone()
        assert counted == (True,)
    finally:
        data = tmp_path / "shopflow" / "postgres"
        found = next(path.parent for path in data.rglob("PG_VERSION") if (path.parent / "postmaster.pid").exists())
        stop = [str(POSTGRES_PROGRAMS / "pg_ctl"), "-D", str(found), "-m", "immediate", "stop"]
        user = found.stat().st_uid if os.getuid() == 0 else None
        subprocess.run(stop, check=True, capture_output=True, user=user, cwd="/")


def test_mongo_by_the_environment(tmp_path: Path, mongo_url: str) -> None:
    done = c360("generate", "--size", "60", "--to", "mongo", "--replace", folder=tmp_path, C360_MONGO_URL=mongo_url)
    assert done.returncode == 0, done.stderr
    assert "support" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("generate", "--size", "smal"), "Did you mean 'small'?"),
        (("generate", "--size", "0"), "at least one customer"),
        (("generate", "--system", "shp"), "Did you mean 'shop'?"),
        (("generate", "--until", "2021-12-31"), "opened on 2022-01-01"),
        (("generate", "--since", "2025-01-01"), "lies after the last day"),
        (("generate", "--to", "postgres"), "C360_POSTGRES_URL"),
        (("generate", "--to", "mongo"), "C360_MONGO_URL"),
        (("generate", "--to", "mongo", "--system", "shop"), "Only support tickets"),
        (("generate", "--to", "sql", "--system", "shop"), "--system care"),
        (("export", "dll"), "Did you mean 'ddl'?"),
        (("export", "ddl", "--system", "support"), "No system in PostgreSQL is named 'support'"),
    ],
)
def test_errors_are_sentences(
    tmp_path: Path,
    arguments: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["c360", *arguments])
    for variable in ("C360_POSTGRES_URL", "C360_MONGO_URL"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_malformed_date_is_a_usage_error(tmp_path: Path) -> None:
    assert c360("generate", "--until", "30.11.2024", folder=tmp_path).returncode == 2


def test_ddl(tmp_path: Path) -> None:
    done = c360("export", "ddl", "--system", "erp", folder=tmp_path)
    assert done.returncode == 0
    assert 'CREATE TABLE IF NOT EXISTS "sources"."erp_orders"' in done.stdout
    assert '"total_amount" DECIMAL(10,2)' in done.stdout
