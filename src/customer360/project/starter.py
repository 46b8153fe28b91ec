"""Start a project from a template: `blank`, or one that shows a whole company."""

from __future__ import annotations

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from customer360.errors import C360Error, ProjectError, UnknownName
from customer360.names import IDENTIFIER
from customer360.project import settings
from customer360.project.systems import check_systems, keep_systems, system_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHARED = "star"
"""Folder beside the templates: what stands to the right of the systems, whatever these are."""

IDENTITY = Path("identity") / "product"
"""Folder in the package with the steps that make people of records; a template may have a product of its own."""

_STANDING_ALONE = ("blank",)
"""Templates that do without it."""

_IGNORED = """# accounts, decisions, keys, audiences, erasures: secrets and people, to be backed up and not to be shared
state/
# files that audiences and dashboards were written to
exports/
# made by c360 from the sources
.cache/
warehouse/
"""


def template_names() -> tuple[str, ...]:
    """Return the templates that came with this installation."""
    folder = files("customer360").joinpath("templates")
    found = [entry.name for entry in folder.iterdir() if entry.joinpath(settings.FILE_NAME).is_file()]
    return tuple(sorted(found))


def template_systems(template: str) -> tuple[str, ...]:
    """Return the systems of a template. Raises UnknownName for one that is not there."""
    if template not in template_names():
        raise UnknownName("template", template, template_names())
    with as_file(files("customer360").joinpath("templates", template)) as source:
        return tuple(system_names(source))


def create_project(
    target: Path, *, template: str, name: str | None = None, systems: Sequence[str] | None = None
) -> None:
    """Copy a template into a new or empty folder and give the project its name (default: the folder's).

    ``systems`` keeps only these of the template's sources, with what belongs to them. Raises UnknownName for a
    template or system that is not there, ProjectError when the folder is in use or the name is no name.
    """
    if template not in template_names():
        raise UnknownName("template", template, template_names())
    chosen = _name(target, name)
    _refuse_used(target)
    try:
        with as_file(files("customer360").joinpath("templates")) as templates:
            if systems is not None:
                check_systems(templates / template, systems)
            # The template comes last: where it has a file of the same name, its own counts.
            for part in (*([] if template in _STANDING_ALONE else [SHARED]), template):
                shutil.copytree(
                    templates / part,
                    target,
                    dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("__pycache__", "warehouse"),
                )
            people = target / "products" / "identity"
            if template not in _STANDING_ALONE and not people.exists():
                shutil.copytree(templates.parent / IDENTITY, people)
        _rename(target / settings.FILE_NAME, chosen)
        ignored = target / ".gitignore"
        if not ignored.exists():
            ignored.write_text(_IGNORED, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ProjectError(
            f"The project cannot be written: {reason}.",
            place=str(target),
            next_step="Choose a folder you may write to.",
        ) from error
    if systems is not None:
        keep_systems(target, systems)


def _name(target: Path, name: str | None) -> str:
    if name is None:
        name = re.sub(r"[^a-z0-9]+", "_", target.resolve().name.lower()).strip("_")
        if not IDENTIFIER.match(name):
            name = f"project_{name}" if name else "project"
    if not IDENTIFIER.match(name):
        raise ProjectError(
            f"'{name}' cannot name a project.", next_step="Use lower-case letters, digits and _; start with a letter."
        )
    return name


def _refuse_used(target: Path) -> None:
    error: C360Error | None = None
    if target.exists() and not target.is_dir():
        error = ProjectError("There is a file where the project's folder belongs.", place=str(target))
    elif target.is_dir() and _names(target.iterdir()) - {".git"}:
        found = ", ".join(sorted(_names(target.iterdir()))[:3])
        error = ProjectError(
            f"The folder is not empty; it holds {found}.", place=str(target), next_step="Choose a new or empty folder."
        )
    if error is not None:
        raise error


def _names(paths: Iterable[Path]) -> set[str]:
    return {path.name for path in paths}


def _rename(path: Path, name: str) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^name:[ \t]*\S+", f"name: {name}", text, count=1), encoding="utf-8")
