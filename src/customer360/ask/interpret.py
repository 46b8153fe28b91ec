"""Read a question: one metric query, several to choose from, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from customer360.ask.chart import Chart, Edge
from customer360.ask.followup import merged, remainder
from customer360.ask.frame import Ground, time_range
from customer360.ask.grammar import FRAGMENT, GOAL, GRAMMAR
from customer360.ask.guards import guarded
from customer360.ask.inflect import plural, singular
from customer360.ask.lexer import CLOSED_WORDS, Lexed, Lexer
from customer360.ask.lower import in_time_alone, lower
from customer360.ask.meaning import Draft, When
from customer360.ask.nearwords import NearWords
from customer360.ask.otherwise import plainly, with_particles, without_weak
from customer360.ask.places import Places
from customer360.ask.reading import Problem, Reading
from customer360.ask.words import LONGEST, MOST_WORDS, Token, tokens
from customer360.ask.wrapping import unwrapped
from customer360.semantic.resolve import period_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from customer360.ask.valueindex import ValueIndex
    from customer360.ask.vocabulary import Vocabulary
    from customer360.semantic.calendar_units import Calendar

Outcome = Literal["read", "ambiguous", "unknown", "unclear", "impossible", "too_long"]

SLACK = 22
"""How much dearer than the cheapest a reading may be to be looked at when the cheapest is nonsense."""
MOST_CHOICES = 8
_CLAUSE = 4
"""Words of a name that says what was done: customers bought more than once."""
_OFFERED = 4
"""Parts of a question that are tried, to offer one that has an answer."""


_LEAST_LEADING = 4
_SAYING = frozenset({"VALUE", "TIME", "REFTIME", "NUM", "FLAG", "SUCH", "QUOTED", "NOT", "NEVER", "NO", "WITHOUT"})
"""What limits figures; a sentence with any of it is not left out."""


@dataclass(frozen=True)
class Interpretation:
    """What a question was understood as."""

    outcome: Outcome
    readings: tuple[Reading, ...] = ()
    what: str = ""
    next_step: str | None = None
    unknown: tuple[str, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    """Unknown words with the known ones they are like."""
    corrected: tuple[tuple[str, str], ...] = ()
    draft: Draft | None = None


class Interpreter:
    """Reads questions about one model and one state of its data. Safe to use from several threads."""

    def __init__(self, vocabulary: Vocabulary, values: ValueIndex, *, as_of: date, calendar: Calendar) -> None:
        self.vocabulary = vocabulary
        self.lexer = Lexer(vocabulary, values, as_of, calendar)
        self.near = NearWords(vocabulary, values)

        def days(when: When) -> tuple[str | None, str | None]:
            period = period_of(time_range(when), as_of, calendar)
            first, last = (period.start, period.end) if period is not None else (None, None)
            return first.isoformat() if first else None, last.isoformat() if last else None

        places = Places(vocabulary.model, vocabulary.kinds, days)
        self.ground = Ground(vocabulary.model, vocabulary, places, as_of, calendar)

    def read(self, question: str) -> Interpretation:
        """Return what a question means."""
        found = tokens(question) if len(question) <= LONGEST else ()
        if not found and len(question) <= LONGEST:
            return Interpretation(
                "unclear", what="There is no question.", next_step="Ask for a metric, such as those of `c360 query`."
            )
        if not found or len(found) > MOST_WORDS:
            return Interpretation(
                "too_long", what="The question is too long to be read rightly.", next_step="Ask one thing at a time."
            )
        made = self.read_tokens(found)
        if made.outcome in ("read", "ambiguous"):
            return made
        other = next((other for other in self._otherwise(question, found) if other.outcome == "read"), None)
        if other is not None:
            return other
        bare = unwrapped(question)
        return self._unwrapped(bare, made) if bare != question else made

    def _unwrapped(self, bare: str, made: Interpretation) -> Interpretation:
        """Return what a question means without what is wrapped around it; as it was when that says no more."""
        found = tokens(bare)
        if not found or len(found) > MOST_WORDS:
            return made
        again = self.read_tokens(found)
        if again.outcome in ("read", "ambiguous"):
            return again
        other = next((other for other in self._otherwise(bare, found) if other.outcome == "read"), again)
        return other if other.outcome in ("read", "impossible") or made.outcome == "unknown" else made

    def _otherwise(self, question: str, found: Sequence[Token]) -> Iterator[Interpretation]:
        """Yield what a question means with its time behind the rest, or as sentences that say the same twice."""
        moved = time_last(found, self.lexer.read(found))
        if moved is not None:
            yield self.read_tokens(moved, found)
        parts = [tokens(part) for part in sentences_of(question)]
        if len(parts) > 1:
            read = [self.read_tokens(part) for part in parts if part]
            keys = {each.key for made in read for each in made.readings}
            if len(keys) == 1 and all(made.outcome == "read" for made in read):
                yield read[-1]
            if all(map(self._only_leads, parts[:-1])) and read[-1].outcome == "read":
                yield read[-1]
            yield from self._followed([part for part in sentences_of(question) if tokens(part)], read)
        joined = with_particles(self.lexer, found)
        if joined is not None:
            yield self.read_tokens(joined, found)
        plain = without_weak(self.lexer, joined or found)
        if plain and len(plain) < len(found):
            yield self.read_tokens(plain, found)
        said = plainly(self.lexer, found)
        if said and said != tuple(found):
            yield self.read_tokens(said, found)
            moved = time_last(said, self.lexer.read(said))
            if moved is not None:
                yield self.read_tokens(moved, found)

    def _only_leads(self, part: Sequence[Token]) -> bool:
        """Say whether a sentence only says what the next one asks: where do people drop out? Carts by stage."""
        if not part or part[0].text not in ("where", "how") or len(part) < _LEAST_LEADING:
            return False
        lexed = self.lexer.read(part)
        things = {(edge.start, edge.end) for edge in lexed.edges if edge.category in ("METRIC", "NOUN")}
        saying = (edge for edge in lexed.edges if edge.category in _SAYING and (edge.start, edge.end) not in things)
        return not lexed.unknown and not any(saying)

    def _followed(self, parts: Sequence[str], read: Sequence[Interpretation]) -> Iterator[Interpretation]:
        """Yield a question whose further sentences only say more of it: Claims by area? For 2024 please."""
        made = read[0]
        if len(parts) != 2 or made.outcome != "read" or made.draft is None:  # noqa: PLR2004 -- a question and more
            return
        if read[1].outcome in ("read", "ambiguous", "impossible"):
            return
        follows = self.follow(parts[1], made.draft)
        if follows is not None:
            yield follows

    def follow(self, question: str, before: Draft) -> Interpretation | None:
        """Return what a follow-up means after another question; None when it does not follow on it."""
        rest = remainder(tokens(question) if len(question) <= LONGEST else ())
        if not rest.tokens or len(rest.tokens) > MOST_WORDS:
            return None
        lexed = self.lexer.read(rest.tokens)
        corrected: list[tuple[str, str]] = []
        if lexed.unknown:
            mended = self._mended(rest.tokens, lexed)
            if isinstance(mended, Interpretation):
                return None
            corrected = mended[1]
            lexed = self.lexer.read(mended[0])
        chart = Chart(GRAMMAR, len(lexed.tokens))
        edges = [
            replace(edge, meaning=draft)
            for edge in chart.parse(lexed.edges, FRAGMENT, SLACK)
            if isinstance(edge.meaning, Draft)
            for draft in merged(before, edge.meaning, rest.how)
        ]
        made = self._outcome((edges, chart), lexed, lexed.tokens)
        return replace(made, corrected=tuple(corrected)) if edges else None

    @staticmethod
    def is_marked(question: str) -> bool:
        """Say whether the words of a question show that it follows on another."""
        return len(question) <= LONGEST and remainder(tokens(question)).is_marked

    def read_tokens(self, found: Sequence[Token], typed: Sequence[Token] | None = None) -> Interpretation:
        """Return what the words of a question mean, after mending slips of the pen.

        ``typed`` are all its words, when these are another try: then nothing is offered instead.
        """
        lexed = self.lexer.read(found)
        corrected: list[tuple[str, str]] = []
        if lexed.unknown:
            mended = self._mended(found, lexed)
            if isinstance(mended, Interpretation):
                return mended
            found, corrected = mended
            lexed = self.lexer.read(found)
        made = self._outcome(self._parsed(lexed), lexed, typed or found, is_offer=typed is not None)
        if lexed.colliding > 1 or (lexed.colliding and made.outcome != "read"):
            other = self.lexer.read(found, drop_colliding=True)
            made = _either(made, self._outcome(self._parsed(other), other, typed or found, is_offer=typed is not None))
        return replace(made, corrected=tuple(corrected))

    def _mended(
        self, found: Sequence[Token], lexed: Lexed
    ) -> Interpretation | tuple[tuple[Token, ...], list[tuple[str, str]]]:
        corrected: list[tuple[str, str]] = []
        swaps: dict[Token, str] = {}
        for token in lexed.unknown:
            if self.near.is_time(token.text) and len(lexed.unknown) > 1:
                continue
            word = self.near.correction(token.text)
            if word is None:
                return self._unknown(lexed)
            swaps[token] = plural(word) if singular(token.text) != token.text else word
            corrected.append((token.raw, swaps[token]))
        mended = tuple(replace(t, text=swaps[t]) if t in swaps else t for t in found)
        return (mended, corrected) if not self.lexer.read(mended).unknown else self._unknown(lexed)

    def _unknown(self, lexed: Lexed) -> Interpretation:
        words = tuple(token.raw for token in lexed.unknown)
        near = tuple((token.raw, word) for token in lexed.unknown for word in self.near.like(token.text))
        named = ", ".join(f"'{word}'" for word in words)
        what = f"I do not know {named}."
        step = "Ask 'which metrics are there' to see what is known."
        if near:
            step = f"Did you mean {' or '.join(chr(39) + word + chr(39) for _, word in near[:3])}?"
        return Interpretation("unknown", what=what, next_step=step, unknown=words, near=near)

    def _parsed(self, lexed: Lexed) -> tuple[Iterable[Edge], Chart]:
        chart = Chart(GRAMMAR, len(lexed.tokens))
        return chart.parse(lexed.edges, GOAL, SLACK), chart

    def _outcome(
        self, parsed: tuple[Iterable[Edge], Chart], lexed: Lexed, said: Sequence[Token], *, is_offer: bool = False
    ) -> Interpretation:
        edges, chart = parsed
        problem: Problem | None = None
        readings: dict[str, Reading] = {}
        draft: Draft | None = None
        timeless: set[str] = set()
        for edge in edges:
            if chart.most is not None and edge.cost > chart.most:
                break
            assert isinstance(edge.meaning, Draft)  # noqa: S101 -- what the goal's rules make
            made = self._lowered(edge.meaning, lexed, said)
            if isinstance(made, Problem):
                if made.fault == "nonsense":
                    continue
                problem, timeless = problem or made, timeless.union(made.timeless)
                if not _is_clause(edge.meaning, made):
                    chart.most = edge.cost
                continue
            if not (made := in_time_alone(made, timeless)):
                continue
            chart.most, draft = edge.cost, draft or edge.meaning
            for reading in made:
                readings.setdefault(reading.key, replace(reading, cost=edge.cost))
        if len(readings) == 1 and (problem is None or problem.fault != "ambiguous"):
            return Interpretation("read", tuple(readings.values()), draft=draft)
        if readings:
            for reading in problem.choices if problem else ():
                readings.setdefault(reading.key, reading)
            return Interpretation(
                "ambiguous",
                tuple(readings.values())[:MOST_CHOICES],
                "The question can be read in several ways.",
                draft=draft,
            )
        if problem is not None:
            return _declined(problem)
        return Interpretation("unclear") if is_offer else self._not_understood(chart, lexed)

    def _lowered(self, draft: Draft, lexed: Lexed, said: Sequence[Token]) -> list[Reading] | Problem:
        """Return the readings of a draft that leave out no word of the question, else why there are none."""
        made = lower(self.ground, draft)
        if isinstance(made, Problem):
            return made
        checked = [guarded(self.ground, said, lexed, draft, reading) for reading in made]
        problem = next((each for each in checked if isinstance(each, Problem)), None)
        held = [each for each in checked if isinstance(each, Reading)]
        return made if len(held) == 1 < len(made) else held or problem or made  # a doubt stays one

    def _not_understood(self, chart: Chart, lexed: Lexed) -> Interpretation:
        """Say how far the question was understood: the longest part that makes sense, and the words that do not fit."""
        parts = sorted(chart.parts(FRAGMENT), key=lambda edge: (edge.start - edge.end, edge.cost))
        words = lexed.tokens
        if chart.is_tangled or not parts or not words:
            return Interpretation(
                "unclear",
                what="I do not understand how these words belong together.",
                next_step="Ask in simpler words, such as a metric, by what, and when.",
            )
        best = parts[0]
        rest = [token.raw for at, token in enumerate(words) if not best.start <= at < best.end]
        if not rest:
            return Interpretation(
                "unclear",
                what="I understand the words but not what is asked of them.",
                next_step="Name a metric, and what to group it by or whom it is about.",
            )
        known = " ".join(token.raw for token in words[best.start : best.end])
        left = " ".join(rest)
        return Interpretation(
            "unclear",
            what=f"I understand '{known}', but not '{left}' beside it.",
            next_step=self._offered(parts, words) or "Leave it out or say it in other words.",
            unknown=tuple(rest),
        )

    def _offered(self, parts: Sequence[Edge], words: Sequence[Token]) -> str | None:
        """Return the longest part of a question that is answered when it is asked alone."""
        for part in parts[:_OFFERED]:
            text = " ".join(token.raw for token in words[part.start : part.end])
            lexed = self.lexer.read(tokens(text))
            if (
                not lexed.unknown
                and self._outcome(self._parsed(lexed), lexed, lexed.tokens, is_offer=True).outcome == "read"
            ):
                return f"This can be asked: '{text}'."
        return None


def _is_clause(draft: Draft, problem: Problem) -> bool:
    """Say whether a metric was said by a name that is a clause, which may as well be read part by part."""
    if problem.fault != "impossible" and not (problem.fault == "unclear" and draft.share):
        return False
    said = (word.text.split() for word in (*draft.metrics, *draft.verbs))
    return any({"who", "that", "with"} & set(words) or len(words) >= _CLAUSE for words in said)


def _declined(problem: Problem) -> Interpretation:
    """Say what is wrong with a question whose words are understood."""
    outcome: Outcome = "unclear"
    if problem.fault == "ambiguous" and problem.choices:
        outcome = "ambiguous"
    elif problem.fault == "impossible":
        outcome = "impossible"
    return Interpretation(outcome, problem.choices[:MOST_CHOICES], problem.what, problem.next_step)


def time_last(found: Sequence[Token], lexed: Lexed) -> tuple[Token, ...] | None:
    """Return the words with the one time that stands before what it is of moved behind: share of (2024) revenue."""
    spans = [edge for edge in lexed.edges if edge.category == "TIME"]
    if not spans:
        return None
    first = max(spans, key=lambda edge: (edge.end - edge.start, -edge.start))
    if any(edge.start >= first.end or edge.end <= first.start for edge in spans):
        return None
    names = {edge.start for edge in lexed.edges if edge.category in ("METRIC", "NOUN", "VALUE", "VERB")}
    if first.end not in names or first.start == 0 or lexed.tokens[first.start - 1].text not in CLOSED_WORDS:
        return None  # net (this year) revenue: no name is made of words that stood apart
    moved = lexed.tokens[first.start : first.end]
    rest = [token for token in found if token not in moved]
    return (*rest, *moved)


def sentences_of(question: str) -> list[str]:
    """Return the sentences of a question."""
    return [part for part in re.split(r"[?!;:]+|[.](?=\s|$)|[()]", question) if part.strip()]


def _either(one: Interpretation, other: Interpretation) -> Interpretation:
    """Join what a question means with and without a courtesy word that is also a name."""
    if not other.readings:
        return one
    if not one.readings:
        return other
    together = {reading.key: reading for reading in (*one.readings, *other.readings)}
    if len(together) == 1:
        return one
    return Interpretation("ambiguous", tuple(together.values()), "The question can be read in several ways.")
