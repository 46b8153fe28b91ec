"""Check the ``options:`` of a source's table against what its format or connector knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from customer360.errors import Place, ProjectError, UnknownName
from customer360.project.spec import SourceTable

T = TypeVar("T")


def table_options(table: SourceTable, kind: type[T]) -> T:
    """Return a table's options as the dataclass ``kind``; UnknownName with the nearest option, or ProjectError."""
    return checked_options(table.options, kind, table.place)


def checked_options(options: Mapping[str, Any], kind: type[T], place: Place) -> T:
    """Return options as the dataclass ``kind``; its defaults say which types its options have."""
    made: Any = kind()
    defaults = {field.name: getattr(made, field.name) for field in fields(made)}
    values: dict[str, Any] = {}
    for name, value in options.items():
        if name not in defaults:
            raise UnknownName("option", name, tuple(defaults), place=place)
        default = defaults[name]
        given = tuple(value) if isinstance(value, list) and isinstance(default, tuple) else value
        wanted = _wanted_types(default)
        if not isinstance(given, wanted) or (isinstance(given, bool) and not isinstance(default, bool)):
            raise ProjectError(
                f"The option '{name}' cannot be {value!r}.",
                place=place,
                next_step=f"Write a value such as {_example(default)}.",
            )
        values[name] = given
    return kind(**values)


def _wanted_types(default: object) -> tuple[type, ...]:
    if isinstance(default, float):
        return (int, float)
    return (Mapping,) if isinstance(default, Mapping) else (type(default),)


def _example(default: object) -> str:
    if isinstance(default, Mapping):
        return "{name: value}"
    return (
        "[a, b]" if isinstance(default, tuple) else str(default).lower() if isinstance(default, bool) else repr(default)
    )
