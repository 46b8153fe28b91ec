"""Load sources with erased people kept out of every table that the project has now, new ones too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from customer360.privacy.places import PERSON_RECORD, Places
from customer360.privacy.removal import screened
from customer360.raw import load as raw
from customer360.raw.suppressed import Suppressed

if TYPE_CHECKING:
    from customer360.engines.base import Engine
    from customer360.progress import Progress
    from customer360.project.spec import Project
    from customer360.raw.load import LoadReport


def load(
    engine: Engine,
    project: Project,
    *,
    sources: Sequence[str] | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Do as ``customer360.raw.load.load`` does, after looking up which columns hold ids of people."""
    store = Suppressed(project.root)
    if store.entries() and PERSON_RECORD in project.models and engine.exists():
        places = Places(project)
        with engine.read() as session:
            there = session.relations()
            columns = {
                relation: {column.name: column.type for column in session.columns(relation)}
                for relation in places.raw
                if relation in there
            }
        store.screen_columns(screened(places, columns))
    return raw.load(engine, project, sources=sources, full=full, progress=progress)
