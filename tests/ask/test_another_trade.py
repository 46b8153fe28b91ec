"""The same engine reads an insurer's model: words come from the model and the data, none from a shop."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import (
    AREA,
    CLAIMS,
    LINE,
    PREMIUMS,
    insurer,
    rows,
)

import customer360.ask
from customer360.ask.edition import Edition

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

__all__ = ["insurer"]


def test_totals_filters_and_times(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "how many claims were there in October?") == [(sum(c[2].month == 10 for c in CLAIMS),)]
    settled = sum(c[3] for c in CLAIMS if c[4] == "Settled" and AREA[c[1]] == "North")
    assert rows(insurer, "payouts for claim state Settled in the North")[0][0] == pytest.approx(settled)
    due = sum(p[3] for p in PREMIUMS if 7 <= p[2].month <= 9)
    assert rows(insurer, "premium income in Q3 2024")[0][0] == pytest.approx(due)


def test_two_facts_stand_side_by_side(insurer: tuple[Edition, MemorySession]) -> None:
    paid: dict[str, float] = defaultdict(float)
    written: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[LINE[claim[1]]] += claim[3]
    for premium in PREMIUMS:
        written[LINE[premium[1]]] += premium[3]
    for line, payments, premium in rows(insurer, "payments and premium by line of business"):
        assert (payments, premium) == pytest.approx((paid[line], written[line]))


def test_things_that_did_something(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[1] for claim in CLAIMS if claim[2].year == 2024)
    many = sum(count > 3 for count in filed.values())
    assert rows(insurer, "how many policyholders filed more than 3 claims in 2024") == [(many,)]


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("revenue by segment", "unknown"),
        ("loss ratio by branch", "unknown"),
        ("claims above 500", "unclear"),
        ("premium by claim state", "impossible"),
    ],
)
def test_what_the_model_lacks_is_not_answered(
    insurer: tuple[Edition, MemorySession], question: str, outcome: str
) -> None:
    found = insurer[0].interpreter.read(question)
    assert found.outcome != "read"
    assert found.outcome == outcome


def test_no_word_of_a_trade_stands_in_the_engine() -> None:
    trade = re.compile(
        r"\b(revenue|basket|sku|checkout|churn|loyalty|retail|merchandise|claims?|premium)\b", re.IGNORECASE
    )
    for path in Path(customer360.ask.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [
            n.value
            for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in told
        ]
        assert not [text for text in texts if trade.search(text)], path.name
