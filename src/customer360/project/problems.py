"""Collect everything wrong with a project, and turn a broken shape into sentences with a place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from customer360.errors import C360Error, Place, ProjectError, ProjectErrors, UnknownName, nearest
from customer360.project.yamlfile import Block, Items, YamlFile, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

M = TypeVar("M", bound=BaseModel)

_ABSENT = object()
_LONGEST = 40
_MOST_KEYS = 12
_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a block of keys",
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
}


class Shape(BaseModel):
    """Base of every file format: unknown keys are errors, nothing is converted."""

    misplaced: ClassVar[Mapping[str, str]] = {}
    """Keys that people look for here, and what to do instead."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Problems:
    """All errors and warnings found so far, and the names of things that could not be read.

    Whoever looks a name up asks ``is_broken`` before it complains, so that one broken file gives one error.
    """

    def __init__(self) -> None:
        self.errors: list[C360Error] = []
        self.warnings: list[C360Error] = []
        self._broken: set[tuple[str, str]] = set()

    def add(self, what: str, place: Place, next_step: str | None = None) -> None:
        """Note an error."""
        self.errors.append(ProjectError(what, place=place, next_step=next_step))

    def unknown(self, kind: str, name: str, known: Sequence[str], place: Place) -> None:
        """Note a name that nothing carries."""
        self.errors.append(UnknownName(kind, name, known, place=place))

    def not_among(self, key: str, given: str, known: Sequence[str], place: Place, *, rule: str | None = None) -> None:
        """Note a value that is none of those there are."""
        hit = nearest(given, known)
        mark = f" [{rule}]" if rule else ""
        hint = f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(known)}."
        self.add(f"The value of '{key}' cannot be '{given}'.{mark}", place, hint)

    def warn(self, what: str, place: Place, next_step: str | None = None) -> None:
        """Note something that works but should not stay."""
        self.warnings.append(ProjectError(what, place=place, next_step=next_step))

    def broken(self, kind: str, name: str) -> None:
        """Remember that a thing exists but could not be read."""
        self._broken.add((kind, name))

    def is_broken(self, kind: str, name: str) -> bool:
        """Say whether a thing exists but could not be read."""
        return (kind, name) in self._broken

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Note a ProjectError that the block raises instead of letting it through."""
        try:
            yield
        except ProjectError as error:
            self.errors.append(error)

    def checked(self, shape: type[M], file: YamlFile, block: Block | None = None) -> M | None:
        """Return a block (default: the whole file) as ``shape``, or None after noting all that does not fit."""
        block = file.root if block is None else block
        try:
            found = shape.model_validate(block)
        except ValidationError as error:
            parts = error.errors(include_url=False, include_context=True)
            for part, expected in _grouped(block, parts):
                self._note(shape, file, block, part, expected)
            return None
        empties = list(_empties(shape, block, ()))
        for path in empties:
            place = Place(file.name, line_of(block, path))
            self.add(f"'{_shown(block, path)}' is empty.", place, "Give it a value or leave the key out.")
        return None if empties else found

    def _note(self, shape: type[BaseModel], file: YamlFile, block: Block, part: Any, expected: str) -> None:
        path = part["loc"]
        place = Place(file.name, line_of(block, path))
        name = _shown(block, path)
        kind = part["type"]
        if kind == "extra_forbidden":
            known = _keys_at(shape, path[:-1])
            hit = nearest(str(path[-1]), known)
            more = " ..." if len(known) > _MOST_KEYS else ""
            hint = f"Did you mean '{hit}'?" if hit else f"Known keys here: {', '.join(known[:_MOST_KEYS])}{more}."
            hint = _misplaced_hint(shape, path) or hint
            self.add(f"There is no key '{path[-1]}' here.", place, hint)
        elif kind == "missing":
            parent = _shown(block, path[:-1])
            where = f" of '{parent}'" if parent else ""
            self.add(f"The key '{path[-1]}'{where} is missing.", place, _description_hint(shape, path))
        elif kind in ("literal_error", "enum"):
            choices = [str(c) for c in _choices_at(shape, path)]
            given = _short(part["input"])
            hit = nearest(str(part["input"]), choices)
            hint = f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(choices)}."
            self.add(f"The value of '{name}' cannot be {given}.", place, hint)
        elif kind in _EXPECTED:
            self.add(f"'{name}' must be {expected}, not {_short(part['input'])}.", place, _type_hint(kind, part))
        else:
            self.add(f"'{name}' {_constraint(part)}.", place)

    def finish(self) -> None:
        """Raise ProjectErrors when anything was noted, in file order."""
        if self.errors:
            raise ProjectErrors(in_file_order(self.errors))


def in_file_order(errors: Sequence[C360Error]) -> list[C360Error]:
    """Return errors by file and line, each once."""
    unique = {str(error): error for error in errors}

    def position(error: C360Error) -> tuple[str, int]:
        place = error.place
        return (place.file, place.line or 0) if isinstance(place, Place) else (str(place or ""), 0)

    return sorted(unique.values(), key=position)


def _grouped(block: Block, parts: Sequence[Any]) -> Iterator[tuple[Any, str]]:
    """Yield one error per place, with what may stand there: alternatives of a union come as one."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for part in parts:
        where = tuple(_leading(block, part["loc"]))
        key = where if part["type"] in _EXPECTED else (*where, part["type"], part["loc"])
        groups.setdefault(key, []).append(part)
    for group in groups.values():
        words = dict.fromkeys(_EXPECTED.get(part["type"], "") for part in group)
        if "a number" in words:
            words.pop("a whole number", None)
        yield group[0], " or ".join(words)


def _leading(block: Block, path: Sequence[str | int]) -> Iterator[str | int]:
    """Yield the parts of a path that lead somewhere."""
    value: Any = block
    for part in path:
        if (isinstance(value, Block) and part in value) or (
            isinstance(value, Items) and isinstance(part, int) and part < len(value)
        ):
            value = value[part]  # type: ignore[index]  # the right kind of key for this value
            yield part


def _empties(annotation: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every optional key that is there without a value."""
    for option in _alternatives(annotation):
        if isinstance(value, Block) and isinstance(option, type) and issubclass(option, BaseModel):
            for name, info in option.model_fields.items():
                key = info.alias or name
                inner = value.get(key, _ABSENT)
                if inner is None and not info.is_required() and info.annotation is not Any:
                    yield (*path, key)
                elif isinstance(inner, Block | Items):
                    yield from _empties(info.annotation, inner, (*path, key))
        elif isinstance(value, Block) and get_origin(option) is dict:
            for key, inner in value.items():
                yield from _empties(get_args(option)[1], inner, (*path, key))
        elif isinstance(value, Items) and get_origin(option) is list:
            for position, inner in enumerate(value):
                yield from _empties(get_args(option)[0], inner, (*path, position))


def _short(value: Any) -> str:
    """Return a value as people say it, never long."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Block | dict):
        return "a block of keys"
    if isinstance(value, Items | list):
        return "a list"
    if isinstance(value, int | float):
        return f"the number {value}"
    return f"'{value}'" if len(value) <= _LONGEST else f"'{value[: _LONGEST - 3]}...'"


def _type_hint(kind: str, part: Any) -> str | None:
    value = part["input"]
    hint = "Give it a value or leave the key out." if value is None else None
    if kind == "string_type" and isinstance(value, bool | int | float):
        hint = f'Put it in quotes: "{str(value).lower()}".'
    elif kind == "bool_type" and str(value).lower() in _YES | _NO:
        hint = "Write true." if str(value).lower() in _YES else "Write false."
    elif kind == "list_type" and isinstance(value, str):
        hint = f"Write [{value}]." if len(value) <= _LONGEST and "," not in value else "Write [first, second]."
    return hint


def _constraint(part: Any) -> str:
    """Return the end of the sentence "'key' ..." for a broken rule of a value."""
    context = part.get("ctx", {})
    given = _short(part["input"])
    return {
        "greater_than_equal": f"must be at least {context.get('ge')}, not {given}",
        "less_than_equal": f"must be at most {context.get('le')}, not {given}",
        "greater_than": f"must be more than {context.get('gt')}, not {given}",
        "too_short": f"needs at least {context.get('min_length')} item",
        "too_long": f"holds {context.get('actual_length')} items; it may hold {context.get('max_length')}",
        "string_too_short": "must not be empty",
    }.get(part["type"], f"{context.get('error', part['msg'])}, not {given}")


def _shown(block: Block, path: Sequence[str | int]) -> str:
    """Return ``tables.orders.key`` for a path; list items are numbered from 1, parts that lead nowhere left out."""
    value: Any = block
    words: list[str] = []
    for part in _leading(block, path):
        value = value[part]
        label = value.get("name") or value.get("id") if isinstance(value, Block) and isinstance(part, int) else None
        words.append(str(part + 1) if isinstance(part, int) and not isinstance(label, str) else str(label or part))
    return ".".join(words)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation may be, without Optional, Annotated and Union around it."""
    origin = get_origin(annotation)
    if origin in (list, dict, tuple) or isinstance(annotation, type):
        yield annotation
    elif hasattr(annotation, "__value__"):
        yield from _alternatives(annotation.__value__)
    else:
        for inner in get_args(annotation):
            if isinstance(inner, type) or get_origin(inner) is not None or hasattr(inner, "__value__"):
                yield from _alternatives(inner)


def _descend(annotation: Any, part: str | int) -> Any:
    """Return the annotation one step down a path, or the same one when the part is only a union's tag."""
    for option in _alternatives(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, info in option.model_fields.items():
                if part in (name, info.alias):
                    return info.rebuild_annotation()
        elif get_origin(option) is list and isinstance(part, int):
            return get_args(option)[0]
        elif get_origin(option) is dict:
            return get_args(option)[1]
    return annotation


def _annotation_at(shape: type[BaseModel], path: Sequence[str | int]) -> Any:
    annotation: Any = shape
    for part in path:
        annotation = _descend(annotation, part)
    return annotation


def _keys_at(shape: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand at a path."""
    keys: list[str] = []
    for option in _alternatives(_annotation_at(shape, path)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            keys += [info.alias or name for name, info in option.model_fields.items()]
    return keys


def _misplaced_hint(shape: type[BaseModel], path: Sequence[str | int]) -> str | None:
    """Return what a format says about a key that people often write in the wrong place."""
    for option in _alternatives(_annotation_at(shape, path[:-1])):
        if isinstance(option, type) and issubclass(option, Shape) and path[-1] in option.misplaced:
            return option.misplaced[str(path[-1])]
    return None


def _choices_at(shape: type[BaseModel], path: Sequence[str | int]) -> list[Any]:
    """Return the values that a Literal at a path allows."""

    def literals(annotation: Any) -> Iterator[Any]:
        for inner in get_args(annotation):
            if isinstance(inner, str | int | bool) and not isinstance(inner, type):
                yield inner
            else:
                yield from literals(inner)

    return list(literals(_annotation_at(shape, path)))


def _description_hint(shape: type[BaseModel], path: Sequence[str | int]) -> str | None:
    """Return what a missing key means, from the format's own description of it."""
    for option in _alternatives(_annotation_at(shape, path[:-1])):
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, info in option.model_fields.items():
                if path[-1] in (name, info.alias) and info.description:
                    text = info.description.split(". ")[0].rstrip(".")
                    return f"Add it: {text[0].lower()}{text[1:]}."
    return None
