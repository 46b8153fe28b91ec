"""Turn what PostgreSQL and its drivers say into one sentence without the password or a row's values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from customer360.errors import Place, ProjectError, SourceError, SourceMalformed, SourceUnreachable

_DEFAULT_PORT = 5432
_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class Server:
    """Where a connection URL points, without its password."""

    host: str
    port: int
    user: str
    database: str
    place: Place
    variable: str
    """Environment variable that holds the URL."""

    def __str__(self) -> str:
        return f"PostgreSQL at {self.host}" + ("" if self.host.startswith("/") else f":{self.port}")


def server_of(url: str, variable: str, place: Place) -> Server:
    """Return where a URL points; ProjectError when it is none."""
    wrong = ProjectError(
        f"The environment variable {variable} does not hold a PostgreSQL URL.",
        place=place,
        next_step="Write it as postgresql://user:password@host:5432/database (special characters percent-encoded).",
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in _SCHEMES:
        raise wrong
    asked = parse_qs(parts.query)
    user = unquote(parts.username or "") or asked.get("user", ["postgres"])[0]
    return Server(
        host=asked.get("host", [parts.hostname or "localhost"])[0],
        port=int(asked.get("port", [str(port or _DEFAULT_PORT)])[0]),
        user=user,
        database=unquote(parts.path.lstrip("/")) or asked.get("dbname", [user])[0],
        place=place,
        variable=variable,
    )


def explained(message: str, server: Server, reading: str | None = None) -> SourceError:
    """Return our error for a driver's message; ``reading`` is the table that was being read, if any."""
    for pattern, kind, sentence, step in _MEANINGS:
        if found := re.search(pattern, message, re.IGNORECASE):
            facts = {
                "server": str(server),
                "address": str(server).removeprefix("PostgreSQL at "),
                "user": server.user,
                "database": server.database,
                "variable": server.variable,
                "reading": f" while {reading} was read" if reading else "",
                "what": found[found.lastindex or 0],
            }
            return kind(sentence.format(**facts), place=server.place, next_step=step.format(**facts))
    return SourceUnreachable(
        f"{server} answered with an error{f' while {reading} was read' if reading else ''}: {_bare(message, server)}.",
        place=server.place,
        next_step="The server's log has the whole message.",
    )


_LOST = (
    "server closed the connection",
    "terminating connection",
    "connection to server was lost",
    "SSL SYSCALL",
    "no connection",
    "INTERRUPT",
)
_START = "Start the server, or correct host and port in {variable}."
_MEANINGS: tuple[tuple[str, type[SourceError], str, str], ...] = (
    (
        r"password authentication failed|no password supplied|authentication failed for user",
        SourceUnreachable,
        "{server} refused the password of user '{user}'.",
        "Correct user and password in {variable}.",
    ),
    (
        r'database "([^"]+)" does not exist',
        SourceUnreachable,
        "{server} has no database named '{what}'.",
        "Correct the database in {variable}.",
    ),
    (
        r'role "([^"]+)" does not exist',
        SourceUnreachable,
        "{server} knows no user '{what}'.",
        "Correct the user in {variable}.",
    ),
    (
        r"no pg_hba\.conf entry",
        SourceUnreachable,
        "{server} does not let user '{user}' in from this machine.",
        "Ask its administrator for an entry in pg_hba.conf, or use SSL: add ?sslmode=require to {variable}.",
    ),
    (
        r"could not translate host name|Name or service not known",
        SourceUnreachable,
        "{server} cannot be found: no machine has that name.",
        "Correct the host in {variable}.",
    ),
    (
        r"Connection refused|No such file or directory|could not connect|timeout expired|No route|is unreachable",
        SourceUnreachable,
        "{server} does not answer.",
        _START,
    ),
    (
        r"invalid response to SSL negotiation|expected authentication request|invalid response to GSSAPI",
        SourceUnreachable,
        "What answers at {address} is not PostgreSQL.",
        "Correct host and port in {variable}.",
    ),
    (  # several threads read: the error of one interrupts the others, and DuckDB may report the interruption only
        "|".join(_LOST),
        SourceUnreachable,
        "{server} ended the connection{reading}.",
        "Nothing was landed; run it again when the server is up.",
    ),
    (
        r"canceling statement due to lock timeout",
        SourceUnreachable,
        "Another session of {server} keeps a table locked{reading}.",
        "Run it again when that has ended, or raise `options: {{lock_seconds: ...}}` of the source.",
    ),
    (
        r"starting up|shutting down|too many clients|too many connections",
        SourceUnreachable,
        "{server} takes no connections now.",
        "Run it again in a moment.",
    ),
    (
        r"permission denied for (\w+ \w+|\w+)",
        SourceUnreachable,
        "{server} does not let user '{user}' read: permission denied for {what}{reading}.",
        "Ask its administrator: GRANT USAGE ON SCHEMA ... and GRANT SELECT ON ... TO {user}.",
    ),
    (
        r"relation .* does not exist|column .* does not exist",
        SourceMalformed,
        "{server} changed its tables{reading}.",
        "Run it again.",
    ),
)


def _bare(message: str, server: Server) -> str:
    """Return the first line of an unforeseen message, with everything in quotes and every URL taken out."""
    line = re.sub(r"postgres(?:ql)?://\S+", "...", message.split("\n", 1)[0])
    line = re.sub(r"\"[^\"]*\"?|'[^']*'?", "...", line)
    return line.replace(server.user, "...") if len(server.user) > 1 else line
