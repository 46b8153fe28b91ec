"""A real MongoDB-wire server for tests, from its wheel, started once a session."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pymongo
import pytest
from tests.postgres_server import free_port


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a running server without access control."""
    port = free_port()
    folder = tmp_path_factory.mktemp("mongo")
    command = shutil.which("nx-27017", path=str(Path(sys.executable).parent)) or "nx-27017"
    # All servers of a machine share one PID file unless told otherwise, and the second one gives up.
    words = [command, "--db", "memory", "-p", str(port), "--pid-file", str(folder / "pid")]
    with (folder / "log").open("w") as log, subprocess.Popen(words, stdout=log, stderr=log) as server:
        url = f"mongodb://127.0.0.1:{port}"
        _wait_for(url, server, folder / "log")
        yield url
        server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        if server.poll() is not None:
            break
        try:
            with pymongo.MongoClient(url, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            time.sleep(0.1)
        else:
            return
    server.kill()
    pytest.fail(f"The MongoDB-wire server does not start: {log.read_text()}")
