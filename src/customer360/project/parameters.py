"""Fill in what the parameters of a step take from c360.yaml: ``{{ policy('x') }}``, ``{{ setting('countries') }}``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error, Place, ProjectError, UnknownName
from customer360.project.yamlfile import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.names import Relation
    from customer360.project.problems import Problems
    from customer360.project.spec import Model, Settings, Step

SETTINGS = ("name", "label", "currency", "time_zone", "week_start", "fiscal_year_start_month", "countries")
"""Keys of c360.yaml that ``setting()`` names."""

_CALL = re.compile(r"\{\{\s*(\w+)\(\s*(['\"])([^'\"]+)\2\s*\)\s*\}\}")
_FUNCTIONS = ("policy", "setting")


def filled(models: Mapping[Relation, Model], settings: Settings, problems: Problems) -> dict[Relation, Model]:
    """Return the models, their steps with values instead of calls; a call that means nothing is noted.

    A value that is one call becomes what stands there in c360.yaml: a number, a text, a list or a block.
    """
    return {
        relation: replace(model, step=_filled(model.step, settings, problems)) if model.step else model
        for relation, model in models.items()
    }


def _filled(step: Step, settings: Settings, problems: Problems) -> Step:
    def value(given: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(given, dict):
            return {key: value(inner, (*path, key)) for key, inner in given.items()}
        if isinstance(given, list):
            return [value(inner, (*path, number)) for number, inner in enumerate(given)]
        if not isinstance(given, str) or "{{" not in given:
            return given
        place = Place(step.place.file, line_of(step.parameters, path))  # type: ignore[arg-type]  # read from YAML
        try:
            return _called(given, settings, place)
        except C360Error as error:
            problems.errors.append(error)
            return None

    return replace(step, parameters=value(step.parameters, ())) if _has_call(step.parameters) else step


def _has_call(given: Any) -> bool:
    if isinstance(given, dict):
        return any(_has_call(inner) for inner in given.values())
    if isinstance(given, list):
        return any(_has_call(inner) for inner in given)
    return isinstance(given, str) and "{{" in given


def _called(text: str, settings: Settings, place: Place) -> Any:
    call = _CALL.fullmatch(text.strip())
    if call is None:
        raise ProjectError(
            f"'{text}' is no call.",
            place=place,
            next_step="Write one call and nothing else: \"{{ policy('sale_periods') }}\".",
        )
    function, name = call[1], call[3]
    if function == "policy":
        return settings.policy(name, place=place)
    if function != "setting":
        raise UnknownName("function of a step's parameters", function, _FUNCTIONS, place=place)
    if name not in SETTINGS:
        raise UnknownName("setting", name, SETTINGS, place=place)
    found = getattr(settings, name)
    return list(found) if isinstance(found, tuple) else found
