"""Paraphrases of shares and of filters: every way of saying one meaning gives its one query, or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.ask.insurance import AREA, AS_OF, CLAIMS, LINE, insurer

from customer360.ask.metaforms import meta_question
from customer360.ask.words import tokens
from customer360.semantic.answer import answer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]
Insurer = "tuple[Edition, MemorySession]"

SHARES = (
    "what share of {m} comes from {s}",
    "what percentage of {m} came from {s}",
    "what proportion of {m} is from {s}",
    "what percentage of {m} do {s} account for",
    "what part of {m} do {s} make up",
    "{s} account for what share of {m}",
    "{s} make up how much of {m} in percent",
    "share of {s} in {m}",
    "{s} share of {m}",
    "percentage of {m} from {s}",
    "how much of {m} comes from {s}, in percent",
    "how much of {m} is from {s}",
    "{m} from {s} as a percentage of total {m}",
    "{m} from {s} in percent of total {m}",
    "how many percent of {m} come from {s}",
    "how big is the share of {s} in {m}",
    "how large a share of {m} do {s} represent",
    "of all {m}, what share comes from {s}",
    "out of all {m}, what percentage came from {s}",
    "contribution of {s} to {m} in percent",
    "how much do {s} contribute to {m} in percent",
    "what slice of {m} belongs to {s}",
    "what percentage of {m} is due to {s}",
    "in percent, how much of {m} comes from {s}",
    "what share do {s} have in {m}",
    "relative share of {s} in {m}",
    "{m} from {s} in percent",
)
PARTS = (
    ("the North", "holder.area", "North"),
    ("Motor", "holder.line", "Motor"),
    ("policyholders in the North", "holder.area", "North"),
)
FILTERS = (
    ("in the North", "holder.area", "=", "North"),
    ("from the North", "holder.area", "=", "North"),
    ("from policyholders in the North", "holder.area", "=", "North"),
    ("from policyholders whose area is North", "holder.area", "=", "North"),
    ("where the area is North", "holder.area", "=", "North"),
    ("with area North", "holder.area", "=", "North"),
    ("attributable to the North", "holder.area", "=", "North"),
    ("outside the North", "holder.area", "!=", "North"),
    ("excluding the North", "holder.area", "!=", "North"),
    ("with the exception of the North", "holder.area", "!=", "North"),
    ("from everywhere but the North", "holder.area", "!=", "North"),
    ("from all areas except North", "holder.area", "!=", "North"),
    ("of both Motor and Home", "holder.line", "in", ["Motor", "Home"]),
    ("of Motor or Home", "holder.line", "in", ["Motor", "Home"]),
    ("of Motor policyholders and Home policyholders", "holder.line", "in", ["Motor", "Home"]),
)


def read(insurer: tuple[Edition, MemorySession], question: str) -> dict[str, Any] | None:
    """The query of a question, None when it is not answered."""
    found = insurer[0].interpreter.read(question)
    return json.loads(found.readings[0].query.canonical()) if found.outcome == "read" else None


def held(given: dict[str, Any] | None) -> tuple[str, str, Any]:
    """A condition as field, comparison and value."""
    assert given is not None
    return given["field"], given.get("op", "="), given["value"]


@pytest.mark.parametrize("way", SHARES)
@pytest.mark.parametrize(("when", "time"), [("{}", None), ("in 2024, {}", {"relative": "2024"})])
def test_every_way_of_asking_for_a_share_gives_that_share(
    insurer: tuple[Edition, MemorySession], way: str, when: str, time: dict[str, str] | None
) -> None:
    for metric, name in (("payouts", "paid_claims"), ("claims", "claim_count")):
        for said, field, value in PARTS:
            question = when.format(way.format(m=metric, s=said))
            query = read(insurer, question)
            assert query is not None, question
            (share,) = query["shares"]
            assert query["metrics"] == [name], question
            assert held(share["part"]) == (field, "=", value), question
            assert (query.get("time"), query.get("where"), query.get("dimensions", [])) == (time, None, []), question


def test_a_share_shows_part_and_whole(insurer: tuple[Edition, MemorySession]) -> None:
    edition, session = insurer
    found = edition.interpreter.read("what share of payouts comes from the North")
    (row,) = answer(session, edition.model, found.readings[0].query, as_of=AS_OF).table.to_pylist()
    whole, part = sum(c[3] for c in CLAIMS), sum(c[3] for c in CLAIMS if AREA[c[1]] == "North")
    assert row["paid_claims"] == pytest.approx(whole)
    assert row["paid_claims_part"] == pytest.approx(part)
    assert row["paid_claims_share"] == pytest.approx(part / whole)


def test_what_was_said_first_limits_the_whole(insurer: tuple[Edition, MemorySession]) -> None:
    query = read(insurer, "in the North, what share of payouts comes from Motor")
    assert query is not None
    assert held(query["where"]) == ("holder.area", "=", "North")
    assert held(query["shares"][0]["part"]) == ("holder.line", "=", "Motor")
    assert read(insurer, "what share of payouts comes from Motor in the North") is None  # limits part or whole


@pytest.mark.parametrize(("said", "field", "op", "value"), FILTERS)
@pytest.mark.parametrize("frame", ["{m} {f}", "{m} {f} in 2024", "in 2024, {m} {f}", "{m} in 2024 {f}"])
def test_a_filter_means_the_same_wherever_it_stands(
    insurer: tuple[Edition, MemorySession], frame: str, said: str, field: str, op: str, value: Any
) -> None:
    question = frame.format(m="payouts", f=said)
    query = read(insurer, question)
    assert query is not None, question
    found = held(query["where"])
    assert (found[0], found[1], sorted(found[2]) if op == "in" else found[2]) == (
        field,
        op,
        sorted(value) if op == "in" else value,
    ), question
    assert query.get("time") == ({"relative": "2024"} if "2024" in frame else None), question


def test_such_claims_are_counted_and_such_policyholders_listed(insurer: tuple[Edition, MemorySession]) -> None:
    counted = read(insurer, "total Settled claims")
    assert counted is not None
    assert (counted["metrics"], counted.get("dimensions", [])) == (["claim_count"], [])
    listed = read(insurer, "which Motor policyholders are in the North")
    assert listed is not None
    assert [each["name"] for each in listed["dimensions"]] == ["holder.holder_id"]
    edition, session = insurer
    found = edition.interpreter.read("which Motor policyholders are in the North")
    rows = answer(session, edition.model, found.readings[0].query, as_of=AS_OF).table.num_rows
    assert rows == sum(1 for key, line in LINE.items() if line == "Motor" and AREA[key] == "North")


@pytest.mark.parametrize(
    "question",
    [
        "what share of payouts",
        "what share of payouts comes from nowhere",
        "payouts from any area but",
        "what percentage of payouts from the North comes from the South",
    ],
)
def test_half_of_a_share_or_a_filter_is_not_answered(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert read(insurer, question) is None


@pytest.mark.parametrize(
    ("question", "form", "words"),
    [
        ("When do we say a claim is settled rather than open?", "definition", "claim is settled rather than open"),
        ("what exactly counts as a dispute", "definition", "dispute"),
        ("up to which day is the data complete", "coverage", "data"),
        ("which table holds the claims", "lineage", "claims"),
        ("how are payouts arrived at", "definition", "payouts"),
        ("what values can the claim state have", "values", "claim state"),
        ("which team owns the premium", "owner", "premium"),
    ],
)
def test_questions_about_the_data_are_known_by_their_form(question: str, form: str, words: str) -> None:
    found = meta_question(tokens(question))
    assert found is not None
    assert (found.form, " ".join(found.words)) == (form, words)


@pytest.mark.parametrize(
    "question", ["which system has the most claims", "what claims did we settle", "claims by line"]
)
def test_questions_for_figures_are_not_about_the_data(question: str) -> None:
    assert meta_question(tokens(question)) is None
