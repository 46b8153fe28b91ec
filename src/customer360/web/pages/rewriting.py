"""Find the texts of templates, and rewrite templates so that each text is looked up: nothing has to be marked.

A template is cut into statements, tags and texts. A run of text, values and inline tags between two blocks is one
message: ``<p>{{ n }} of <a href="/x">all</a></p>`` is ``{n} of {a}all{/a}``, and a translator may move the parts.
Attributes that people read (``aria-label``, ``title``, ``placeholder``, ``alt``) are messages too, and texts within
expressions that are written ``_("...")``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

READ = ("aria-label", "title", "placeholder", "alt", "data-found")
_OPAQUE = r"<(?P<opaque>script|style|pre|code|kbd)\b.*?</(?P=opaque)>"
_PART = re.compile(
    rf"(?P<block>\{{%.*?%\}}|\{{\#.*?\#\}}|<!.*?>)|(?P<value>\{{\{{.*?\}}\}})|(?P<whole>{_OPAQUE})"
    r"|(?P<tag></?[a-z](?:\{\{.*?\}\}|\{%.*?%\}|[^<>])*>)",
    re.DOTALL,
)
_INLINE = frozenset({"a", "b", "strong", "em", "i", "span", "time"})
_VALUE = r'(?P<value>(?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)'
_ATTRIBUTE = re.compile(rf'(?P<before>\s(?:{"|".join(READ)})="){_VALUE}(?P<after>")')
_LETTERS = re.compile(r"[A-Za-z]{2}")
_SEPARATOR = re.compile(r"\s*·\s*")
_MARKED = re.compile(r'\b_\(\s*"((?:[^"\\]|\\.)*)"\s*\)')
_LATER = re.compile(r'\blater\(\s*"((?:[^"\\]|\\.)*)"\s*\)')
_NAME = re.compile(r"[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)*")
_WORDS = frozenset({"if", "else", "not", "is", "in", "and", "or", "none", "true", "false"})


@dataclass(frozen=True)
class Part:
    """A piece of a template: ``text``, ``value``, ``open``, ``close``, ``whole`` (never translated) or ``block``."""

    kind: str
    source: str
    name: str = ""


class Rewriting:
    """One template, rewritten so that each text is looked up; ``found`` lists the texts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._number = count(1)

    def rewritten(self, source: str) -> str:
        """Return the template with its texts looked up."""
        out: list[str] = []
        run: list[Part] = []
        for part in parts_of(source):
            if part.kind == "block":
                out += [self._run(run), part.source if _is_jinja(part.source) else self._attributes(part.source)]
                run = []
            else:
                run.append(part)
        return "".join([*out, self._run(run)])

    def _run(self, run: list[Part]) -> str:
        """Return a run of texts, values and inline tags with its messages looked up."""
        if not any(part.kind == "text" and _LETTERS.search(part.source) for part in run):
            return "".join(self._tag(part) for part in run)
        for at in (0, -1):
            if run[at].kind == "text" and not run[at].source.strip():
                return run[at].source + self._run(run[1:]) if at == 0 else self._run(run[:-1]) + run[at].source
        loose = _unbalanced(run)
        cuts = [at for at, part in enumerate(run) if at in loose or _separates(run, at)]
        if cuts:
            at = cuts[0]
            return self._run(run[:at]) + self._tag(run[at]) + self._run(run[at + 1 :])
        first, last = run[0], run[-1]
        if first.kind == "open" and _closing(run, 0) == len(run) - 1:
            return self._tag(first) + self._run(run[1:-1]) + self._tag(last)
        apart = _apart(run)
        return "".join(map(self._run, apart)) if len(apart) > 1 else self._message(run)

    def _message(self, run: list[Part]) -> str:
        text, holes, sets = "", {}, ""
        names: dict[str, int] = {}
        opened: list[str] = []
        for part in run:
            if part.kind == "text":
                text += html.unescape(part.source)
                continue
            name = opened.pop() if part.kind == "close" else _numbered(part.name, names)
            if part.kind == "open":
                opened.append(name)
            shown = f"/{name}" if part.kind == "close" else name
            variable = f"t_{next(self._number)}"
            sets += f"{{% set {variable} %}}{self._tag(part)}{{% endset %}}"
            holes[shown] = variable
            text += f"{{{shown}}}"
        before, after = (_space(part) for part in (text, text[::-1]))
        message = " ".join(text.split())
        self.found.append(message)
        values = ", ".join(f"{json.dumps(name)}: {variable}" for name, variable in holes.items())
        return f"{before}{sets}{{{{ tr({json.dumps(message, ensure_ascii=False)}, {{{values}}}) }}}}{after}"

    def _tag(self, part: Part) -> str:
        if part.kind == "value":
            self.found += _marked(part.source)
        return self._attributes(part.source) if part.kind in ("open", "close") else part.source

    def _attributes(self, tag: str) -> str:
        """Return a tag with the attributes that people read looked up."""

        def looked_up(found: re.Match[str]) -> str:
            pieces: list[str] = []
            run: list[Part] = []
            for part in parts_of(found["value"]):
                if part.kind == "block":
                    pieces += [self._run(run), part.source]
                    run = []
                else:
                    run.append(part)
            return f"{found['before']}{''.join(pieces)}{self._run(run)}{found['after']}"

        return _ATTRIBUTE.sub(looked_up, tag)


def parts_of(source: str) -> Iterator[Part]:
    """Yield the pieces of a template in their order."""
    at = 0
    for found in _PART.finditer(source):
        if found.start() > at:
            yield Part("text", source[at : found.start()])
        yield _part(found)
        at = found.end()
    if at < len(source):
        yield Part("text", source[at:])


def _part(found: re.Match[str]) -> Part:
    text = found[0]
    if found["value"]:
        return Part("value", text, _value_name(text))
    if found["whole"]:
        return Part("whole" if found["opaque"] in ("code", "kbd") else "block", text, found["opaque"])
    name = (re.match(r"</?([a-z0-9]+)", text) or [""])[1] if found["tag"] else ""
    if name in _INLINE:
        return Part("close" if text.startswith("</") else "open", text, name)
    return Part("whole" if name == "br" else "block", text, name)


def _value_name(text: str) -> str:
    """Return the word by which a translator knows a value: the last name of its first path."""
    inside = re.sub(r'"[^"]*"|\'[^\']*\'', "", text)
    found = (name for name in _NAME.findall(inside) if name not in _WORDS)
    return next(found, "value").rpartition(".")[2]


def _numbered(name: str, names: dict[str, int]) -> str:
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}{names[name]}"


def _space(text: str) -> str:
    return " " if text[:1].isspace() else ""


def _is_jinja(text: str) -> bool:
    return text.startswith(("{%", "{#", "<!"))


def _closing(run: list[Part], at: int) -> int:
    """Return where the tag that opens at a place is closed; -1 when it is not."""
    depth = 0
    for place in range(at, len(run)):
        depth += {"open": 1, "close": -1}.get(run[place].kind, 0)
        if depth == 0:
            return place
    return -1


def _unbalanced(run: list[Part]) -> set[int]:
    open_, loose = [], set()
    for at, part in enumerate(run):
        if part.kind == "open":
            open_.append(at)
        elif part.kind == "close":
            if open_ and run[open_[-1]].name == part.name:
                open_.pop()
            else:
                loose.add(at)
    return loose | set(open_)


def _separates(run: list[Part], at: int) -> bool:
    """Say whether a piece of text only stands between two things: a dot in the middle, outside of any tag."""
    depth = sum({"open": 1, "close": -1}.get(part.kind, 0) for part in run[:at])
    return run[at].kind == "text" and depth == 0 and _SEPARATOR.fullmatch(run[at].source) is not None


def _apart(run: list[Part]) -> list[list[Part]]:
    """Return the pieces of a run one by one when no words stand between them; else the run as one."""
    pieces, at = [], 0
    while at < len(run):
        end = _closing(run, at) if run[at].kind == "open" else at
        pieces.append(run[at : end + 1])
        at = end + 1
    between = (piece[0] for piece in pieces if piece[0].kind == "text")
    return [run] if any(_LETTERS.search(part.source) for part in between) else pieces


def _marked(source: str) -> list[str]:
    return [json.loads(f'"{found}"') for found in _MARKED.findall(source)]


def messages_of(source: str) -> list[str]:
    """Return the texts of a template, each once, in their order."""
    rewriting = Rewriting()
    rewriting.rewritten(source)
    return list(dict.fromkeys([*rewriting.found, *_marked(source)]))


def messages_of_code(source: str) -> list[str]:
    """Return the texts that Python notes for templates with ``later("...")``."""
    return [json.loads(f'"{found}"') for found in _LATER.findall(source)]
