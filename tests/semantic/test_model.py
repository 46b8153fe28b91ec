"""Reading a model resolves every name or says at once what is wrong; writing loses nothing."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.semantic.shop import AS_OF, document, shop_model

from customer360.errors import Place, ProjectErrors
from customer360.project.spec import SemanticDocument
from customer360.semantic.compile import compile_query
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery
from customer360.semantic.write import to_document

TEMPLATES = Path(__file__).parents[2] / "src" / "customer360" / "templates"
SHIPPED = sorted(TEMPLATES.glob("*/semantic/*.yaml"))
FIELDS = {"name": "id", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "id"}]}}


def one_model(**keys: Any) -> dict[str, Any]:
    dataset = {"name": "sales", "source": "gold.sales", "fields": [copy.deepcopy(FIELDS)]}
    return {"version": "0.2.0.dev0", "semantic_model": [{"name": "m", "datasets": [dataset], **keys}]}


def metric(name: str, expression: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]}, **keys}


def c360(data: str) -> list[dict[str, str]]:
    return [{"vendor_name": "C360", "data": data}]


def read(found: dict[str, Any], lines: dict[str, int] | None = None) -> SemanticModel:
    return SemanticModel.from_document(SemanticDocument("m", Place("semantic/m.yaml"), found, lines or {}))


def test_the_shop_is_written_as_it_was_read() -> None:
    assert to_document(shop_model()) == document().document


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_model_is_written_as_it_was_read(path: Path) -> None:
    found = YAML(typ="safe").load(path)
    written = to_document(read(found))
    assert written == found
    assert read(written).digest == read(found).digest


def test_foreign_extensions_dialects_and_words_survive() -> None:
    expression = {
        "dialects": [{"dialect": "TABLEAU", "expression": "{FIXED : SUM([x])}"}, *FIELDS["expression"]["dialects"]]
    }  # type: ignore[index]
    field = {"name": "id", "expression": expression, "dimension": {}, "ai_context": {"hints": [1, {"a": None}]}}
    dataset = {"name": "sales", "source": "gold.sales", "fields": [field]}
    foreign = [{"vendor_name": "DBT", "data": '{"a":  1 }\n'}, *c360('{"v": 1,  "currency":"EUR"}')]
    found = {
        "version": "0.2.0.dev0",
        "semantic_model": [{"name": "m", "datasets": [dataset], "custom_extensions": foreign}],
    }
    assert to_document(read(found)) == found


def test_old_versions_read_the_same() -> None:
    found = one_model(metrics=[metric("rows", "COUNT(*)")])
    new = read(found).digest
    for version in ("1.0", "0.1.1", None):
        old = {**found, "dialects": [], "vendors": []}
        old.pop("version")
        if version:
            old["version"] = version
        assert read(old).digest == new


def test_a_change_of_one_word_changes_the_digest() -> None:
    before = read(one_model(metrics=[metric("rows", "COUNT(*)")])).digest
    after = read(one_model(metrics=[metric("rows", "COUNT(*)", description="All of them.")])).digest
    assert before != after


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": (one_model(metrics=[metric("a", "COUNT(*)", desciption="x")]), "Did you mean 'description'?"),
    "two of one name": (
        one_model(metrics=[metric("a", "COUNT(*)"), metric("a", "COUNT(*)")]),
        "Two metrics are named 'a'",
    ),
    "no aggregate": (one_model(metrics=[metric("a", "sales.id + 1")]), "has no aggregate"),
    "a bare field beside an aggregate": (
        one_model(metrics=[metric("a", "SUM(sales.id) + sales.id")]),
        "outside any aggregate",
    ),
    "a query": (one_model(metrics=[metric("a", "(SELECT 1)")]), "holds a query or a statement"),
    "a statement": (one_model(metrics=[metric("a", "DROP TABLE x")]), "holds a query or a statement"),
    "a window function": (one_model(metrics=[metric("a", "SUM(sales.id) OVER ()")]), "holds a window function"),
    "no SQL": (one_model(metrics=[metric("a", "SUM(sales.id")]), "is not SQL"),
    "an unknown dataset": (one_model(metrics=[metric("a", "SUM(slaes.id)")]), "Did you mean 'sales'?"),
    "an unknown bare name": (one_model(metrics=[metric("a", "SUM(idd)")]), "Did you mean 'id'?"),
    "an unknown base": (
        one_model(metrics=[metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"base":"sale"}'))]),
        "Did you mean 'sales'?",
    ),
    "a cycle of metrics": (
        one_model(
            metrics=[
                metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"parts":{"numerator":"b","denominator":"b"}}')),
                metric("b", "COUNT(*)", custom_extensions=c360('{"v":1,"parts":{"numerator":"a","denominator":"a"}}')),
            ]
        ),
        "a -> b -> a",
    ),
    "an unknown part": (
        one_model(
            metrics=[
                metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"parts":{"numerator":"x","denominator":"a"}}'))
            ]
        ),
        "No metric is named 'x'",
    ),
    "an incomplete ratio": (
        one_model(metrics=[metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"parts":{"numerator":"a"}}'))]),
        "is incomplete",
    ),
    "an extension that is no JSON": (
        one_model(metrics=[metric("a", "COUNT(*)", custom_extensions=c360("{v:1}"))]),
        "is not JSON",
    ),
    "an extension value of the wrong kind": (
        one_model(metrics=[metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"better":"upp"}'))]),
        "C360 key `better`",
    ),
    "an unknown key inside an extension": (
        one_model(
            metrics=[
                metric("a", "COUNT(*)", custom_extensions=c360('{"v":1,"window":{"kind":"cumulative","conut":3}}'))
            ]
        ),
        "Did you mean 'window.count'?",
    ),
    "two extensions of ours": (
        one_model(metrics=[metric("a", "COUNT(*)", custom_extensions=c360("{}") + c360("{}"))]),
        "at most one C360 extension",
    ),
    "a relationship to nothing": (
        one_model(
            relationships=[{"name": "r", "from": "sales", "to": "custmer", "from_columns": ["a"], "to_columns": ["a"]}]
        ),
        "No dataset is named 'custmer'",
    ),
    "keys of different length": (
        one_model(
            relationships=[
                {"name": "r", "from": "sales", "to": "sales", "from_columns": ["a", "b"], "to_columns": ["a"]}
            ]
        ),
        "2 from_columns and 1 to_columns",
    ),
    "two models": ({"semantic_model": [{"name": "a"}, {"name": "b"}]}, "exactly one model"),
    "a policy on nothing": (
        one_model(custom_extensions=c360('{"v":1,"row_policies":[{"id":"p","dataset":"sale","expression":"1=1"}]}')),
        "Did you mean 'sales'?",
    ),
}


@pytest.mark.parametrize("fault", ERRORS)
def test_a_fault_is_named_with_file_and_next_step(fault: str) -> None:
    found, words = ERRORS[fault]
    with pytest.raises(ProjectErrors) as refusal:
        read(found, {"": 3})
    assert words in str(refusal.value)
    assert "semantic/m.yaml:3" in str(refusal.value)


def test_all_errors_are_reported_at_once_each_with_its_line() -> None:
    found = one_model(metrics=[metric("a", "SUM(x)"), metric("b", "sales.id"), metric("c", "COUNT(*)")])
    with pytest.raises(ProjectErrors) as refusal:
        read(found, {"metrics/a": 11, "metrics/b": 17})
    assert len(refusal.value.errors) == 2
    assert "m.yaml:11" in str(refusal.value)
    assert "m.yaml:17" in str(refusal.value)


def test_a_field_may_not_aggregate_nor_look_elsewhere() -> None:
    found = one_model()
    fields = found["semantic_model"][0]["datasets"][0]["fields"]
    fields.append({"name": "t", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "SUM(id)"}]}})
    fields.append({"name": "u", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "other.id"}]}})
    with pytest.raises(ProjectErrors) as refusal:
        read(found)
    assert "Field sales.t aggregates" in str(refusal.value)
    assert "Field sales.u refers to another dataset" in str(refusal.value)


def test_names_match_whatever_their_case_and_bare_names_are_qualified() -> None:
    found = read(one_model(metrics=[metric("a", "SUM(SALES.ID)"), metric("b", "SUM(Id)")]))
    atoms = [next(iter(formula.atoms.values())).aggregate.sql() for formula in found.formulas.values()]
    assert atoms == ["SUM(sales.id)", "SUM(sales.id)"]


def test_a_dialect_that_cannot_run_is_kept_and_named_when_it_is_the_only_one() -> None:
    found = one_model(metrics=[{"name": "a", "expression": {"dialects": [{"dialect": "MDX", "expression": "[x]"}]}}])
    with pytest.raises(ProjectErrors, match="no expression that duckdb can run"):
        read(found)


def test_an_engine_may_have_an_expression_of_its_own() -> None:
    own = c360('{"v":1,"sql":{"duckdb":"ARG_MAX(sales.id, sales.id)"}}')
    found = read(one_model(metrics=[metric("a", "MAX(sales.id)", custom_extensions=own)]))
    assert "ARG_MAX(sales.id, sales.id)" in compile_query(found, MetricQuery(metrics=("a",)), as_of=AS_OF).sql
