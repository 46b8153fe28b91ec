"""The tables of identity, made step by step as a build makes them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from customer360.identity import steps
from customer360.identity.evaluate import against_labels, figures, threshold_curve

MONDAY, TUESDAY = date(2024, 11, 25), date(2024, 11, 26)


def person_record(rows: list[tuple[str, str, str, str, str | None, str | None]]) -> pa.Table:
    names = ("system", "record_id", "first_name", "last_name", "email", "updated_at")
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})


RECORDS = person_record(
    [
        ("shop", "C1", "Elizabeth", "Abbott", "liz.abbott@mail.example.com", "2024-01-01"),
        ("crm", "7", "Liz", "Abbott", "Liz.Abbott+news@mail.example.com", "2024-03-01"),
        ("care", "9", "Ruth", "Moreno", "ruth.moreno@mail.example.com", "2024-02-01"),
        ("care", "10", "Ruth", "Moreno", "none@example.com", "2024-02-01"),
    ]
)


def built(records, day, before=None, parameters=None):
    edges = steps.identity_edges({"records": records}, parameters or {}, as_of=day)
    inputs = {"records": records, "edges": edges}
    xref = steps.customer_xref({**inputs, **({"previous": before} if before else {})}, {}, as_of=day)
    return edges, xref


def now(xref: pa.Table) -> dict[str, str]:
    return {f"{r['system']}:{r['record_id']}": r["customer_id"] for r in xref.to_pylist() if r["valid_to"] is None}


def test_every_record_has_one_customer_and_a_reason():
    edges, xref = built(RECORDS, MONDAY)
    assert [
        (e["system_a"], e["record_id_a"], e["system_b"], e["record_id_b"], e["rule"]) for e in edges.to_pylist()
    ] == [("crm", "7", "shop", "C1", "e-mail and name")]
    assert "first_name: short form" in edges["evidence"].to_pylist()[0]
    who = now(xref)
    assert who["shop:C1"] == who["crm:7"]
    assert len(set(who.values())) == 3
    assert {r["match_rule"] for r in xref.to_pylist()} == {"e-mail and name", "own record"}


def test_a_rebuild_changes_nothing():
    _, first = built(RECORDS, MONDAY)
    assert built(RECORDS, TUESDAY, first)[1].equals(first)


def test_a_manual_merge_leaves_history_and_an_alias_and_undoing_it_gives_the_ids_back():
    _, first = built(RECORDS, MONDAY)
    merge = {"overrides": {"merged": [["care:10", "care:9"]], "apart": []}}
    for day in (MONDAY, TUESDAY):
        edges, merged = built(RECORDS, day, first, merge)
        assert "manual" in edges["kind"].to_pylist()
        assert now(merged)["care:9"] == now(merged)["care:10"]
        aliases = steps.identity_alias({"xref": merged}, {}, as_of=day).to_pylist()
        gone = (set(now(first).values()) - set(now(merged).values())).pop()
        assert [(a["old_id"], a["new_id"]) for a in aliases] == [(gone, now(merged)["care:9"])]
        _, undone = built(RECORDS, day, merged)
        assert now(undone) == now(first)
        assert steps.identity_alias({"xref": undone}, {}, as_of=day).num_rows == 0


def test_golden_values_come_from_the_newest_record_and_say_so():
    _, xref = built(RECORDS, MONDAY)
    inputs = {"records": RECORDS, "xref": xref}
    golden = {r["customer_id"]: r for r in steps.golden_customer(inputs, {}, as_of=MONDAY).to_pylist()}
    liz = golden[now(xref)["shop:C1"]]
    assert (liz["first_name"], liz["records"]) == ("Liz", 2)
    assert golden[now(xref)["care:10"]]["email"] is None
    first = steps.golden_customer(inputs, {"source_priority": ["shop"]}, as_of=MONDAY).to_pylist()
    assert "Elizabeth" in {r["first_name"] for r in first}
    origin = [r for r in steps.golden_origin(inputs, {}, as_of=MONDAY).to_pylist() if r["attribute"] == "first_name"]
    assert {(r["system"], r["record_id"]) for r in origin if r["customer_id"] == liz["customer_id"]} == {("crm", "7")}


def test_a_shared_family_e_mail_goes_to_review():
    family = person_record(
        [
            ("shop", "1", "Anna", "Bauer", "bauer.family@mail.example.com", None),
            ("crm", "1", "Karl", "Bauer", "bauer.family@mail.example.com", None),
        ]
    )
    edges, xref = built(family, MONDAY)
    doubts = steps.identity_review({"edges": edges, "xref": xref}, {}, as_of=MONDAY).to_pylist()
    assert len(set(now(xref).values())) == 2
    assert [d["rank"] for d in doubts] == [1]


def test_figures_and_labels_are_counted():
    edges, xref = built(RECORDS, MONDAY)
    shown = {r["figure"]: r["value"] for r in figures(edges, xref).to_pylist()}
    assert shown["records"] == 4
    assert shown["people"] == 3
    assert shown["share of links: deterministic"] == 1.0
    found = pa.table({"record_id": ["a", "b", "c", "d"], "person_id": ["1", "1", "1", "2"]})
    labels = pa.table({"record_id": ["a", "b", "c", "d"], "label": ["x", "x", "y", "y"]})
    quality = against_labels(found, labels)
    assert (quality.pairs_hit, quality.pairs_found, quality.pairs_real, quality.largest_wrong) == (1, 3, 2, 3)
    links = pa.table({"record_a": ["a", "a"], "record_b": ["b", "c"], "probability": [0.99, 0.6]})
    curve = {round(r["threshold"], 4): r for r in threshold_curve(links, labels).to_pylist()}
    assert (curve[0.5]["links"], curve[0.5]["precision"]) == (2, 0.5)
    assert (curve[0.9]["links"], curve[0.9]["precision"]) == (1, 1.0)
