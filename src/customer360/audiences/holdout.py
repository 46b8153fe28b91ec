"""Decide who is held out of an audience: by a salted hash of the customer's id, so the same people every time."""

from __future__ import annotations

import hashlib
from typing import Literal

Group = Literal["treated", "held_out"]
_STEPS = 2**64


def group_of(member: str, *, audience: str, salt: str, share: float) -> Group:
    """Return the group of a member. Audiences draw independently of each other; a larger share keeps who was held out.

    The salt is the project's secret: without it nobody can tell the group of an id.
    """
    digest = hashlib.sha256(f"{salt}\n{audience}\n{member}".encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") < share * _STEPS else "treated"


def suppression_hash(member: str, *, salt: str) -> str:
    """Return what a suppressed id is kept as: the list names nobody."""
    return hashlib.sha256(f"{salt}\nsuppressed\n{member}".encode()).hexdigest()
