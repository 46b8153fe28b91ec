"""Names said in other words: turned round, with another word of the model for the same thing, values by their words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from tests.semantic.shop import MemorySession

from customer360.ask.edition import Edition, open_edition
from customer360.ask.vocabulary import Vocabulary
from customer360.ask.wordings import Wordings
from customer360.errors import Place
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.principal import OWNER

AS_OF = date(2024, 11, 30)
REPAIRS = [(1, "done", "fr", 40.0), (2, "waits", "fr", 60.0), (3, "waits", "de", 10.0), (4, "done", "de", 5.0)]
WORDS = {"waits": ["undecided", "not yet begun"], "lost": ["gone missing"]}


def of(**keys: Any) -> list[dict[str, str]]:
    return [{"vendor_name": "C360", "data": json.dumps({"v": 1, **keys})}]


def text(sql: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": sql}]}


def field(name: str, label: str, **keys: Any) -> dict[str, Any]:
    found = {"name": name, "datatype": "String", "label": label, "expression": text(name), "dimension": {}}
    return {**found, "custom_extensions": of(**keys)} if keys else found


def metric(name: str, sql: str, label: str, unit: str, synonyms: list[str], **keys: Any) -> dict[str, Any]:
    facts = {"type": "simple", "base": "repair", "additivity": "additive", "label": label, "unit": unit, **keys}
    context = {"synonyms": synonyms}
    return {"name": name, "expression": text(sql), "ai_context": context, "custom_extensions": of(**facts)}


def model(**keys: Any) -> SemanticModel:
    """A workshop: repairs with a state and a tongue, whose words the model gives; nothing of it is a shop."""
    ratio = {"parts": {"numerator": "bill", "denominator": "repairs"}, "additivity": "non_additive"}
    rate = {"type": "ratio", "non_additive_over": ["*"], "additivity": "non_additive"}
    workshop = {
        "name": "workshop",
        "custom_extensions": of(**keys),
        "datasets": [
            {
                "name": "repair",
                "source": "gold.repair",
                "primary_key": ["repair_id"],
                "custom_extensions": of(role="fact", grain={"columns": ["repair_id"], "text": "one repair"}),
                "fields": [
                    field("repair_id", "Repair", role="key"),
                    field("state", "State", value_words=WORDS),
                    field("tongue", "Tongue", value_words={"fr": ["French"], "de": ["German"]}),
                    field("amount", "Amount", role="measure_input"),
                    field("paid", "Payment mode") | {"expression": text("repair.tongue")},
                    field("brought", "Transport mode") | {"expression": text("repair.state")},
                    field("fault", "Fault kind") | {"expression": text("repair.state")},
                ],
            }
        ],
        "metrics": [
            metric("repairs", "COUNT(repair.repair_id)", "Repairs", "count", ["finished repairs of cars"]),
            metric("bill", "SUM(repair.amount)", "Bill", "EUR", ["charge", "value of unpaid repairs"]),
            metric(
                "done_rate", "AVG(repair.amount)", "Completion rate", "percent_0_1", ["repair success rate"], **rate
            ),
            metric("bill_each", "AVG(repair.amount)", "Mean bill", "EUR", ["usual bill"], **rate | ratio),
        ],
    }
    document = {"version": "0.2.0.dev0", "semantic_model": [workshop]}
    return SemanticModel.from_document(SemanticDocument("workshop", Place("semantic/workshop.yaml"), document))


SAME = {"repair": ["job", "piece of work"], "bill": ["invoice"], "unpaid": ["open"]}


@pytest.fixture(scope="module")
def workshop() -> tuple[Edition, MemorySession]:
    session = MemorySession()
    session.connection.execute("CREATE SCHEMA gold")
    session.connection.execute("CREATE TABLE gold.repair (repair_id INT, state TEXT, tongue TEXT, amount DOUBLE)")
    session.connection.executemany("INSERT INTO gold.repair VALUES (?, ?, ?, ?)", REPAIRS)
    return open_edition(model(same_words=SAME), session, as_of=AS_OF, principal=OWNER), session


def figure(workshop: tuple[Edition, MemorySession], question: str) -> Any:
    edition, session = workshop
    found = edition.interpreter.read(question)
    assert found.outcome == "read", f"{question}: {found.outcome} {found.what}"
    (row,) = answer(session, edition.model, found.readings[0].query, as_of=AS_OF).table.to_pylist()
    return next(iter(row.values()))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("bill for undecided repairs", 70.0),
        ("bill of repairs not yet begun", 70.0),
        ("repairs in French", 2),
        ("bill in German", 15.0),
    ],
)
def test_a_value_is_found_by_its_words(workshop: tuple[Edition, MemorySession], question: str, expected: float) -> None:
    assert figure(workshop, question) == expected


def test_the_last_word_of_a_label_stands_for_it_where_only_one_can_be_meant(
    workshop: tuple[Edition, MemorySession],
) -> None:
    read = workshop[0].interpreter.read
    (reading,) = read("repairs by kind").readings
    assert [each.name for each in reading.query.dimensions] == ["repair.fault"]
    asked = read("repairs by mode")
    assert asked.outcome == "ambiguous"
    assert {r.query.dimensions[0].name for r in asked.readings} == {"repair.paid", "repair.brought"}


def test_words_of_a_value_that_the_data_do_not_have_find_nothing(workshop: tuple[Edition, MemorySession]) -> None:
    assert workshop[0].interpreter.read("repairs gone missing").outcome == "unknown"
    assert list(workshop[0].values.lookup(("undecided",))) == [("repair.state", "waits")]
    assert list(workshop[0].values.lookup(("lost",))) == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("rate of completion", "done_rate"),
        ("completion percentage", "done_rate"),
        ("unpaid repair value", "bill"),
        ("value of open jobs", "bill"),
        ("invoice", "bill"),
        ("pieces of work", "repairs"),
        ("jobs", "repairs"),
        ("bill per repair", "bill_each"),
        ("charge per repair", "bill_each"),
    ],
)
def test_a_name_is_found_in_other_words(said: str, name: str) -> None:
    vocabulary = Vocabulary(model(same_words=SAME))
    from customer360.ask.inflect import stems  # the key by which the parser looks names up

    found = vocabulary.lookup(stems(tuple(said.split())))
    assert {each for entry in found if entry.sort == "METRIC" for each in entry.metrics} == {name}


@pytest.mark.parametrize(
    "said",
    [
        "success repair rate",  # nothing joins the words, so their order is the name
        "rate of repair",  # a word of the name is missing
        "rate of late completion",  # one is too many
        "repair per bill",  # the other way round is another figure
        "completion rate of",
        "on completion rate",
        "rate in completion",  # only `of` turns a name round
    ],
)
def test_what_says_more_less_or_the_reverse_is_no_name(said: str) -> None:
    assert Vocabulary(model(same_words=SAME)).lookup(tuple(said.split())) == ()


def test_same_words_go_one_way_and_only_where_the_model_says_so() -> None:
    assert Vocabulary(model(same_words=SAME)).lookup(("job",))
    assert not Vocabulary(model()).lookup(("job",))
    assert not Vocabulary(model(same_words={"job": ["repair"], "bill": ["bills of exchange"]})).lookup(("job",))


def test_a_wording_of_two_names_names_both() -> None:
    names = Wordings([("lost", "cart"), ("lost", "order")], {"cart": ["basket"], "order": ["basket"]})
    assert set(names.names(("lost", "basket"))) == {("lost", "cart"), ("lost", "order")}
    assert names.names(("basket", "lost")) == ()
