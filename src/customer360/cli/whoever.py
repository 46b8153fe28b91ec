"""Know on whose behalf a command asks: an API key in the environment, else whoever sits at this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.governance.records import Actor
    from customer360.workspace import Workspace

KEY_VARIABLE = "C360_API_KEY"


def key_in_environment() -> str | None:
    """Return the API key of the environment, None when there is none."""
    return os.environ.get("C360_API_KEY") or None


def ask_by_key(workspace: Workspace, key: str) -> None:
    """Let everything be asked as the account of a key may see it. Errors: NotSignedIn."""
    from customer360.governance.asking import ask_as

    ask_as(workspace.governance.key_principal(key))


def actor(workspace: Workspace, door: str = "access") -> Actor:
    """Return who decides at a door: the account of the key, else the operator of this machine.

    Errors: NotSignedIn, NotPermitted for a key that is limited to other doors.
    """
    from customer360.governance.office import operator
    from customer360.governance.reading import check_scope
    from customer360.governance.records import Actor

    key = key_in_environment()
    if key is None:
        return operator()
    account, found = workspace.governance.tickets.holder(key)
    check_scope(workspace.governance.principal(account, found), door)
    return Actor.of(account)
