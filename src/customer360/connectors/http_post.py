"""Send one JSON body to a web address, without following redirects."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult

UNREACHED = (OSError, HTTPException, ValueError)
"""What is raised when no answer comes: ValueError for a port or a header that cannot be one; say its kind only."""


def post(
    url: SplitResult, body: bytes, headers: Mapping[str, str], *, seconds: float = 30.0
) -> tuple[int, float | None]:
    """Return the status of one call, and the seconds that the server asks to wait (None: it does not say).

    Errors: those of UNREACHED.
    """
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        connection: HTTPConnection = HTTPSConnection(host, url.port, timeout=seconds, context=context)
    else:
        connection = HTTPConnection(host, url.port, timeout=seconds)
    try:
        path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        asked = answer.headers.get("Retry-After", "")
        return answer.status, float(asked) if asked.isdecimal() else None
    finally:
        connection.close()
