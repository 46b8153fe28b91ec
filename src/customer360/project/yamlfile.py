"""Read one YAML 1.2 file into plain values that still know the line they came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from customer360.errors import Place, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# libyaml is ten times faster and keeps line numbers; a build of PyYAML without it still reads the same files
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_TEXT_TAG = "tag:yaml.org,2002:str"
_UNRESOLVED = "plain"
_PLAIN = (None, "")
_MAX_DEPTH = 60


class Block(dict[str, Any]):
    """A YAML mapping. ``line`` is where it starts, ``lines`` where each key stands."""

    line: int
    lines: dict[str, int]


class Items(list[Any]):
    """A YAML list. ``line`` is where it starts, ``lines`` where each item stands."""

    line: int
    lines: list[int]


class YamlError(Exception):
    """What is wrong with a text that is not the YAML we read, its line and the next step."""

    def __init__(self, what: str, line: int | None, next_step: str | None = None) -> None:
        self.what = what
        self.line = line
        self.next_step = next_step
        super().__init__(what)


class _Nodes(_Base):  # type: ignore[misc]  # a C class without types
    """Compose nodes only; scalars are resolved here, by YAML 1.2's rules instead of the library's 1.1."""

    def resolve(self, *_node: object) -> str:
        """Leave every untagged scalar for us to resolve."""
        return _UNRESOLVED

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Keep no path: nothing resolves by it."""

    def ascend_resolver(self) -> None:
        """Keep no path: nothing resolves by it."""


class YamlFile:
    """One YAML file of a project: its values, and the place of any of them."""

    def __init__(self, name: str, root: Block) -> None:
        self.name = name
        self.root = root

    def place(self, *path: str | int) -> Place:
        """Return the place of the value at ``path``, or of its nearest parent that exists."""
        return Place(self.name, line_of(self.root, path))


def line_of(root: Block | Items, path: Iterable[str | int]) -> int:
    """Return the line of the value at ``path``; parts that lead nowhere are passed over."""
    value: Any = root
    line = root.line
    for part in path:
        if isinstance(value, Block) and part in value.lines:
            key = str(part)
            line, value = value.lines[key], value[key]
        elif isinstance(value, Items) and isinstance(part, int) and part < len(value):
            line, value = value.lines[part], value[part]
    return line


def read_yaml(path: Path, root: Path) -> YamlFile:
    """Return the file's values; ProjectError when it cannot be read or is not one YAML mapping."""
    name = path.relative_to(root).as_posix()
    text = read_text(path, root)
    try:
        value = parse_yaml(text)
    except YamlError as error:
        raise ProjectError(error.what, place=Place(name, error.line), next_step=error.next_step) from error
    if not isinstance(value, Block):
        kind = "is empty" if value is None else "holds no keys at its top"
        raise ProjectError(
            f"The file {kind}.", place=Place(name, 1), next_step="Write keys and values: `key: value`, one a line."
        )
    return YamlFile(name, value)


def read_text(path: Path, root: Path) -> str:
    """Return a file's text; ProjectError when it is no readable UTF-8 file."""
    name = path.relative_to(root).as_posix()
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise ProjectError(
            "There is a folder where a file belongs.", place=name, next_step="Move it away and put the file there."
        ) from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ProjectError(
            f"The file cannot be read: {reason}.", place=name, next_step="Check the file and its permissions."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ProjectError(
            f"The file is not UTF-8 text: byte 0x{data[error.start]:02x} does not fit.",
            place=Place(name, line),
            next_step="Save it as UTF-8.",
        ) from error


def parse_yaml(text: str) -> Any:
    """Return the values of one YAML 1.2 document; YamlError with the line when it is none."""
    loader = None
    try:
        loader = _Nodes(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise _translated(error, text) from error
    finally:
        if loader is not None:
            loader.dispose()
    return None if node is None else _Values().value(node, 0)


class _Values:
    """Turn nodes into values, each shared node (an alias) once."""

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}
        self._open: set[int] = set()

    def value(self, node: Any, depth: int) -> Any:
        line = node.start_mark.line + 1
        if node.tag not in (_UNRESOLVED, "!", _TEXT_TAG):
            raise YamlError(
                f"The YAML tag '{node.tag.replace('tag:yaml.org,2002:', '!!')}' is not used in project files.",
                line,
                "Remove it; write the value plainly.",
            )
        if isinstance(node, yaml.ScalarNode):
            return scalar(node.value) if node.style in _PLAIN and node.tag == _UNRESOLVED else node.value
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open or depth > _MAX_DEPTH:
            raise YamlError(
                "The values are nested without end.", line, "Remove the alias that points at its own parent."
            )
        self._open.add(id(node))
        made = self._block(node, depth) if isinstance(node, yaml.MappingNode) else self._items(node, depth)
        self._open.discard(id(node))
        self._done[id(node)] = made
        return made

    def _block(self, node: Any, depth: int) -> Block:
        block = Block()
        block.line = node.start_mark.line + 1
        block.lines = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError(
                    "A key must be a word, not a list or a mapping.", line, "Put a value that begins with { in quotes."
                )
            key = key_node.value
            if key in block.lines:
                raise YamlError(
                    f"The key '{key}' stands here twice; the first is in line {block.lines[key]}.",
                    line,
                    "Remove one of them.",
                )
            block[key] = self.value(value_node, depth + 1)
            block.lines[key] = line
        return block

    def _items(self, node: Any, depth: int) -> Items:
        items = Items(self.value(child, depth + 1) for child in node.value)
        items.line = node.start_mark.line + 1
        items.lines = [child.start_mark.line + 1 for child in node.value]
        return items


def scalar(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar by YAML 1.2's core schema: ``yes`` and dates are text."""
    first = text[:1]
    if first and first not in "~nNtTfF.+-0123456789":
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    return float(text) if _FLOAT.match(text) else text


def _translated(error: yaml.YAMLError, text: str) -> YamlError:
    """Return the library's complaint as a sentence of ours."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # a character YAML does not allow
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        return YamlError("The file holds a control character, which YAML does not allow.", line, "Remove it.")
    line = mark.line + 1
    lines = text.splitlines()
    here = lines[mark.line] if mark.line < len(lines) else ""
    problem = str(getattr(error, "problem", None) or "it cannot be parsed")
    start = getattr(error, "context_mark", None)
    if start is not None and "quoted scalar" in str(getattr(error, "context", "")) and "end of stream" in problem:
        return YamlError("The quote that opens here is never closed.", start.line + 1, "Close it.")
    if "\t" in here[: len(here) - len(here.lstrip())]:
        what, step = "The line is indented with a tab; YAML wants spaces.", "Replace the tab by spaces."
    elif "but found another document" in problem:
        what, step = "A second document starts here (`---`).", "Keep one document a file."
    elif "{{" in here:
        what, step = "A value that starts with {{ must be quoted.", "Put it in double quotes."
    elif "mapping values are not allowed" in problem:
        what, step = "There is a colon inside an unquoted value.", "Put the value in quotes, or check the indentation."
    else:
        since = f" (it began in line {start.line + 1})" if start is not None and start.line != mark.line else ""
        what = f"The file is no valid YAML: {problem}{since}."
        step = "Check quotes, brackets and indentation around it."
    return YamlError(what, line, step)
