"""Ask an HTTP API politely: one request at a time, not too fast, again after a pause when it is busy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from customer360.clock import now, stopwatch
from customer360.errors import ExtensionMissing, Place, SourceError, SourceMalformed, SourceUnreachable

_BUSY = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE_SECONDS = 60.0


class Api:
    """One API. ``wait`` sleeps; every request carries the headers, which may hold a key and are never shown."""

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        place: Place,
        *,
        retries: int,
        first_pause_seconds: float,
        requests_per_second: float,
        timeout_seconds: float,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        httpx = _httpx()
        self._client = httpx.Client(headers=dict(headers), timeout=timeout_seconds, follow_redirects=False)
        self._base = base.rstrip("/")
        self._place = place
        self._retries = retries
        self._first_pause = first_pause_seconds
        self._interval = 1 / requests_per_second if requests_per_second else 0.0
        self._wait = wait
        self._last = float("-inf")
        self.host = urlsplit(base).netloc.rpartition("@")[2]

    def page(self, path: str, parameters: Mapping[str, Any], name: str) -> tuple[Any, Mapping[str, Any]]:
        """Return a page's JSON, decimals exact, and its links by relation; ``path`` may be a whole URL of this host."""
        url = path if "://" in path else f"{self._base}/{path.lstrip('/')}"
        if _origin(url) != _origin(self._base):
            raise SourceMalformed(
                f"The API at {self.host} sent {name} on to another host, {urlsplit(url).hostname}.",
                place=self._place,
                next_step="The key is for this host only. If the other one is right, make it the source's url.",
            )
        answer = self._asked(url, parameters, name)
        if answer.status_code != 200:  # noqa: PLR2004 - OK
            raise self._refused(answer.status_code, path, name)
        try:
            return json.loads(answer.text, parse_float=Decimal), answer.links
        except ValueError:
            raise SourceMalformed(
                f"The API at {self.host} answered {name} with something that is not JSON.",
                place=self._place,
                next_step="Check the path of the table and that the API speaks JSON.",
            ) from None

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def _asked(self, url: str, parameters: Mapping[str, Any], name: str) -> Any:
        """Return the answer, asking again with growing pauses while the API is busy or unreachable."""
        httpx = _httpx()
        answer = None
        for attempt in range(self._retries + 1):
            self._pace()
            try:
                answer = self._client.get(url, params={**parameters} if parameters else None)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in _BUSY:
                return answer
            if attempt < self._retries:
                self._wait(_pause(answer, self._first_pause * 2**attempt))
        if answer is not None:
            return answer
        raise SourceUnreachable(
            f"The API at {self.host} did not answer {name} in {self._retries + 1} attempts.",
            place=self._place,
            next_step="Start it, or correct the source's url.",
        )

    def _pace(self) -> None:
        early = self._last + self._interval - stopwatch()
        if early > 0:
            self._wait(early)
        self._last = stopwatch()

    def _refused(self, status: int, path: str, name: str) -> SourceError:
        what, step = {
            401: ("refused the key (401)", "Correct the environment variable in the source's headers."),
            403: ("does not allow this key to read it (403)", "Ask its administrator for the right to read."),
            404: ("knows no such path (404)", "Correct the location of the table."),
            422: ("does not understand a parameter (422)", "Correct the table's paging options and parameters."),
            429: (f"was still busy after {self._retries + 1} attempts (429)", "Lower `requests_per_second`."),
        }.get(status, (f"answered with status {status}", "The API's log says why; run it again later."))
        kind = SourceMalformed if status in {404, 422} else SourceUnreachable
        where = urlsplit(path).path
        return kind(f"The API at {self.host} {what}: {where} for {name}.", place=self._place, next_step=step)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]


def _pause(answer: Any, default: float) -> float:
    """Return how long to wait: what Retry-After says, in seconds or as a date, else the default; a minute at most."""
    from email.utils import parsedate_to_datetime

    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    seconds = default
    if asked.isdigit():
        seconds = float(asked)
    elif asked:
        try:
            seconds = (parsedate_to_datetime(asked) - now()).total_seconds()
        except (ValueError, TypeError):
            seconds = default
    return min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise ExtensionMissing(
            "Reading an HTTP API needs the Python package httpx.",
            next_step='Install it: pip install "customer360[http]".',
        ) from None
    return httpx
