"""Gather the words of a semantic model: what each metric, dimension and kind of thing is called, in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from customer360.ask.inflect import plural, stems, verb_forms
from customer360.ask.meaning import Field, Noun
from customer360.ask.units import kind_of
from customer360.ask.wordings import Wordings
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from customer360.semantic.elements import Metric, SemanticField
    from customer360.semantic.model import SemanticModel

Sort = Literal["METRIC", "NOUN", "FLAG", "VERB"]
Stems = tuple[str, ...]

_KINDS = frozenset(
    {"type", "kind", "sort", "status", "state", "stage", "tier", "level", "band", "class", "mode", "method"}
)
_KINDS |= {"source", "origin", "reason", "cause", "group", "outcome", "result", "priority", "channel", "category"}
"""Last words of labels that tell things apart, whatever they are of."""
_KEY_ENDINGS = ("id", "key", "number", "code")
_TWO = 2
_LEFT_OUT = frozenset({"the", "our"})
"""Articles of names, which questions lose as well."""
_STATES = frozenset({"open", "active", "inactive", "lost", "late", "broken", "running", "overdue", "new"})
"""Adjectives that may also stand behind what they say something of."""
_JOINTS = frozenset(
    {"of", "per", "a", "an", "to", "by", "in", "for", "with", "from", "at", "on", "and", "who", "that", "not"}
)
"""Words that join the parts of a name, so that it is no compound."""
_PARTICIPLES = frozenset({"sold", "sent", "lost", "abandoned", "back", "given", "out", "up", "made", "months", "once"})
_MEANS = frozenset({"average", "mean", "median", "total", "number", "net", "gross", "new"})
_LINKS = (("per",), ("divided", "by"), ("as", "share", "of"), ("as", "percentage", "of"))
"""Words between the two metrics of a ratio."""
_FLAG_STARTS = ("is", "has", "was")


@dataclass(frozen=True)
class Entry:
    """One meaning of a phrase: a metric, a noun to group by, a yes-or-no dimension, a verb of metrics."""

    sort: Sort
    metrics: tuple[str, ...] = ()
    noun: Noun | None = None
    is_clause: bool = False
    """Whether it tells things by what they did or have not: customers who bought, customers without an order."""


_CLAUSE = frozenset({"who", "that", "with", "no", "not", "never", "without", "zero"})


class Vocabulary:
    """Phrases of one model. ``entries`` are found by the stems of their words."""

    def __init__(self, model: SemanticModel, further: Sequence[tuple[str, str]] = ()) -> None:
        self.model = model
        self._found: dict[Stems, dict[tuple[Sort, str], str]] = {}
        self._turned: list[tuple[str, str]] = []
        self._written: dict[str, set[Stems]] = {}
        """How each metric is written, word for word: plurals are another name."""
        for metric in model.metrics.values():
            self._add_metric(metric)
        self._add_plurals()
        for field in model.directory.all_fields():
            self._add_field(field)
        self._add_datasets()
        self._add_kinds()
        own = tuple(self._found)
        for text, name in self._turned:
            if stems(phrase(text)) not in self._found:
                self._turn(text, name)
        for word, means in further:
            for (sort, name), _ in tuple(self._found.get(stems(phrase(means)), {}).items()):
                self._note(word, sort, name)
        self._meanings: dict[Stems, tuple[Entry, ...]] = {}
        """Meanings of the phrases that were looked up: most of a model's names never are."""
        self._named: dict[str, list[Stems]] = {}
        """Phrases of each dimension."""
        for key, names in self._found.items():
            for name in (name for sort, name in names if sort == "NOUN"):
                self._named.setdefault(name, []).append(key)
        kinds: dict[frozenset[str], Noun] = {}
        for _, noun in self.nouns():
            if all(self.is_key(field.name) for field in noun.fields):
                owners = frozenset(field.name.rpartition(".")[0] for field in noun.fields)
                kinds.setdefault(owners, replace(noun, is_entity=True, is_plural=True))
        self._kinds = tuple(kinds.items())
        """Tables whose rows are the same things, since one noun names the keys of all."""
        self.names = tuple(self._found)
        self.longest = max((len(key) for key in self._found), default=1)
        figures = (key for key in own if any(sort == "METRIC" for sort, _ in self._found[key]))
        wordings = Wordings(own, model.c360.same_words, figures=figures)
        self._reworded = lru_cache(maxsize=16_384)(lambda words: self._found_by(words, wordings.names(words)))
        self.words = wordings.words.union(*self._found)

    def lookup(self, words: Stems) -> tuple[Entry, ...]:
        """Return what a phrase (its stems) means; of one that is no name, what the names mean that say the same."""
        return self.entries(words) or self._reworded(words)

    def entries(self, words: Stems) -> tuple[Entry, ...]:
        """Return what a name (its stems) of the model means; nothing for any other phrase."""
        if words not in self._meanings and words in self._found:
            self._meanings[words] = tuple(_entries(words, self._found[words]))
        return self._meanings.get(words, ())

    def _found_by(self, words: Stems, names: tuple[Stems, ...]) -> tuple[Entry, ...]:
        """Return what several names mean together: a phrase for two metrics is a doubt between them."""
        if not names:
            ratios = tuple(self._ratios(words))
            return (Entry("METRIC", metrics=ratios),) if ratios else ()
        found = {each: text for name in names for each, text in self._found[name].items()}
        return tuple(_entries(names[0], found))

    def title(self, name: str) -> str:
        """Return how a metric or dimension is called in answers."""
        if name in self.model.metrics:
            return self.model.metrics[name].title
        field = self.field(name)
        return field.title if field else name

    def field(self, name: str) -> SemanticField | None:
        """Return the field behind ``dataset.field``."""
        owner, _, own = name.rpartition(".")
        return self.model.directory.field(owner, own)

    def _note(self, text: str, sort: Sort, name: str) -> None:
        words = tuple(word for word in phrase(text) if word not in _LEFT_OUT)
        key = stems(words)
        if key:
            if sort == "METRIC":
                self._written.setdefault(name, set()).add(words)
            self._found.setdefault(key, {}).setdefault((sort, name), text)

    def _add_metric(self, metric: Metric) -> None:
        texts = [metric.name.replace("_", " "), metric.title, *metric.synonyms]
        texts += [synonym.plural for synonym in metric.c360.synonyms if synonym.plural and synonym.status == "approved"]
        for text in texts:
            self._note(text, "METRIC", metric.name)
        self._add_turned(metric, texts)
        self._add_heads(metric, texts)
        for verb in metric.c360.verbs:
            for form in verb_forms(verb):
                self._note(form, "VERB", metric.name)

    def _add_turned(self, metric: Metric, texts: Sequence[str]) -> None:
        """Let ``contracts (are) cancelled`` name what is called cancelled contracts."""
        for text in texts if metric.c360.unit == "count" else ():
            words = phrase(text)
            if len(words) == 2 and (words[0].endswith("ed") or words[0] in _STATES):  # noqa: PLR2004 -- state and thing
                self._note(f"{words[1]} {words[0]}", "METRIC", metric.name)

    def _add_heads(self, metric: Metric, texts: Sequence[str]) -> None:
        """Let ``rate of lapse`` and ``lapse rate of policies`` name what is called the other way."""
        for text in texts:
            words = phrase(text)
            if len(words) < 2 or set(words) & _JOINTS or words[-1] in _PARTICIPLES or words[0] in _MEANS:  # noqa: PLR2004 -- a head and what it is of
                continue
            self._turned.append((f"{words[-1]} of {' '.join(words[:-1])}", metric.name))
            if len(words) == 3:  # noqa: PLR2004 -- a compound of a compound
                for joint in ("of", "for"):
                    self._turned.append((f"{words[1]} {words[2]} {joint} {words[0]}", metric.name))

    def _turn(self, text: str, name: str) -> None:
        self._found.setdefault(stems(phrase(text)), {}).setdefault(("METRIC", name), text)

    def _add_plurals(self) -> None:
        """Let the noun of a count name it (orders), unless another metric is called so."""
        for metric in self.model.metrics.values():
            if metric.c360.plural and stems(phrase(metric.c360.plural)) not in self._found:
                self._note(metric.c360.plural, "METRIC", metric.name)

    def _ratios(self, words: Stems) -> Iterator[str]:
        """Yield the ratios that ``revenue per order`` names: of one metric's name to another's."""
        for link in _LINKS:
            for at in range(1, len(words) - len(link)):
                if words[at : at + len(link)] != link:
                    continue
                above, below = (self._metrics(side) for side in (words[:at], words[at + len(link) :]))
                for name, metric in self.model.metrics.items() if above and below else ():
                    parts = metric.c360.parts
                    if parts is not None and parts.numerator in above and parts.denominator in below:
                        yield name

    def _metrics(self, words: Stems) -> frozenset[str]:
        entries = self.entries(words) if len(words) <= _TWO else ()
        return frozenset(name for entry in entries if entry.sort == "METRIC" for name in entry.metrics)

    def _add_field(self, field: SemanticField) -> None:
        if not field.is_dimension:
            return
        texts = [field.title, *field.synonyms, *(s.plural for s in field.c360.synonyms if s.plural)]
        if field.c360.role == "key":
            texts = [text for text in texts if phrase(text)[-1:] not in [(end,) for end in _KEY_ENDINGS]]
        else:
            texts.append(field.name.replace("_", " "))
        if field.datatype == "Boolean":
            for text in texts:
                self._note(_without_copula(text), "FLAG", field.qualified)
        for text in texts:
            self._note(_without_copula(text), "NOUN", field.qualified)

    def _add_datasets(self) -> None:
        """Let the name of a dimension's dataset stand for its things, when no field has that name."""
        for dataset in self.model.datasets.values():
            key = stems(phrase(dataset.name))
            if dataset.c360.role in ("fact", "aggregate", "bridge", "snapshot") or key in self._found:
                continue
            named = [dataset.fields.get(name) for name in (f"{dataset.name}_name", f"{dataset.name}_id", "name")]
            keys = [dataset.fields.get(name) for name in dataset.primary_key]
            field = next((f for f in (*named, *keys) if f is not None and f.is_dimension), None)
            if field is not None:
                self._note(dataset.name, "NOUN", field.qualified)

    def _add_kinds(self) -> None:
        """Let ``type`` and ``status`` stand for the contact type and the order status, whichever is in reach."""
        taken: set[Stems] = {key for key in self._found if len(key) == 1}
        taken |= {key[-1:] for key, names in self._found.items() if any(sort == "METRIC" for sort, _ in names)}
        for field in self.model.directory.all_fields():
            words = phrase(field.title)
            is_plain = field.is_dimension and field.datatype == "String" and field.c360.role != "key"
            if is_plain and len(words) > 1 and words[-1] in _KINDS and stems(words[-1:]) not in taken:
                self._note(words[-1], "NOUN", field.qualified)

    @property
    def kinds(self) -> tuple[frozenset[str], ...]:
        """Tables whose rows are the same things: customers and what is known of customers."""
        return tuple(owners for owners, _ in self._kinds)

    @property
    def thing_nouns(self) -> tuple[Noun, ...]:
        """The shortest noun of each kind of things."""
        return tuple(noun for _, noun in self._kinds)

    @property
    def people(self) -> Noun | None:
        """The noun of those that the model's profile is about, None when it has none."""
        profile = self.model.c360.profile
        owner = profile.dataset if profile is not None else ""
        return next((noun for kinds, noun in self._kinds if owner in kinds), None)

    def is_money(self, metric: str) -> bool:
        """Say whether a metric adds up money."""
        return self.model.formulas[metric].is_additive and kind_of(self.model.metrics[metric]) == "money"

    def are_of_same_things(self, one: str, other: str) -> bool:
        """Say whether two dimensions describe the same kind of things, such as customers, maybe in two tables."""
        owners = {one.rpartition(".")[0], other.rpartition(".")[0]}
        return len(owners) == 1 or any(owners <= kinds for kinds, _ in self._kinds)

    def written(self, metric: str) -> frozenset[Stems]:
        """Return every name of a metric, word for word, its plural among them."""
        plural_name = self.model.metrics[metric].c360.plural
        more = {phrase(plural_name)} if plural_name else set()
        return frozenset(self._written.get(metric, set()) | more)

    def nouns(self) -> Iterator[tuple[Stems, Noun]]:
        """Yield every noun with its phrase."""
        for key, found in self._found.items():
            if any(sort == "NOUN" for sort, _ in found):
                yield from ((key, entry.noun) for entry in self.entries(key) if entry.sort == "NOUN" and entry.noun)

    def names_of(self, field: str) -> tuple[Stems, ...]:
        """Return every phrase that names a dimension."""
        return tuple(self._named.get(field, ()))

    def own_names(self, field: str) -> tuple[Stems, ...]:
        """Return the phrases that are a dimension's own: its label and its name, without other words for it."""
        found = self.field(field)
        texts = (found.title, found.name.replace("_", " ")) if found is not None else ()
        own = {stems(phrase(_without_copula(text))) for text in texts}
        return tuple(key for key in self.names_of(field) if key in own)

    def as_written(self, metrics: tuple[str, ...], words: Stems) -> tuple[str, ...]:
        """Return those of several metrics that are written just so (resolution, not resolutions); else all of them."""
        return tuple(name for name in metrics if words in self._written.get(name, ())) or metrics

    def is_name(self, name: str) -> bool:
        """Say whether a dimension is what the things of its dataset are called."""
        owner, _, own = name.rpartition(".")
        return own in (f"{owner}_name", "name")

    def things_with(self, fields: set[str]) -> Iterator[Noun]:
        """Yield the kind of things that dimensions are attributes of, by its shortest noun: customers for VIPs."""
        owners = {name.rpartition(".")[0] for name in fields}
        for kinds, noun in self._kinds:
            if owners <= kinds:
                yield noun

    def key_of(self, name: str) -> str:
        """Return the key of the things that a dimension names, since two may be called alike; else the dimension."""
        owner = name.rpartition(".")[0]
        dataset = self.model.datasets.get(owner)
        keys = dataset.primary_key if dataset is not None and self.is_name(name) else ()
        is_sole = dataset is not None and len(keys) == 1 and dataset.fields[keys[0]].is_dimension
        return f"{owner}.{keys[0]}" if is_sole else name

    def counts_things(self, metric: str) -> bool:
        """Say whether a metric counts things that have a noun of their own, such as customers."""
        atom = self.model.formulas[metric].sole_atom
        return atom is not None and atom.kind == "count" and any(atom.base in kind for kind, _ in self._kinds)

    def counts_people(self, metric: str) -> bool:
        """Say whether a metric counts those that the model's profile is about."""
        people, atom = self.people, self.model.formulas[metric].sole_atom
        owners = {field.name.rpartition(".")[0] for field in people.fields} if people is not None else set()
        return self.counts_things(metric) and atom is not None and atom.base in owners

    def thing(self, name: str) -> str:
        """Return what the things are called that a dimension tells apart."""
        owner = name.rpartition(".")[0]
        dataset = self.model.datasets.get(owner)
        named = dataset.fields.get(f"{owner}_name") if dataset is not None else None
        return named.title if named is not None and self.key_of(named.qualified) == name else self.title(name)

    def is_key(self, name: str) -> bool:
        """Say whether a dimension identifies things rather than describing them."""
        field = self.field(name)
        return field is not None and field.c360.role == "key"


def _entries(key: Stems, names: dict[tuple[Sort, str], str]) -> Iterator[Entry]:
    text = " ".join(key)
    for sort in ("METRIC", "VERB"):
        metrics = tuple(name for kind, name in names if kind == sort)
        if metrics:
            yield Entry(sort, metrics=metrics, is_clause=sort == "METRIC" and bool(_CLAUSE & set(key)))
    for sort in ("NOUN", "FLAG"):
        fields = tuple(Field(name) for kind, name in names if kind == sort)
        if fields:
            yield Entry(sort, noun=Noun(fields, text))  # type: ignore[arg-type]


def _without_copula(text: str) -> str:
    first, _, rest = text.replace("_", " ").partition(" ")
    return rest if rest and first.lower() in _FLAG_STARTS else text


def several(text: str) -> str:
    """Return a noun in the plural for a sentence."""
    return plural(text)
