"""A dashboard is filled once per published state and choice of filters, however many readers ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.company import company

from customer360.dashboards.filters import Filters
from customer360.errors import UnknownName
from customer360.web.boards import KEPT, Boards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from customer360.answering import Ask
    from customer360.semantic.answer import Answer
    from customer360.workspace import Workspace


class Counting:
    """A workspace that counts the queries it answers."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.project = workspace.project
        self.asked = 0

    @property
    def desk(self) -> Counting:
        return self

    @contextmanager
    def open(self, **state: Any) -> Iterator[Ask]:
        with self.workspace.desk.open(**state) as ask:
            yield partial(self.counted, ask)

    def counted(self, ask: Ask, query: Any, **more: Any) -> Answer:
        self.asked += 1
        return ask(query, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.workspace, name)


@pytest.fixture
def counting(shop: Workspace) -> Counting:
    return Counting(shop)


@pytest.fixture
def boards(counting: Counting) -> Boards:
    return Boards(counting, look_every=0)


def test_the_second_reader_costs_no_query(boards: Boards, counting: Counting) -> None:
    first = boards.filled("executive", Filters())
    asked = counting.asked
    assert asked > 10
    assert boards.filled("executive", Filters()) is first
    widget = boards.filled("executive", Filters(), only="customers")
    assert widget is first
    assert counting.asked == asked
    assert boards.filled("executive", Filters(date(2024, 1, 1), None)) is not first
    assert counting.asked > asked


def test_one_widget_is_filled_alone(boards: Boards, counting: Counting) -> None:
    filled = boards.filled("executive", Filters(), only="category_performance")
    assert [widget.name for widget in filled.widgets] == ["category_performance"]
    assert counting.asked == 1


def test_readers_at_once_share_one_filling(boards: Boards, counting: Counting) -> None:
    boards.edition()
    with ThreadPoolExecutor(8) as pool:
        filled = list(pool.map(lambda _: boards.filled("executive", Filters(), only="customers"), range(8)))
    assert counting.asked == 1
    assert all(one is filled[0] for one in filled)


def test_only_so_many_are_kept(boards: Boards, counting: Counting) -> None:
    for number in range(KEPT + 5):
        boards.filled("executive", Filters(None, date.fromordinal(739_000 + number)), only="customers")
    assert len(boards._filled) == KEPT


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Workspace]:
    workspace = company(tmp_path / "company", customers=20)
    yield workspace
    workspace.close()


def test_a_new_build_is_shown(fresh: Workspace) -> None:
    boards = Boards(fresh, look_every=0)
    before = boards.filled("executive", Filters(), only="customers").widgets[0]
    settings = fresh.project.root / "c360.yaml"
    settings.write_text(settings.read_text().replace("customers: 20", "customers: 25"))
    from customer360.workspace import open_project

    rebuilt = open_project(fresh.project.root)
    rebuilt.build()
    rebuilt.close()
    after = boards.filled("executive", Filters(), only="customers").widgets[0]
    assert before.figure is not None
    assert after.figure is not None
    assert (before.figure.full, after.figure.full) == ("20", "25")


class Publishing(Counting):
    """A workspace in whose warehouse everything is emptied after the first answer."""

    def counted(self, ask: Ask, query: Any, **more: Any) -> Answer:
        found = super().counted(ask, query, **more)
        if self.asked == 1:
            with self.workspace.engine.publish(note="everybody left") as publication:
                for table in publication.relations():
                    publication.execute(f"DELETE FROM {table.sql}")
        return found


def test_a_publish_between_two_widgets_leaves_the_page_of_one_state(fresh: Workspace) -> None:
    before = Boards(fresh).filled("executive", Filters())
    publishing = Publishing(fresh)
    boards = Boards(publishing, look_every=0)
    edition = boards.edition()
    assert boards.filled("executive", Filters(), edition=edition).widgets == before.widgets
    assert publishing.asked > 10
    assert boards.choices("executive", edition=edition) == Boards(fresh).choices("executive", edition=edition)
    assert fresh.history()[0].id > edition.snapshot.id
    after = boards.filled("executive", Filters())
    assert after.widgets != before.widgets
    assert after.widgets[0].figure is not None
    assert after.widgets[0].figure.full == "0"


def test_between_two_looks_the_page_may_be_behind(fresh: Workspace) -> None:
    boards = Boards(fresh, look_every=60)
    edition = boards.edition()
    fresh.build()
    assert boards.edition() is edition


def test_an_unknown_dashboard_or_widget_is_named(boards: Boards) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'executive'"):
        boards.filled("executiv", Filters())
    with pytest.raises(UnknownName, match="Did you mean 'customers'"):
        boards.filled("executive", Filters(), only="customer")
