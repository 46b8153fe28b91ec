"""Read what answers about published tables need of a project, and import nothing that reads the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.project.problems import Problems
from customer360.project.semantics import read_semantics
from customer360.project.settings import read_settings
from customer360.project.spec import Project

if TYPE_CHECKING:
    from pathlib import Path


def read_to_answer(root: Path) -> Project:
    """Return the project with its settings and semantic models only: all that answers about published tables need.

    Raises ProjectErrors with what is wrong in these files; mistakes in any other stay unseen.
    """
    root, problems = root.resolve(), Problems()
    own = read_settings(root, problems)
    documents = read_semantics(root, problems)
    problems.finish()
    return Project(root=root, settings=own, semantics=documents)
