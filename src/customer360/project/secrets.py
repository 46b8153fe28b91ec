"""Find passwords and tokens written where only the name of an environment variable belongs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from customer360.project.yamlfile import Block, Items, YamlFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.project.problems import Problems

_SECRET_KEY = re.compile(
    r"(^|[_\W])(password|passwd|passphrase|pwd|secret|token|credentials?|api_?key|access_?key|private_?key|account_?key|sas|authorization)"
    r"([_\W]|$)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_URL_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@", re.IGNORECASE)
_DSN_PASSWORD = re.compile(r"\b(password|pwd)\s*=\s*[^\s;]+", re.IGNORECASE)
# these say where a secret goes or lies, not what it is
_ABOUT_A_SECRET = re.compile(r"_(file|path|name|env|header|field|column|param|parameter|url|seconds)$", re.IGNORECASE)
_NOT_A_SECRET = frozenset({"", "none", "null"})


def refuse_secrets(
    block: Block, path: tuple[str | int, ...], file: YamlFile, problems: Problems, *, rule: str = ""
) -> None:
    """Note every literal under ``block`` that looks like a password; the value itself is never shown."""
    for where, name in _literals(block, path):
        problems.add(
            f"'{name}' holds what looks like a password; project files hold no secrets.{rule}",
            file.place(*where),
            "Put it in an environment variable and write its name: {env: NAME}.",
        )


def _literals(value: Any, path: tuple[str | int, ...], name: str = "") -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, Block):
        if set(value) == {"env"}:
            return
        custom = value.get("property")
        for key, inner in value.items():
            word = custom if key == "value" and isinstance(custom, str) else key
            yield from _literals(inner, (*path, key), word)
    elif isinstance(value, Items):
        for position, inner in enumerate(value):
            yield from _literals(inner, (*path, position), name)
    elif isinstance(value, str) and _looks_secret(name, value):
        yield path, name


def _looks_secret(name: str, value: str) -> bool:
    if _URL_PASSWORD.search(value) or _DSN_PASSWORD.search(value):
        return True
    word = _CAMEL.sub("_", name)
    if _ABOUT_A_SECRET.search(word):
        return False
    return bool(_SECRET_KEY.search(word)) and value.strip().lower() not in _NOT_A_SECRET
