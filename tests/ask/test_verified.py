"""Verified questions become exactly their query, with their slots filled; confirmed words wait for a reviewer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from customer360.ask.frame import Ground
from customer360.ask.lower import checked_reading
from customer360.ask.places import Places
from customer360.ask.questionfiles import (
    propose_synonym,
    read_questions,
    read_synonyms,
    review_synonym,
)
from customer360.ask.reading import Problem, Reading
from customer360.ask.valueindex import Listed, ValueIndex
from customer360.ask.verified import Verified
from customer360.ask.vocabulary import Vocabulary
from customer360.errors import Place, ProjectError
from customer360.project.spec import SemanticDocument
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.model import SemanticModel

if TYPE_CHECKING:
    from tests.ask.space import Space

SHOPFLOW = Path(__file__).parents[2] / "src/customer360/templates/shopflow"
AS_OF = date(2024, 11, 30)
SAID = {"{time}": "last month", "{customer.segment}": "VIP"}


def shopflow() -> tuple[Verified, Ground]:
    path = SHOPFLOW / "semantic/shopflow.yaml"
    document = SemanticDocument("shopflow", Place("semantic/shopflow.yaml"), YAML(typ="safe").load(path))
    model = SemanticModel.from_document(document)
    calendar = Calendar("monday", 1)
    values = ValueIndex([Listed("customer.segment", ["VIP", "Premium"])])
    vocabulary = Vocabulary(model)
    ground = Ground(model, vocabulary, Places(model), AS_OF, calendar)
    return Verified(read_questions(SHOPFLOW), values, AS_OF, calendar), ground


def test_every_verified_question_is_recognised_and_its_query_is_possible() -> None:
    verified, ground = shopflow()
    questions = read_questions(SHOPFLOW)
    assert len(questions) >= 60
    for question in questions:
        for text in question.asks:
            said = text
            for slot, words in SAID.items():
                said = said.replace(slot, words)
            found = verified.recognised(f"please, {said}?")
            assert found is not None, text
            assert found.question == question, text
            if found.query is not None:
                assert not isinstance(checked_reading(ground, Reading(found.query)), Problem), text


def test_slots_are_filled_and_further_words_make_another_question() -> None:
    verified, _ = shopflow()
    found = verified.recognised("how do VIP customers shop in October 2024")
    assert found is not None
    assert found.query is not None
    assert found.query.time is not None
    assert found.query.time.relative == "2024-10"
    assert verified.recognised("how do VIP customers shop in blorf") is None
    assert verified.recognised("how do new VIP customers shop in October 2024") is None


def test_a_verified_question_says_so(journey: Space, tmp_path: Path) -> None:
    root = journey.workspace.project.root
    file = root / "questions" / "ours.yaml"
    file.write_text(
        "questions:\n"
        "  - {ask: how is the shop doing, query: {metrics: [revenue, order_count]}}\n"
        "  - {ask: will it rain, refuse: out_of_scope, text: Look outside.}\n"
    )
    from customer360.workspace import open_project

    workspace = open_project(root)
    assert workspace.ask("please tell me, how is the shop doing?").trust == "verified question"
    assert workspace.ask("will it rain").reason == "out_of_scope"
    file.unlink()
    workspace.close()


def test_a_confirmed_word_is_understood_only_after_review(journey: Space) -> None:
    from customer360.workspace import open_project

    root = journey.workspace.project.root
    propose_synonym(root, "umsatz", "revenue")
    propose_synonym(root, "umsatz", "revenue")
    assert [each.status for each in read_synonyms(root)] == ["proposed"]
    assert journey.refusal("umsatz by segment") == "unknown_concept"
    review_synonym(root, "umsatz", "approved")
    workspace = open_project(root)
    reply = workspace.ask("umsatz by segment")
    assert reply.query is not None
    assert reply.query.metrics == ("revenue",)
    review_synonym(root, "umsatz", "rejected")
    workspace.close()


@pytest.mark.parametrize(
    "text",
    [
        "questions: [{ask: x}]",
        "questions: [{ask: x, refuse: because}]",
        "a: [",
        "questions: [{ask: x, query: {metric: [revenue]}}]",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "ours.yaml").write_text(text)
    with pytest.raises(ProjectError, match=r"ours\.yaml"):
        read_questions(tmp_path)
