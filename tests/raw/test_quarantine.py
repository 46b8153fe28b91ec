"""Rows that break their contract are put aside with the reason, counted, and come back when they are corrected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.raw.conftest import Shop, column, contract, rule

from customer360.errors import ProjectError, RowsRejected

QUARANTINE = "quarantine.shop_orders"
KEYED = {"location": "orders.csv", "key": ("id",), "cursor": "day", "overlap": "99 days"}


def landed_and_rejected(
    shop: Shop, content: str, *columns: Any, rules: Any = (), **facts: Any
) -> tuple[list[Any], list[Any]]:
    """Load one file; return the values that landed, and column and reason of the rows that did not."""
    shop.source(orders={"location": "orders.csv", **facts}, contracts=(contract(*columns, rules=rules),))
    shop.write("orders.csv", content)
    shop.load()
    good = [tuple(row.values()) for row in shop.rows()]
    with shop.engine.read() as session:
        if not any(str(relation) == QUARANTINE for relation in session.relations()):
            return good, []
    bad = shop.rows(QUARANTINE, "column_name, reason, row_json")
    return good, [(row["column_name"], row["reason"], json.loads(row["row_json"])) for row in bad]


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("INTEGER", ["1", " 2 ", "-3", "4.0", "1e3"], ["x", "1.5", "99999999999", "1,000"]),
        ("BIGINT", ["9223372036854775807"], ["9223372036854775808", "1.1"]),
        ("DECIMAL(10,2)", ["1", "1.10", "1.100", "-0.01"], ["1.105", "1,10", "123456789.00", "$1"]),
        ("DECIMAL(38,10)", ["0.0000000001"], ["abc"]),
        ("DOUBLE", ["1.5", "1e400"[:3]], ["one"]),
        ("DATE", ["2024-02-29", "2024-02-29 00:00:00"], ["2023-02-29", "29.02.2024", "2024-02-29 10:00:00"]),
        (
            "TIMESTAMP",
            ["2024-01-01", "2024-01-01T10:00:00.5+02:00", "2024-01-01 10:00"],
            ["yesterday", "2024-01-01 25:00"],
        ),
        ("BOOLEAN", ["true", "false", "1", "0"], ["perhaps"]),
        ("UUID", ["c0ffee00-0000-0000-0000-000000000000"], ["c0ffee"]),
        ("INTEGER[]", ["[1, 2]"], ["1, 2", "[1, x]"]),
        ("JSON", ['{"a": 1}', "[]"], ["{a"]),
    ],
)
def test_values_that_are_no_value_of_the_type_are_put_aside(
    shop: Shop, type_: str, good: list[str], bad: list[str]
) -> None:
    lines = "".join('{},"{}"\n'.format(n, text.replace('"', '""')) for n, text in enumerate([*good, *bad]))
    landed, rejected = landed_and_rejected(shop, "n,v\n" + lines, column("v", type_))
    assert [int(n) for n, _ in landed] == list(range(len(good)))
    assert all(value is not None for _, value in landed)
    assert [(name, reason) for name, reason, _ in rejected] == [("v", f"is no {type_}")] * len(bad)
    assert sorted(row["v"] for *_, row in rejected) == sorted(bad)


def test_offsets_become_utc(shop: Shop) -> None:
    content = "at\n2024-01-01T23:30:00-05:00\n2024-01-01T23:30:00Z\n2024-01-01 23:30:00\n"
    shop.source(orders="orders.csv", contracts=(contract(column("at", "TIMESTAMP")),))
    shop.write("orders.csv", content)
    shop.load()
    assert [str(row["at"]) for row in shop.rows()] == [
        "2024-01-01 23:30:00",
        "2024-01-01 23:30:00",
        "2024-01-02 04:30:00",
    ]


def test_required_length_and_key(shop: Shop) -> None:
    columns = column("id", "INTEGER"), column("name", "VARCHAR(4)", required=True, max_length=4)
    content = "id,name\n1,anna\n2,\n3,annabel\n,bob\n"
    landed, rejected = landed_and_rejected(shop, content, *columns, key=("id",))
    assert landed == [(1, "anna")]
    assert [(name, reason) for name, reason, _ in rejected] == [
        ("id", "is empty but part of the key"),
        ("name", "is empty but required"),
        ("name", "is longer than 4 characters"),
    ]


@pytest.mark.parametrize(
    "case",
    [
        (rule("v", "invalidValues", arguments={"validValues": ["open", "it's", None]}), "VARCHAR", ["open", "it's", ""],
         ["shut"], "is none of the valid values (rule r1)"),
        (rule("v", "invalidValues", arguments={"validValues": [1, 2.5, "x"]}), "DECIMAL(5,2)", ["1", "2.50"],
         ["3"], "is none of the valid values (rule r1)"),
        (rule("v", "invalidValues", arguments={"pattern": "^[A-Z]{2}[0-9]+$"}), "VARCHAR", ["AB1", ""],
         ["ab1", "AB"], "does not match the pattern (rule r1)"),
        (rule("v", "nullValues"), "INTEGER", ["1"], [""], "is empty (rule r1)"),
        (rule("v", "missingValues", arguments={"missingValues": ["n/a", None]}), "VARCHAR", ["x"],
         ["n/a", ""], "is missing (rule r1)"),
    ],
)  # fmt: skip
def test_rules_that_ask_for_quarantine(shop: Shop, case: tuple[Any, str, list[str], list[str], str]) -> None:
    asked, type_, good, bad, reason = case
    content = "n,v\n" + "".join(f"{n},{text}\n" for n, text in enumerate([*good, *bad]))
    landed, rejected = landed_and_rejected(shop, content, column("v", type_), rules=(asked,))
    assert len(landed) == len(good)
    assert [what for _, what, _ in rejected] == [reason] * len(bad)


def test_ranges_are_checked_where_the_column_asks_for_quarantine(shop: Shop) -> None:
    options = {"minimum": 0, "exclusiveMaximum": "10.5"}
    ask = {"c360Quarantine": True}
    columns = (
        column("v", "DECIMAL(5,2)", options=options, properties=ask),
        column("w", "DECIMAL(5,2)", options=options),
        column("d", "DATE", options={"maximum": "2024-12-31"}, properties=ask),
    )
    content = "v,w,d\n0,-5,2024-12-31\n10.49,99,\n-0.01,0,\n10.5,0,\n1,1,2025-01-01\n"
    landed, rejected = landed_and_rejected(shop, content, *columns)
    assert len(landed) == 2
    assert [(name, reason) for name, reason, _ in rejected] == [
        ("d", "is above the maximum"),
        ("v", "is below the minimum"),
        ("v", "is not below the exclusive maximum"),
    ]


def test_a_rule_about_many_rows_cannot_ask_for_quarantine(shop: Shop) -> None:
    with pytest.raises(ProjectError, match=r"The rule 'r1' asks for quarantine but says nothing about single rows\."):
        landed_and_rejected(shop, "v\n1\n", column("v", "INTEGER"), rules=(rule("v", "duplicateValues"),))


def test_a_broken_pattern_is_told_before_anything_is_read(shop: Shop) -> None:
    bad = rule("v", "invalidValues", arguments={"pattern": "([A-Z"})
    with pytest.raises(ProjectError, match=r"The contract of shop\.orders has a rule or type that cannot be applied"):
        landed_and_rejected(shop, "v\n1\n", column("v", "VARCHAR"), rules=(bad,))


def test_counts_stand_in_report_and_log_but_values_nowhere(shop: Shop) -> None:
    shop.source(orders="orders.csv", contracts=(contract(column("v", "INTEGER")),))
    shop.write("orders.csv", "v\n1\nsecret-1\nsecret-2\n")
    report = shop.load()
    assert (report.rows_read, report.rows_changed, report.rows_rejected) == (3, 1, 2)
    assert report.tables[0].rejected == {"v is no INTEGER": 2}
    assert "secret" not in str(report)
    assert shop.rows("c360.load_log", "rows_read, rows_landed, rows_rejected") == [
        {"rows_read": 3, "rows_landed": 1, "rows_rejected": 2}
    ]


def test_the_policy_fail_lands_nothing_and_names_the_rule(shop: Shop) -> None:
    shop.source(orders={"location": "orders.csv", "on_bad_rows": "fail"}, contracts=(contract(column("v", "INTEGER")),))
    shop.write("orders.csv", "v\n1\n")
    shop.load()
    shop.write("orders.csv", "v\n2\nsecret\n")
    with pytest.raises(RowsRejected) as caught:
        shop.load()
    assert str(caught.value) == (
        "1 of 2 rows of shop.orders break the contract: 1 times: v is no INTEGER. In sources/shop.yaml:4."
        " Correct them at the source, or set `on_bad_rows: quarantine` to land the others."
    )
    assert shop.rows() == [{"v": 1}]


def test_a_table_without_any_good_row_does_not_replace_the_old_one(shop: Shop) -> None:
    shop.source(orders="orders.csv", contracts=(contract(column("v", "INTEGER")),))
    shop.write("orders.csv", "v\n1\n")
    shop.load()
    shop.write("orders.csv", "v\nx\ny\n")
    with pytest.raises(
        RowsRejected, match=r"Every one of 2 rows of shop\.orders breaks the contract: 2 times: v is no"
    ):
        shop.load()
    assert shop.rows() == [{"v": 1}]


def test_a_replaced_table_has_its_quarantine_replaced(shop: Shop) -> None:
    shop.source(orders="orders.csv", contracts=(contract(column("v", "INTEGER")),))
    shop.write("orders.csv", "v\n1\nx\n")
    shop.load()
    before = shop.snapshots()
    shop.write("orders.csv", "v\n1\nx\n")
    assert shop.load().tables[0].status == "unchanged"
    assert shop.snapshots() == before
    shop.write("orders.csv", "v\n1\ny\n")
    shop.load()
    assert [row["row_json"] for row in shop.rows(QUARANTINE)] == ['{"v":"y"}']
    shop.write("orders.csv", "v\n1\n")
    shop.load()
    assert shop.rows(QUARANTINE) == []


def test_a_bad_row_is_kept_once_however_often_it_is_read(shop: Shop) -> None:
    columns = column("id", "INTEGER"), column("day", "DATE"), column("v", "INTEGER")
    shop.source(orders=KEYED, contracts=(contract(*columns),))
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-02,x\n")
    shop.load()
    before = shop.snapshots()
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-02,x\n")
    assert shop.load().tables[0].status == "unchanged"
    assert shop.snapshots() == before
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-02,y\n")
    shop.load()
    assert [row["row_json"] for row in shop.rows(QUARANTINE)] == ['{"id":"2","day":"2024-01-02","v":"y"}']


def test_a_corrected_row_leaves_quarantine(shop: Shop) -> None:
    columns = column("id", "INTEGER"), column("day", "DATE"), column("v", "INTEGER")
    shop.source(orders=KEYED, contracts=(contract(*columns),))
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-02,x\n3,2024-01-02,z\n")
    shop.load()
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-03,2\n3,2024-01-02,z\n")
    shop.load()
    assert [row["id"] for row in shop.rows()] == [1, 2]
    assert [row["row_key"] for row in shop.rows(QUARANTINE)] == ['["3"]']


def test_a_bad_version_leaves_the_good_one_in_place(shop: Shop) -> None:
    columns = column("id", "INTEGER"), column("day", "DATE"), column("v", "INTEGER")
    shop.source(orders=KEYED, contracts=(contract(*columns),))
    shop.write("orders.csv", "id,day,v\n1,2024-01-01,1\n2,2024-01-01,1\n")
    shop.load()
    shop.write("orders.csv", "id,day,v\n1,2024-01-02,oops\n2,2024-01-01,1\n")
    report = shop.load()
    assert [(row["id"], row["v"]) for row in shop.rows()] == [(1, 1), (2, 1)]
    assert (report.rows_changed, report.rows_rejected) == (0, 1)
