"""Give a ShopFlow project its data: files below ``data/``, or the servers its systems would live in."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from customer360.errors import ProjectError
from customer360.project.systems import SERVERS, system_names
from customer360.synthetic import to_mongo, to_postgres
from customer360.synthetic.documented import DOCUMENTED
from customer360.synthetic.embedded import running_mongo, running_postgres
from customer360.synthetic.to_files import write_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from customer360.progress import Progress
    from customer360.synthetic.shopflow import ShopFlow

DATA = "data"
EMBEDDED = ".servers"
"""Folder of a project where servers of its own keep their data."""

WRITTEN = "on-servers.txt"
"""Notes in ``data/`` that the servers have been filled."""


def fill_files(root: Path, shopflow: ShopFlow, progress: Progress | None = None) -> bool:
    """Write the files of the project's systems, unless they are there; say whether they were written."""
    if (root / DATA / "truth").is_dir():  # written last
        return False
    write_files(shopflow, root / DATA, systems=_systems(root), progress=progress)
    return True


def reads_servers(root: Path) -> bool:
    """Say whether any source of the project is the one that reads a server."""
    pairs = [(live, root / "sources" / live.name) for live in (root / SERVERS).glob("*.yaml")]
    return any(source.is_file() and source.read_bytes() == live.read_bytes() for live, source in pairs)


def read_from_servers(root: Path) -> bool:
    """Put ``servers/<system>.yaml`` in the place of ``sources/<system>.yaml``; say whether that changed anything."""
    if not (root / SERVERS).is_dir():
        raise ProjectError(
            f"The project in {root} has no folder {SERVERS}/, so there are no live servers to read.",
            next_step="Use a project of the template shopflow: c360 init shop --template shopflow.",
        )
    changed = False
    for live in sorted((root / SERVERS).glob("*.yaml")):
        source = root / "sources" / live.name
        if source.is_file() and source.read_bytes() != live.read_bytes():
            shutil.copyfile(live, source)
            changed = True
    return changed


@contextmanager
def servers(root: Path) -> Iterator[tuple[str, ...]]:
    """Have servers run that the project's sources name in the environment; yield the variables set here.

    A server of yours (C360_POSTGRES_URL, C360_MONGO_URL) is taken as it is. Where there is none, one from a wheel
    runs, keeps its data in the project, and stops afterwards.
    """
    systems = _systems(root)
    needed = {
        to_postgres.URL_VARIABLE: (running_postgres, any(name in DOCUMENTED for name in systems)),
        to_mongo.URL_VARIABLE: (running_mongo, "support" in systems),
    }
    with ExitStack() as stack:
        ours = []
        for variable, (running, is_needed) in needed.items():
            if is_needed and not os.environ.get(variable):
                folder = root / EMBEDDED / ("postgres" if running is running_postgres else "mongo")
                os.environ[variable] = stack.enter_context(running(folder))
                stack.callback(os.environ.pop, variable, None)
                ours.append(variable)
        yield tuple(ours)


def fill_servers(
    root: Path, shopflow: ShopFlow, *, ours: Collection[str] = (), progress: Progress | None = None
) -> bool:
    """Write the project's systems into the servers of the environment, once; say whether they were written.

    Tables that are there already are written anew in servers of ours (named by their variables), and are an error in
    others. Errors: those of ``write_postgres`` and ``write_mongo``.
    """
    note = root / DATA / WRITTEN
    if note.is_file():
        return False
    systems = _systems(root)
    stored = [name for name in systems if name in DOCUMENTED]
    if stored:
        variable = to_postgres.URL_VARIABLE
        to_postgres.write_postgres(
            shopflow, os.environ[variable], systems=stored, replace=variable in ours, progress=progress
        )
    if "support" in systems:
        variable = to_mongo.URL_VARIABLE
        to_mongo.write_mongo(shopflow, os.environ[variable], replace=variable in ours, progress=progress)
    note.write_text("ShopFlow is on the servers. Remove this file to have it written again.\n", encoding="utf-8")
    return True


def _systems(root: Path) -> list[str]:
    return [name for name in system_names(root) if name in (*DOCUMENTED, "support")]
