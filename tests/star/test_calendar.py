from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from customer360.errors import C360Error
from customer360.star.calendar import SCHEMA, calendar

AS_OF = date(2024, 2, 28)
SETTINGS: dict[str, Any] = {
    "days_ahead": 365,
    "fiscal_year_start_month": 1,
    "countries": ["US"],
    "seasons": {"Winter": [12, 1, 2], "Spring": [3, 4, 5], "Summer": [6, 7, 8], "Fall": [9, 10, 11]},
    "peak_months": [11, 12],
    "sale_periods": [
        {"name": "Thanksgiving Week", "start": "11-20", "end": "11-30"},
        {"name": "Turn of the Year", "start": "12-28", "end": "01-03"},
    ],
}


def days(
    first: date | None = date(2022, 12, 25), as_of: date = AS_OF, **changed: Any
) -> dict[date | None, dict[str, Any]]:
    span = pa.table({"first_date": pa.array([first], pa.date32()), "last_date": pa.array([first], pa.date32())})
    table = calendar({"span": span}, {**SETTINGS, **changed}, as_of=as_of)
    assert table.schema == SCHEMA
    return {row["calendar_date"]: row for row in table.to_pylist()}


def test_it_runs_from_the_first_fact_to_a_year_after_the_as_of_date_without_gaps() -> None:
    found = [day for day in days() if day is not None]
    assert found[0] == date(2022, 12, 25)
    assert found[-1] == date(2025, 2, 27)
    assert len(found) == (found[-1] - found[0]).days + 1


def test_without_facts_it_begins_on_the_as_of_date() -> None:
    assert min(day for day in days(first=None) if day is not None) == AS_OF


def test_the_unknown_member_has_key_minus_one_and_no_date() -> None:
    unknown = days()[None]
    assert unknown["date_key"] == -1
    assert not any(unknown[flag] for flag in ("is_weekend", "is_holiday", "is_peak_season", "is_sale_period"))


def test_calendar_columns_equal_what_the_engine_says() -> None:
    span = pa.table({"first_date": pa.array([date(2019, 12, 25)], pa.date32())})
    ours = calendar({"span": span}, SETTINGS, as_of=AS_OF)
    with duckdb.connect() as connection:
        connection.register("ours", ours)
        wrong = connection.execute(
            """
            SELECT count(*) FROM ours WHERE calendar_date IS NOT NULL AND (
                date_key <> CAST(strftime(calendar_date, '%Y%m%d') AS INTEGER)
                OR year <> year(calendar_date) OR quarter <> quarter(calendar_date) OR month <> month(calendar_date)
                OR day_of_month <> day(calendar_date) OR day_name <> dayname(calendar_date)
                OR month_name <> monthname(calendar_date) OR day_of_week <> isodow(calendar_date)
                OR week_of_year <> week(calendar_date) OR is_weekend <> (isodow(calendar_date) > 5))
            """
        ).fetchone()
    assert wrong == (0,)


def test_a_leap_day_is_a_day() -> None:
    assert days()[date(2024, 2, 29)]["date_key"] == 20240229


@pytest.mark.parametrize(
    ("day", "year", "quarter", "month"),
    [
        (date(2023, 1, 31), 2023, 4, 12),
        (date(2023, 2, 1), 2024, 1, 1),
        (date(2024, 1, 31), 2024, 4, 12),
        (date(2023, 8, 15), 2024, 3, 7),
    ],
)
def test_a_fiscal_year_from_february_is_named_after_the_year_it_ends_in(
    day: date, year: int, quarter: int, month: int
) -> None:
    found = days(fiscal_year_start_month=2)[day]
    assert (found["fiscal_year"], found["fiscal_quarter"], found["fiscal_month"]) == (year, quarter, month)


def test_a_fiscal_year_from_january_is_the_calendar_year() -> None:
    assert all(
        (row["fiscal_year"], row["fiscal_quarter"], row["fiscal_month"]) == (row["year"], row["quarter"], row["month"])
        for row in days().values()
    )


def test_holidays_are_those_of_every_country_named() -> None:
    american, both = days(), days(countries=["US", "CA"])
    assert american[date(2024, 7, 4)]["holiday_name"] == "Independence Day"
    assert not american[date(2024, 7, 1)]["is_holiday"]
    assert both[date(2024, 7, 1)]["holiday_name"] == "Canada Day"
    assert both[date(2024, 7, 4)]["holiday_name"] == "Independence Day"
    assert both[date(2024, 12, 25)]["holiday_name"] == "Christmas Day"
    assert not any(row["is_holiday"] for row in days(countries=[]).values())


def test_thanksgiving_is_the_fourth_thursday_of_november() -> None:
    found = days()
    for year in (2023, 2024):
        first = date(year, 11, 1)
        thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
        assert found[thursday]["holiday_name"] == "Thanksgiving Day"


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(C360Error, match="No public holidays are known for the country 'ZZ'"):
        days(countries=["ZZ"])


def test_sale_periods_include_both_ends_and_may_cross_the_year() -> None:
    found = days()
    names = {day: found[day]["sale_event_name"] for day in found}
    assert names[date(2023, 11, 19)] is None
    assert names[date(2023, 11, 20)] == names[date(2023, 11, 30)] == "Thanksgiving Week"
    assert names[date(2023, 12, 1)] is None
    assert names[date(2022, 12, 28)] == names[date(2023, 1, 3)] == "Turn of the Year"
    assert names[date(2023, 1, 4)] is None
    assert all(row["is_sale_period"] == (row["sale_event_name"] is not None) for row in found.values())


def test_a_sale_period_on_no_day_of_the_year_is_refused() -> None:
    with pytest.raises(C360Error, match="'11-31' is no day of the year"):
        days(sale_periods=[{"name": "x", "start": "11-31", "end": "12-01"}])


def test_seasons_and_peak_months_are_the_projects() -> None:
    found = days()
    assert found[date(2023, 9, 1)]["season"] == "Fall"
    assert found[date(2023, 12, 1)]["season"] == "Winter"
    assert found[date(2023, 11, 1)]["is_peak_season"]
    assert not found[date(2023, 10, 31)]["is_peak_season"]
