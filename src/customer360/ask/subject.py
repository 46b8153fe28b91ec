"""Find what a question about the data is about: a metric, a dimension, a value, a table, or all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.ask.inflect import stems

if TYPE_CHECKING:
    from customer360.ask.edition import Edition

_TAILS = frozenset(
    {
        "data",
        "figure",
        "number",
        "metric",
        "kpi",
        "dimension",
        "column",
        "table",
        "dataset",
        "value",
        "information",
        "report",
    }
)
_EVERYTHING = frozenset(
    {"data", "warehouse", "database", "everything", "figure", "number", "report", "dashboard", "information", "it"}
)


@dataclass(frozen=True)
class Subject:
    """What was named, in every meaning it has. ``datasets`` are those its rows come from."""

    text: str
    metrics: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """Dimension and value."""
    datasets: tuple[str, ...] = ()
    is_everything: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the words name anything."""
        return bool(self.metrics or self.fields or self.values or self.datasets or self.is_everything)


def subject_of(edition: Edition, words: tuple[str, ...]) -> Subject:
    """Return what words name; they must name it wholly."""
    text = " ".join(words)
    if not words:
        return Subject("the data", datasets=tuple(edition.model.datasets), is_everything=True)
    key = stems(words)
    found = _named(edition, key, text)
    if not found.is_known and len(key) > 1 and key[-1] in _TAILS:
        found = _named(edition, key[:-1], text)
    if not found.is_known and len(key) > 1 and _is_things(edition, key[-1:]):  # a VIP customer
        found = _named(edition, key[:-1], text)
        found = found if found.values else Subject(text)
    if not found.is_known and len(key) > 1:  # the VIP segment
        values = _named(edition, key[:-1], text)
        nouns = [entry.noun for entry in edition.vocabulary.lookup(key[-1:]) if entry.noun is not None]
        owners = {field.name for noun in nouns for field in noun.fields}
        found = values if any(name in owners for name, _ in values.values) else found
    if not found.is_known and len(key) > 1:
        found = _together(edition, key, text)
    if not found.is_known and all(word in _EVERYTHING for word in key):
        return Subject(text, datasets=tuple(edition.model.datasets), is_everything=True)
    return found


_FILLER_TEXT = (
    "a an the is are be was were rather than instead of under in by for as with and or vs from to according our we "
    "call that somebody someone person people one be between differ different distinct apart considered called "
    "deemed count counts counted classed classify classified regarded treated seen become turn into get when how at "
    "what point not no more longer scheme rule level us all considered label labelled tagged flagged marked"
)
_FILLERS = frozenset(_FILLER_TEXT.split())
"""Words beside names that say only how the names stand to each other."""


def _together(edition: Edition, key: tuple[str, ...], text: str) -> Subject:
    """Return all that words name one after another: a high value customer under the value tier."""
    found: list[Subject] = []
    at = 0
    while at < len(key):
        spans = ((n, _named(edition, key[at : at + n], text)) for n in range(min(6, len(key) - at), 0, -1))
        size, each = next(((n, s) for n, s in spans if s.metrics or s.fields or s.values), (1, None))
        is_things = each is not None and size == 1 and _is_things(edition, key[at : at + 1])
        if each is None and key[at] not in _FILLERS:
            return Subject(text)
        if each is not None and not is_things:
            found.append(each)
        at += size
    fields = tuple(dict.fromkeys(name for each in found for name in each.fields))
    values = tuple(dict.fromkeys(pair for each in found for pair in each.values))
    own = tuple(pair for pair in values if pair[0] in fields) or values
    metrics = tuple(dict.fromkeys(name for each in found for name in each.metrics))
    datasets = tuple(dict.fromkeys(name for each in found for name in each.datasets))
    return Subject(text, metrics, fields, own, datasets)


def _named(edition: Edition, key: tuple[str, ...], text: str) -> Subject:
    metrics: list[str] = []
    fields: list[str] = []
    for entry in edition.vocabulary.lookup(key):
        metrics += [name for name in entry.metrics if entry.sort == "METRIC"]
        fields += [field.name for field in entry.noun.fields] if entry.noun is not None else []
    tables = [name for name, dataset in edition.model.datasets.items() if key in _names(name, dataset.source)]
    values = () if metrics or fields else tuple(edition.values.lookup(key))
    owners = [field.rpartition(".")[0] for field in (*fields, *(name for name, _ in values))]
    bases = [atom.base for name in metrics for atom in edition.model.formulas[name].atoms.values()]
    datasets = tuple(dict.fromkeys([*tables, *bases, *(() if bases else owners)]))
    return Subject(text, tuple(dict.fromkeys(metrics)), tuple(dict.fromkeys(fields)), values, datasets)


def _is_things(edition: Edition, key: tuple[str, ...]) -> bool:
    nouns = (entry.noun for entry in edition.vocabulary.lookup(key) if entry.noun is not None)
    return any(edition.vocabulary.is_key(field.name) for noun in nouns for field in noun.fields)


def _names(dataset: str, source: str) -> set[tuple[str, ...]]:
    """Return the ways to call a table: its name in the model and in the warehouse, with and without schema."""
    table = source.rpartition(".")[2]
    texts = {dataset, table, source.replace(".", "_")}
    return {stems(tuple(text.lower().replace("_", " ").split())) for text in texts}
