"""Answer metric queries as somebody may see them: one session and one look at the grants for all that a page asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from customer360.clock import stopwatch
from customer360.errors import NotPermitted
from customer360.governance.figures import answer_as
from customer360.governance.reading import Answered, Seen, read_as
from customer360.models.as_of import published_as_of

if TYPE_CHECKING:
    from datetime import date

    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.project.spec import Project
    from customer360.semantic.answer import Answer, Memory
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal
    from customer360.semantic.query import MetricQuery
    from customer360.semantic.query_log import QueryLog


class Ask(Protocol):
    """Answers a metric query of a semantic model; without a name of the first. Errors: QueryError, NotPermitted."""

    def __call__(self, query: MetricQuery, *, model: str | None = None) -> Answer:
        """Answer."""
        ...


@dataclass(frozen=True)
class Desk:
    """What answering needs of an opened project."""

    project: Project
    engine: Engine
    governance: Governance
    models: Callable[[str | None], SemanticModel]
    memory: Memory
    log: QueryLog

    @contextmanager
    def open(
        self,
        *,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
        answers: list[Answered] | None = None,
    ) -> Iterator[Ask]:
        """Give what answers from one state for one asker, for as long as the block lasts.

        What is asked in it is written down when it ends, a query that is refused, at once; what was answered is put
        into ``answers``, for who shows it again.
        """
        with self.engine.read(at_snapshot=at_snapshot) as session, ExitStack() as views:
            day = as_of or published_as_of(session, self.project)
            seen: dict[str, Seen] = {}

            def ask(query: MetricQuery, *, model: str | None = None) -> Answer:
                found = self.models(model)
                if found.name not in seen:
                    opened = read_as(self.governance, session, "metrics", principal, found, figures=True)
                    seen[found.name] = views.enter_context(opened)
                try:
                    return self._answered(seen[found.name], found, query, day)
                except NotPermitted as error:
                    seen[found.name].refused(error)
                    raise

            yield ask
            if answers is not None:
                answers.extend(each for view in seen.values() for each in view.answers)

    def _answered(self, seen: Seen, model: SemanticModel, query: MetricQuery, day: date) -> Answer:
        began = stopwatch()
        answered = answer_as(seen, self.project, model, query, as_of=day, memory=self.memory)
        seen.answered(answered.sql, answered.rows)
        seconds = 0.0 if answered.remembered else stopwatch() - began
        self.log.note(model, query, as_of=day, seconds=seconds, rows=answered.rows, remembered=answered.remembered)
        return answered
