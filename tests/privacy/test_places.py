"""Rows are a person's by what a project says of its tables; words are found whole; a key of certificates is whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import pytest

from customer360.names import Relation, text_literal
from customer360.privacy import certificate
from customer360.privacy.failures import CertificateBroken
from customer360.privacy.places import Places
from customer360.privacy.retention import outlived, rules
from customer360.privacy.search import _IN_TABLES, pattern_of
from customer360.privacy.subject import Subject
from customer360.privacy.traces import traces
from customer360.project.reader import read_project

TABLES = {
    "guest": "guest_id VARCHAR key, friend_id VARCHAR -> guest.guest_id",
    "visit": "visit_id INTEGER key, guest_id VARCHAR -> guest.guest_id, payer_id VARCHAR -> guest.guest_id, day DATE",
    "dish": "dish_id INTEGER key, visit_id INTEGER -> visit.visit_id",
    "note": "note_id INTEGER key, dish_id INTEGER -> dish.dish_id, visit_id INTEGER -> visit.visit_id",
}
"""Tables of an inn. A visit is its guest's; somebody else may pay. Dishes belong to visits, notes to either."""
DOMAIN = "domains: {inn: {label: Inn, description: An inn., owners: [host]}}"


def column(text: str) -> str:
    words = text.split()
    more = ", primaryKey: true, required: true" if "key" in words else ""
    more += f", relationships: [{{to: {words[-1]}, type: foreignKey}}]" if "->" in words else ""
    return f"      - {{name: {words[0]}, physicalType: {words[1]}{more}}}"


def contract(schema: str, table: str, columns: list[str], more: str = "") -> str:
    return "\n".join(
        [
            "apiVersion: v3.1.0", "kind: DataContract", f"id: c360:{schema}:{table}", f"name: {table}",
            'version: "1.0.0"', "status: active", "domain: inn", "schema:", f"  - name: {table}",
            "    properties:", *map(column, columns), more,
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def inn(tmp_path_factory: pytest.TempPathFactory) -> Places:
    root = tmp_path_factory.mktemp("inn")
    files = {"c360.yaml": f"name: inn\nlabel: Inn\nas_of: 2024-06-01\n{DOMAIN}\n"}
    files["sources/inn.yaml"] = "source: inn\nkind: files\ntables:\n" + "".join(
        f"  {table}: {{location: data/{table}.csv, format: csv, contract: c360:inn:{table}, key: [{table}_id]}}\n"
        for table in TABLES
    )
    for table, text in TABLES.items():
        columns = text.split(", ")
        names = ", ".join(each.split()[0] for each in columns)
        promise = "slaProperties:\n  - {property: retention, value: 30, unit: d, element: visit.day}\n"
        files[f"products/inn/{table}.odcs.yaml"] = contract("inn", table, columns, promise * (table == "visit"))
        files[f"products/inn/{table}.sql"] = f"-- One row per {table}.\nSELECT {names} FROM raw_inn.{table}\n"
    for entity, table in (("person_record", "guest"), ("stay", "visit")):
        columns = ["system VARCHAR", "record_id VARCHAR"]
        files[f"products/conformed/{entity}.odcs.yaml"] = contract("conformed", entity, columns)
        sql = f"-- One row per {table}.\nSELECT 'inn' AS system, guest_id AS record_id FROM inn.{table}\n"
        files[f"products/conformed/{entity}/inn.sql"] = sql
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return Places(read_project(root))


@pytest.fixture
def house() -> duckdb.DuckDBPyConnection:
    """Rows: ann's friend is bea; bea pays one visit of ann's; a dish and notes hang on each visit."""
    made = duckdb.connect()
    made.execute("CREATE SCHEMA raw_inn")
    for table, text in TABLES.items():
        columns = ", ".join(" ".join(each.split()[:2]) for each in text.split(", "))
        made.execute(f"CREATE TABLE raw_inn.{table} ({columns})")
    made.execute("INSERT INTO raw_inn.guest VALUES ('ann', 'bea'), ('bea', NULL)")
    made.execute("INSERT INTO raw_inn.visit VALUES (1, 'ann', 'bea', '2024-01-01'), (2, 'bea', 'bea', '2024-05-30')")
    made.execute("INSERT INTO raw_inn.dish VALUES (10, 1), (20, 2)")
    made.execute("INSERT INTO raw_inn.note VALUES (100, 10, NULL), (101, NULL, 1), (200, 20, NULL), (201, NULL, 2)")
    return made


COLUMNS = {
    Relation("raw_inn", table): {each.split()[0]: each.split()[1] for each in text.split(", ")}
    for table, text in TABLES.items()
}


def test_who_is_only_named_in_a_row_does_not_own_it(inn: Places, house: duckdb.DuckDBPyConnection) -> None:
    raw = {(r.table, c) for r, c in inn.mentions if r.schema == "raw_inn"}
    assert raw == {("guest", "friend_id"), ("visit", "payer_id")}
    found = traces(inn, Subject(("P1",), (("inn", "bea"),)), COLUMNS)
    ids = {
        (t.relation.table, t.kind, t.column): {row[0] for row in house.execute(t.select()).fetchall()}
        for t in found
        if t.relation.schema == "raw_inn"
    }
    assert ids == {
        ("guest", "mention", "friend_id"): {"ann"},
        ("visit", "mention", "payer_id"): {1, 2},
        ("guest", "raw", ""): {"bea"},
        ("visit", "raw", ""): {2},
        ("dish", "raw", ""): {20},
        ("note", "raw", ""): {200, 201},
    }


def test_rows_go_with_those_they_belong_to_however_far(inn: Places, house: duckdb.DuckDBPyConnection) -> None:
    found = outlived(inn, rules(inn, date(2024, 6, 1)), COLUMNS)
    ids = {t.relation.table: {row[0] for row in house.execute(t.select()).fetchall()} for t in found}
    assert ids == {"visit": {1}, "dish": {10}, "note": {100, 101}}
    depths = {t.relation.table: t.depth for t in found}
    assert depths["visit"] < depths["dish"] <= depths["note"]


NAMED = {
    "lee@mail.example": True, "Write to LEE@mail.example.": True, "<lee@mail.example>, ann": True,
    "ashlee@mail.example": False, "lee@mail.example.org": False, "lee@mail.example-shop.org": False,
    "j-lee@mail.example": False, "élee@mail.example": False, "lee@mail.exampled": False,
    "to:lee@mail.example": False, "x lee@mail.example\ny": True, "lee@mail.example- bye": True,
}  # fmt: skip


@pytest.mark.parametrize("text", NAMED)
def test_an_address_is_found_whole_in_tables_as_in_files(text: str) -> None:
    subject = Subject(("P0123456789abcdef",), (), values=("lee@mail.example",))
    assert bool(pattern_of(subject).search(text)) is NAMED[text]
    named = text_literal(_IN_TABLES.format("lee@mail\\.example"))
    ((found,),) = duckdb.sql(f"SELECT regexp_matches({text_literal(text)}, {named}, 'i')").fetchall()
    assert found is NAMED[text]


DOCUMENT = {
    "number": 1, "project": "inn", "mode": "delete", "by": "t", "reason": None, "started_at": "", "finished_at": "",
    "records": {}, "removed": [], "suppressed": 0, "verified": {"rows_found": 0}, "limits": [],
}  # fmt: skip


def test_one_whole_key_signs_whoever_comes_first(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda n: certificate.write(tmp_path, n, DOCUMENT).document["signature"]["value"], range(8))
        )
    assert len(set(made)) == 1
    assert [path.name for path in (tmp_path / "state").iterdir() if path.is_file()] == ["privacy.key"]
    key = tmp_path / certificate.KEY_FILE
    assert (key.stat().st_mode & 0o077, len(bytes.fromhex(key.read_text()))) == (0, 32)
    for broken in ("", "00" * 31, "no hex"):
        key.write_text(broken)
        with pytest.raises(CertificateBroken, match="not whole"):
            certificate.write(tmp_path, 9, DOCUMENT)
