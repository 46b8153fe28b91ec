"""Business words for time mean the days that a calendar says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer360.errors import QueryError
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.periods import Period, days, relative

AS_OF = date(2024, 11, 13)  # a Wednesday
CALENDAR = Calendar()

RANGES = {
    "today": ("2024-11-13", "2024-11-13"),
    "yesterday": ("2024-11-12", "2024-11-12"),
    "this week": ("2024-11-11", "2024-11-13"),
    "last week": ("2024-11-04", "2024-11-10"),
    "this month": ("2024-11-01", "2024-11-13"),
    "last month": ("2024-10-01", "2024-10-31"),
    "Last  Month": ("2024-10-01", "2024-10-31"),
    "this quarter": ("2024-10-01", "2024-11-13"),
    "last quarter": ("2024-07-01", "2024-09-30"),
    "this year": ("2024-01-01", "2024-11-13"),
    "last year": ("2023-01-01", "2023-12-31"),
    "last 90 days": ("2024-08-16", "2024-11-13"),
    "last 1 day": ("2024-11-13", "2024-11-13"),
    "last 12 months": ("2023-12-01", "2024-11-13"),
    "last 3 complete months": ("2024-08-01", "2024-10-31"),
    "last 2 full weeks": ("2024-10-28", "2024-11-10"),
    "previous 2 quarters": ("2024-04-01", "2024-09-30"),
    "year to date": ("2024-01-01", "2024-11-13"),
    "quarter to date": ("2024-10-01", "2024-11-13"),
    "month-to-date": ("2024-11-01", "2024-11-13"),
    "week to date": ("2024-11-11", "2024-11-13"),
    "2024": ("2024-01-01", "2024-12-31"),
    "2024-02": ("2024-02-01", "2024-02-29"),
    "2024-02-29": ("2024-02-29", "2024-02-29"),
    "Q1 2024": ("2024-01-01", "2024-03-31"),
    "2024-Q4": ("2024-10-01", "2024-12-31"),
    "2024Q4": ("2024-10-01", "2024-12-31"),
    "2020-W53": ("2020-12-28", "2021-01-03"),
    "since 2024-03": ("2024-03-01", "2024-11-13"),
    "since last month": ("2024-10-01", "2024-11-13"),
}


@pytest.mark.parametrize("text", RANGES)
def test_a_range_means_these_days(text: str) -> None:
    start, end = RANGES[text]
    found = relative(text, AS_OF, CALENDAR)
    assert (found.start, found.end) == (date.fromisoformat(start), date.fromisoformat(end))


def test_all_time_is_open() -> None:
    assert relative("all time", AS_OF, CALENDAR) == Period(None, None)


def test_weeks_and_fiscal_years_start_as_the_model_says() -> None:
    american = Calendar("sunday", 7)
    found = {
        "this week": ("2024-11-10", "2024-11-13"),
        "this fiscal year": ("2024-07-01", "2024-11-13"),
        "last fiscal year": ("2023-07-01", "2024-06-30"),
        "last fiscal quarter": ("2024-07-01", "2024-09-30"),
        "fiscal year to date": ("2024-07-01", "2024-11-13"),
        "FY2024": ("2023-07-01", "2024-06-30"),
        "fiscal 2024": ("2023-07-01", "2024-06-30"),
    }
    for text, (start, end) in found.items():
        period = relative(text, AS_OF, american)
        assert (str(period.start), str(period.end)) == (start, end), text
    assert str(relative("FY2024", AS_OF, CALENDAR)) == "2024-01-01 to 2024-12-31"


@pytest.mark.parametrize(
    "text",
    ["lately", "last moon", "2024-13", "2024-02-30", "Q5 2024", "last 0 days", "last 99999 days", "", "2021-W53"],
)
def test_other_words_are_refused_with_examples(text: str) -> None:
    with pytest.raises(QueryError, match="last 12 months"):
        relative(text, AS_OF, CALENDAR)


BEFORE = {
    "last month": ("2024-09-01", "2024-09-30"),
    "last 12 months": ("2022-12-01", "2023-11-13"),
    "last 90 days": ("2024-05-18", "2024-08-15"),
    "this year": ("2023-01-01", "2023-11-13"),
    "2024-02": ("2024-01-01", "2024-01-31"),
    "2024-Q1": ("2023-10-01", "2023-12-31"),
    "2020-W53": ("2020-12-21", "2020-12-27"),
}


@pytest.mark.parametrize("text", BEFORE)
def test_the_period_before_is_as_long_in_its_own_units(text: str) -> None:
    found = relative(text, AS_OF, CALENDAR).previous(CALENDAR)
    assert (str(found.start), str(found.end)) == BEFORE[text]


def test_the_same_period_last_year_keeps_the_month_end() -> None:
    assert str(relative("2024-02", AS_OF, CALENDAR).year_before()) == "2023-02-01 to 2023-02-28"
    assert str(relative("2023-02", AS_OF, CALENDAR).year_before()) == "2022-02-01 to 2022-02-28"
    assert str(Period(date(2025, 2, 1), date(2025, 2, 28)).year_before()) == "2024-02-01 to 2024-02-29"


def test_an_open_range_has_no_period_before() -> None:
    for call in (lambda p: p.previous(CALENDAR), Period.year_before):
        with pytest.raises(QueryError, match="without start and end"):
            call(Period(None, AS_OF))


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(QueryError, match="starts after it ends"):
        days(AS_OF, AS_OF - timedelta(days=1))


DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
UNITS = st.sampled_from(["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"])
CALENDARS = st.builds(Calendar, st.sampled_from(["monday", "sunday"]), st.integers(1, 12))


@given(DAYS, UNITS, CALENDARS)
def test_a_unit_holds_its_days_and_units_follow_without_gap(day: date, unit: str, calendar: Calendar) -> None:
    start, end = calendar.start(day, unit), calendar.end(day, unit)  # type: ignore[arg-type]
    assert start <= day <= end
    assert calendar.start(end, unit) == start  # type: ignore[arg-type]
    assert calendar.start(end + timedelta(days=1), unit) == end + timedelta(days=1)  # type: ignore[arg-type]


@given(DAYS, DAYS)
def test_the_period_before_ends_the_day_before(one: date, other: date) -> None:
    period = days(min(one, other), max(one, other))
    before = period.previous(CALENDAR)
    assert before.end is not None
    assert period.start is not None
    assert before.end + timedelta(days=1) == period.start
