"""Know whose accounts are one hand: who made an account, set its password or made it a key can act as it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.governance.failures import AccessRefused

if TYPE_CHECKING:
    from customer360.governance.records import Actor
    from customer360.governance.state import State

_HANDED = (
    "SELECT actor FROM event WHERE subject = ? AND action IN ('account.created', 'account.password') UNION"
    " SELECT actor FROM event WHERE action = 'key.created' AND json_extract(detail, '$.account') = ?"
)


def hands(state: State, account: str) -> frozenset[str]:
    """Return who could act as an account: itself, who made it or let somebody in as it, and who could act as those.

    The history knows, and nobody can take that out of it.
    """
    found, new = {account}, [account]
    while new:
        name = new.pop()
        for row in state.rows(_HANDED, (name, name)):
            if row["actor"] not in found:
                found.add(row["actor"])
                new.append(row["actor"])
    return frozenset(found)


def check_apart(state: State, holder: str, by: Actor, next_step: str) -> None:
    """Raise AccessRefused where the account that would have something can act as the one that decides."""
    if not by.is_operator and holder in hands(state, by.name):
        raise AccessRefused(
            f"{holder} made the account {by.name}, its password or a key of it, so it would decide for itself.",
            next_step=next_step,
        )


def made_by(state: State, kind: str, holder: str, by: Actor) -> bool:
    """Say whether who decides can act as the holder: administrators make accounts for others, so it is only noted."""
    return kind == "account" and not by.is_operator and by.name in hands(state, holder)
