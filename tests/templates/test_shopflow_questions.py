"""Every question of ShopFlow's benchmark: right or declined, never wrong, and the same twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from customer360.ask.benchmark import Score, failures, read_cases, run_cases
from customer360.workspace import Workspace

if TYPE_CHECKING:
    pass

FILE = Path("questions") / "benchmark" / "development.yaml"


@pytest.fixture(scope="module", params=[5, pytest.param(1, marks=pytest.mark.full)])
def score(asked: Workspace, request: pytest.FixtureRequest) -> Score:
    cases = read_cases(asked.project.root / FILE)
    return run_cases(cases[:: request.param], ask=asked.ask, query=asked.query, sql=asked.sql)


def test_there_are_as_many_as_were_promised(asked: Workspace) -> None:
    cases = read_cases(asked.project.root / FILE)
    assert len(cases) >= 400
    assert sum(not case.is_answerable for case in cases) >= len(cases) * 0.3
    assert sum(case.sql is not None for case in cases) >= 90


def test_no_answer_is_wrong(score: Score) -> None:
    assert not score.wrong, "\n".join(failures(score))


def test_nearly_all_that_can_be_answered_are(score: Score) -> None:
    """The grammar was made with these questions, so less would say that a rule was lost."""
    assert score.accuracy >= 0.95, "\n".join(failures(score))


def test_each_refusal_says_why(score: Score) -> None:
    refused = [each.reply for each in score.outcomes if each.reply.status != "answered"]
    assert all(reply.reason and reply.text for reply in refused)
    kinds = {reply.reason for reply in refused}
    assert {
        "unknown_concept",
        "not_understood",
        "ambiguous",
        "impossible",
        "out_of_scope",
        "no_data",
        "personal_data",
    } <= kinds


def test_equal_questions_have_equal_answers(asked: Workspace, score: Score) -> None:
    for each in score.outcomes[::9]:
        assert asked.ask(each.case.ask).document() == each.reply.document(), each.case.ask
