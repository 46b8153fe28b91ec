"""Keep some systems of a project and take the others out: source, product folder, mappings, cases."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from customer360.errors import UnknownName
from customer360.names import RAW_PREFIX
from customer360.project import settings
from customer360.project.spec import CONFORMED_SCHEMA
from customer360.project.writer import write_yaml
from customer360.project.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path


def keep_systems(root: Path, systems: Sequence[str]) -> None:
    """Take every system out of a project that is not in ``systems``; UnknownName for one that is not there.

    A system is its ``sources/<name>.yaml`` with contracts, the product folders that read only it, its part of every
    conformed entity, the columns of ``as_of_columns`` and the cases that touch any of these.
    """
    check_systems(root, systems)
    for system in system_names(root):
        if system not in systems:
            _take_out(root, system)


def system_names(root: Path) -> list[str]:
    """Return the systems of a project or template."""
    return sorted(path.stem for path in (root / "sources").glob("*.yaml") if ".odcs" not in path.name)


def check_systems(root: Path, systems: Sequence[str]) -> None:
    """Raise UnknownName for a system that is not there."""
    known = system_names(root)
    for system in systems:
        if system not in known:
            raise UnknownName("system", system, known)


def _take_out(root: Path, system: str) -> None:
    folders = [path for path in (root / "products").iterdir() if path.is_dir() and _reads_only(path, system)]
    for path in [*(root / "sources").glob(f"{system}.*odcs.yaml"), root / "sources" / f"{system}.yaml"]:
        path.unlink()
    for path in (root / "products" / CONFORMED_SCHEMA).glob(f"*/{system}.sql"):
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    for folder in folders:
        shutil.rmtree(folder)
    _forget_as_of(root, system)
    _forget_cases(root, {RAW_PREFIX + system, *(folder.name for folder in folders)})


def _reads_only(folder: Path, system: str) -> bool:
    """Say whether a product reads this system and no other."""
    own = folder / "product.odps.yaml"
    if not own.exists():
        return folder.name == system
    ports = read_yaml(own, folder).root.get("inputPorts", [])
    contracts = [str(port["contractId"]) for port in ports]
    return bool(contracts) and all(name.startswith(f"c360:source:{system}.") for name in contracts)


def _forget_as_of(root: Path, system: str) -> None:
    path = root / settings.FILE_NAME
    document: dict[str, Any] = dict(read_yaml(path, root).root)
    columns = document.get("as_of_columns", [])
    left = [column for column in columns if column.partition(".")[0] != system]
    if left != columns:
        write_yaml(path, {**document, "as_of_columns": left})


def _forget_cases(root: Path, schemas: Collection[str]) -> None:
    for path in (root / "tests").glob("*.yaml"):
        document = dict(read_yaml(path, root).root)
        left = [
            case
            for case in document["cases"]
            if not {name.partition(".")[0] for name in [case["model"], *case["given"]]} & set(schemas)
        ]
        if not left:
            path.unlink()
        elif left != document["cases"]:
            write_yaml(path, {**document, "cases": left})
