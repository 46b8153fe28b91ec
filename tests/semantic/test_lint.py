"""Every rule of the linter finds its fault, and nothing in a sound model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.semantic.shop import AS_OF, ROWS, Change, MemorySession, changed, element, set_c360, shop_model, shop_session

from customer360.errors import ProjectErrors
from customer360.semantic.lint import lint

if TYPE_CHECKING:
    from customer360.semantic.findings import Finding


def rules(findings: list[Finding], severity: str | None = None) -> set[str]:
    return {finding.rule for finding in findings if severity in (None, finding.severity)}


def test_the_shop_has_no_errors() -> None:
    assert rules(lint(shop_model()), "error") == set()


def test_a_word_that_is_asked_back_on_purpose_is_no_finding_while_it_means_two_things() -> None:
    def double(model: dict[str, Any]) -> None:
        element(model, "metrics", "units").update(ai_context={"synonyms": ["Turnover"]})
        set_c360(model, asked_back=["turnover"])

    assert "OSSIE-SYNONYM" not in rules(lint(changed(double)))
    stale = lint(changed(lambda model: set_c360(model, asked_back=["turnover"])))
    assert [each.what for each in stale if each.rule == "OSSIE-SYNONYM"] == [
        "'turnover' is asked back (`asked_back`), and it does not mean two things."
    ]


def test_a_value_is_not_named_by_the_negation_of_another() -> None:
    def named(word: str) -> Change:
        def change(model: dict[str, Any]) -> None:
            fields = [each for dataset in model["datasets"] for each in dataset["fields"]]
            set_c360(next(each for each in fields if each["name"] == "segment"), value_words={"Retail": [word]})

        return change

    for word in ("not delivered", "No referrer", "never paid"):
        assert "OSSIE-NEGATED" in rules(lint(changed(named(word))), "error"), word
    assert "OSSIE-NEGATED" not in rules(lint(changed(named("notable"))))


def test_the_unknown_member_is_neither_an_orphan_nor_a_strange_value() -> None:
    unknown = (1000, 1000, "nobody", "Unknown", "EU", None, None, "2023-01-01", None, True)
    rows = {"customer": [*ROWS["customer"], unknown], "sales": [_nobody(each) for each in ROWS["sales"]]}
    found = lint(shop_model(), shop_session(rows), as_of=AS_OF)
    assert not [each.what for each in found if "segment that is not among" in each.what]
    assert not [each.what for each in found if each.rule == "OSSIE-ORPHAN" and "sales_customer'" in each.what]


def _nobody(sale: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a sale whose customer nobody knows, where the tiny shop has a customer that does not exist."""
    known = {row[0] for row in ROWS["customer"]}
    return sale if sale[2] in known or sale[2] is None else (*sale[:2], -1, *sale[3:])


def test_on_its_data_the_shop_shows_its_orphans_and_a_missing_value_only() -> None:
    found = lint(shop_model(), shop_session(), as_of=AS_OF)
    assert rules(found, "error") == set()
    orphans = [str(finding) for finding in found if finding.rule == "OSSIE-ORPHAN"]
    assert any("1 of 9 rows of sales (11.1%)" in text and "sales_customer" in text for text in orphans)


def relate(model: dict[str, Any], name: str, source: str, target: str, column: str) -> None:
    model["relationships"].append(
        {"name": name, "from": source, "to": target, "from_columns": [column], "to_columns": [column]}
    )


FAULTS: dict[str, tuple[str, Change]] = {
    "an unknown C360 key": ("OSSIE-EXT", lambda m: set_c360(element(m, "metrics", "revenue"), unitt="USD")),
    "a circle": ("OSSIE-CYCLE", lambda m: relate(m, "back", "customer", "tickets", "customer_key")),
    "two relationships without roles": (
        "OSSIE-AMBIG",
        lambda m: relate(m, "again", "sales", "product", "product_key"),
    ),
    "a relationship past the key": ("OSSIE-KEY", lambda m: relate(m, "by_brand", "carts", "product", "brand")),
    "a role with the name of a dataset": (
        "OSSIE-ROLE",
        lambda m: set_c360(element(m, "relationships", "sales_ship_date"), role_name="stock"),
    ),
    "a bridge whose relationships start elsewhere": (
        "OSSIE-BRIDGE",
        lambda m: set_c360(
            element(m, "datasets", "cart_items"),
            bridge={"left": "items_cart", "right": "sales_product"},
        ),
    ),
    "a metric without a unit": ("OSSIE-METRIC", lambda _model: None),
    "a column that is no field": (
        "OSSIE-METRIC-COLUMN",
        lambda m: element(m, "metrics", "units")["expression"]["dialects"][0].update(expression="SUM(sales.pieces)"),
    ),
    "a distinct count called additive": (
        "OSSIE-ADDITIVE",
        lambda m: set_c360(element(m, "metrics", "buyers"), additivity="additive"),
    ),
    "a mean of lines called per order": (
        "OSSIE-AVG",
        lambda m: element(m, "metrics", "average_line_value").update(description="Mean value per customer."),
    ),
    "one word for two metrics": (
        "OSSIE-SYNONYM",
        lambda m: element(m, "metrics", "units").update(ai_context={"synonyms": ["Turnover"]}),
    ),
    "a fact without a time axis": (
        "OSSIE-TIME",
        lambda m: [set_c360(element(m, "datasets", "cart_items"), time_field=None), None][1],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str) -> None:
    rule, change = FAULTS[fault]
    assert rule in rules(lint(changed(change)))


def with_rows(**tables: list[tuple[Any, ...]]) -> MemorySession:
    return shop_session({**ROWS, **tables})


DATA_FAULTS: dict[str, tuple[str, str, dict[str, list[tuple[Any, ...]]]]] = {
    "a repeated key": ("OSSIE-KEY", "(product_key) of product", {"product": [*ROWS["product"], ROWS["product"][0]]}),
    "a relationship that doubles rows": (
        "OSSIE-CARDINALITY",
        "rows of stock would be doubled",
        {"product": [*ROWS["product"], (1, "Twin", "Shoes", "1.00")]},
    ),
    "a missing key": ("OSSIE-KEY", "have no primary key", {"product": [*ROWS["product"], (None, "X", "Y", "1.00")]}),
    "overlapping versions": (
        "OSSIE-SCD2",
        "begin before",
        {"customer": [*ROWS["customer"], (102, 12, "ann", "New", "EU", 33, None, "2024-01-01", "2024-07-01", False)]},
    ),
    "two current rows": (
        "OSSIE-SCD2",
        "exactly one current row",
        {"customer": [*ROWS["customer"], (102, 12, "ann", "VIP", "EU", 33, None, "2025-01-01", None, True)]},
    ),
    "an undeclared value": (
        "OSSIE-VALUES",
        "segment that is not among",
        {"customer": [*ROWS["customer"], (7, 70, "eve", "Gold", "EU", 33, None, "2025-01-01", None, True)]},
    ),
}


@pytest.mark.parametrize("fault", DATA_FAULTS)
def test_a_fault_in_the_data_is_found(fault: str) -> None:
    rule, words, tables = DATA_FAULTS[fault]
    found = lint(shop_model(), with_rows(**tables))
    assert any(finding.rule == rule and words in finding.what for finding in found)


def test_a_name_of_several_rows_is_warned_of_where_it_should_be_unique() -> None:
    def claim(model: dict[str, Any]) -> None:
        set_c360(element(element(model, "datasets", "product"), "fields", "brand"), unique=True)

    brands = {row[1]: row for row in ROWS["product"]}
    found = lint(changed(claim), with_rows(product=list(brands.values())))
    assert "OSSIE-NAME" not in {each.rule for each in found}
    first = ROWS["product"][0]
    doubled = [*brands.values(), (99, *first[1:])]
    (said,) = [each for each in lint(changed(claim), with_rows(product=doubled)) if each.rule == "OSSIE-NAME"]
    assert said.what.startswith("1 values of product.brand stand for several rows")
    assert said.severity == "warning"


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    def misspell(model: dict[str, Any]) -> None:
        field = element(element(model, "datasets", "product"), "fields", "brand")
        field["expression"]["dialects"][0]["expression"] = "brnad"

    (finding,) = [f for f in lint(changed(misspell), shop_session()) if f.rule == "OSSIE-COLUMN"]
    assert "'brnad'" in finding.what
    assert finding.next_step == "Did you mean 'brand'?"


def test_a_grain_that_repeats_is_found() -> None:
    def coarser(model: dict[str, Any]) -> None:
        set_c360(element(model, "datasets", "sales"), grain={"columns": ["transaction_id"], "text": "one order"})

    found = [f for f in lint(changed(coarser), shop_session()) if f.rule == "OSSIE-GRAIN"]
    assert "transaction_id" in found[0].what


def test_a_metric_that_differs_from_its_check_is_found() -> None:
    def wrong(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "revenue"), check_sql="SELECT SUM(net) FROM gold.sales")

    (finding,) = [f for f in lint(changed(wrong), shop_session(), as_of=AS_OF) if f.rule == "OSSIE-CHECK"]
    assert "267.50" in finding.what
    assert "1276.00" in finding.what


def test_weights_that_do_not_add_up_are_found() -> None:
    def bridge(model: dict[str, Any]) -> None:
        items = element(model, "datasets", "cart_items")
        set_c360(items, bridge={"left": "items_cart", "right": "items_product", "weight": "item_value"})

    assert "OSSIE-BRIDGE" in rules(lint(changed(bridge), shop_session()))


def test_a_filter_that_does_not_reach_the_rows_is_an_error_of_the_model() -> None:
    def filtered(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "tickets"), filters=["product.brand = 'Acme'"])

    with pytest.raises(ProjectErrors, match="does not reach tickets"):
        changed(filtered)


def test_an_expression_for_another_engine_that_is_no_sql_is_found() -> None:
    def broken(model: dict[str, Any]) -> None:
        dialects = element(model, "metrics", "units")["expression"]["dialects"]
        dialects += [{"dialect": "SNOWFLAKE", "expression": "SUM("}, {"dialect": "MDX", "expression": "[Measures].[x"}]

    (finding,) = [f for f in lint(changed(broken)) if f.rule == "OSSIE-SQL"]
    assert "SNOWFLAKE expression of units" in finding.what


def test_a_verified_question_that_cannot_be_answered_is_found() -> None:
    def asked(model: dict[str, Any]) -> None:
        good = {"id": "sales", "question": "How much did we sell?", "query": {"metrics": ["revenue"]}}
        bad = {"id": "lost", "question": "Lost by brand?", "query": {"metrics": ["lost_revenue"], "dimensions": []}}
        bad["query"] = {"metrics": ["lost_revenue"], "dimensions": [{"name": "product.brand"}]}
        set_c360(model, verified_questions=[good, bad])

    (finding,) = [f for f in lint(changed(asked)) if f.rule == "OSSIE-QUESTION"]
    assert "'lost' cannot be answered" in finding.what
