"""Move a warehouse to another engine: copy what cannot be made again, build the rest there, compare every table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.errors import C360Error, WarehouseError
from customer360.models.build import build
from customer360.models.comparison import difference
from customer360.models.plan import HISTORIES
from customer360.models.state import STATE, read_state, write_state
from customer360.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.engines.base import Engine
    from customer360.models.report import BuildReport
    from customer360.names import Relation
    from customer360.project.spec import Project

_TASK = "migrate"


@dataclass(frozen=True)
class Migration:
    """What a migration did. ``differences``: what is not as it was, in words, by table; empty when all is."""

    copied: Mapping[Relation, int]
    report: BuildReport
    compared: tuple[Relation, ...]
    differences: Mapping[Relation, str]


def migrate(source: Engine, target: Engine, project: Project, *, progress: Progress | None = None) -> Migration:
    """Fill an empty warehouse with what another holds.

    Copied are raw and quarantined rows, logs, and tables that hold what cannot be computed again (histories and
    results of methods). All others are built anew by the target and compared with the source's, row by row.
    Raises WarehouseError when the target is not empty, and what a build raises; the source is only read.
    """
    progress = progress or Silent()
    if target.exists():
        raise WarehouseError(
            "There is a warehouse in the place that this one shall move to.",
            next_step="Name an empty database or folder; nothing was changed.",
        )
    copied = _copy(source, target, progress)
    try:
        report = build(target, project, progress=progress)
    except C360Error as error:
        error.next_step = f"{error.next_step or 'Mend it.'} Then empty the new warehouse and migrate again."
        raise
    compared, differences = _compare(source, target, project, progress)
    return Migration(copied, report, compared, differences)


def _copy(source: Engine, target: Engine, progress: Progress) -> dict[Relation, int]:
    """Copy tables in one publication and return their rows."""
    with source.read() as old, target.publish(note="migrate") as new:
        present = old.relations()
        state = read_state(old, present)
        kept = {relation: built for relation, built in state.items() if built.kind in HISTORIES}
        wanted = sorted(r for r in present if r != STATE and (r in kept or r not in state))
        progress.start(_TASK, len(wanted))
        rows: dict[Relation, int] = {}
        try:
            for relation in wanted:
                new.create_schema(relation.schema)
                new.create_table(relation, old.columns(relation))
                rows[relation] = new.insert_arrow(relation, old.stream(f"SELECT * FROM {relation.sql}"))
                progress.step(_TASK, str(relation))
        finally:
            progress.finish(_TASK)
        write_state(new, kept)
    return rows


def _compare(
    source: Engine, target: Engine, project: Project, progress: Progress
) -> tuple[tuple[Relation, ...], dict[Relation, str]]:
    """Compare every table that models make; those that the source lacks are left out."""
    differences: dict[Relation, str] = {}
    with source.read() as old, target.read() as new:
        compared = tuple(sorted(project.models.keys() & old.relations()))
        progress.start("compare", len(compared))
        try:
            for relation in compared:
                query = f"SELECT * FROM {relation.sql}"
                found = (
                    difference(old.query(query), new.query(query)) if relation in new.relations() else "it is not there"
                )
                if found is not None:
                    differences[relation] = found
                progress.step("compare", str(relation))
        finally:
            progress.finish("compare")
    return compared, differences
