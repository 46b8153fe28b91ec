"""Say what is wrong with the JSON of a metric query: where, what may stand there, and the nearest right word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from customer360.errors import QueryError, suggestion

if TYPE_CHECKING:
    from pydantic import ValidationError

_BRANCHES = {"all": "AllOf", "any": "AnyOf", "not": "Not", "metric": "MemberCondition"}
_PLAIN = "Condition"
_TAGS = {_PLAIN, *_BRANCHES.values()}
_EXPECTED = {
    "tuple_type": "a list",
    "model_type": "an object",
    "dict_type": "an object",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_pattern_mismatch": "lower-case letters, digits and _, a letter first",
}
_LIMITS = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
_CONDITION = '{"field": "segment", "op": "=", "value": "VIP"}'


def refusal(error: ValidationError, given: Any, shapes: Mapping[str, type[BaseModel]]) -> QueryError:
    """Return what is wrong first: a value that cannot be, then a key that does not exist, then one that is missing.

    ``shapes`` are the whole query and the kinds of filter, by class name.
    """
    ranks = {"extra_forbidden": 1, "missing": 2}
    fitting = [part for part in error.errors() if _is_meant(part["loc"], given)] or error.errors()
    part = min(fitting, key=lambda each: ranks.get(each["type"], 0))
    path = [step for step in part["loc"] if step not in _TAGS]
    where, kind = ".".join(map(str, path)), part["type"]
    if kind == "extra_forbidden":
        keys = list(_fields(_shape_at(shapes, part["loc"][:-1])))
        what = f"`{where.rpartition('.')[0]}` of a metric query" if "." in where else "A metric query"
        return QueryError(f"{what} has no key `{path[-1]}`.", next_step=suggestion(str(path[-1]), keys))
    if kind == "missing":
        return QueryError(f"The metric query lacks the key `{where}`.", next_step=_meaning(shapes, part["loc"]))
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", str(part["ctx"]["expected"]))
        known = suggestion(str(part["input"]), words)
        return QueryError(
            f"`{where}` cannot be {_shown(part['input'])}.",
            next_step=known if known and known.startswith("Did") else f"Known: {', '.join(words)}.",
        )
    if kind in _LIMITS:
        word, bound = _LIMITS[kind]
        return QueryError(f"`{where}` must be {word} {part['ctx'][bound]}, not {_shown(part['input'])}.")
    expected = _EXPECTED.get(kind)
    if expected is None:
        return QueryError(f"`{where}` cannot be {_shown(part['input'])}.", next_step=f"{part['msg']}.")
    return QueryError(f"`{where}` must be {expected}, not {_shown(part['input'])}.", next_step=_example(path, part))


def _is_meant(path: Sequence[str | int], given: Any) -> bool:
    """Say whether an error is about the kind of filter that its keys say it is."""
    value = given
    for step in path:
        if step in _TAGS:
            key = next((key for key in _BRANCHES if isinstance(value, dict) and key in value), None)
            if step != (_BRANCHES[key] if key else _PLAIN):
                return False
        elif isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
    return True


def _example(path: list[str | int], part: Any) -> str | None:
    value = part["input"]
    if not isinstance(value, str):
        return None
    text = json.dumps(value)
    if part["type"] == "tuple_type":
        return f"Write [{text}]."
    if path[-1] in ("where", "having"):
        return f"Write it as {_CONDITION}."
    return None


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 -- a line of a terminal


def _meaning(shapes: Mapping[str, type[BaseModel]], path: Sequence[str | int]) -> str | None:
    meaning = _fields(_shape_at(shapes, path[:-1])).get(str(path[-1]))
    return f"It holds: {meaning[0].lower()}{meaning[1:]}" if meaning else None


def _shape_at(shapes: Mapping[str, type[BaseModel]], path: Sequence[str | int]) -> type[BaseModel]:
    """Return the shape that the path of an error leads to; the first of ``shapes`` is that of the whole query."""
    shape = next(iter(shapes.values()))
    for step in path:
        if step in _TAGS:
            shape = shapes[str(step)]
        elif step in shape.model_fields:
            shape = next(_shapes_in(shape.model_fields[str(step)].annotation), shape)
    return shape


def _shapes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes_in(inner)


def _fields(shape: type[BaseModel]) -> dict[str, str | None]:
    """Return the keys of a shape with what they mean."""
    return {info.alias or name: info.description for name, info in shape.model_fields.items()}
