"""A small company: a real project built into a real lake. Its models make rows from numbers, so no source is needed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from customer360.workspace import Workspace, open_project

AS_OF = date(2024, 11, 18)
PROJECT = Path(__file__).parent / "company_project"


def unbuilt_company(folder: Path, *, customers: int = 300) -> Workspace:
    """Return the opened project before its first build."""
    shutil.copytree(PROJECT, folder)
    settings = folder / "c360.yaml"
    settings.write_text(settings.read_text().replace("customers: 300", f"customers: {customers}"))
    return open_project(folder)


def company(folder: Path, *, customers: int = 300) -> Workspace:
    """Return the built project."""
    workspace = unbuilt_company(folder, customers=customers)
    workspace.build()
    return workspace
