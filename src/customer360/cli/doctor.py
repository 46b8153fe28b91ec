"""Examine machine and project, one finding a line, and say what to do about each that fails."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.workspace import Workspace

LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing examined."""

    what: str
    ok: bool
    detail: str


def examine(folder: Path) -> list[Finding]:
    """Return findings about Python, disk, extensions and, where there is one, the project."""
    findings = [_python(), _disk(folder), _extensions()]
    try:
        from customer360.workspace import find_project

        root = find_project(folder)
    except C360Error:
        return [*findings, Finding("project", True, "none here; `c360 init my_project` makes one")]
    return findings + _project(root)


def _python() -> Finding:
    return Finding("python", sys.version_info >= (3, 11), f"{sys.version.split()[0]} (3.11 or newer needed)")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder.resolve() if folder.exists() else Path.cwd()).free
    return Finding("disk", free > LEAST_FREE_BYTES, f"{free / (1 << 30):.1f} GiB free (1 GiB or more needed)")


def _extensions() -> Finding:
    import duckdb

    from customer360.engines.extensions import load_extension

    try:
        with duckdb.connect() as connection:
            for name in ("ducklake", "sqlite"):
                load_extension(connection, name)
    except C360Error as error:
        return Finding("extensions", False, str(error))
    return Finding("extensions", True, "ducklake and sqlite load")


def _project(root: Path) -> list[Finding]:
    from customer360.connectors.registry import open_connector
    from customer360.workspace import open_project

    try:
        workspace = open_project(root)
    except C360Error as error:
        return [Finding("project", False, str(error))]
    found = [Finding("project", True, f"{workspace.project.settings.label}: {len(workspace.project.models)} models")]
    for source in workspace.project.sources.values():
        try:
            connector = open_connector(source, root)
            for table in source.tables.values():
                connector.schema(table)
            connector.close()
            found.append(Finding(f"source {source.name}", True, f"{len(source.tables)} tables can be read"))
        except C360Error as error:
            found.append(Finding(f"source {source.name}", False, str(error)))
    return [*found, *_warehouse(workspace)]


def _warehouse(workspace: Workspace) -> list[Finding]:
    from customer360.engines.base import Stores

    found = []
    try:
        if isinstance(workspace.engine, Stores) and (said := workspace.engine.storage()):
            found.append(Finding("data files", True, said))
    except C360Error as error:
        found.append(Finding("data files", False, str(error)))
    try:
        if not workspace.engine.exists():
            return [*found, Finding("warehouse", True, "nothing built yet; `c360 run` builds it")]
        newest = workspace.history()[0]
        with workspace.engine.read() as session:
            built = len(session.relations() & workspace.project.models.keys())
    except C360Error as error:
        return [*found, Finding("warehouse", False, str(error))]
    wanted = len(workspace.project.models)
    detail = f"snapshot {newest.id} of {newest.at:%Y-%m-%d %H:%M} UTC, {built} of {wanted} tables are built"
    remedy = "" if built == wanted else "; `c360 build` builds them all"
    return [*found, Finding("warehouse", True, detail + remedy)]
