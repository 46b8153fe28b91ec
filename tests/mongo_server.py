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
def mongo_url() -> Iterator[str]:
    """URL of a running server without access control."""
    port = free_port()
    command = shutil.which("nx-27017", path=str(Path(sys.executable).parent)) or "nx-27017"
    with subprocess.Popen(
        [command, "--db", "memory", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        url = f"mongodb://127.0.0.1:{port}"
        for _ in range(100):
            try:
                with pymongo.MongoClient(url, serverSelectionTimeoutMS=500) as client:
                    client.admin.command("ping")
                break
            except pymongo.errors.PyMongoError:
                time.sleep(0.1)
        yield url
        server.terminate()
