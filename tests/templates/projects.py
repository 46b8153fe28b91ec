"""Read a template as `c360 init` makes it, once a test run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from customer360.project.reader import read_project
from customer360.project.starter import create_project

if TYPE_CHECKING:
    from customer360.project.spec import Project


@cache
def template_project(template: str) -> Project:
    """Return the project that a template makes."""
    with TemporaryDirectory() as folder:
        create_project(Path(folder), template=template, name=template)
        return read_project(Path(folder))
