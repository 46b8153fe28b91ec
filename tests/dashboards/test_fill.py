"""A dashboard is filled from a real project; what cannot be filled says why and leaves the rest alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.company import AS_OF, company

from customer360.dashboards.fill import choices_of, fill_dashboard
from customer360.dashboards.filters import Filters
from customer360.dashboards.vocabulary import vocabulary_of
from customer360.errors import Place
from customer360.project.spec import Dashboard, Widget

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from customer360.dashboards.filled import FilledDashboard, FilledWidget
    from customer360.workspace import Workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = company(tmp_path_factory.mktemp("projects") / "company")
    yield workspace
    workspace.close()


def fill(shop: Workspace, board: Dashboard | None = None, **more: Any) -> FilledDashboard:
    return fill_dashboard(
        board or shop.project.dashboards["executive"],
        lambda query: shop.answer(query, as_of=AS_OF),
        vocabulary=vocabulary_of(shop.semantic_model(), as_of=AS_OF),
        as_of=AS_OF,
        **more,
    )


def one(
    shop: Workspace, chart: str, query: dict[str, Any], filters: Filters | None = None, **options: Any
) -> FilledWidget:
    widget = Widget("w", "Widget", chart, Place("dashboards/d.yaml", 7), query, options)
    board = Dashboard("d", "D", Place("dashboards/d.yaml"), (widget,))
    return fill(shop, board, filters=filters or Filters()).widgets[0]


def table(shop: Workspace, sql: str) -> pa.Table:
    with shop.engine.read() as session:
        return session.query(sql)


def count(shop: Workspace, sql: str) -> Any:
    return table(shop, sql).column(0)[0].as_py()


def test_all_widgets_of_the_executive_dashboard_are_filled(shop: Workspace) -> None:
    states = {widget.name: widget.state for widget in fill(shop).widgets}
    assert states.pop("customer_satisfaction") == "no_data_source"
    assert set(states.values()) == {"ok"}
    assert len(states) == 10


def test_a_figure_equals_sql_written_by_hand(shop: Workspace) -> None:
    board = fill(shop, filters=Filters(date(2024, 1, 1), date(2024, 3, 31), (("country", ("US",)),)))
    widget = board.widget("category_performance")
    assert widget is not None
    assert widget.frame is not None
    expected = table(
        shop,
        "SELECT category, sum(net) AS net FROM gold.sales JOIN gold.customer USING (customer_key) "
        "WHERE date_key BETWEEN 20240101 AND 20240331 AND country = 'US' GROUP BY category",
    ).to_pylist()
    assert {tuple(row.values()) for row in widget.frame.rows()} == {(row["category"], row["net"]) for row in expected}


def test_missing_data_is_said_in_words_and_not_drawn_as_zero(shop: Workspace) -> None:
    widget = fill(shop).widget("customer_satisfaction")
    assert widget is not None
    assert widget.message == "This project has no source of service contacts, so satisfaction is not measured."
    assert widget.spec is None
    assert widget.figure is None


def test_a_metric_that_the_model_lacks_may_be_announced(shop: Workspace) -> None:
    sentence = "Nobody asks here."
    widget = one(shop, "kpi", {"metrics": ["net_promoter_score"]}, no_data_source=sentence)
    assert (widget.state, widget.message) == ("no_data_source", sentence)


def test_a_metric_that_the_model_lacks_is_an_error_with_the_nearest_name(shop: Workspace) -> None:
    widget = one(shop, "kpi", {"metrics": ["revenu"]})
    assert widget.state == "error"
    assert widget.message is not None
    assert "revenu" in widget.message
    assert widget.next_step is not None
    assert "revenue" in widget.next_step


def test_one_broken_widget_leaves_the_others(shop: Workspace) -> None:
    board = shop.project.dashboards["executive"]
    broken = replace(board.widgets[0], chart="pye")
    states = [widget.state for widget in fill(shop, replace(board, widgets=(broken, *board.widgets[1:3]))).widgets]
    assert states == ["error", "ok", "ok"]


def test_a_query_that_is_none_says_where(shop: Workspace) -> None:
    widget = one(shop, "kpi", {"metrics": ["revenue"], "limit": 0})
    assert widget.state == "error"
    assert widget.message is not None
    assert "'w'" in widget.message
    assert "limit" in widget.message


def test_a_filter_without_rows_says_so(shop: Workspace) -> None:
    widget = one(shop, "kpi", {"metrics": ["revenue"]}, Filters(date(2030, 1, 1), date(2030, 1, 31)))
    assert widget.state == "empty"
    assert widget.message == "Nothing matches the filters of this page."


def test_notes_that_stand_together_are_sentences(shop: Workspace) -> None:
    spark = {"dimension": "time", "grain": "month", "says": "New customers a month"}
    period = Filters(date(2024, 1, 1), date(2024, 3, 31))
    found = [one(shop, "kpi", {"metrics": ["revenue"]}, sparkline=spark)]
    found += fill(shop, filters=period).widgets
    assert found[0].notes == ("New customers a month",)
    assert all(note.endswith(".") for widget in found for note in widget.notes if len(widget.notes) > 1)


def test_a_filter_that_cannot_reach_a_widget_is_named(shop: Workspace) -> None:
    board = fill(shop, filters=Filters(date(2024, 1, 1), date(2024, 3, 31), (("category", ("Meat",)),)))
    notes = {widget.name: widget.notes for widget in board.widgets}
    assert notes["customers"] == ("Not filtered by date or category.",)
    assert notes["category_performance"] == ()
    customers = board.widget("customers")
    assert customers is not None
    assert customers.figure is not None
    assert customers.figure.full == "300"


def test_a_trend_compares_with_the_period_before(shop: Workspace) -> None:
    widget = fill(shop, filters=Filters(date(2024, 1, 1), date(2024, 3, 31))).widget("average_order_value")
    assert widget is not None
    assert widget.figure is not None
    assert widget.figure.trend is not None

    def mean(first: int, last: int) -> float:
        where = f"date_key BETWEEN {first} AND {last}"
        return float(count(shop, f"SELECT sum(net) / count(DISTINCT transaction_id) FROM gold.sales WHERE {where}"))

    change = mean(20240101, 20240331) / mean(20231001, 20231231) - 1
    assert widget.figure.trend.text == f"{change:+.1%}".replace("-", "\N{MINUS SIGN}")
    assert widget.figure.trend.against == "1 Oct \N{EN DASH} 31 Dec 2023"


def test_choices_are_what_the_data_hold(shop: Workspace) -> None:
    board, words = shop.project.dashboards["executive"], vocabulary_of(shop.semantic_model(), as_of=AS_OF)
    choices = {choice.name: choice for choice in choices_of(board, shop.answer, words)}
    assert choices["country"].label == "Country"
    assert choices["country"].values == ("CA", "MX", "US")
    assert len(choices["category"].values) == count(shop, "SELECT count(DISTINCT category) FROM gold.sales")


def test_each_widget_carries_its_meaning_and_its_sql(shop: Workspace) -> None:
    for widget in fill(shop).widgets:
        assert widget.definitions, widget.name
        assert all(definition.description for definition in widget.definitions)
        assert widget.sql is not None
        again = table(shop, widget.sql)
        assert widget.frame is not None
        assert again.equals(widget.frame.table), widget.name
        assert widget.alt or widget.message
