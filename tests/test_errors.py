"""Errors offer the nearest word, else a few, and say that there are more."""

from __future__ import annotations

import pytest

from customer360.errors import MOST_NAMED, UnknownName, suggestion

MANY = [f"metric_{number:02}" for number in range(30)]


def test_the_nearest_word_comes_first() -> None:
    assert suggestion("metrik_07", MANY) == "Did you mean 'metric_07'?"


def test_a_list_that_is_cut_says_so() -> None:
    assert suggestion("zzz", MANY) == f"Known: {', '.join(MANY[:MOST_NAMED])} and {30 - MOST_NAMED} more."


@pytest.mark.parametrize("number", [1, MOST_NAMED])
def test_a_whole_list_does_not(number: int) -> None:
    assert suggestion("zzz", MANY[:number]) == f"Known: {', '.join(MANY[:number])}."


def test_nothing_known_is_nothing_offered() -> None:
    assert suggestion("zzz", []) is None


def test_an_unknown_name_lists_in_order() -> None:
    assert str(UnknownName("metric", "zzz", ["b", "a"])) == "No metric is named 'zzz'. Known: a, b."
