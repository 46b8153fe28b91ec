"""Check the shape of an Ossie document: keys, types and required parts, each error with its line and nearest word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error, Place, ProjectError, UnknownName
from customer360.semantic.elements import DATATYPES, DIALECTS

if TYPE_CHECKING:
    from customer360.project.spec import SemanticDocument

CURRENT_VERSION = "0.2.0.dev0"
"""What is written. Older files and files without a version read the same."""

_COMMON = ("ai_context", "custom_extensions")
KEYS: Mapping[str, Sequence[str]] = {
    "model": ("name", "description", "ai_context", "datasets", "relationships", "metrics", "custom_extensions"),
    "dataset": (
        "name",
        "source",
        "primary_key",
        "unique_keys",
        "description",
        "ai_context",
        "fields",
        "custom_extensions",
    ),
    "field": ("name", "expression", "dimension", "label", "description", "datatype", *_COMMON),
    "relationship": ("name", "from", "to", "from_columns", "to_columns", *_COMMON),
    "metric": ("name", "expression", "description", "datatype", *_COMMON),
}
"""Keys of each object, in the order in which the writer puts them."""

_REQUIRED: Mapping[str, Sequence[str]] = {
    "model": ("name", "datasets"),
    "dataset": ("name", "source"),
    "field": ("name", "expression"),
    "relationship": ("name", "from", "to", "from_columns", "to_columns"),
    "metric": ("name", "expression"),
}
_TEXTS = ("name", "description", "label", "source", "from", "to")
_LISTS = ("primary_key", "from_columns", "to_columns", "fields", "datasets", "relationships", "metrics")


class Shape:
    """Walks one document and gathers what is wrong with it."""

    def __init__(self, document: SemanticDocument) -> None:
        self._document = document
        self.errors: list[C360Error] = []

    def place(self, path: str) -> Place:
        """Return the line of an element, of the nearest parent that has one, or the file."""
        parts = path.split("/") if path else []
        while parts:
            line = self._document.lines.get("/".join(parts))
            if line is not None:
                return Place(self._document.place.file, line)
            parts.pop()
        line = self._document.lines.get("")
        return self._document.place if line is None else Place(self._document.place.file, line)

    def model(self) -> Mapping[str, Any] | None:
        """Return the one model of the document, or None when there is none to read."""
        root = self._document.document
        if "semantic_model" not in root:
            return root if self.keys("model", root, "") else None
        self._root(root)
        models = root["semantic_model"]
        if not isinstance(models, Sequence) or isinstance(models, str) or len(models) != 1:
            self.wrong("`semantic_model` holds exactly one model here.", "", "Give each model a file of its own.")
            return None
        model = models[0]
        return model if self.keys("model", model, "") else None

    def _root(self, root: Mapping[str, Any]) -> None:
        version = root.get("version")
        known = ["version", "semantic_model"]
        if str(version) != CURRENT_VERSION:
            known += ["dialects", "vendors"]
        for key in root:
            if key not in known:
                self.errors.append(UnknownName("key of an Ossie file", str(key), known, place=self.place("")))

    def keys(self, kind: str, element: Any, path: str) -> bool:
        """Check keys, required parts and plain types of one object; say whether it can be read."""
        if not isinstance(element, Mapping):
            self.wrong(f"A {kind} is a mapping of keys.", path)
            return False
        for key in element:
            if key not in KEYS[kind]:
                self.errors.append(UnknownName(f"key of a {kind}", str(key), KEYS[kind], place=self.place(path)))
        missing = [key for key in _REQUIRED[kind] if element.get(key) in (None, "", [])]
        for key in missing:
            self.wrong(f"The {kind} {_named(element)}has no `{key}`.", path)
        wrong = [key for key in _TEXTS if key in element and not isinstance(element[key], str)]
        wrong += [key for key in _LISTS if key in element and not _is_list(element[key])]
        for key in wrong:
            self.wrong(f"`{key}` of the {kind} {_named(element)}has the wrong type.", path)
        datatype = element.get("datatype")
        if datatype is not None and datatype not in DATATYPES:
            self.errors.append(UnknownName("data type", str(datatype), DATATYPES, place=self.place(path)))
        return not missing and not wrong

    def expression(self, element: Mapping[str, Any], path: str) -> tuple[tuple[str, str], ...]:
        """Return the pairs of dialect and text; empty when the expression cannot be read."""
        given = element["expression"]
        dialects = given.get("dialects") if isinstance(given, Mapping) else None
        if not _is_list(dialects) or not dialects:
            self.wrong(f"The expression of {_named(element)}needs `dialects` with at least one entry.", path)
            return ()
        pairs = []
        for entry in dialects:
            if not isinstance(entry, Mapping) or set(entry) != {"dialect", "expression"}:
                self.wrong(f"Each dialect of {_named(element)}holds `dialect` and `expression`.", path)
            elif entry["dialect"] not in DIALECTS:
                self.errors.append(UnknownName("dialect", str(entry["dialect"]), DIALECTS, place=self.place(path)))
            else:
                pairs.append((str(entry["dialect"]), str(entry["expression"])))
        return tuple(pairs)

    def wrong(self, what: str, path: str, next_step: str | None = None) -> None:
        """Note an error at an element."""
        self.errors.append(ProjectError(what, place=self.place(path), next_step=next_step))


def _named(element: Mapping[str, Any]) -> str:
    name = element.get("name")
    return f"'{name}' " if name else ""


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
