"""A question is read the same with what people wrap around it, and never with a word less that says something."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import insurer

from customer360.ask.wrapping import unwrapped

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

AROUND = """
hiya, {q}|Heya! {q} pls|so {q}|now, {q}|um, {q}|Right, {q}|Alright then, {q}|Next: {q}.|well, {q}?|{q} - thx
Sorry for asking, but {q}|No hurry, but {q}?|Just out of curiosity, {q}?|Not sure if you can answer this, but {q}
Any chance you could tell me {q}?|do you by chance have {q}|can u give me {q}|lemme see {q}|wanna know {q}
I need this for the board: {q}.|For tomorrow's meeting I need {q}.|I'm putting together a slide: {q}.|My manager asked: {q}
We have a meeting in ten minutes. {q}?|For Monday's board meeting I need {q}.|I have to report to finance; {q}.
Would be great to have {q}.|{q} would be great|It'd be lovely to know {q}.|{q}, pretty please|{q} would be much appreciated
{q} if you don't mind|{q}, if you'd be so kind|{q}. That's all, thanks.|{q}? A single number is enough.|{q} please and thank you
Great tool by the way! {q}?|Thanks, that's helpful. {q}?|Hope you're well. {q}?|I'd appreciate {q}|One more: {q}|{q} !!!
Could I trouble you for {q}|What I need: {q}|{q}, just curious|Let's start with {q}.|{q}, needed for a chart|{q}... any idea?
If it's not too much trouble, {q}?|Good morning all! {q}?|Quick one for you: {q}?|as far as you know, {q}|{q} \U0001f64f
"""
ASKED = ("payouts in 2024", "payouts by area", "premium income in May by line of business", "top 2 areas by payouts")
PIECES = [
    ("area with the highest payouts", "Highest payouts: which area?"),
    ("payouts by area", "Payouts: how do the areas compare?"),
    ("payouts by area", "How do our areas stack up against each other in payouts?"),
    ("payouts by area", "Payouts, one line per area."),
    ("payouts by area", "Areas: payouts for each."),
    ("payouts by area", "payouts by area, over all the years"),
    ("payouts by month in 2024", "How have payouts been developing month by month in 2024?"),
    ("payouts from the North and the South in 2024", "North plus South payouts, 2024"),
    ("payouts from the North and the South in 2024", "North + South payouts in 2024"),
    ("payouts from the North in 2024", "Payouts 2024, North only please"),
    ("payouts from the North in 2024", "payouts / 2024 / North"),
    ("payouts without the North in 2024", "payouts w/o the North in 2024"),
    ("share of payouts by area in 2024", "Each area's slice of payouts in 2024."),
]
NOT_READ = """
payouts roughly 500 dollars|pretty payouts by area|I need this for Berlin: payouts in 2024|For Berlin I need payouts in 2024
only Berlin. Payouts in 2024?|It's about the Berlin office. Payouts in 2024?|payouts of great value|next month payouts
payouts in 2024, new ones|top areas by payouts, the big ones|payouts plus premium income in 2024|how many claims would be good
right payouts by area|payouts for finance in 2024|payouts / premium income in 2024|payouts in all years but 2023
"""


def keys(insurer: tuple[Edition, MemorySession], question: str) -> list[str]:
    found = insurer[0].interpreter.read(question)
    return [reading.key for reading in found.readings] if found.outcome in ("read", "ambiguous") else []


def ways(text: str) -> list[str]:
    return [way for line in text.strip().splitlines() for way in line.split("|")]


def test_what_is_wrapped_around_changes_nothing(insurer: tuple[Edition, MemorySession]) -> None:
    chance = random.Random(5)
    other, missed, asked = [], [], 0
    for way in ways(AROUND):
        for plain in chance.sample(ASKED, 2):
            wanted, found, asked = keys(insurer, plain), keys(insurer, way.format(q=plain)), asked + 1
            assert len(wanted) == 1, plain
            other += [way.format(q=plain)] if found and found != wanted else []
            missed += [way.format(q=plain)] if not found else []
    assert not other
    assert len(missed) <= 0.05 * asked, missed


@pytest.mark.parametrize(("plain", "said"), PIECES)
def test_pieces_that_stand_apart_are_the_plain_question(
    insurer: tuple[Edition, MemorySession], plain: str, said: str
) -> None:
    assert keys(insurer, said) == keys(insurer, plain) != []


@pytest.mark.parametrize("question", ways(NOT_READ))
def test_words_that_say_something_are_not_taken_off(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert insurer[0].interpreter.read(question).outcome != "read"


def test_a_question_of_courtesy_alone_is_left_as_it_is() -> None:
    assert unwrapped("Hello there, thank you!") != ""
    assert unwrapped("Areas above 300. List them.") == "list Areas above 300"
    assert unwrapped("How many claims would be good?") == "How many claims would be good"
