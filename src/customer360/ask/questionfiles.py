"""Read the folder ``questions/`` of a project: verified questions, and further words that people have agreed on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from customer360.errors import ProjectError, QueryError
from customer360.semantic.extensions import VerifiedQuestion as Lesson
from customer360.semantic.query import parse_query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster
FOLDER = "questions"
SYNONYMS = "synonyms.yaml"
_SLOT = re.compile(r"['\"]\{[a-z_0-9.]+\}['\"]")
_KEYS = frozenset({"ask", "query", "refuse", "text"})
_REASONS = ("unknown_concept", "impossible", "out_of_scope", "personal_data", "ambiguous")


@dataclass(frozen=True)
class VerifiedQuestion:
    """A question in the ways people say it, and the metric query or the refusal it must become."""

    asks: tuple[str, ...]
    place: str
    query: Mapping[str, Any] | None = None
    refuse: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Synonym:
    """A further word for a name that is known. Only approved ones are understood."""

    word: str
    means: str
    status: str = "proposed"


def read_questions(root: Path) -> tuple[VerifiedQuestion, ...]:
    """Return the verified questions of a project. Raises ProjectError with file and place."""
    found: list[VerifiedQuestion] = []
    for path in sorted((root / FOLDER).glob("*.yaml")):
        if path.name == SYNONYMS:
            continue
        for number, entry in enumerate(_entries(path, "questions"), 1):
            found.append(_question(entry, f"{FOLDER}/{path.name}, question {number}"))
    return tuple(found)


def plain_questions(root: Path) -> tuple[Lesson, ...]:
    """Return the verified questions of a project that stand for themselves: answered, and without blanks to fill."""
    answered = [each for each in read_questions(root) if each.query is not None and not _has_blanks(each)]
    return tuple(
        Lesson(
            id=each.asks[0].replace(" ", "_"), question=f"{each.asks[0].capitalize()}?", query=dict(each.query or {})
        )
        for each in answered
    )


def _has_blanks(question: VerifiedQuestion) -> bool:
    return any("{" in text for text in question.asks) or _SLOT.search(str(question.query)) is not None


def _question(entry: Any, place: str) -> VerifiedQuestion:
    if not isinstance(entry, dict) or set(entry) - _KEYS or "ask" not in entry:
        raise ProjectError(
            "A verified question is not understood.", place=place, next_step="Its keys: ask, query, refuse, text."
        )
    if ("query" in entry) == ("refuse" in entry):
        raise ProjectError("A verified question has either a query or a refusal.", place=place)
    asks = entry["ask"] if isinstance(entry["ask"], list) else [entry["ask"]]
    refuse = entry.get("refuse")
    if refuse is not None and (refuse not in _REASONS or not entry.get("text")):
        raise ProjectError(f"A refusal is one of {', '.join(_REASONS)}, with a `text` that says why.", place=place)
    query = entry.get("query")
    if query is not None and not _SLOT.search(str(query)):
        try:
            parse_query(query)
        except QueryError as error:
            raise ProjectError(error.what, place=place, next_step=error.next_step) from error
    return VerifiedQuestion(tuple(str(ask) for ask in asks), place, query, refuse, entry.get("text"))


def read_synonyms(root: Path) -> tuple[Synonym, ...]:
    """Return the words that were proposed, approved or rejected. Raises ProjectError with file and place."""
    path = root / FOLDER / SYNONYMS
    if not path.exists():
        return ()
    found = []
    for number, entry in enumerate(_entries(path, "synonyms"), 1):
        if not isinstance(entry, dict) or not {"word", "means"} <= set(entry) <= {"word", "means", "status"}:
            raise ProjectError("A synonym has word, means and status.", place=f"{FOLDER}/{SYNONYMS}, entry {number}")
        found.append(Synonym(str(entry["word"]), str(entry["means"]), str(entry.get("status", "proposed"))))
    return tuple(found)


def write_synonyms(root: Path, synonyms: tuple[Synonym, ...]) -> None:
    """Write all of them, in their order."""
    path = root / FOLDER / SYNONYMS
    path.parent.mkdir(exist_ok=True)
    entries = [{"word": each.word, "means": each.means, "status": each.status} for each in synonyms]
    head = "# Further words for names of the model. Only approved ones are understood; `c360 ask review` lists them.\n"
    path.write_text(head + yaml.safe_dump({"synonyms": entries}, sort_keys=False, allow_unicode=True), encoding="utf-8")


def propose_synonym(root: Path, word: str, means: str) -> None:
    """Note that somebody confirmed what a word means; a reviewer decides. One already known stays as it is."""
    known = read_synonyms(root)
    if not any((each.word, each.means) == (word, means) for each in known):
        write_synonyms(root, (*known, Synonym(word, means)))


def review_synonym(root: Path, word: str, status: str) -> Synonym:
    """Approve or reject a proposed word. Raises ProjectError when nobody proposed it."""
    known = read_synonyms(root)
    chosen = next((each for each in known if each.word == word), None)
    if chosen is None:
        raise ProjectError(f"Nobody proposed '{word}'.", next_step="`c360 ask review` lists what was proposed.")
    decided = Synonym(chosen.word, chosen.means, status)
    write_synonyms(root, tuple(decided if each is chosen else each for each in known))
    return decided


def _entries(path: Path, key: str) -> Iterator[Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 -- both are safe loaders
    except yaml.YAMLError as error:
        raise ProjectError("The file is no YAML.", place=f"{FOLDER}/{path.name}") from error
    entries = document.get(key) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ProjectError(f"The file holds `{key}:`, a list.", place=f"{FOLDER}/{path.name}")
    yield from entries
