"""Read ``glossary.yaml``: the words of the company, what they mean, and which ports and metrics they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from customer360.project.problems import Problems, Shape
from customer360.project.yamlfile import read_yaml

if TYPE_CHECKING:
    from customer360.errors import Place
    from customer360.project.spec import Project

FILE_NAME = "glossary.yaml"


@dataclass(frozen=True)
class Term:
    """A word of the company. ``ports`` and ``metrics`` are where its figures are."""

    word: str
    means: str
    place: Place
    synonyms: tuple[str, ...] = ()
    owner: str | None = None
    ports: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Say whether every word of a search stands in it."""
        held = " ".join((self.word, *self.synonyms, self.means, *self.metrics, *self.ports)).casefold()
        held = held.replace("_", " ")
        return all(word in held for word in text.casefold().replace("_", " ").split())


class TermShape(Shape):
    """What a word means."""

    means: str = Field(description="One or two sentences.")
    synonyms: list[str] = Field(default_factory=list, description="Other words for the same.")
    owner: str | None = Field(None, description="Who decides what it means.")
    ports: list[str] = Field(default_factory=list, description="Output ports that hold it: customer_360.customer_360.")
    metrics: list[str] = Field(default_factory=list, description="Metrics that count it.")


class GlossaryShape(Shape):
    """``glossary.yaml``: the words of the company."""

    terms: dict[str, TermShape] = Field(description="What each word means, by word.")


def read_glossary(root: Path, problems: Problems) -> tuple[Term, ...]:
    """Return the terms in alphabetical order; none without a file, or after noting what is wrong with it."""
    path = root / FILE_NAME
    if not path.exists():
        return ()
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(GlossaryShape, file)
        if shape is None:
            return ()
        found = [
            Term(
                word,
                each.means,
                file.place("terms", word),
                tuple(each.synonyms),
                each.owner,
                tuple(each.ports),
                tuple(each.metrics),
            )
            for word, each in shape.terms.items()
        ]
        return tuple(sorted(found, key=lambda term: term.word.casefold()))
    return ()


def check_glossary(project: Project, problems: Problems) -> None:
    """Note ports and metrics that do not exist, and words that mean two things."""
    offered = [port.contract_id or "" for product in project.products.values() for port in product.output_ports]
    ports = [str(project.contracts[id_].relation) for id_ in offered if id_ in project.contracts]
    metrics = [name for document in project.semantics.values() for name in _metrics(document.document)]
    faulty = {str(error.place).split("/")[0] for error in problems.errors}  # may hide what is named
    known: dict[str, str] = {}
    for term in project.glossary:
        for folder, kind, names, real in (
            ("products", "output port", term.ports, ports),
            ("semantic", "metric", term.metrics, metrics),
        ):
            for name in names:
                if name not in real and folder not in faulty:
                    problems.unknown(kind, name, real, term.place)
        for word in (term.word, *term.synonyms):
            other = known.setdefault(word.casefold(), term.word)
            if other != term.word:
                what = f"'{word}' stands for '{other}' and for '{term.word}'."
                problems.add(what, term.place, "Let it be a synonym of one of them.")


def _metrics(document: Mapping[str, Any]) -> list[str]:
    models = document.get("semantic_model")
    parts = models if isinstance(models, list) else [document]
    return [
        str(metric["name"])
        for part in parts
        if isinstance(part, Mapping)
        for metric in part.get("metrics") or ()
        if isinstance(metric, Mapping) and "name" in metric
    ]
