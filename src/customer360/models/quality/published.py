"""Check the tables that are published, without building anything."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from customer360.models.as_of import resolve_as_of
from customer360.models.quality.check import checks_of
from customer360.models.quality.run import Inspector

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from customer360.engines.base import Engine
    from customer360.models.report import CheckResult
    from customer360.names import Relation
    from customer360.project.spec import Project


def check_published(
    engine: Engine, project: Project, *, relations: Sequence[Relation] | None = None, as_of: date | None = None
) -> list[CheckResult]:
    """Return the results of all checks of the published tables that have a contract (or of some of them).

    Tables that a contract promises and that are not there are a failed check. Nothing is written.
    """
    with engine.read() as session:
        present = session.relations()
        day = as_of or resolve_as_of(session, project)
        inspector = Inspector(session, engine.dialect, day, uuid4().hex, present, engine.capabilities.row_digest)
        tables = {}
        for contract in project.contracts.values():
            relation = contract.relation
            if relation not in project.models or (relations is not None and relation not in relations):
                continue
            checks = checks_of(contract, project, day)
            if relation not in present:
                inspector.absent(contract, checks)
            elif inspector.columns(contract, session.columns(relation)):
                tables[relation] = checks
            else:
                inspector.skip(checks, "the columns are not those of the contract")
        inspector.inspect(tables)
    return inspector.results
