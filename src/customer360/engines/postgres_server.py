"""Connect to the PostgreSQL that keeps a warehouse, and say in our words what it says."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from customer360.errors import (
    ExtensionMissing,
    Place,
    ProjectError,
    SettingMissing,
    StatementFailed,
    WarehouseError,
    WarehouseLost,
)

if TYPE_CHECKING:
    from psycopg import Connection, Error

DEFAULT_VARIABLE = "C360_WAREHOUSE_URL"
OLDEST = 150_000
"""PostgreSQL 15: older ones get no more updates. What it lacks of 16, ``postgres_older.py`` gives it."""
_SETTINGS = (
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("search_path", ""),
    ("jit", "off"),
    ("client_min_messages", "warning"),
    # a server that does not notice that we are gone keeps the writer's lock for us, two hours by default
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
)
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SCHEMES = ("postgresql", "postgres")


class Server:
    """One database of a PostgreSQL server; keeps the connections that nobody uses just now."""

    def __init__(
        self,
        url: str,
        *,
        variable: str = DEFAULT_VARIABLE,
        place: Place | str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._guard = threading.Lock()
        self._idle: list[Connection[Any]] = []
        self._pid = os.getpid()
        if urlsplit(url).scheme not in _SCHEMES:
            raise ProjectError(
                f"The environment variable {variable} does not hold a PostgreSQL URL.",
                place=place,
                next_step="Write it as postgresql://user:password@host:5432/database.",
            )
        self._url = url
        self._variable = variable
        self._place = place
        self._settings = (*_SETTINGS, *(settings or {}).items())

    @classmethod
    def named(
        cls, options: Mapping[str, Any], *, place: Place, variable: str = DEFAULT_VARIABLE, key: str = "url"
    ) -> Server:
        """Return the server whose URL an environment variable holds (``url: {env: NAME}``)."""
        url, usual = options.get("url", {"env": variable}), variable
        variable = str(url.get("env") or "") if isinstance(url, Mapping) else ""
        if not variable:
            raise ProjectError(
                "The address of the warehouse stands in an environment variable, not in the project.",
                place=place,
                next_step=f"Write `{key}: {{env: {usual}}}` under engine.",
            )
        if variable not in os.environ:
            raise SettingMissing(variable, purpose="the address of the PostgreSQL warehouse", place=place)
        kept = {name: str(options[name]) for name in ("work_mem", "maintenance_work_mem") if name in options}
        return cls(os.environ[variable], variable=str(variable), place=place, settings=kept)

    @property
    def url(self) -> str:
        """Where it is, password included: for whoever connects by himself, never to be shown."""
        return self._url

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection in autocommit; it is used again unless the block ends in the middle of something."""
        taken = self._taken()
        try:
            yield taken
        except BaseException:  # whatever it was, the connection may be in the middle of something
            taken.close()
            raise
        if self._is_clean(taken):
            with self._guard:
                self._idle.append(taken)
        else:
            taken.close()

    def opened(self, name: str = "customer360") -> Connection[Any]:
        """Return a connection of its own, in autocommit; the caller closes it."""
        try:
            import psycopg
        except ImportError as error:
            raise ExtensionMissing(
                "The PostgreSQL driver is not installed.", next_step="Run: pip install 'customer360[postgres]'."
            ) from error
        try:
            found = psycopg.connect(self._url, autocommit=True, application_name=name[:60], **_PATIENCE)
            listed = ", ".join(f"set_config('{key}', %s, false)" for key, _ in self._settings)
            found.execute(f"SELECT {listed}".encode(), [value for _, value in self._settings])
        except psycopg.Error as error:
            raise self._unreachable(str(error)) from None
        version = found.info.server_version  # not known any more once it is closed
        if version < OLDEST:
            found.close()
            raise WarehouseError(
                f"The warehouse is PostgreSQL {version // 10_000}; customer360 needs {OLDEST // 10_000} or newer.",
                place=self._place,
                next_step="Let its administrator upgrade the server; older ones get no more updates.",
            )
        return found

    def close(self) -> None:
        """Close what nobody uses."""
        with self._guard:
            for connection in self._idle:
                if self._pid == os.getpid():
                    connection.close()
            self._idle = []

    def __del__(self) -> None:
        """Close what nobody closed: a command ends without giving its engine back."""
        self.close()

    def _taken(self) -> Connection[Any]:
        while (found := self._unused()) is not None:
            if not found.closed and not found.broken and _answers(found):
                return found
        return self.opened()

    def _unused(self) -> Connection[Any] | None:
        with self._guard:
            if self._pid != os.getpid():  # after a fork: the sockets are the parent's
                self._idle, self._pid = [], os.getpid()
            return self._idle.pop() if self._idle else None

    @staticmethod
    def _is_clean(connection: Connection[Any]) -> bool:
        from psycopg.pq import TransactionStatus

        return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE

    def _unreachable(self, message: str) -> WarehouseError:
        for pattern, sentence, step in _UNREACHABLE:
            if re.search(pattern, message, re.IGNORECASE):
                return WarehouseError(sentence, place=self._place, next_step=step.format(variable=self._variable))
        return WarehouseError(
            "The PostgreSQL warehouse cannot be opened.",
            place=self._place,
            next_step=f"Look at {self._variable} and at the server's log.",
        )


def _answers(connection: Connection[Any]) -> bool:
    import psycopg

    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        connection.close()
        return False
    return True


_UNREACHABLE = (
    (
        "password authentication failed|no password supplied|role .* does not exist",
        "The PostgreSQL warehouse refused user or password.",
        "Correct them in {variable}.",
    ),
    ("database .* does not exist", "The PostgreSQL server has no such database.", "Create it, or correct {variable}."),
    (
        "no pg_hba.conf entry",
        "The PostgreSQL warehouse does not let this user in from this machine.",
        "Ask its administrator for an entry in pg_hba.conf.",
    ),
    (
        "could not translate host|refused|No such file|timeout|No route|unreachable",
        "The PostgreSQL warehouse does not answer.",
        "Start the server, or correct {variable}.",
    ),
    ("too many clients|too many connections|starting up|shutting down",
     "The PostgreSQL warehouse takes no connections now.", "Run again in a moment."),
)  # fmt: skip

_NEXT: tuple[tuple[str, Callable[[str], tuple[str, str | None]]], ...] = (
    ("42P01", lambda text: (f"{text}.", None)),
    ("57014", lambda _: ("The statement was stopped: it took too long.", "Ask for less.")),
    ("55P03", lambda _: ("Another session of the warehouse keeps a table or view locked.", "Run again in a moment.")),
    ("53100", lambda _: ("The disk of the PostgreSQL server is full.", "Free some space there and run again.")),
    ("42501", lambda text: (f"PostgreSQL refuses: {text}.", "Ask its administrator for the right.")),
    ("2BP01", lambda _: ("Something else in the database depends on a table of ours.", "Drop or change that first.")),
    ("53", lambda _: ("The PostgreSQL server has no memory or connections left.", "Run again, or give it more.")),
    ("22012", lambda _: ("A number is divided by zero.", "Write NULLIF(divisor, 0).")),
    ("22003", lambda _: ("A number gets too big for its type.", "Change the type first, with CAST(... AS DOUBLE).")),
    ("22", lambda _: ("A value cannot be read as the type it is cast to.", "TRY_CAST leaves it empty instead.")),
    ("23", lambda _: ("Rows break a rule of the table that they go into.", None)),
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of ours for what PostgreSQL raises in the block."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise translation(error) from error


def translation(error: Error) -> WarehouseError:
    """Return the error of ours that says what an error of PostgreSQL means; no value of any row is in it."""
    state = error.sqlstate or ""
    if not state or state.startswith(("08", "57P")):
        return WarehouseLost(
            "The connection to the PostgreSQL warehouse was lost.",
            next_step="Run again when the server answers; nothing was published and readers keep the old state.",
        )
    said = (error.diag.message_primary or "The statement failed").strip().rstrip(".")
    said = said[:1].upper() + said[1:300]
    for prefix, sentence in _NEXT:
        if state.startswith(prefix):
            what, step = sentence(said)
            return StatementFailed(what, next_step=step)
    if state.startswith("42"):  # names and types of the statement, no values
        return StatementFailed(f"{said}.", next_step=error.diag.message_hint)
    return StatementFailed(f"{re.sub(chr(34) + '[^' + chr(34) + ']*' + chr(34), '<value>', said)}.")
