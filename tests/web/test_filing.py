"""Dashboards as files: a picture of the whole, tables of each widget, written when they are due."""

from __future__ import annotations

import io
import re
import stat
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader
from tests.web.company import AS_OF, unbuilt_company
from typer.testing import CliRunner

from customer360.cli import app
from customer360.dashboards import editing
from customer360.dashboards.cards import ROWS
from customer360.dashboards.files import BoardFiles, contents
from customer360.dashboards.filters import NO_FILTERS, Filters
from customer360.dashboards.lettering import broken, width_of
from customer360.dashboards.sheet import PAGE, WIDTH, pages, picture, sheet
from customer360.errors import C360Error, Place, QueryError
from customer360.names import DASHBOARD_FILES
from customer360.project.outside import FileExport
from customer360.project.spec import Dashboard
from customer360.web.boards import Boards
from customer360.web.filing import Failed, Filing
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from customer360.dashboards.filled import FilledDashboard
    from customer360.workspace import Workspace

MONDAY = datetime(2024, 12, 2, 23, 30, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def board(shop: Workspace) -> FilledDashboard:
    return Boards(shop).filled("executive", NO_FILTERS)


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A built company whose executive dashboard is a PDF each week and CSV files after each build."""
    workspace = unbuilt_company(tmp_path_factory.mktemp("scheduled") / "company", customers=40)
    (file,) = (workspace.project.root / "dashboards").glob("executive.yaml")
    file.write_text(
        file.read_text() + "exports:\n  - {every: week, kind: pdf}\n  - {every: build, kind: csv, keep: 2}\n"
    )
    workspace.close()
    workspace = open_project(workspace.project.root)
    workspace.build()
    yield workspace
    workspace.close()


def words(svg: str) -> str:
    return " ".join(each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text"))


# ---- the picture


def test_the_sheet_holds_every_title_and_figure_of_the_page(board: FilledDashboard) -> None:
    text = words(sheet(board))
    for widget in board.widgets:
        assert widget.title in text
        if widget.figure:
            assert widget.figure.compact in text
        if widget.chart == "table" and widget.frame:
            for row in widget.frame.rows(ROWS):
                assert all(column.text(row[column.name]) in text for column in widget.frame.columns)
    assert "no source of service contacts" in text
    assert "18 Nov 2024" in text


def test_texts_are_broken_between_words_and_only_then_inside_them() -> None:
    text = "an id such as P00000000000000000000042 and what follows it"
    lines = broken(text, 120, 13)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line, 13) <= 120 for line in lines)
    assert lines[0] == "an id such as"


def test_pages_are_a4_hold_every_card_once_and_say_what_they_belong_to(board: FilledDashboard) -> None:
    drawn = [ET.fromstring(page) for page in pages(board, chosen="Books")]
    assert len(drawn) > 1
    titles = Counter(
        each.text for page in drawn for each in page.iter(f"{SVG}text") if each.get("font-weight") == "600"
    )
    for widget in board.widgets:
        assert titles[widget.title] == 1
    for number, page in enumerate(drawn, 1):
        assert float(page.get("width", 0)) / float(page.get("height", 0)) == pytest.approx(297 / 210, rel=1e-3)
        said = " ".join(each.text or "" for each in page.iter(f"{SVG}text"))
        assert f"Page {number} of {len(drawn)}" in said
        assert all(words in said for words in (board.title, "Books", "Figures as of 18 Nov 2024"))
        bottom = float(page.get("viewBox", "").split()[3])
        for card in page.findall(f"{SVG}g"):
            if (rect := card.find(f"{SVG}rect")) is not None:
                left, top = map(float, re.findall(r"[\d.]+", card.get("transform", "")))
                assert left + float(rect.get("width", 0)) <= WIDTH
                assert top + float(rect.get("height", 0)) < bottom


def test_a_pdf_has_these_pages_in_order(board: FilledDashboard) -> None:
    file = PdfReader(io.BytesIO(picture(board, "pdf", chosen="Books")), strict=True)
    drawn = len(pages(board, chosen="Books"))
    assert file.metadata is not None
    assert (file.metadata.title, len(file.pages)) == (board.title, drawn)
    for number, page in enumerate(file.pages, 1):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(PAGE, abs=0.1)
        assert f"Page {number} of {drawn}" in " ".join(page.extract_text().split())


def test_charts_of_one_sheet_do_not_share_names_and_cards_do_not_overlap(board: FilledDashboard) -> None:
    root = ET.fromstring(sheet(board, mode="dark"))
    names = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(names) == len(set(names)) > 0
    used = re.findall(r"url\(#([^)]+)\)", ET.tostring(root, encoding="unicode"))
    assert set(used) <= set(names)
    boxes = []
    for card in root.findall(f"{SVG}g"):
        place, rect = re.findall(r"[\d.]+", card.get("transform", "")), card.find(f"{SVG}rect")
        assert rect is not None
        left, top = map(float, place)
        boxes.append((left, top, left + float(rect.get("width", 0)), top + float(rect.get("height", 0))))
    assert len(boxes) == len(board.widgets)
    assert max(box[2] for box in boxes) <= float(root.get("width", 0))
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF-"), ("png", b"\x89PNG"), ("svg", b"<svg")])
def test_a_page_is_taken_away_with_its_filters(client: TestClient, kind: str, begins: bytes) -> None:
    answer = client.get(f"/dashboards/executive.{kind}?category=Books&theme=light")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="executive.{kind}"'
    if kind == "svg":
        assert "Books" in words(answer.text)
    wrong = client.get(f"/dashboards/executive.{kind}?categry=Books")
    assert wrong.status_code == 422
    assert "No filter of" in wrong.text
    assert "categry" in wrong.text
    assert client.get("/dashboards/nothing.pdf").status_code == 404
    assert client.get("/dashboards/executive.exe").status_code in (404, 422)


def test_a_table_for_each_widget_with_every_row(board: FilledDashboard) -> None:
    csv, parquet = contents(board, "csv"), contents(board, "parquet")
    with_figures = [widget for widget in board.widgets if widget.frame is not None]
    assert set(csv) == {f"{widget.name}.csv" for widget in with_figures}
    for widget in with_figures:
        assert widget.frame is not None
        assert csv[f"{widget.name}.csv"].count(b"\r\n") == widget.frame.table.num_rows + 1
        assert pq.read_table(io.BytesIO(parquet[f"{widget.name}.parquet"])).equals(widget.frame.table)
    with pytest.raises(QueryError, match="not written as"):
        contents(board, "docx")


# ---- when


def test_a_week_a_day_and_a_month_begin_where_the_project_lives(tmp_path: Path, board: FilledDashboard) -> None:
    at = MONDAY
    files = BoardFiles(tmp_path, "Asia/Tokyo", clock=lambda: at)
    exports = tuple(FileExport(every, "csv") for every in ("build", "day", "week", "month"))

    def due(moment: datetime, snapshot: int = 1) -> list[str]:
        nonlocal at
        at = moment
        found = files.due(Dashboard("executive", "t", Place("x"), (), exports=exports), snapshot)
        return [each.every for each in found]

    assert due(MONDAY) == ["build", "day", "week", "month"], "nothing was written yet"
    files.write(board, exports[0], 1)  # in Tokyo it is Tuesday, 3 December
    assert due(datetime(2024, 12, 3, 14, 59, tzinfo=UTC)) == []
    assert due(datetime(2024, 12, 3, 15, 0, tzinfo=UTC)) == ["day"]
    assert due(datetime(2024, 12, 8, 14, 59, tzinfo=UTC)) == ["day"]
    assert due(datetime(2024, 12, 8, 15, 0, tzinfo=UTC)) == ["day", "week"]
    assert due(datetime(2024, 12, 31, 15, 0, tzinfo=UTC), 2) == ["build", "day", "week", "month"]


def test_what_is_due_is_written_once(scheduled: Workspace) -> None:
    filing = Filing(scheduled)
    written = list(filing.write_due())
    folder = f"{DASHBOARD_FILES}/executive"
    assert [each.path for each in written if not isinstance(each, Failed)] == [
        f"{folder}/{AS_OF}.pdf",
        f"{folder}/{AS_OF}-csv",
    ]
    place = scheduled.project.root / folder
    assert (place / f"{AS_OF}.pdf").read_bytes().startswith(b"%PDF-")
    revenue = (place / f"{AS_OF}-csv" / "customers.csv").read_text().split()
    assert revenue == ["customers", "40"]
    assert (place / f"{AS_OF}.pdf").stat().st_mode & 0o077 == 0
    assert list(filing.write_due()) == []
    scheduled.build(full_refresh=True)
    again = list(Filing(scheduled).write_due())
    assert [each.kind for each in again] == ["csv"], "something new was published, and the week is the same"


def test_only_the_newest_stay(tmp_path: Path, board: FilledDashboard) -> None:
    files = BoardFiles(tmp_path, "UTC")
    for day in (1, 2, 3):
        files.write(replace(board, as_of=AS_OF.replace(day=day)), FileExport("build", "csv", keep=2), day)
    kept = sorted(each.name for each in (tmp_path / DASHBOARD_FILES / "executive").iterdir())
    assert kept == ["2024-11-02-csv", "2024-11-03-csv"]


def test_a_dashboard_of_somebody_is_written_as_they_may_see_it(scheduled: Workspace) -> None:
    filing = Filing(scheduled)
    tile = {"title": "Customers", "chart": "kpi", "query": {"metrics": ["customers"]}, "options": {}}
    document = editing.added({"title": "Mine", "widgets": []}, tile) | {"exports": [{"every": "day", "kind": "csv"}]}
    mine = filing.boards.own.create("ida", document)
    broken = editing.added({"title": "Broken", "widgets": []}, tile) | {"exports": [{"every": "day", "kind": "csv"}]}
    other = filing.boards.own.create("ida", broken)
    (scheduled.project.root / DASHBOARD_FILES / other.name).parent.mkdir(parents=True, exist_ok=True)
    (scheduled.project.root / DASHBOARD_FILES / other.name).write_text("a file where a folder should be")
    done = {each.board: each for each in filing.write_due()}
    assert isinstance(done[other.name], Failed), "and the others are written all the same"
    assert not isinstance(done[mine.name], Failed)
    (file,) = (scheduled.project.root / DASHBOARD_FILES / mine.name).rglob("*.csv")
    assert file.read_text().split() == ["customers", "40"]
    for each in (mine, other):
        filing.boards.own.delete(each, by="ida")


def test_the_commands_write_a_dashboard_and_what_is_due(
    scheduled: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: str) -> str:
        found = CliRunner().invoke(app, ["dashboard", *words, "--project", str(scheduled.project.root)])
        assert found.exit_code == 0, found.output
        return found.output

    said("export", "executive", "--as", "csv", "--filters", "category=Books", "--out", str(tmp_path / "books"))
    shown = Boards(scheduled).filled(
        "executive", Filters(values=(("category", ("Books",)),)), only="category_performance"
    )
    widget = shown.widget("category_performance")
    assert widget is not None
    assert widget.frame is not None
    assert (tmp_path / "books" / "category_performance.csv").read_text().count("\n") == widget.frame.table.num_rows + 1
    said("export", "executive", "--as", "png", "--out", str(tmp_path / "page.png"))
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.chdir(tmp_path)
    said("export", "executive", "--as", "png")
    said("export", "executive", "--as", "csv")
    usual = scheduled.project.root / DASHBOARD_FILES
    for file in (usual / "executive.png", usual / "executive" / "category_performance.csv"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {file.name for file in tmp_path.iterdir()} == {"books", "page.png"}
    assert "PDF each week, CSV each build" in said("list", "--format", "csv")
    said("due")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, board: FilledDashboard) -> None:
    (tmp_path / "exports").write_text("a file")
    with pytest.raises(C360Error, match="cannot be written"):
        BoardFiles(tmp_path, "UTC").write(board, FileExport("day", "csv"), 1)
