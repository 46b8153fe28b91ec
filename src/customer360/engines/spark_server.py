"""Reach Spark by Spark Connect: the company's server, or one of our own that lives as long as this process needs it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from customer360.engines.spark_failures import translated
from customer360.errors import ExtensionMissing, Place, ProjectError, SettingMissing, WarehouseError

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

DEFAULT_VARIABLE = "C360_SPARK_URL"
OLDEST = 4
"""Spark 4 casts and computes as ANSI SQL says; 3 yields NULL where others stop."""
OLDEST_JAVA = 17
RETRIES, LONGEST_WAIT_MS = 6, 4_000
"""A dozen seconds of trying to reach a server that went away; Spark's own patience is ten minutes."""
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.writeLegacyFormat": "false",
}
"""What every session of ours says, so that moments, days and decimals lie in Parquet as DuckDB reads them."""
JAVA = "Install one (Debian: apt-get install openjdk-17-jre-headless), or name a Spark server: `url` under engine:."


@dataclass(frozen=True)
class Address:
    """Where Spark is. ``url``: a Spark Connect server; else one of our own is started for ``master``."""

    url: str | None = field(default=None, repr=False)
    master: str = "local[*]"
    memory: str = "2g"
    settings: tuple[tuple[str, str], ...] = ()
    place: Place | str | None = None

    @classmethod
    def named(cls, options: Mapping[str, Any], *, place: Place) -> Address:
        """Read it from the engine's options; the URL stands in an environment variable (``url: {env: NAME}``)."""
        settings = options.get("settings") or {}
        if not isinstance(settings, Mapping):
            raise ProjectError("`settings` of the engine maps names of Spark's settings to values.", place=place)
        return cls(
            url=_url(options, place) if "url" in options else None,
            master=str(options.get("master", cls.master)),
            memory=str(options.get("memory", cls.memory)),
            settings=tuple((str(name), _text(value)) for name, value in settings.items()),
            place=place,
        )


def _url(options: Mapping[str, Any], place: Place) -> str:
    named = options["url"]
    variable = named.get("env") if isinstance(named, Mapping) else None
    if not variable:
        raise ProjectError(
            "The address of Spark stands in an environment variable, not in the project.",
            place=place,
            next_step=f"Write `url: {{env: {DEFAULT_VARIABLE}}}` under engine.",
        )
    url = os.environ.get(str(variable))
    if not url:
        raise SettingMissing(str(variable), purpose="the address of Spark, sc://host:15002", place=place)
    if urlsplit(url).scheme != "sc":
        raise ProjectError(
            f"The environment variable {variable} does not hold a Spark Connect URL.",
            place=place,
            next_step="Write it as sc://host:15002/;token=...;use_ssl=true.",
        )
    return url


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Spark:
    """One session on one Spark, opened when it is first needed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._guard = threading.Lock()
        self._session: SparkSession | None = None
        self._own = False

    def session(self) -> SparkSession:
        """Return the session; a new one when the last was given back. ExtensionMissing, WarehouseError."""
        with self._guard:
            if self._session is None:
                self._session = self._opened()
            return self._session

    def close(self) -> None:
        """Give the session back, and stop the server that was started for it."""
        with self._guard:
            session, self._session = self._session, None
            if session is not None:
                session.stop()
            if self._own:
                self._own = False
                _OWN.leave()

    def _opened(self) -> SparkSession:
        connect = _driver()
        url = self._address.url
        if url is None:
            url = _OWN.enter(self._address)
            self._own = True
        with translated():
            session: SparkSession = connect.builder.remote(url).create()
            session.client.set_retry_policies([_patience()])
            version = session.version
            if int(version.partition(".")[0]) < OLDEST:
                raise WarehouseError(
                    f"This Spark is {version}; customer360 works with Spark {OLDEST}.0 or newer.",
                    place=self._address.place,
                )
            ours = self._address.settings if self._address.url else ()  # our own server was started with them
            for name, value in (*SESSION.items(), *ours):
                session.conf.set(name, value)
        return session


def _patience() -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    return DefaultPolicy(max_retries=RETRIES, max_backoff=LONGEST_WAIT_MS)


def _driver() -> Any:
    """Return Spark Connect's session class; ExtensionMissing when it is not installed."""
    try:
        with warnings.catch_warnings():
            # it warns of pandas 3, of which nothing that we call makes use: rows never pass through this process
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
            from pyspark.sql.connect.session import SparkSession as Connect
    except ImportError as error:
        raise ExtensionMissing(
            "The Spark driver is not installed.", next_step="Run: pip install 'customer360[spark]'."
        ) from error
    return Connect


class OwnServer:
    """A Spark Connect server in a Java process of ours: one a Python process (Spark allows no more), shared."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._users = 0
        self._address: Address | None = None
        self._url = ""
        self._context: Any = None
        self._gateway: Any = None

    def enter(self, address: Address) -> str:
        """Return the URL of the running server, started if need be."""
        with self._guard:
            if self._users and self._address != address:
                raise WarehouseError(
                    "A Spark with other settings runs in this process already.",
                    place=address.place,
                    next_step="Close the other project first, or use a Spark server: `url` under engine:.",
                )
            if not self._users:
                self._url = self._start(address)
                self._address = address
            self._users += 1
            return self._url

    def leave(self) -> None:
        """Stop the server when nobody of this process uses it any more."""
        with self._guard:
            self._users -= 1
            if self._users == 0:
                self._stop()

    def _start(self, address: Address) -> str:
        require_java(address.place)
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway

        token, port = secrets.token_hex(16), _free_port()
        conf = SparkConf(loadDefaults=False)
        conf.setAll([*_server_settings(address, port).items(), *address.settings])
        with (
            tempfile.TemporaryFile() as log,
            _environment(
                SPARK_CONNECT_AUTHENTICATE_TOKEN=token,
                LC_ALL="C.UTF-8",  # else Java cannot name files with letters beyond ASCII
                PYSPARK_PYTHON=os.environ.get("PYSPARK_PYTHON", sys.executable),
            ),
        ):
            try:
                self._gateway = launch_gateway(conf, popen_kwargs={"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
                self._context = SparkContext(conf=conf, gateway=self._gateway)
            except (PySparkException, Py4JError, OSError) as error:
                self._stop()
                log.seek(0)
                lines = log.read().decode(errors="replace").strip().splitlines()
                raise WarehouseError(
                    f"Spark could not be started: {lines[-1] if lines else type(error).__name__}",
                    place=address.place,
                    next_step="See `master`, `memory` and `settings` under engine: in c360.yaml.",
                ) from error
        return f"sc://localhost:{port}/;token={token}"

    def _stop(self) -> None:
        """End the Java process: it goes when its standard input closes, also when this process is killed."""
        if self._context is not None:
            self._context.stop()
        if self._gateway is not None:
            with suppress(OSError):
                self._gateway.shutdown()
            process = self._gateway.proc
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            from pyspark import SparkContext

            SparkContext._gateway = SparkContext._jvm = None  # so that the next one starts afresh
        self._context = self._gateway = None


_OWN = OwnServer()


def _server_settings(address: Address, port: int) -> dict[str, str]:
    """Return what our own server is started with: reachable from this machine only, without page and metastore."""
    local = address.master.startswith("local")
    cores = re.fullmatch(r"local\[(\d+)\]", address.master)
    found = {
        "spark.master": address.master,
        "spark.app.name": "customer360",
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.memory": address.memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.log.level": "ERROR",
    }
    if local:
        found |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": cores[1] if cores else str(os.cpu_count() or 2),
        }
    return found


def require_java(place: Place | str | None = None) -> None:
    """ExtensionMissing, saying what to install, when there is no Java that Spark 4 runs on."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        raise ExtensionMissing("Spark needs Java 17 or newer, and there is none here.", place=place, next_step=JAVA)
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - the Java found
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    if version and int(version[1]) < OLDEST_JAVA:
        raise ExtensionMissing(
            f"Spark needs Java {OLDEST_JAVA} or newer, and the one here is {version[1]}.", place=place, next_step=JAVA
        )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables for the processes that the block starts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
