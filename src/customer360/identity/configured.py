"""Give the identity steps of a project what identity.yaml, the kept model and people's decisions say.

As parameters: so a change of any of them makes the steps, and all that stands on them, out of date, and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error, Place
from customer360.identity.failures import IdentityError
from customer360.identity.model import Model
from customer360.identity.overrides import STATE_FILE, Overrides, SqliteStore
from customer360.identity.settings import Settings
from customer360.identity.survivorship import check_rules
from customer360.project.identity import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from customer360.project.spec import Project, Step

MODEL_FILE = "identity.model.json"
"""Where a project may keep the model, so that every machine weighs alike."""
_READS = {
    "identity_records": ("settings", "mapping"),
    "identity_model": ("settings", "model"),
    "identity_pairs": ("settings", "overrides"),
    "identity_edges": ("settings", "overrides", "mapping", "model"),
    "identity_review": ("overrides",),
    "golden_customer": ("source_priority", "rules"),
    "golden_origin": ("source_priority", "rules"),
}
"""Method -> parameters that it is given, unless its own step file sets them."""
_NOT_SETTINGS = ("mapping", "source_priority", "survivorship")


def configured(project: Project, *, overrides: Overrides | None = None) -> Project:
    """Return the project with parameters for its identity steps; ``overrides`` in place of those that are kept.

    Errors: IdentityError with its place.
    """
    if not any(model.step and model.step.method in _READS for model in project.models.values()):
        return project
    given = _given(project, overrides)
    models = {
        relation: replace(model, step=_with(model.step, given)) if model.step else model
        for relation, model in project.models.items()
    }
    return replace(project, models=models)


def _with(step: Step, given: Mapping[str, Any]) -> Step:
    wanted = {name: given[name] for name in _READS.get(step.method, ()) if given.get(name)}
    own = {name: value for name, value in step.parameters.items() if value}
    return replace(step, parameters={**step.parameters, **wanted, **own}) if wanted else step


def _given(project: Project, overrides: Overrides | None) -> dict[str, Any]:
    document, settings = dict(project.identity), settings_of(project)
    try:
        Settings.of(settings)
        check_rules(document.get("survivorship", {}))
    except C360Error as error:
        raise IdentityError(error.what, place=Place(FILE_NAME), next_step=error.next_step) from None
    overrides = Overrides.of(SqliteStore(project.root / STATE_FILE).all()) if overrides is None else overrides
    return {
        "settings": settings,
        "mapping": document.get("mapping"),
        "source_priority": document.get("source_priority"),
        "rules": document.get("survivorship"),
        "overrides": overrides.document() if overrides.merged or overrides.apart else None,
        "model": kept_model(project.root),
    }


def settings_of(project: Project) -> dict[str, Any]:
    """Return what identity.yaml says about the search itself, as ``Settings.of`` reads it."""
    return {name: value for name, value in project.identity.items() if name not in _NOT_SETTINGS}


def kept_model(root: Path) -> dict[str, Any] | None:
    """Return the model that the project keeps, checked. Errors: IdentityError."""
    path = root / MODEL_FILE
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Model.of(document).document()
    except (C360Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IdentityError(
            "The kept model of identity resolution cannot be read.",
            place=MODEL_FILE,
            next_step="Remove the file, or run `c360 identity train`.",
        ) from error


def keep_model(root: Path, model: Model) -> Path:
    """Write the model into the project and return where."""
    path = root / MODEL_FILE
    path.write_text(json.dumps(model.document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
