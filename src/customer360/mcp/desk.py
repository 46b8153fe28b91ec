"""Hold what every tool needs: the opened project and on whose behalf it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from customer360.errors import C360Error, NotPermitted, QueryError, UnknownName, step_of
from customer360.mcp.shapes import Reply

if TYPE_CHECKING:
    from customer360.semantic.principal import Principal
    from customer360.workspace import Workspace

R = TypeVar("R", bound=Reply)


@dataclass(frozen=True)
class Desk:
    """One project, asked by one principal; None is the owner, who sees everything."""

    workspace: Workspace
    principal: Principal | None = None

    def reply(self, kind: type[R], make: Callable[[], R]) -> R:
        """Return the reply, or what cannot be answered as a reply that says why: a refusal is a result, not a crash."""
        try:
            return make()
        except NotPermitted as error:
            return _refusal(kind, error, "not_permitted")
        except (QueryError, UnknownName) as error:
            return _refusal(kind, error, "refused")


def _refusal(kind: type[R], error: C360Error, status: str) -> R:
    return kind.model_validate({"status": status, "message": error.what, "next_step": step_of(error)})
