"""An erased person leaves the files that dashboards were written to."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customer360.names import DASHBOARD_FILES
from customer360.privacy.aftermath import TO_DO, ToDo, settle
from customer360.privacy.certificate import _doubts, limits_of
from customer360.privacy.failures import PrivacyError
from customer360.privacy.ledger import Ledger
from customer360.privacy.sent_files import Named, clean, naming
from customer360.privacy.subject import Subject
from customer360.project.reader import read_project
from customer360.project.starter import create_project

if TYPE_CHECKING:
    from pathlib import Path


def test_only_the_rows_that_name_the_person_go(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="blank", name="shop")
    project = read_project(tmp_path / "shop")
    folder = project.root / DASHBOARD_FILES / "executive"
    names = ["P17", "P170", "P4"]
    for kind in ("csv", "parquet"):
        (folder / f"2024-11-30-{kind}").mkdir(parents=True)
    (folder / "2024-11-30-csv" / "top.csv").write_text("customer_id,revenue\r\nP17,10\r\nP170,9\r\nP4,8\r\n")
    table = pa.table({"customer_id": names, "revenue": [10, 9, 8]})
    pq.write_table(table, folder / "2024-11-30-parquet" / "top.parquet")
    person = Subject(("P17",), ())
    where = f"{DASHBOARD_FILES}/executive/2024-11-30"
    both = {f"{where}-csv/top.csv": 1, f"{where}-parquet/top.parquet": 1}
    assert naming(project, person).rows == both
    assert dict(clean(project, person)) == both
    assert naming(project, person) == Named({}, ())
    assert (folder / "2024-11-30-csv" / "top.csv").read_text().split() == ["customer_id,revenue", "P170,9", "P4,8"]
    assert pq.read_table(folder / "2024-11-30-parquet" / "top.parquet").to_pylist() == table.slice(1).to_pylist()


def test_pictures_of_dashboards_go_and_the_facts_of_the_certificate_count_them(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="blank", name="shop")
    project = read_project(tmp_path / "shop")
    folder = project.root / DASHBOARD_FILES / "executive"
    folder.mkdir(parents=True)
    for name in ("2024-11-30.pdf", "2024-11-30.PNG", "chart.svg", "notes.txt"):
        (folder / name).write_bytes(b"some")
    (project.root / "exports" / "logo.png").write_bytes(b"some")
    ledger = Ledger(project.root)
    number = ledger.begin(datetime(2024, 12, 1, tzinfo=UTC), "olga", "delete")
    ledger.advance(number, "removed", {"removed": [], TO_DO: ToDo(Subject(("P17",), ()), (), None).written()})
    facts = settle(project, ledger, number)
    assert facts["removed"] == [{"place": f"{DASHBOARD_FILES}: pictures", "action": "deleted", "rows": 3}]
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert (project.root / "exports" / "logo.png").exists()


def test_files_that_no_audience_names_any_more_are_searched_and_other_rows_stay_as_written(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="blank", name="shop")
    project = read_project(tmp_path / "shop")
    folder = project.root / "exports"
    (folder / "taken" / "deep").mkdir(parents=True)
    (folder / "before.csv").write_bytes(b'customer_id;note\r\nP17;"left\r\nearly"\r\nP170;"a ""b"", c"\r\n')
    (folder / "taken" / "deep" / "CAPITAL.CSV").write_text("P4\nP17\n")
    pq.write_table(pa.table({"id": ["P17", "P4"]}), folder / "taken" / "old.parquet")
    (project.root / "elsewhere.csv").write_text("P17\n")
    person = Subject(("P17",), ())
    found = {"exports/before.csv": 1, "exports/taken/deep/CAPITAL.CSV": 1, "exports/taken/old.parquet": 1}
    assert naming(project, person).rows == found
    assert dict(clean(project, person)) == found
    assert naming(project, person).rows == {}
    assert (folder / "before.csv").read_bytes() == b'customer_id;note\r\nP170;"a ""b"", c"\r\n'
    assert (folder / "taken" / "deep" / "CAPITAL.CSV").read_text() == "P4\n"
    assert pq.read_table(folder / "taken" / "old.parquet").to_pylist() == [{"id": "P4"}]
    assert any("written elsewhere" in text and "only a name" in text for text in limits_of("delete"))


def test_what_is_no_table_stops_nothing_and_the_certificate_says_that_it_was_not_searched(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="blank", name="shop")
    project = read_project(tmp_path / "shop")
    folder = project.root / "exports"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"id,name\r\nP17,M\xfcller\r\n")  # Latin-1
    (folder / "b.parquet").write_bytes(b"no Parquet")
    (folder / "c.csv").write_text("id\n" + "x" * 200_000 + "\n")  # longer than a field may be
    (folder / "d.csv").write_text("id\nP17\nP4\n")
    ledger = Ledger(project.root)
    number = ledger.begin(datetime(2024, 12, 1, tzinfo=UTC), "olga", "delete")
    ledger.advance(number, "removed", {"removed": [], TO_DO: ToDo(Subject(("P17",), ()), (), None).written()})
    facts = settle(project, ledger, number)
    assert (folder / "d.csv").read_text() == "id\nP4\n"
    assert facts["removed"] == [{"place": "exports/d.csv", "action": "deleted", "rows": 1}]
    assert facts["unread"] == ["exports/a.csv", "exports/b.parquet", "exports/c.csv"]
    assert facts["left"] == {"exports/a.csv": 1}
    assert TO_DO not in facts
    page = dict(_doubts({"still_named_in": facts["left"], "not_searched": facts["unread"]}))
    assert page["Still named in"] == "exports/a.csv (1)"
    assert "exports/b.parquet" in page["Not verified: no table that can be searched"]


def test_a_file_that_cannot_be_written_stops_no_other_and_is_done_later(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="blank", name="shop")
    project = read_project(tmp_path / "shop")
    (project.root / "exports" / "locked").mkdir(parents=True)
    for name in ("locked/a.csv", "b.csv"):
        (project.root / "exports" / name).write_text("id\nP17\nP4\n")
    draft = project.root / "exports" / "locked" / f".a.csv.{os.getpid()}"
    draft.mkdir()  # its draft cannot be written
    done = []
    with pytest.raises(PrivacyError, match=r"exports/locked/a.csv \(IsADirectoryError\)"):
        done.extend(clean(project, Subject(("P17",), ())))
    draft.rmdir()
    assert dict(clean(project, Subject(("P17",), ()))) == {"exports/locked/a.csv": 1}
    assert naming(project, Subject(("P17",), ())).rows == {}
