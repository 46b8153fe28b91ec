"""A question that was changed in what it says is never answered as if it had not been."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from customer360.ask.benchmark import read_cases
from customer360.ask.interpret import Interpretation, Interpreter
from customer360.ask.metaforms import meta_question
from customer360.ask.words import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ask.space import Space

FILE = Path(__file__).parents[2] / "src/customer360/templates/complete_journey/questions/benchmark/development.yaml"
UNKNOWN = ("blorf", "quuxly", "zzyzx", "target", "margins", "planned", "wholesale", "adjusted", "b2b", "organic")
CHANGING = (
    "net",
    "new",
    "first",
    "median",
    "excluding",
    "without",
    "minus",
    "half",
    "second",
    "non",
    "weighted",
    "never",
)


def readings(found: Interpretation) -> frozenset[str]:
    return frozenset(reading.key for reading in found.readings) if found.outcome == "read" else frozenset()


@pytest.fixture(scope="module")
def interpreter(journey: Space) -> Interpreter:
    journey.ask("revenue")
    asker = journey.workspace.asker()
    with journey.workspace.engine.read() as session:
        return asker.edition(session, journey.workspace.as_of()).interpreter


def mutated(words: list[str], chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield a kind of change and the changed question."""
    at = chance.randrange(len(words) + 1)
    yield "unknown", " ".join([*words[:at], chance.choice(UNKNOWN), *words[at:]])
    yield "changing", " ".join([*words[:at], chance.choice(CHANGING), *words[at:]])
    numbers = [place for place, word in enumerate(words) if re.fullmatch(r"\d{1,3}", word)]
    if numbers:
        place = chance.choice(numbers)
        yield "number", " ".join([*words[:place], str(int(words[place]) + chance.randint(1, 8)), *words[place + 1 :]])
    swaps = {"more": "fewer", "top": "bottom", "highest": "lowest", "since": "until", "before": "after", "and": "or"}
    places = [place for place, word in enumerate(words) if word in swaps]
    if places:
        place = chance.choice(places)
        yield "relation", " ".join([*words[:place], swaps[words[place]], *words[place + 1 :]])


@pytest.mark.parametrize("many", [1_200, pytest.param(5_000, marks=pytest.mark.full)])
def test_a_changed_question_has_another_answer_or_none(interpreter: Interpreter, many: int) -> None:
    chance = random.Random(8)
    texts = [case.ask for case in read_cases(FILE) if case.is_answerable and not meta_question(tokens(case.ask))]
    base = {text: readings(interpreter.read(text)) for text in texts}
    texts = [text for text in texts if base[text]]
    same: list[str] = []
    done = 0
    while done < many:
        text = chance.choice(texts)
        for kind, changed in mutated(text.lower().rstrip("?!.").split(), chance):
            done += 1
            if readings(interpreter.read(changed)) & base[text] and not equivalent(kind, changed):
                same.append(f"{kind}: {changed!r}")
    assert not same


def equivalent(kind: str, changed: str) -> bool:
    """Say whether a change changes nothing: `or` in a list of values, another name that the model gives a metric."""
    names = ("net revenue", "net of revenue", "net sales", "net turnover")
    return (kind == "relation" and " or " in changed) or any(name in changed for name in names)


def test_courtesy_changes_nothing(interpreter: Interpreter) -> None:
    for text in ("revenue by segment last month", "how many VIP customers spent more than $500 in November"):
        plain = readings(interpreter.read(text))
        assert plain
        assert readings(interpreter.read(f"hello, could you please tell me {text}? thanks")) == plain
        assert readings(interpreter.read(text.upper())) == plain


@pytest.mark.parametrize("length", [0, 1, 64, 600, 5_000])
def test_any_text_is_read_or_refused(interpreter: Interpreter, length: int) -> None:
    chance = random.Random(length)
    signs = "revenue by segment 12 % '\"; -- $<>=()é漢\U0001f600\x00\n\t,-.x"
    for _ in range(10):
        interpreter.read("".join(chance.choice(signs) for _ in range(length)))
