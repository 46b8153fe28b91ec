"""A real cluster on loopback: a master and workers of one core each, behind a Spark Connect server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTINGS = {
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
    "spark.executor.cores": "1",
    "spark.driver.host": "127.0.0.1",
}


def home() -> str:
    """Return where Spark lies: in its package."""
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent)


@dataclass
class Cluster:
    """Processes of Spark, each in a group of its own."""

    folder: Path
    memory: str = "1g"
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    master: str = ""

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one process of Spark, its words kept in a log."""
        log = (self.folder / f"{len(self.running)}.log").open("wb")
        environment = {
            "PYSPARK_PYTHON": sys.executable,
            **os.environ,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder),
        }
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment, start_new_session=True)
        log.close()
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one core."""
        place = ("--webui-port", "0", "-d", str(self.folder), self.master)
        words = ("-h", "127.0.0.1", "-c", "1", "-m", self.memory, *place)
        return self.start(f"{home()}/bin/spark-class", "org.apache.spark.deploy.worker.Worker", *words)

    def connect(self, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a Spark Connect server on the cluster and wait until it listens."""
        given = {**SETTINGS, **settings, "spark.connect.grpc.binding.port": str(port)}
        words = [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
        name = "org.apache.spark.sql.connect.service.SparkConnectServer"
        submit = f"{home()}/bin/spark-submit"
        process = self.start(submit, "--master", self.master, "--class", name, *words, "spark-internal")
        reachable(port)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process at once, with those it started."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def started(folder: Path, *, memory: str = "1g") -> Iterator[Cluster]:
    """Start a master, and end whatever was started beside it."""
    made = Cluster(folder, memory)
    folder.mkdir()
    port = free_port()
    words = ("-h", "127.0.0.1", "-p", str(port), "--webui-port", "0")
    try:
        made.start(f"{home()}/bin/spark-class", "org.apache.spark.deploy.master.Master", *words)
        reachable(port)
        made.master = f"spark://127.0.0.1:{port}"
        yield made
    finally:
        for process in made.running:
            made.kill(process)


def reachable(port: int, seconds: float = 60) -> None:
    """Wait until something listens on a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on port {port}")
