"""Call a web address with members, signed, part by part; a part that fails is tried again with growing pauses."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from customer360.audiences.delivery import from_environment
from customer360.audiences.failures import ExportFailed
from customer360.clock import now
from customer360.connectors.http_post import UNREACHED, post

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.audiences.delivery import Delivery, Took

SIGNATURE = "X-C360-Signature"
"""``t=<seconds>,v1=<hex>``: HMAC-SHA256 of ``<seconds>.<body>`` under the destination's secret."""
IDEMPOTENCY = "Idempotency-Key"
"""The same for every try of one part, so that the receiver can drop what came twice; another one after each export."""

LONGEST_PAUSE = 60.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


def send_webhook(delivery: Delivery, root: Path, wait: Callable[[float], None] = time.sleep) -> Iterator[Took]:
    """Send added, changed and removed members in parts of ``batch``. Errors: ExportFailed, SettingMissing."""
    del root
    destination = delivery.destination
    url = _address(from_environment(destination, "url", purpose="the address that members are sent to"))
    if url is None:
        raise ExportFailed(
            f"The address of '{destination.name}' is no web address.",
            place=destination.place,
            next_step="Write https://host/path.",
        )
    secret = None
    if "secret" in destination.options:
        secret = from_environment(destination, "secret", purpose="the key that signs each call").encode()
    parts = list(_parts(delivery))
    for number, (members, removed) in enumerate(parts, start=1):
        body = json.dumps(_document(delivery, members, removed, number, len(parts)), default=_plain).encode()
        _call(delivery, url, body, secret, wait)
        yield delivery.took(members, removed)


def _address(text: str) -> SplitResult | None:
    """Return a web address in its parts, None when it is none."""
    try:
        url = urlsplit(text)
        is_one = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # it would show the address
        return None
    return url if is_one else None


def _parts(delivery: Delivery) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    size = int(delivery.destination.options["batch"])
    work = [(id_, True) for id_ in delivery.upserts] + [(id_, False) for id_ in delivery.removed]
    for start in range(0, len(work), size):
        piece = work[start : start + size]
        yield [id_ for id_, is_in in piece if is_in], tuple(id_ for id_, is_in in piece if not is_in)


def _document(
    delivery: Delivery, members: list[str], removed: tuple[str, ...], number: int, parts: int
) -> dict[str, Any]:
    changed = [id_ for id_ in members if id_ in delivery.changed]
    rest = [id_ for id_ in members if id_ not in delivery.changed]
    return {
        "audience": delivery.audience.name,
        "purpose": delivery.audience.purpose,
        "channel": delivery.destination.channel,
        "as_of": delivery.as_of,
        "refreshed_at": delivery.refreshed_at,
        "part": number,
        "parts": parts,
        "added": [delivery.record(id_) for id_ in rest],
        "changed": [delivery.record(id_) for id_ in changed],
        "removed": list(removed),
    }


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def signature(secret: bytes, body: bytes, seconds: int) -> str:
    """Return the signature of a call at a moment; a receiver computes the same and compares in constant time."""
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _call(
    delivery: Delivery, url: SplitResult, body: bytes, secret: bytes | None, wait: Callable[[float], None]
) -> None:
    destination = delivery.destination
    tries = int(destination.options["retries"]) + 1
    said = "nothing"
    for attempt in range(tries):
        headers = {IDEMPOTENCY: hashlib.sha256(f"{delivery.after}\n".encode() + body).hexdigest()[:32]}
        if secret is not None:
            headers[SIGNATURE] = signature(secret, body, int(now().timestamp()))
        pause = float(destination.options["first_pause_seconds"]) * 2**attempt
        try:
            status, asked = post(url, body, headers)
        except UNREACHED as error:
            said = type(error).__name__
            if isinstance(error, ValueError):  # a secret that cannot be sent does not become one by waiting
                break
        else:
            if 200 <= status < 300:  # noqa: PLR2004 - taken
                return
            said = f"status {status}"
            if status not in _BUSY:
                break
            pause = asked if asked is not None else pause
        if attempt + 1 < tries:
            wait(min(pause, LONGEST_PAUSE))
    raise ExportFailed(
        f"The address of '{destination.name}' at {url.hostname} did not take the members: {said}.",
        place=destination.place,
        next_step="What it took is remembered; run the export again once it answers.",
    )
