"""Find the words of the language itself in a question: joints, spans of time, numbers with their units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from customer360.ask.chart import Edge
from customer360.ask.inflect import singular, stems
from customer360.ask.lexicon import FIGURE_NOUNS, closed_phrases
from customer360.ask.meaning import Field, Noun, Number
from customer360.ask.numerals import DURATIONS, GRAIN_ADJECTIVES, GRAINS, MONEY, NUMERALS, OVER_GRAINS, SCALES

if TYPE_CHECKING:
    from customer360.ask.meaning import Grain
    from customer360.ask.words import Token

CLOSED = closed_phrases()
LONGEST_CLOSED = max(len(key) for key in CLOSED)
_GRAINS = {stems(tuple(text.split())): grain for text, grain in GRAINS.items()}
_GRAIN_ADJECTIVES = {stems(tuple(text.split())): grain for text, grain in GRAIN_ADJECTIVES.items()}
SPANS_OVER = {stems(tuple(text.split())): grain for text, grain in OVER_GRAINS.items()}
COPULA = frozenset({"is", "are", "was", "were"})
_FIGURES = frozenset(singular(word) for word in FIGURE_NOUNS.split("|"))
_UNITS = frozenset({*DURATIONS.values(), "seconds"})
GRAIN_COST = 5
"""What it costs to take a span of time for things that are ranked or listed, less than a dimension of that name."""
LANGUAGE = frozenset(word for key in (*CLOSED, *_GRAINS, *_GRAIN_ADJECTIVES, *SPANS_OVER) for word in key)


def joints(words: tuple[str, ...], tokens: Sequence[Token]) -> Iterator[Edge]:
    """Find the phrases of the language, each with every part it may play."""
    compared = False
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_CLOSED, len(words)) + 1):
            span = words[start:end]
            if start == 0 and tokens[0].text == "name" and end == 1:  # name them, not: the names of
                yield Edge(0, 1, "LIST", "name")
            for category in _categories(span, start, (*words[max(start - 1, 0) : start], *words[end : end + 1])):
                compared = compared or category == "COMPARE"
                yield Edge(start, end, category, " ".join(span))
            if span in _GRAINS:
                yield from _grain(start, end, _GRAINS[span], tokens)
            if span in _GRAIN_ADJECTIVES:
                yield Edge(start, end, "GRAINADJ", _GRAIN_ADJECTIVES[span])
            if span in SPANS_OVER:
                yield Edge(start, end, "OVERGRAIN", SPANS_OVER[span])
        if words[start] in _FIGURES:
            yield Edge(start, start + 1, "FIGURE", words[start])
        if tokens[start].text in COPULA:
            yield Edge(start, start + 1, "COP", words[start])
        if words[start] in MONEY and tokens[start].kind == "word":
            yield Edge(start, start + 1, "CURRENCY", MONEY[words[start]])
        if words[start] == "in" and start + 1 < len(words) and tokens[start + 1].text in _UNITS:
            yield Edge(start, start + 2, "INUNIT", tokens[start + 1].text)
        if compared and words[start] in ("with", "to"):  # compare A with B
            yield Edge(start, start + 1, "VS", words[start])


def _categories(span: tuple[str, ...], start: int, beside: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts a phrase may play; `which` at the start asks of nothing before it, broken down is not fallen."""
    found = CLOSED.get(span, ())
    if span == ("down",) and (start == 0 or any(w == "break" or "BY" in CLOSED.get((w,), ()) for w in beside)):
        return tuple(each for each in found if each != "UPDOWN")
    if span == ("add", "up") and (start == 0 or beside[0] == ","):  # add up the claims: an order, no running total
        return tuple(each for each in found if each != "CUMULATIVE")
    return tuple(each for each in found if each != "WHO") if start == 0 and span == ("which",) else found


def _grain(start: int, end: int, grain: Grain, tokens: Sequence[Token]) -> Iterator[Edge]:
    yield Edge(start, end, "GRAIN", grain)
    text = " ".join(token.text for token in tokens[start:end])
    is_plural = tokens[end - 1].text.endswith("s")
    noun = Noun((Field("time"),), text, is_plural=is_plural, grain=grain)
    yield Edge(start, end, "NOUN", noun, GRAIN_COST)


def numbers(words: tuple[str, ...], tokens: Sequence[Token]) -> Iterator[Edge]:
    """Find numbers with their scale and unit: ``$2.5k``, ``20 %``, ``30 days``, ``three``."""
    for start, token in enumerate(tokens):
        before = MONEY.get(words[start]) if token.kind == "sign" else None
        at = start + (before is not None)
        value = _value(words, tokens, at)
        if value is None:
            continue
        number, end = value
        if (
            end < len(words)
            and words[end] in SCALES
            and (words[end] != "m" or tokens[end].start == tokens[end - 1].end)
        ):
            number, end = number * SCALES[words[end]], end + 1
        text = " ".join(each.raw for each in tokens[start:end])
        yield Edge(start, end, "NUM", Number(number, before, text))
        unit = words[end] if end < len(words) else ""
        named = MONEY.get(unit) or DURATIONS.get(unit) or ("percent" if unit in ("%", "percent") else None)
        if named is not None and before is None:
            yield Edge(start, end + 1, "NUM", Number(number, named, f"{text} {unit}"))


def _value(words: tuple[str, ...], tokens: Sequence[Token], at: int) -> tuple[float | int, int] | None:
    if at >= len(tokens):
        return None
    if tokens[at].kind == "number":
        if re.fullmatch(r"\d{1,3}\.000", tokens[at].text):
            return None  # 1.000 is one to some and a thousand to others
        text = tokens[at].text
        return (float(text) if "." in text else int(text)), at + 1
    if words[at] in NUMERALS:
        return NUMERALS[words[at]], at + 1
    return None
