"""Fill the date dimension: calendar, fiscal calendar, public holidays, seasons, sale periods (step ``calendar``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.errors import C360Error
from customer360.names import UNKNOWN_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SATURDAY = 6
MONTHS = 12
SCHEMA = pa.schema(
    [
        ("date_key", pa.int32()),
        ("calendar_date", pa.date32()),
        ("year", pa.int32()),
        ("quarter", pa.int32()),
        ("month", pa.int32()),
        ("day_of_month", pa.int32()),
        ("day_name", pa.string()),
        ("month_name", pa.string()),
        ("is_weekend", pa.bool_()),
        ("is_holiday", pa.bool_()),
        ("season", pa.string()),
        ("is_peak_season", pa.bool_()),
        ("is_sale_period", pa.bool_()),
        ("day_of_week", pa.int32()),
        ("week_of_year", pa.int32()),
        ("holiday_name", pa.string()),
        ("fiscal_year", pa.int32()),
        ("fiscal_quarter", pa.int32()),
        ("fiscal_month", pa.int32()),
        ("sale_event_name", pa.string()),
    ]
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NO_FLAGS = dict.fromkeys(("is_weekend", "is_holiday", "is_peak_season", "is_sale_period"), False)


@dataclass(frozen=True)
class SalePeriod:
    """A named stretch of the year, both ends included; it may run over New Year's Eve."""

    name: str
    start: tuple[int, int]
    end: tuple[int, int]

    @classmethod
    def read(cls, entry: Mapping[str, str]) -> SalePeriod:
        """Read ``{name, start: "11-20", end: "11-30"}``; C360Error when a day is no day of the year."""
        return cls(entry["name"], _month_day(entry["start"]), _month_day(entry["end"]))

    def holds(self, day: date) -> bool:
        """Say whether a day lies inside."""
        at = (day.month, day.day)
        if self.start <= self.end:
            return self.start <= at <= self.end
        return at >= self.start or at <= self.end


def calendar(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return one row per day (columns: SCHEMA) and the Unknown member -1.

    Input ``span`` has one row with ``first_date``, the day of the first fact; without facts the calendar begins on
    the as-of date. It ends ``days_ahead`` (365) days after the as-of date, so that forecasts have dates. Parameters:
    ``fiscal_year_start_month`` (1; a fiscal year is named after the calendar year it ends in), ``countries`` (ISO
    3166 codes whose public holidays count; names by the library `holidays`), ``seasons`` (name: months),
    ``peak_months``, ``sale_periods``. Weeks are ISO weeks, day 1 is Monday.
    """
    first = inputs["span"].column("first_date")[0].as_py() or as_of
    last = as_of + timedelta(days=int(parameters.get("days_ahead", 365)))
    holidays = _holidays(parameters.get("countries", ()), range(first.year, last.year + 1))
    seasons = {month: name for name, months in parameters.get("seasons", {}).items() for month in months}
    peak = frozenset(parameters.get("peak_months", ()))
    periods = [SalePeriod.read(entry) for entry in parameters.get("sale_periods", ())]
    fiscal_start = int(parameters.get("fiscal_year_start_month", 1))
    rows: list[dict[str, Any]] = [{"date_key": UNKNOWN_KEY, **_NO_FLAGS}]
    for day in _days(first, last):
        sale = next((period.name for period in periods if period.holds(day)), None)
        rows.append(
            _plain(day)
            | _fiscal(day, fiscal_start)
            | {
                "is_holiday": day in holidays,
                "holiday_name": holidays.get(day),
                "season": seasons.get(day.month),
                "is_peak_season": day.month in peak,
                "is_sale_period": sale is not None,
                "sale_event_name": sale,
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _plain(day: date) -> dict[str, Any]:
    return {
        "date_key": day.year * 10_000 + day.month * 100 + day.day,
        "calendar_date": day,
        "year": day.year,
        "quarter": (day.month - 1) // 3 + 1,
        "month": day.month,
        "day_of_month": day.day,
        "day_name": _DAYS[day.weekday()],
        "month_name": _MONTHS[day.month - 1],
        "is_weekend": day.isoweekday() >= SATURDAY,
        "day_of_week": day.isoweekday(),
        "week_of_year": day.isocalendar().week,
    }


def _fiscal(day: date, start_month: int) -> dict[str, int]:
    month = (day.month - start_month) % MONTHS + 1
    year = day.year + 1 if start_month > 1 and day.month >= start_month else day.year
    return {"fiscal_year": year, "fiscal_quarter": (month - 1) // 3 + 1, "fiscal_month": month}


def _holidays(countries: Sequence[str], years: range) -> dict[date, str]:
    """Return the public holidays of all these countries; several on a day are joined with a comma."""
    import holidays

    found: dict[date, str] = {}
    for country in countries:
        try:
            days = holidays.country_holidays(country, years=years, language="en_US")
        except NotImplementedError as error:
            raise C360Error(
                f"No public holidays are known for the country '{country}'.",
                next_step="Use the two letters of ISO 3166, such as US or DE, or leave the country out.",
            ) from error
        for day, name in days.items():
            found[day] = name if found.get(day, name) == name else f"{found[day]}, {name}"
    return found


def _month_day(text: str) -> tuple[int, int]:
    try:
        month, day = (int(part) for part in text.split("-"))
        date(2000, month, day)  # a leap year: 02-29 is a day
    except ValueError as error:
        raise C360Error(f"'{text}' is no day of the year.", next_step="Write month and day, such as 11-20.") from error
    return month, day
