"""Every way to ask for a figure, a breakdown or a ranking is read as the plain words for it, or is not read."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import insurer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

TOTALS = """
my boss wants to know our {n}|I am preparing a report and need the {n}|could you quickly check the {n}|gimme the {n}
overall, what is our {n}|{n} overall|{n} all told|all told, what is our {n}|{n} across the board|{n} as a whole
where do we stand on {n}|where does our {n} stand|how are we doing on {n}|what does our {n} come to|{n}, what is the total
{n}: what is it?|just the {n}|only the {n} please|for the board meeting: {n}|management wants to see {n}|as one figure {n}
what figure do we have for {n}|add up the {n}|{n} taken together|quickly: {n}|tell me something about {n}
"""
BREAKDOWNS = """
{n} broken out by {d}|{n} separately for each {d}|break {n} down by {d}|break out {n} by {d}|split {n} up by {d}
split {n} into {ds}|group {n} by {d}|{n} {d} breakdown|{d} breakdown of {n}|{n} at {d} level|{n} {d} wise|{n} on a {d} basis
{n} for every one of our {ds}|{n} in each of the {ds}|how does {n} vary across {ds}|how do the {ds} compare on {n}
compare {n} between {ds}|list the {ds} and their {n}|show each {d} with its {n}|which {d} has how much {n}
{n} by {d} as a table|{n} by {d} side by side|{n}, and break it down by {d}|distribution of {n} by {d}|{n} drilled down by {d}
{n} with a split by {d}|{n} organised by {d}|how do {ds} differ in {n}|for each of our {ds}, what is the {n}
"""
RANKINGS = """
rank the {ds} by {n} and give me the first two|rank {ds} by {n}, first two only|{ds} ranked by {n}, top 2
which two of our {ds} have the highest {n}|which {ds} have the highest {n}? Give me two.|top 2 of our {ds} by {n}
{n} by {d}, the two highest|{n} per {d}, only the two best|which two {ds} lead in {n}|which two {ds} come first by {n}
show the first two {ds} by {n}|{ds} with the highest {n}, two of them|overall top 2 {ds} by {n}|top 2 {ds} by {n} overall
rank all {ds} by {n} and keep the top 2|{n} by {d}, limited to the top 2
"""
WITHIN = ("", " in May", " in 2024", " since March")
NAMES = ("payouts", "premium income", "settlement time")
PARTS = (("area", "areas"), ("line of business", "lines of business"))


def keys(insurer: tuple[Edition, MemorySession], question: str) -> list[str]:
    found = insurer[0].interpreter.read(question)
    return [reading.key for reading in found.readings] if found.outcome in ("read", "ambiguous") else []


def ways(text: str) -> list[str]:
    return [way for line in text.strip().splitlines() for way in line.split("|")]


@pytest.mark.parametrize(
    ("said", "plain"),
    [(TOTALS, "{n}"), (BREAKDOWNS, "{n} by {d}"), (RANKINGS, "top 2 {ds} by {n}")],
    ids=["totals", "breakdowns", "rankings"],
)
def test_ways_of_speaking_are_the_plain_question(insurer: tuple[Edition, MemorySession], said: str, plain: str) -> None:
    chance = random.Random(3)
    other, asked, read = [], 0, 0
    for way in ways(said):
        for name in NAMES[:2] if said is RANKINGS else NAMES:
            (d, ds), when = chance.choice(PARTS), chance.choice(WITHIN)
            wanted = keys(insurer, plain.format(n=name, d=d, ds=ds) + when)
            question = f"{when.strip()}, {way}" if when and chance.random() < 0.5 else way.rstrip("?.") + when
            found = keys(insurer, question.format(n=name, d=d, ds=ds))
            assert len(wanted) == 1, name
            asked, read = asked + 1, read + (found == wanted)
            other += [question] if found and wanted[0] not in found else []
    assert not other
    assert read >= 0.8 * asked, f"{read} of {asked}"


@pytest.mark.parametrize(
    "question",
    [
        "claims settled quickly",
        "claims we have to report",
        "how do payouts break down",
        "payouts split",
        "compare North payouts with overall payouts",
        "payouts by area and overall",
        "payouts broken down by Motor and Home per month",
        "rank areas by payouts in ascending order of premium income",
        "the first two months of 2024 by payouts",
        "what would payouts be if we paid more",
    ],
)
def test_words_that_say_something_are_not_left_out(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert insurer[0].interpreter.read(question).outcome != "read"
