from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.models.projects import column, contract, land, model, project, reference, rule, source

from customer360.engines.base import Column
from customer360.engines.duckdb import DuckLakeEngine
from customer360.errors import ChecksFailed
from customer360.models.build import build
from customer360.models.quality import check_published
from customer360.models.quality.check import checks_of
from customer360.models.quality.conditions import orphans, typed_literal
from customer360.models.quality.run import differences
from customer360.models.quality.verdict import holds
from customer360.models.report import BlockingChecks
from customer360.names import Relation
from customer360.project.spec import Reference

SOURCES = (source("shop", "things", "parents"),)
ROWS = (
    "SELECT * FROM (VALUES "
    "(1, 'a@x.com', 'open', 1.50, 10, DATE '2024-03-01', 'P1', ['x','y']), "
    "(2, 'b@x.com', 'paid', 2.50, 20, DATE '2024-03-10', 'P2', ['x']), "
    "(3, 'b@x.com', 'lost', -1.00, 25, DATE '2024-03-20', 'P9', ['x','x']), "
    "(4, NULL, 'n/a', 9.25, 40, DATE '2024-03-30', NULL, []), "
    "(5, 'no mail', NULL, 0.00, NULL, NULL, 'P1', NULL)"
    ") AS t(id, email, status, amount, points, day, parent_id, tags)"
)
NAMES = ("id", "email", "status", "amount", "points", "day", "parent_id", "tags")
TYPES = dict(
    zip(
        NAMES, ("INTEGER", "VARCHAR", "VARCHAR", "DECIMAL(3,2)", "INTEGER", "DATE", "VARCHAR", "VARCHAR[]"), strict=True
    )
)
MODEL = model(
    "gold.thing", f"-- One row per thing.\nSELECT {', '.join(f't.{n}' for n in NAMES)} FROM raw_shop.things AS t"
)
PARENT = model("gold.parent", "-- One row per parent.\nSELECT p.parent_id FROM raw_shop.parents AS p")


def columns(**changes):
    return [column(name, TYPES[name], **changes.get(name, {})) for name in NAMES]


@pytest.fixture
def things(engine):
    land(engine, "raw_shop.things", ROWS, load=1)
    land(engine, "raw_shop.parents", "SELECT * FROM (VALUES ('P1'), ('P2')) AS t(parent_id)", load=1)
    return engine


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The tables built once, without contracts: rules are then checked on them as published."""
    opened = DuckLakeEngine.open(project().settings, tmp_path_factory.mktemp("quality"))
    land(opened, "raw_shop.things", ROWS, load=1)
    land(opened, "raw_shop.parents", "SELECT * FROM (VALUES ('P1'), ('P2')) AS t(parent_id)", load=1)
    build(opened, project(MODEL, PARENT, sources=SOURCES))
    yield opened
    opened.close()


def results(engine, declared):
    """Check the published tables by a contract and return the results by rule."""
    found = check_published(engine, project(MODEL, PARENT, contracts=[declared], sources=SOURCES))
    return {result.rule_id: result for result in found}


LIBRARY = [
    (rule("r", metric="nullValues", column="email", mustBe=1), 1, "passed"),
    (rule("r", metric="nullValues", column="email", mustBe=0), 1, "failed"),
    (rule("r", metric="nullValues", column="email", mustBeLessThan=20, unit="percent"), 20.0, "failed"),
    (rule("r", metric="nullValues", column="email", mustBeLessOrEqualTo=20, unit="percent"), 20.0, "passed"),
    (rule("r", metric="missingValues", column="status", mustBe=2, arguments={"missingValues": ["n/a", None]}), 2, "passed"),
    (rule("r", metric="missingValues", column="points", mustBe=2, arguments={"missingValues": ["n/a", 10]}), 2, "passed"),
    (rule("r", metric="invalidValues", column="status", mustBe=0, arguments={"validValues": ["open", "paid"]}), 2, "failed"),
    (rule("r", metric="invalidValues", column="status", mustBe=4, arguments={"validValues": []}), 4, "passed"),
    (rule("r", metric="invalidValues", column="points", mustBe=3, arguments={"validValues": [10, "odd"]}), 3, "passed"),
    (rule("r", metric="invalidValues", column="email", mustBe=1, arguments={"pattern": "@x[.]com$"}), 1, "passed"),
    (rule("r", metric="invalidValues", column="email", mustBe=4,
          arguments={"pattern": "@x", "validValues": ["zz"]}), 4, "passed"),
    (rule("r", metric="duplicateValues", column="email", mustBe=1), 1, "passed"),
    (rule("r", metric="duplicateValues", mustBe=0, arguments={"properties": ["status", "day"]}), 0, "passed"),
    (rule("r", metric="duplicateValues", mustBe=1, arguments={"properties": ["parent_id"]}), 1, "passed"),
    (rule("r", metric="rowCount", mustBeGreaterThan=4), 5, "passed"),
    (rule("r", metric="rowCount", mustBeBetween=[5, 9]), 5, "passed"),
    (rule("r", metric="rowCount", mustNotBeBetween=[5, 9]), 5, "failed"),
    (rule("r", "sql", query="SELECT sum(amount) FROM {object}", mustBeGreaterOrEqualTo=12.25), "12.25", "passed"),
    (rule("r", "sql", query="SELECT sum(amount) > 100 FROM ${table}", mustBe=True), False, "failed"),
    (rule("r", "sql", query="SELECT max({property}) FROM {schema}.thing", column="status", mustBe="paid"), "paid", "passed"),
    (rule("r", "sql", query="SELECT count(*) FROM {object} WHERE day > as_of()", mustBe=0), 0, "passed"),
    (rule("r", "sql", query="SELECT sum(t.amount) - (SELECT 12.25) FROM {object} AS t", mustBe=0), "0.00", "passed"),
    (rule("r", "sql", query="SELECT sum(amount) FROM {object} WHERE id > 99", mustBe=0), None, "error"),
    (rule("r", "sql", query="SELECT id FROM {object}", mustBe=0), None, "error"),
    (rule("r", "sql", query="SELECT CAST(email AS INTEGER) FROM {object} WHERE id = 1", mustBe=0), None, "error"),
    (rule("r", "text", description="Looks plausible."), None, "not_executed"),
    (rule("r", "custom"), None, "not_executed"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "value", "outcome"), LIBRARY, ids=lambda v: v if isinstance(v, str) else None)
def test_a_rule_measures_and_judges(published, declared, value, outcome):
    found = results(published, contract("gold.thing", columns(), [declared]))["r"]
    assert found.outcome == outcome, found
    assert (str(found.value) if isinstance(value, str) else found.value) == value


@pytest.mark.parametrize(
    ("change", "rule_id", "value"),
    [
        ({"email": {"required": True}}, "email_required", 1),
        ({"email": {"unique": True}}, "email_unique", 1),
        ({"email": {"primary_key": 1}}, "key_unique", 1),
        ({"email": {"max_length": 6}}, "email_max_length", 4),
        ({"email": {"options": {"minLength": 7}}}, "email_minLength", 0),
        ({"email": {"options": {"pattern": "^[a-z]@"}}}, "email_pattern", 1),
        ({"email": {"options": {"format": "email"}}}, "email_format", 1),
        ({"amount": {"options": {"minimum": 0}}}, "amount_minimum", 1),
        ({"amount": {"options": {"exclusiveMinimum": 0}}}, "amount_exclusiveMinimum", 2),
        ({"amount": {"options": {"minimum": 0, "exclusiveMinimum": True}}}, "amount_exclusiveMinimum", 2),
        ({"points": {"options": {"maximum": 20}}}, "points_maximum", 2),
        ({"points": {"options": {"exclusiveMaximum": 20}}}, "points_exclusiveMaximum", 3),
        ({"points": {"options": {"multipleOf": 10}}}, "points_multipleOf", 1),
        ({"amount": {"options": {"multipleOf": 0.5}}}, "amount_multipleOf", 1),
        ({"day": {"options": {"minimum": "2024-03-10"}}}, "day_minimum", 1),
        ({"tags": {"options": {"minItems": 1}}}, "tags_minItems", 1),
        ({"tags": {"options": {"uniqueItems": True}}}, "tags_uniqueItems", 1),
    ],
)
def test_what_a_column_declares_is_counted(published, change, rule_id, value):
    found = results(published, contract("gold.thing", columns(**change)))
    assert found[rule_id].value == value
    assert found[rule_id].outcome == ("failed" if value else "passed")


def test_an_option_that_is_not_executed_is_never_passed(published):
    found = results(published, contract("gold.thing", columns(tags={"options": {"contains": "x"}})))
    assert found["tags_contains"].outcome == "not_executed"


def test_a_reference_counts_rows_that_point_at_nothing(published):
    declared = contract("gold.thing", columns(), references=[reference("parent_id", "gold.parent", "parent_id")])
    found = results(published, declared)["parent_id_references_parent"]
    assert (found.value, found.outcome) == (1, "failed")


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"property": "latency", "value": 1, "unit": "d", "element": "thing.day"}, "passed"),
        ({"property": "Freshness", "value": "12", "unit": "h", "element": "day"}, "passed"),
        ({"property": "latency", "value": 0, "unit": "d", "element": "thing.day"}, "failed"),
        ({"property": "retention", "value": 1, "unit": "mo", "element": "thing.day"}, "passed"),
        ({"property": "retention", "value": 29, "unit": "days", "element": "thing.day"}, "failed"),
        ({"property": "availability", "value": 99.9}, "not_executed"),
        ({"property": "latency", "value": 1, "element": "thing.nothing"}, "not_executed"),
    ],
)
def test_service_levels_are_measured_against_the_as_of_date(published, entry, outcome):
    found = [r for r in results(published, contract("gold.thing", columns(), sla=[entry])).values() if r.type == "sla"]
    assert [(r.outcome, r.severity) for r in found] == [(outcome, "warning")]


def test_types_order_and_names_are_compared_after_their_aliases():
    declared = contract(
        "gold.x",
        [column("a", "INT4"), column("b", "VARCHAR(20)"), column("c", "DECIMAL(18, 2)"), column("d", "TIMESTAMPTZ")],
    )
    good = [
        Column("a", "INTEGER"),
        Column("b", "VARCHAR"),
        Column("c", "DECIMAL(18,2)"),
        Column("d", "TIMESTAMP WITH TIME ZONE"),
    ]
    assert differences(declared, good, "duckdb") == []
    on_postgres = [
        Column("a", "integer"), Column("b", "character varying(20)"), Column("c", "numeric(18,2)"),
        Column("d", "timestamp with time zone"),
    ]  # fmt: skip
    assert differences(declared, on_postgres, "postgres") == []
    assert differences(declared, [good[1], good[0], *good[2:]], "duckdb") == [
        "the columns come in another order: b, a, c, d"
    ]
    found = differences(declared, [good[0], Column("b", "INTEGER"), good[2], Column("e", "DATE")], "duckdb")
    assert found == [
        "the column d is missing",
        "the column e is not in the contract",
        "b is INTEGER, declared VARCHAR(20)",
    ]


def test_a_failed_check_blocks_names_keys_and_keeps_all_results(things, rows):
    build(things, project(MODEL, sources=SOURCES))
    declared = contract(
        "gold.thing",
        columns(id={"primary_key": 1}, email={"required": True, "unique": True, "tags": ("pii",)}, amount={"options": {"minimum": 0}}),
    )  # fmt: skip
    changed = model("gold.thing", MODEL.parts[0].sql + " WHERE t.id > 0")
    with pytest.raises(ChecksFailed) as caught:
        build(things, project(changed, contracts=[declared], sources=SOURCES))
    text = str(caught.value)
    assert "gold.thing.amount: the rule 'amount_minimum' (minimum 0) found 1, must be 0; for example id 3" in text
    assert (
        "gold.thing.email: the rule 'email_required' (a value in every row) found 1, must be 0; for example id 4"
        in text
    )
    assert "email #" in text, "a personal value is shown as a digest"
    assert "x.com" not in text
    assert {r.outcome for r in caught.value.results} == {"passed", "failed"}
    assert rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'check_log'") == [(1,)]
    assert rows("SELECT count(*) FROM c360.check_log WHERE outcome = 'failed'") == [(0,)]


def test_warnings_do_not_block_and_all_results_are_stored(things, rows):
    declared = contract(
        "gold.thing",
        columns(),
        [rule("few", metric="rowCount", mustBeLessThan=3, severity="warning", dimension="coverage")],
    )
    report = build(things, project(MODEL, contracts=[declared], sources=SOURCES))
    assert [w.rule_id for w in report.warnings] == ["few"]
    assert report.checks_warned == 1
    (logged,) = rows(
        "SELECT contract_id, table_name, metric, dimension, severity, value, operator, threshold, outcome, run_id = "
        f"'{report.build_id}', ms >= 0 FROM c360.check_log WHERE rule_id = 'few'"
    )
    assert logged == (
        "c360:gold:thing",
        "thing",
        "rowCount",
        "coverage",
        "warning",
        "5",
        "must be less than",
        "3",
        "failed",
        True,
        True,
    )


def test_an_error_in_a_rule_of_ones_own_does_not_hide_the_other_results(things):
    declared = contract(
        "gold.thing",
        columns(amount={"options": {"minimum": 0}}),
        [
            rule("broken", "sql", query="SELECT max(CAST(email AS INTEGER)) FROM {object}", mustBe=0),
            rule("after", "sql", query="SELECT count(*) FROM {object}", mustBe=5),
        ],
    )
    with pytest.raises(BlockingChecks) as caught:
        build(things, project(MODEL, contracts=[declared], sources=SOURCES))
    found = {result.rule_id: result for result in caught.value.results}
    assert found["amount_minimum"].outcome == "failed"
    assert found["broken"].outcome == "error"
    assert "no mail" not in (found["broken"].reason or "")
    assert found["after"].outcome == "not_executed"
    assert "broken" in (found["after"].reason or "")


def test_a_missing_parent_in_another_system_warns_and_publishes(things):
    link = replace(reference("parent_id", "gold.parent", "parent_id"), severity="warning")
    declared = contract("gold.thing", columns(), references=[link])
    report = build(things, project(MODEL, PARENT, contracts=[declared], sources=SOURCES))
    assert report.built == 2
    (told,) = [check for check in report.checks if check.outcome == "failed"]
    assert (told.rule_id, told.severity) == ("parent_id_references_parent", "warning")


def test_checks_run_again_when_a_rule_or_a_parent_changes_and_only_then(things, rows):
    child = contract("gold.thing", columns(), references=[reference("parent_id", "gold.parent", "parent_id")])
    land(things, "raw_shop.parents", "SELECT 'P9' AS parent_id", load=2)
    made = project(MODEL, PARENT, contracts=[child], sources=SOURCES)
    assert build(things, made).checks
    assert build(things, made).checks == ()
    more = contract("gold.thing", columns(), [rule("many", metric="rowCount", mustBe=5)], references=child.references)
    report = build(things, project(MODEL, PARENT, contracts=[more], sources=SOURCES))
    assert report.unchanged == 2
    assert "many" in {check.rule_id for check in report.checks}
    land(things, "raw_shop.parents", "SELECT 'P1' AS parent_id", load=3, replace=True)
    with pytest.raises(ChecksFailed, match="parent_id_references_parent"):
        build(things, project(MODEL, PARENT, contracts=[more], sources=SOURCES), select="gold.parent")


def test_published_tables_can_be_checked_without_a_build(things):
    declared = contract("gold.thing", columns(), [rule("many", metric="rowCount", mustBe=5)])
    build(things, project(MODEL, PARENT, sources=SOURCES))
    promised = contract("gold.parent", [column("parent_id", "VARCHAR"), column("since", "DATE")])
    found = check_published(things, project(MODEL, PARENT, contracts=[declared, promised], sources=SOURCES))
    by_rule = {(str(result.relation), result.rule): result for result in found}
    assert by_rule["gold.thing", "many"].outcome == "passed"
    assert by_rule["gold.parent", "schema"].outcome == "failed"
    assert "the column since is missing" in by_rule["gold.parent", "schema"].detail


def test_a_table_that_is_not_built_is_one_failure(things):
    build(things, project(MODEL, sources=SOURCES))
    promised = contract("gold.parent", [column("parent_id", "VARCHAR", unique=True), column("since", "DATE")])
    found = check_published(things, project(MODEL, PARENT, contracts=[promised], sources=SOURCES))
    assert [(result.rule, result.outcome) for result in found if result.outcome == "failed"] == [("schema", "failed")]
    assert "the table is not built: run `c360 build`" in found[0].detail
    assert all(result.reason == "the table is not built" for result in found[1:])


def test_a_reference_of_two_columns_counts_rows_not_values(things):
    """Three rows of one pair that has no parent are three rows; a pair with a NULL points nowhere."""
    rows = "(1, 'a'), (2, 'x'), (2, 'x'), (2, 'x'), (3, NULL), (NULL, 'b')"
    parents = "(1, 'a'), (2, 'a'), (3, 'x')"
    reference = Reference(("left_id", "c360"), Relation("gold", "pair"), ("a", "b"), "pair.odcs.yaml:1")
    with things.publish(note="pairs") as publication:
        publication.create_schema("gold")
        publication.execute(f"CREATE TABLE gold.pair AS FROM (VALUES {parents}) AS t(a, b)")
        publication.execute(f"CREATE TABLE gold.line AS FROM (VALUES {rows}) AS t(left_id, c360)")
        found = publication.query(orphans(Relation("gold", "line"), reference)).column(0).to_pylist()
    assert found == [3]


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("n/a", "INTEGER", None), (1.5, "INTEGER", None), (1.5, "DECIMAL(10,2)", "1.5"), ("7", "BIGINT", "7"),
        ("nan", "DOUBLE", None), (True, "BOOLEAN", "TRUE"), ("maybe", "BOOLEAN", None), ("o'x", "VARCHAR", "'o''x'"),
        ("2024-01-05", "DATE", "DATE '2024-01-05'"), ("soon", "DATE", None), (date(2024, 1, 5), "DATE", "DATE '2024-01-05'"),
        ("2024-01-05T10:00:00", "TIMESTAMP", "CAST('2024-01-05 10:00:00' AS TIMESTAMP)"), ("x", "TIMESTAMP", None),
    ],
)  # fmt: skip
def test_a_listed_value_is_written_in_the_columns_type_or_left_out(value, type_, expected):
    assert typed_literal(value, type_) == expected


@pytest.mark.parametrize(
    ("value", "operators", "expected"),
    [
        (5, (("mustBe", 5),), True), (5, (("mustNotBe", 5),), False), (5, (("mustBeGreaterThan", 5),), False),
        (5, (("mustBeGreaterOrEqualTo", 5),), True), (5, (("mustBeLessThan", 5.5),), True),
        (5, (("mustBeLessOrEqualTo", 4),), False), (5, (("mustBeBetween", [5, 6]),), True),
        (5, (("mustNotBeBetween", [6, 9]),), True), (5, (("mustBeGreaterThan", 1), ("mustBeLessThan", 5)), False),
        (True, (("mustBe", True),), True), (False, (("mustBe", "true"),), False), ("a", (("mustBe", "a"),), True),
        (date(2024, 1, 2), (("mustBeGreaterOrEqualTo", "2024-01-02"),), True), (0.1, (("mustBe", "0.1"),), True),
    ],
)  # fmt: skip
def test_operators_compare_like_with_like(value, operators, expected):
    assert holds(value, operators) is expected


def test_a_key_of_one_column_is_not_checked_twice():
    declared = contract("gold.x", [column("id", "INTEGER", primary_key=1, unique=True, required=True)])
    assert [check.rule_id for check in checks_of(declared, project(), date(2024, 1, 1))] == [
        "id_required",
        "key_unique",
    ]
