from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer360.dashboards.filters import Filters, months_back, narrowed, period_before, presets
from customer360.semantic.query import AllOf, Condition, MetricQuery, TimeRange

DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))
QUERY = MetricQuery(metrics=("revenue",))


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("2024-01-01", "2024-03-31", ("2023-10-01", "2023-12-31")),
        ("2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31")),
        ("2024-03-05", "2024-03-11", ("2024-02-27", "2024-03-04")),
        ("2024-03-01", "2024-03-30", ("2024-01-31", "2024-02-29")),
        ("2024-03-05", "2024-03-05", ("2024-03-04", "2024-03-04")),
    ],
)
def test_the_period_before(start: str, end: str, before: tuple[str, str]) -> None:
    found = period_before(date.fromisoformat(start), date.fromisoformat(end))
    assert tuple(day.isoformat() for day in found) == before


@given(DAYS, st.integers(0, 800))
def test_the_period_before_ends_the_day_before(start: date, length: int) -> None:
    first, last = period_before(start, start + timedelta(days=length))
    assert last == start - timedelta(days=1)
    assert first <= last


@given(DAYS, st.integers(0, 60))
def test_months_back_and_forth(day: date, months: int) -> None:
    first = day.replace(day=1)
    assert months_back(months_back(first, months), -months) == first


def test_presets_end_on_the_as_of_date() -> None:
    assert presets(date(2024, 11, 18)) == (
        ("3 months", date(2024, 9, 1), date(2024, 11, 18)),
        ("12 months", date(2023, 12, 1), date(2024, 11, 18)),
        ("This year", date(2024, 1, 1), date(2024, 11, 18)),
        ("All time", None, None),
    )


def test_filters_join_what_the_widget_already_asks() -> None:
    own = Condition(field="channel", value="Online")
    query = MetricQuery(
        metrics=("revenue",), where=own, time=TimeRange(relative="last 12 months", dimension="order_date")
    )
    filters = Filters(date(2024, 1, 1), None, (("segment", ("VIP",)), ("country", ("US", "CA"))))
    found = narrowed(query, filters, lambda _query: True, {})
    assert found.unreached == ()
    assert found.query.time == TimeRange(start="2024-01-01", dimension="order_date")
    assert found.query.where == AllOf(
        all=(own, Condition(field="segment", value="VIP"), Condition(field="country", op="in", value=["US", "CA"]))
    )


def test_a_filter_that_does_not_reach_is_named_and_left_out() -> None:
    filters = Filters(date(2024, 1, 1), date(2024, 1, 31), (("segment", ("VIP",)),))
    found = narrowed(QUERY, filters, lambda query: query.time is None, {"segment": "Customer segment"})
    assert found.unreached == ("date",)
    assert found.query.time is None
    assert found.query.where is not None
    nothing = narrowed(QUERY, filters, lambda _query: False, {"segment": "Customer segment"})
    assert nothing.unreached == ("date", "customer segment")
    assert nothing.query == QUERY


def test_a_range_says_itself_in_words() -> None:
    day = date(2024, 1, 1)
    assert Filters(day, None).text() == "since 1 Jan 2024"
    assert Filters(None, day).text() == "until 1 Jan 2024"
    assert Filters().text() == "all time"
    assert Filters(day, None).previous() is None
