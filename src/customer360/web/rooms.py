"""Say what the web app needs of an opened project; ``customer360.workspace.Workspace`` is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from customer360.semantic.principal import Principal

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from customer360.answering import Desk
    from customer360.ask.asker import Asker
    from customer360.ask.reply import Reply
    from customer360.catalog.cards import Card, Catalogue
    from customer360.engines.base import Engine, Snapshot
    from customer360.governance.office import Governance
    from customer360.identity.lifecycle import People
    from customer360.project.spec import Project
    from customer360.semantic.answer import Answer
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.profile import Profile
    from customer360.semantic.query import MetricQuery


PrincipalOf = Callable[[Request], Principal]
"""Says who sent a request."""


class Rooms(Protocol):
    """One project with its warehouse."""

    project: Project
    engine: Engine

    def as_of(self, *, at_snapshot: int | None = None) -> date:
        """Return the as-of date that figures (of an earlier snapshot) stand on.

        Errors: WarehouseMissing before the first build.
        """
        ...

    def answer(
        self,
        query: MetricQuery,
        *,
        model: str | None = None,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
    ) -> Answer:
        """Answer a metric query from the newest state, or from a snapshot, as the principal may see it.

        Errors: QueryError, UnknownName, NotPermitted, WarehouseError.
        """
        ...

    def ask(
        self,
        text: str,
        *,
        model: str | None = None,
        principal: Principal | None = None,
        context: Sequence[str] = (),
        settled: MetricQuery | None = None,
    ) -> Reply:
        """Answer a question in plain language, or say why not; ``settled`` is the reading that a person picked.

        Errors: WarehouseError, ProjectError.
        """
        ...

    def semantic_model(self, name: str | None = None) -> SemanticModel:
        """Return the model that metrics come from, the first without a name. Errors: ProjectError, UnknownName."""
        ...

    def asker(self, model: str | None = None) -> Asker:
        """Return the question space of a semantic model, the first without a name. Errors: UnknownName."""
        ...

    def sql(self, text: str, *, principal: Principal | None = None) -> pa.Table:
        """Run one SELECT as the principal may see it. Errors: QueryError, NotPermitted."""
        ...

    @property
    def desk(self) -> Desk:
        """Return what answers several metric queries from one state."""
        ...

    @property
    def governance(self) -> Governance:
        """Return who may see what."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """Return the catalogue, and what feeds what."""
        ...

    def cards(self, *, search: str | None = None) -> tuple[Card, ...]:
        """Return the output ports of the catalogue."""
        ...

    def card(self, port: str) -> Card:
        """Return one output port of the catalogue. Errors: UnknownName."""
        ...

    def sees(self, principal: Principal | None = None) -> str:
        """Return a text that differs whenever what the asker may see differs. Errors: NotPermitted."""
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
