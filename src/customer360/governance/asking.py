"""Know on whose behalf this thread of work asks, so that no door can forget to say it.

Without anybody set, the owner of the machine asks: the command line and Python on the warehouse's own files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from customer360.semantic.principal import OWNER, Principal

_ASKING: ContextVar[Principal] = ContextVar("asking", default=OWNER)


def asking() -> Principal:
    """Return who asks."""
    return _ASKING.get()


def ask_as(principal: Principal) -> None:
    """Let everything in this process from here on be asked by this principal: a command with an API key."""
    _ASKING.set(principal)


@contextmanager
def asked_by(principal: Principal) -> Iterator[None]:
    """Let everything within the block be asked by this principal, also what runs in threads started for it."""
    token = _ASKING.set(principal)
    try:
        yield
    finally:
        _ASKING.reset(token)
