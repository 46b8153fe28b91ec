"""A Genie space follows its API's rules, its SQL runs and gives our figures, and its benchmarks are not its lessons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError
from tests.semantic.formats.view_reader import duck
from tests.semantic.shop import AS_OF, Shop, changed, element, set_c360

from customer360.semantic.formats.genie import genie_space
from customer360.semantic.formats.genie_shape import Space

QUESTIONS = [
    {"id": f"q{n}", "question": text, "query": query}
    for n, (text, query) in enumerate(
        [
            ("What is revenue by segment?", {"metrics": ["revenue"], "dimensions": [{"name": "customer.segment"}]}),
            ("How many tickets came last month?", {"metrics": ["tickets"], "time": {"relative": "last month"}}),
            ("What is stock by brand?", {"metrics": ["stock_on_hand"], "dimensions": [{"name": "product.brand"}]}),
            ("How many buyers are there?", {"metrics": ["buyers"]}),
        ]
    )
]


def taught(model: dict[str, Any]) -> None:
    model["ai_context"] = {"instructions": "Amounts are in dollars.", "examples": ["How is the shop doing?"]}
    element(model, "metrics", "revenue")["ai_context"] = {"synonyms": ["sales"], "examples": ["What did we sell?"]}
    set_c360(model, verified_questions=QUESTIONS, fiscal_year_start_month=4)


@pytest.fixture(scope="module")
def made() -> Any:
    return genie_space(changed(taught), as_of=AS_OF)


@pytest.fixture(scope="module")
def space(made: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.files["genie/shop.json"])
    return found


def run(shop: Shop, spark: str) -> list[tuple[Any, ...]]:
    text = duck(spark.replace("main.gold.", "gold.")).sql(dialect="duckdb")
    return [tuple(row) for row in shop.session.connection.execute(text).fetchall()]


def test_the_request_holds_the_space_as_a_text(made: Any, space: dict[str, Any]) -> None:
    request = json.loads(made.files["genie/shop.request.json"])
    assert json.loads(request["serialized_space"]) == space
    assert request["title"] == "Shop"


def test_it_follows_the_rules_and_is_made_alike_again(made: Any, space: dict[str, Any]) -> None:
    Space.model_validate(space)
    assert genie_space(changed(taught), as_of=AS_OF) == made


def test_tables_columns_and_joins_are_those_of_the_model(space: dict[str, Any]) -> None:
    tables = {table["identifier"]: table for table in space["data_sources"]["tables"]}
    assert list(tables) == sorted(tables)
    customer = {c["column_name"]: c for c in tables["main.gold.customer"]["column_configs"]}
    assert customer["segment"]["enable_entity_matching"] is True
    assert {c["column_name"]: c for c in tables["main.gold.sales"]["column_configs"]}["is_test"] == {
        "column_name": "is_test",
        "exclude": True,
    }
    joins = {spec["sql"][0]: spec for spec in space["instructions"]["join_specs"]}
    assert joins["`sales`.`order_date_key` = `order_date`.`date_key`"]["instruction"] == ["Role: order date.\n"]
    assert all(spec["sql"][1] == "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--" for spec in joins.values())


def test_measures_give_our_figures(shop: Shop, space: dict[str, Any]) -> None:
    measures = {m["alias"]: m for m in space["instructions"]["sql_snippets"]["measures"]}
    for name in ("revenue", "lines", "orders", "average_order_value", "median_line_value", "margin", "net_of_returns"):
        sql = measures[name]["sql"][0]
        rows = run(
            shop, f"SELECT {sql} AS x FROM gold.sales AS sales LEFT JOIN gold.product AS product USING (product_key)"
        )
        assert float(rows[0][0]) == pytest.approx(float(shop.ask(name)[0][0]))
    assert measures["buyers"]["instruction"] == ["never add or average its values: compute it anew for each group.\n"]
    assert measures["revenue"]["synonyms"] == ["sales"]


def test_filters_are_snippets_and_words(space: dict[str, Any]) -> None:
    (no_tests,) = space["instructions"]["sql_snippets"]["filters"]
    assert no_tests["sql"] == ["NOT sales.is_test"]
    words = "".join(space["instructions"]["text_instructions"][0]["content"])
    assert "Always apply the filter 'no tests' to sales.\n" in words
    assert words.startswith("Amounts are in dollars.\n")
    assert "Fiscal years start in month 4.\n" in words


def test_samples_are_the_examples_of_the_model(space: dict[str, Any]) -> None:
    assert {each["question"][0] for each in space["config"]["sample_questions"]} == {
        "How is the shop doing?",
        "What did we sell?",
    }


def test_a_verified_question_is_a_lesson_or_a_benchmark_and_its_sql_is_right(shop: Shop, space: dict[str, Any]) -> None:
    lessons = {each["question"][0]: "".join(each["sql"]) for each in space["instructions"]["example_question_sqls"]}
    tests = {e["question"][0]: "".join(e["answer"][0]["content"]) for e in space["benchmarks"]["questions"]}
    assert not lessons.keys() & tests.keys()
    assert len(lessons) == len(tests) == 2
    for each in QUESTIONS:
        sql = {**lessons, **tests}[each["question"]]
        assert "main.gold." in sql
        query = dict(each["query"])
        by = [part["name"] for part in query.pop("dimensions", [])]
        assert run(shop, sql) == shop.ask(*query.pop("metrics"), by=by, **query)


def test_what_does_not_fit_is_said(made: Any) -> None:
    losses = {loss.what: loss.why for loss in made.losses}
    assert "several facts" in losses["metric tickets_per_order"]
    assert "more than one expression" in losses["metric stock_on_hand"]
    assert "only said in words" in losses["history of customer"]
    assert str(AS_OF) in losses["question q1"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 1),
        (("config", "sample_questions", 0, "id"), "F" * 32),
        (("config", "sample_questions", 0, "question"), ["one", "two"]),
        (("data_sources", "tables", 0, "identifier"), "zzz"),
        (("data_sources", "tables", 0, "get_example_values"), True),
        (("instructions", "join_specs", 0, "sql"), ["a = b"]),
        (("instructions", "sql_snippets", "measures", 0, "alias"), None),
        (
            ("instructions", "text_instructions"),
            [{"id": "0" * 32, "content": ["a"]}, {"id": "1" * 32, "content": ["b"]}],
        ),
        (("benchmarks", "questions", 0, "answer"), []),
    ],
)
def test_the_shape_refuses_what_the_api_would(space: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    wrong = json.loads(json.dumps(space))
    place = wrong
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        Space.model_validate(wrong)
