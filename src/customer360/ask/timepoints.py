"""Read the name of one period: a day, week, month, quarter, half or year, absolute or relative to the as-of date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.ask.numerals import NUMERALS
from customer360.semantic.calendar_units import Calendar, add_months

if TYPE_CHECKING:
    from customer360.semantic.calendar_units import Unit

_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
UNITS: dict[tuple[str, ...], Unit] = {
    ("day",): "day",
    ("week",): "week",
    ("month",): "month",
    ("quarter",): "quarter",
    ("year",): "year",
    ("calendar", "month"): "month",
    ("calendar", "week"): "week",
    ("calendar", "year"): "year",
    ("calendar", "quarter"): "quarter",
    ("calendar", "day"): "day",
    ("fiscal", "quarter"): "fiscal_quarter",
    ("fiscal", "year"): "fiscal_year",
    ("financial", "year"): "fiscal_year",
    ("business", "year"): "fiscal_year",
    ("financial", "quarter"): "fiscal_quarter",
}
LAST = ("last", "previous", "prior", "preceding")
THIS = ("this", "current", "ongoing", "running", "present")
_YEAR = re.compile(r"(19|20)\d\d")
_DAY_ENDINGS = ("st", "nd", "rd", "th")
_DAY_JOINTS = ("on", "since", "until", "till", "before", "after", "to", "from", "between")
"""Words behind which ``oct 24`` is rather a day than a month of a year."""
_YEAR_NAMES = ("year", "calendar", "cy")
_FISCAL = ("fy", "fiscal", "financial")
_SHORT_YEARS = 6
"""How many years back two digits still mean a year."""
_FIRST_HALF_END = 6
_TEN = 10
_TENS = range(20, 100, _TEN)
_WEEKS = 53
_QUARTERS = 4


@dataclass(frozen=True)
class Point:
    """A named period. ``floats`` is set when no year was said, so that a range can move it."""

    start: date
    end: date
    name: str | None = None
    """How a metric query names it, None: by its days."""
    floats: bool = False
    unit: Unit = "day"

    def moved_to(self, year: int) -> Point:
        """Return the same period of another year, for one that was said without a year."""
        months = (year - self.start.year) * 12
        end = add_months(self.end + timedelta(days=1), months) - timedelta(days=1)
        moved = replace(self, start=add_months(self.start, months), end=end, floats=False)
        return replace(moved, name=None if self.name is None else named(moved))


def named(point: Point) -> str | None:
    """Return the name of a month, quarter or year in a metric query."""
    if point.unit == "month":
        return f"{point.start:%Y-%m}"
    if point.unit == "quarter":
        return f"{point.start.year}-Q{(point.start.month + 2) // 3}"
    if point.unit == "year":
        return str(point.start.year)
    return point.start.isoformat() if point.unit == "day" else None


class Points:
    """Reads named periods from the words of a question."""

    def __init__(self, words: Sequence[str], as_of: date, calendar: Calendar) -> None:
        self.words = tuple(words)
        self.as_of = as_of
        self.calendar = calendar

    def word(self, at: int) -> str:
        """Return a word, or nothing behind the last."""
        return self.words[at] if at < len(self.words) else ""

    def read(self, at: int) -> Iterator[tuple[int, Point]]:
        """Yield every named period that starts at a word, with the word after it."""
        for reader in (
            self._relative,
            self._iso,
            self._month,
            self._quarter,
            self._half,
            self._year,
            self._week,
            self._week_of,
            self._day,
            self._slashed,
        ):
            yield from reader(at)

    def days(self, at: int) -> Iterator[tuple[int, Point]]:
        """Yield every single day that is named at a word."""
        for reader in (self._day, self._iso, self._slashed):
            yield from (found for found in reader(at) if found[1].start == found[1].end)

    def size_of(self, at: int, phrases: Sequence[Sequence[str]]) -> int:
        """Return how many words the longest of some phrases takes at a word, 0 when none stands there."""
        return max((len(each) for each in phrases if self.words[at : at + len(each)] == tuple(each)), default=0)

    def unit(self, at: int) -> tuple[int, Unit] | None:
        """Return the unit named at a word."""
        for size in (2, 1):
            unit = UNITS.get(tuple(self.words[at : at + size]))
            if unit is not None and at + size <= len(self.words):
                return at + size, unit
        return None

    def count(self, at: int) -> tuple[int, int] | None:
        """Return the whole number at a word."""
        text = self.word(at)
        if text.isdigit():
            return at + 1, int(text)
        number = NUMERALS.get(text)
        ones = NUMERALS.get(self.word(at + 1), _TEN)
        if number is not None and number in _TENS and ones < _TEN:  # twenty-four
            return at + 2, number + ones
        return (at + 1, number) if number is not None else None

    def whole(self, day: date, unit: Unit, name: str | None = None, *, floats: bool = False) -> Point:
        """Return the period of a unit around a day."""
        point = Point(self.calendar.start(day, unit), self.calendar.end(day, unit), None, floats, unit)
        return replace(point, name=name or named(point))

    def _relative(self, at: int) -> Iterator[tuple[int, Point]]:
        word = self.word(at)
        if self.words[at : at + 2] == ("day", "before") and self.word(at + 2) in ("yesterday", "today"):
            day = self.as_of - timedelta(days=1 + (self.word(at + 2) == "yesterday"))
            yield at + 3, Point(day, day, None)
        if word in ("today", "yesterday"):
            day = self.as_of - timedelta(days=word == "yesterday")
            yield at + 1, Point(day, day, word)
        found = self.unit(at + 1)
        if found is None or word not in (*LAST, *THIS):
            return
        end, unit = found
        words = unit.replace("_", " ")
        if word in THIS:
            yield end, Point(self.calendar.start(self.as_of, unit), self.as_of, f"this {words}", unit=unit)
        else:
            before = self.calendar.start(self.as_of, unit) - timedelta(days=1)
            yield end, self.whole(before, unit, f"last {words}")

    def _iso(self, at: int) -> Iterator[tuple[int, Point]]:
        match = re.fullmatch(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?", self.word(at))
        if match is None:
            return
        day = _date(int(match[1]), int(match[2]), int(match[3] or 1))
        if day is not None:
            yield at + 1, self.whole(day, "day" if match[3] else "month")

    def _slashed(self, at: int) -> Iterator[tuple[int, Point]]:
        match = re.fullmatch(r"(\d{1,2})([./])(\d{1,2})[./](\d{4})", self.word(at))
        if match is None:
            return
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        orders = {(second, first)} if match[2] == "." else {(second, first), (first, second)}
        for month, number in sorted(orders):
            day = _date(year, month, number)
            if day is not None:
                yield at + 1, self.whole(day, "day")

    def _with_year(self, at: int, latest: date, *, short: bool = False) -> Iterator[tuple[int, int, bool]]:
        """Yield the year said at a word, or the newest in which ``latest`` (month and day) has come.

        ``short`` allows a year of two digits: Q3 24.
        """
        skip = at + (self.word(at) in ("of", "in", ","))
        for end, year in self.years(skip):
            yield end, year, False
        if short and self._short_year(at):
            yield at + 1, 2000 + int(self.word(at)), False
        if skip > at and self.word(skip) == "year" and not _YEAR.fullmatch(self.word(skip + 1)):  # of the year
            yield skip + 1, self.as_of.year, False
        past = (latest.month, latest.day) <= (self.as_of.month, self.as_of.day)
        yield at, self.as_of.year - (not past), True

    def years(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield the calendar year that is named at a word: 2023, this year, the year before last."""
        if _YEAR.fullmatch(self.word(at)):
            yield at + 1, int(self.word(at))
        if self.word(at + 1) == "year" and self.word(at) in (*LAST, *THIS):
            yield at + 2, self.as_of.year - (self.word(at) in LAST)
        ago = at + (self.word(at) in ("a", "one", "1"))
        if self.words[ago : ago + 2] == ("year", "ago"):
            yield ago + 2, self.as_of.year - 1
        if self.words[at : at + 3] == ("year", "before", "last"):
            yield at + 3, self.as_of.year - 2

    def _short_year(self, at: int) -> bool:
        """Say whether two digits are one of the years up to this one, and no day before a year: oct 24 2023."""
        text = self.word(at)
        is_recent = re.fullmatch(r"\d\d", text) is not None and 0 <= self.as_of.year - 2000 - int(text) <= _SHORT_YEARS
        return is_recent and not _YEAR.fullmatch(self.word(at + 1 + (self.word(at + 1) == ",")))

    def _month(self, at: int) -> Iterator[tuple[int, Point]]:
        start = at
        if self.word(at) == "month":
            start += 2 if self.word(at + 1) == "of" else 1
        month = MONTHS.get(self.word(start))
        if month is None:
            return
        before = self.word(at - 1) if at else ""
        short = before not in _DAY_JOINTS and self.word(start + 2) not in (*_DAY_ENDINGS, "to", "-", "and")
        for end, year, floats in self._with_year(start + 1, date(self.as_of.year, month, 1), short=short):
            yield end, self.whole(date(year, month, 1), "month", floats=floats)

    def _quarter(self, at: int) -> Iterator[tuple[int, Point]]:
        fiscal = self.word(at) in ("fiscal", "financial")
        start = at + fiscal
        match = re.fullmatch(r"q([1-4])", self.word(start))
        number, end = (int(match[1]), start + 1) if match else (0, start)
        nth, after = self._nth(start)
        after += self.word(after) == "calendar"
        if not match and nth and self.word(after) == "quarter":
            number, end = nth, after + 1
        elif not match and self.word(start) == "quarter":
            after, said = self.count(start + 1) or (start, 0)
            number, end = (said, after) if 1 <= said <= _QUARTERS else (0, start)
        if number:
            yield from self._fiscal_quarter(end, number) if fiscal else self._calendar_quarter(end, number)

    def _calendar_quarter(self, at: int, number: int) -> Iterator[tuple[int, Point]]:
        month = number * 3 - 2
        for end, year, floats in self._with_year(at, date(self.as_of.year, month, 1), short=True):
            yield end, self.whole(date(year, month, 1), "quarter", floats=floats)

    def _fiscal_quarter(self, at: int, number: int) -> Iterator[tuple[int, Point]]:
        """Read the quarter of a fiscal year, which is named after the calendar year it ends in."""
        skip = at + (self.word(at) in ("of", "in"))
        match = re.fullmatch(r"(?:fy)?(\d{4})", self.word(skip))
        if match:
            start = add_months(self._fiscal_start(int(match[1])), number * 3 - 3)
            yield skip + 1, self.whole(start, "fiscal_quarter", None)
            return
        start = add_months(self.calendar.start(self.as_of, "fiscal_year"), number * 3 - 3)
        start = start if start <= self.as_of else add_months(start, -12)
        yield at, self.whole(start, "fiscal_quarter", None)

    def _fiscal_start(self, year: int) -> date:
        first = self.calendar.fiscal_start
        return date(year - (first > 1), first, 1)

    def _half(self, at: int) -> Iterator[tuple[int, Point]]:
        match = re.fullmatch(r"h([12])", self.word(at))
        number, end = (int(match[1]), at + 1) if match else (0, at)
        if self.word(at) == "half" and self.word(at + 1) in ("1", "2"):
            number, end = int(self.word(at + 1)), at + 2
        nth, after = self._nth(at)
        if not match and nth in (1, 2) and self.word(after) == "half":
            number, end = nth, after + 1
        end += self.word(end) == "year" and bool(number) and not match
        if not number:
            yield from self._half_before(at)
            return
        if self.word(end + (self.word(end) == "of")) in MONTHS:
            return
        month = 1 if number == 1 else _FIRST_HALF_END + 1
        for after, year, floats in self._with_year(end, date(self.as_of.year, month, 1), short=True):
            start = date(year, month, 1)
            yield after, Point(start, add_months(start, _FIRST_HALF_END) - timedelta(days=1), None, floats)

    def _half_before(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``this half year`` and ``last half year``: January to June, July to December."""
        if self.word(at) not in (*LAST, *THIS) or tuple(self.words[at + 1 : at + 3]) != ("half", "year"):
            return
        start = date(self.as_of.year, 1 if self.as_of.month <= _FIRST_HALF_END else _FIRST_HALF_END + 1, 1)
        if self.word(at) in THIS:
            yield at + 3, Point(start, self.as_of)
        else:
            yield at + 3, Point(add_months(start, -_FIRST_HALF_END), start - timedelta(days=1))

    def _nth(self, at: int) -> tuple[int, int]:
        """Return the number of ``first``, ``1st``; 0 when there is none."""
        if self.word(at) in ORDINALS:
            return ORDINALS[self.word(at)], at + 1
        number, after = self.ordinal(at)
        return (number, after) if after == at + 2 else (0, at)

    def _year(self, at: int) -> Iterator[tuple[int, Point]]:
        start = at + (2 if self.words[at : at + 2] == ("year", "of") else self.word(at) in _YEAR_NAMES)
        start += self.word(at) == "calendar" and self.word(start) == "year"
        if _YEAR.fullmatch(self.word(start)):
            yield start + 1, self.whole(date(int(self.word(start)), 1, 1), "year")
        match = re.fullmatch(r"cy((?:20)?\d\d)", self.word(at))
        if match:
            yield at + 1, self.whole(date(2000 + int(match[1][-2:]), 1, 1), "year")
        match = re.fullmatch(r"fy((?:20|19)?\d\d)", self.word(at))
        text, end = (match[1], at + 1) if match else ("", at)
        if not match and (self.word(at) in _FISCAL or tuple(self.words[at : at + 2]) in UNITS):
            size = 1 if self.word(at) in _FISCAL and self.word(at + 1) != "year" else 2
            fiscal = size == 1 or UNITS[tuple(self.words[at : at + 2])] == "fiscal_year"
            if fiscal and _YEAR.fullmatch(self.word(at + size)):
                text, end = self.word(at + size), at + size + 1
        if text:
            year = int(text) if len(text) > len("17") else 2000 + int(text)
            yield end, self.whole(self._fiscal_start(year), "fiscal_year", f"FY{year}")

    def _week(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``week 47``, ``CW 47 of 2023``, ``week 47/2024``."""
        start = at + (self.word(at) == "calendar")
        match = re.fullmatch(r"(?:w|cw|kw)(\d{1,2})", self.word(start))
        with_year = re.fullmatch(r"(\d{4})-(\d{1,2})", self.word(start + 1))
        number, end = (match[1], start + 1) if match else (self.word(start + 1), start + 2)
        if not match and self.word(start) not in ("week", "cw", "kw"):
            return
        said = [(end, int(with_year[1]), False)] if with_year else self._with_year(end, date(self.as_of.year, 1, 1))
        number = with_year[2] if with_year else number
        if not number.isdigit() or int(number) > _WEEKS:
            return
        for after, year, _ in said:
            try:
                first = date.fromisocalendar(year, int(number), 1)
            except ValueError:
                continue
            yield after, Point(first, first + timedelta(days=6), f"{year}-W{int(number):02d}", unit="week")

    def _week_of(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``the week of 11 November``, ``week starting 5 March``: the whole week around that day."""
        if self.word(at) != "week" or self.word(at + 1) not in ("of", "starting", "beginning", "commencing", "from"):
            return
        is_spoken = self.word(at + 2) in MONTHS  # of November 18: no year of two digits
        number, behind = self.ordinal(at + 3) if is_spoken else (0, at)
        for end, point in self.dated(behind, number, MONTHS[self.word(at + 2)]) if number else self.days(at + 2):
            yield end, self.whole(point.start, "week")

    def _day(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``5 March 2017``, ``March 5, 2017`` and ``5th of March``."""
        for number, month, end in self._day_and_month(at):
            yield from self.dated(end, number, month)

    def dated(self, at: int, number: int, month: int) -> Iterator[tuple[int, Point]]:
        """Yield a day of a month with the year said at a word, else in the newest year in which it has come."""
        latest = _date(self.as_of.year, month, number)
        for after, year, floats in self._with_year(at, latest or date(self.as_of.year, month, 1)):
            day = _date(year, month, number)
            if day is not None:
                yield after, replace(self.whole(day, "day"), floats=floats)

    def _day_and_month(self, at: int) -> Iterator[tuple[int, int, int]]:
        if self.word(at) in MONTHS:
            number, after = self.ordinal(at + 1)
            said_in = at > 0 and self.word(at - 1) in ("in", "for", "during", "of")
            is_clipped = self.word(at) not in _MONTH_NAMES and (at == 0 or self.word(at - 1) not in _DAY_JOINTS)
            if number and not ((said_in or is_clipped) and after == at + 2 and self._short_year(at + 1)):
                yield number, MONTHS[self.word(at)], after
        number, after = self.ordinal(at)
        if self.words[at : at + 2] == ("first", "of"):
            number, after = 1, at + 1
        after += self.word(after) == "of"
        if number and self.word(after) in MONTHS:
            yield number, MONTHS[self.word(after)], after + 1

    def ordinal(self, at: int) -> tuple[int, int]:
        """Return the day of a month at a word, 0 when there is none, with the word after it."""
        if not self.word(at).isdigit() or len(self.word(at)) > len("31"):
            return 0, at
        return int(self.word(at)), at + 1 + (self.word(at + 1) in _DAY_ENDINGS)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
