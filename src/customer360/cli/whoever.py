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


def actor(workspace: Workspace) -> Actor:
    """Return who decides: the account of the key, else the operator of this machine. Errors: NotSignedIn."""
    from customer360.governance.office import operator
    from customer360.governance.records import Actor

    key = key_in_environment()
    return operator() if key is None else Actor.of(workspace.governance.tickets.holder(key)[0])
