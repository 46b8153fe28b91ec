"""Write contracts and other YAML files back: what was not changed keeps its comments, quotes and order."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from customer360.errors import ProjectError
from customer360.project.odcs import DataContract
from customer360.project.odps import DataProduct
from customer360.project.yamlfile import Block, Items, parse_yaml, scalar

if TYPE_CHECKING:
    from pathlib import Path

_NAMING = ("name", "id", "property", "server", "username", "role", "channel", "to")
# words and dates that YAML 1.1 readers (PyYAML, most editors) would not take for text
_AMBIGUOUS = re.compile(r"(y|n|yes|no|on|off|true|false|null|~|[-+.\d][\d_:.eExXoOtTzZ+ -]*)", re.IGNORECASE)
_WIDE = 100_000


def write_contract(path: Path, document: Mapping[str, Any]) -> None:
    """Write an ODCS contract; reading it gives ``document`` again.

    A file that is there is edited: values that stay keep their comments, quotes and place, new keys come last.
    A new file has the standard's order of keys.
    """
    order = [info.alias or name for name, info in DataContract.model_fields.items()]
    write_yaml(path, document, order=order)


def write_product(path: Path, document: Mapping[str, Any]) -> None:
    """Write an ODPS data product as ``write_contract`` does a contract."""
    order = [info.alias or name for name, info in DataProduct.model_fields.items()]
    write_yaml(path, document, order=order)


def write_yaml(path: Path, document: Mapping[str, Any], *, order: Sequence[str] = ()) -> None:
    """Write one YAML file as ``write_contract`` does; ``order`` is that of the keys of a new file.

    Raises ProjectError when the text would not read back as ``document``; nothing is written then.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    text = edited(old, document, order=order)
    if not same(parse_yaml(text), document):
        raise ProjectError(
            "The file cannot be rewritten without changing what it says.",
            place=str(path.name),
            next_step="Edit it by hand.",
        )
    path.write_text(text, encoding="utf-8")


def edited(old: str, document: Mapping[str, Any], *, order: Sequence[str] = ()) -> str:
    """Return the text of a file that says ``document``, as near to ``old`` as can be."""
    before = parse_yaml(old) if old.strip() else None
    if same(before, document):
        return old
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.allow_unicode = True
    if isinstance(before, Block):
        _, indent, offset = load_yaml_guess_indent(old)
        if indent is not None and offset is not None:
            yaml.indent(mapping=2, sequence=indent, offset=offset)
        tree = _merged(yaml.load(old), before, document)
    else:
        yaml.indent(mapping=2, sequence=4, offset=2)
        ranks = {key: position for position, key in enumerate(order)}
        keys = sorted(document, key=lambda key: ranks.get(key, len(ranks)))
        tree = _made({key: document[key] for key in keys})
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def _merged(tree: Any, before: Any, after: Any) -> Any:
    """Return a tree that says ``after``, made of ``tree`` (which says ``before``) wherever that is the same."""
    if same(before, after):
        return tree
    if isinstance(tree, CommentedMap) and isinstance(before, Block) and isinstance(after, Mapping):
        return _merged_map(tree, before, after)
    if (
        isinstance(tree, CommentedSeq)
        and isinstance(before, Items)
        and isinstance(after, Sequence)
        and not isinstance(after, str)
    ):
        return _merged_list(tree, before, after)
    return _made(after)


def _merged_map(tree: CommentedMap, before: Block, after: Mapping[str, Any]) -> CommentedMap:
    real = dict(zip(before, list(tree), strict=True))  # a key such as 5 is a number there, a text here
    for key in [key for key in before if key not in after]:
        del tree[real[key]]
    for key, value in after.items():
        if key in before:
            tree[real[key]] = _merged(tree[real[key]], before[key], value)
        else:
            tree[_made(key)] = _made(value)
    return tree


def _merged_list(tree: CommentedSeq, before: Items, after: Sequence[Any]) -> CommentedSeq:
    if len(before) == len(after) and all(_name(a) == _name(b) for a, b in zip(before, after, strict=True)):
        for position, value in enumerate(after):
            tree[position] = _merged(tree[position], before[position], value)
        return tree
    left = list(range(len(before)))
    made = []
    for value in after:
        twin = next((n for n in left if same(before[n], value)), None)
        if twin is None and _name(value) is not None:
            twin = next((n for n in left if _name(before[n]) == _name(value)), None)
        if twin is None:
            made.append(_made(value))
        else:
            left.remove(twin)
            made.append(_merged(tree[twin], before[twin], value))
    flow = bool(tree.fa.flow_style())
    fresh = CommentedSeq(made)
    if flow:
        fresh.fa.set_flow_style()
    return fresh


def same(one: Any, other: Any) -> bool:
    """Say whether two documents hold the same: 1, 1.0 and true are three values here."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _name(value: Any) -> str | None:
    """Return what an item of a list is called, or None."""
    if not isinstance(value, Mapping):
        return None
    return next((f"{key}={value[key]}" for key in _NAMING if isinstance(value.get(key), str)), None)


def _made(value: Any) -> Any:
    """Return a plain value as a tree, texts in quotes where some reader might take them for something else."""
    if isinstance(value, Mapping):
        return CommentedMap((_made(key), _made(inner)) for key, inner in value.items())
    if isinstance(value, str):
        plain = isinstance(scalar(value), str) and not _AMBIGUOUS.fullmatch(value) and value.isprintable()
        return value if plain else DoubleQuotedScalarString(value)
    if isinstance(value, Sequence):
        return CommentedSeq([_made(inner) for inner in value])
    return value
