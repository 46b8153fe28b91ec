"""Find a name that is said in other words: turned round (rate of returns), or with another word for the same thing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from customer360.ask.inflect import stems
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Stems = tuple[str, ...]

_OF = frozenset({"of", "for", "in", "on"})
"""Words between the parts of a name that may stand for each other; only around ``of`` do the parts change places."""
_SMALL = frozenset({"the", "our", "all"})
_FIXED = frozenset(
    {"per", "to", "from", "by", "without", "not", "no", "with", "before", "after", "since", "until", "between", "and"}
    | {"or", "who", "that", "than", "as", "a", "an", "which", "whose", "only", "never", "less", "more", "divided"}
)
"""Words around which a name means something else when its parts change places."""
_HEADS = {"rate": ("percentage", "percent", "ratio", "quota"), "time": ("duration",)}
"""Words for the last word of a name."""
_MOST = 24
"""Wordings of one phrase that are tried."""


class Wordings:
    """The names of a model, found by other wordings. ``same`` gives for a word of names what else it is called.

    Only names of ``figures`` are turned round: priority of tickets is not what high priority tickets speak of.
    """

    def __init__(
        self, names: Iterable[Stems], same: Mapping[str, Sequence[str]], *, figures: Iterable[Stems] | None = None
    ) -> None:
        names = tuple(names)
        told = self._told = frozenset(names if figures is None else figures)
        self._plain: dict[Stems, list[Stems]] = {}
        self._turned: dict[Stems, list[Stems]] = {}
        for name in names:
            bare = _bare(name)
            self._plain.setdefault(bare, []).append(name)
            for turned in _turned(name) if name in told else ():
                self._turned.setdefault(turned, []).append(name)
        self._forms: dict[str, list[tuple[Stems, Stems]]] = {}
        for head, forms in same.items():
            for form in forms:
                words = stems(phrase(form))
                self._forms.setdefault(words[0], []).append((words, stems(phrase(head))))
        self._ends = {form: head for head, forms in _HEADS.items() for form in forms}
        self.words = frozenset(word for found in self._forms.values() for form, _ in found for word in form)

    def names(self, words: Stems) -> tuple[Stems, ...]:
        """Return the names that a phrase (its stems) is another wording of; several when it is not clear which."""
        if not words or {words[0], words[-1]} & (_OF | _SMALL):
            return ()
        own = tuple(self._same(words))
        if own:
            return own
        variants = islice(self._variants(words), _MOST)
        return tuple(dict.fromkeys(name for variant in variants for name in self._same(variant)))

    def _same(self, words: Stems) -> Iterator[Stems]:
        """Yield names of the same words, also those turned round at ``of``, here or there."""
        bare = _bare(words)
        yield from self._plain.get(bare, ())
        yield from self._turned.get(bare, ())
        for turned in _turned(words):
            yield from (name for name in self._plain.get(turned, ()) if name in self._told)

    def _variants(self, words: Stems, start: int = 0) -> Iterator[Stems]:
        """Yield the phrase with other words in it for the same."""
        for at in range(start, len(words)):
            for form, head in self._forms.get(words[at], ()):
                if words[at : at + len(form)] == form:
                    changed = (*words[:at], *head, *words[at + len(form) :])
                    yield changed
                    yield from self._variants(changed, at + len(head))
        if start == 0 and words[-1] in self._ends and len(words) > 1:
            yield from self._with_end((*words[:-1], self._ends[words[-1]]))

    def _with_end(self, words: Stems) -> Iterator[Stems]:
        yield words
        yield from self._variants(words)


def _bare(words: Stems) -> Stems:
    """Return a phrase with one word for all that join its parts inside; ``on sale`` begins with another."""
    inner = tuple("of" if word in _OF else word for word in words[1:-1] if word not in _SMALL)
    return (*words[:1], *inner, *words[-1:]) if len(words) > 1 else words


def _turned(words: Stems) -> Iterator[Stems]:
    """Yield a phrase turned round at ``of``: value of carts, cart value."""
    told = tuple(word for word in words if word not in _SMALL)
    if not _FIXED & set(told):
        yield from (_bare((*told[at + 1 :], *told[:at])) for at, word in enumerate(told) if word == "of")
