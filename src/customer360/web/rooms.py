"""Say what the web app needs of an opened project; ``customer360.workspace.Workspace`` is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from customer360.semantic.principal import OWNER, Principal

if TYPE_CHECKING:
    from datetime import date

    from customer360.ask.reply import Reply
    from customer360.engines.base import Snapshot
    from customer360.identity.lifecycle import People
    from customer360.project.spec import Project
    from customer360.semantic.answer import Answer
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.profile import Profile
    from customer360.semantic.query import MetricQuery


PrincipalOf = Callable[[Request], Principal]
"""Says who sent a request."""


def owner(_request: Request) -> Principal:
    """Return the owner of the project: who reaches a server that listens on this machine only."""
    return OWNER


class Rooms(Protocol):
    """One project with its warehouse."""

    project: Project

    def as_of(self, *, at_snapshot: int | None = None) -> date:
        """Return the as-of date that figures (of an earlier snapshot) stand on.

        Errors: WarehouseMissing before the first build.
        """
        ...

    def answer(
        self,
        query: MetricQuery,
        *,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
    ) -> Answer:
        """Answer a metric query from the newest state, or from a snapshot, as the principal may see it.

        Errors: QueryError, UnknownName, NotPermitted, WarehouseError.
        """
        ...

    def ask(self, text: str, *, principal: Principal | None = None, context: Sequence[str] = ()) -> Reply:
        """Answer a question in plain language, or say why not. Errors: WarehouseError, ProjectError."""
        ...

    def semantic_model(self) -> SemanticModel:
        """Return the model that metrics and dimensions come from. Errors: ProjectError when there is none."""
        ...

    def profile(self, key: str, *, principal: Principal | None = None) -> Profile:
        """Return what is known about one customer. Errors: CustomerMissing, QueryError, NotPermitted."""
        ...

    def people(self) -> People:
        """Return what identity found."""
        ...

    def history(self) -> tuple[Snapshot, ...]:
        """Return the kept snapshots, newest first."""
        ...
