"""Read periods that are part of another or are named by one: first three quarters of 2024, the 12 months to June."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.ask.timepoints import LAST, ORDINALS, THIS, Point, Points
from customer360.semantic.calendar_units import add_months

if TYPE_CHECKING:
    from customer360.semantic.calendar_units import Unit

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WHOLE = ("complete", "full", "whole", "completed", "finished", "entire")
_FIRST = ("first", "opening", "initial", "1st")
_FINAL = ("last", "final", "closing")
_LATTER = ("second", "last", "latter", "2nd")
_HALVES = {"first": 1, "former": 1, "1st": 1} | dict.fromkeys(_LATTER, 2)
_SIZES: dict[Unit, int] = {
    "day": 1,
    "week": 7,
    "month": 28,
    "quarter": 90,
    "fiscal_quarter": 90,
    "year": 365,
    "fiscal_year": 365,
}
_ENDING = (("ending",), ("ended",), ("up", "to"), ("to",), ("until",), ("through",))
_GONE = (("just", "gone"), ("just", "past"), ("just", "ended"), ("before", "this", "one"), ("before", "this"))
_HALF_MONTH = 15
_HALF_YEAR = 6
_WEEK = 7


class Parts(Points):
    """Reads named periods, what is part of one, and what is named by one that comes before or behind it."""

    def read(self, at: int) -> Iterator[tuple[int, Point]]:
        """Yield every period that starts at a word, with the word after it."""
        yield from super().read(at)
        for reader in (self._edge, self._half_of, self._nth_weekday, self._gone, self._weekday, self._of_year):
            yield from reader(at)

    def outer(self, at: int, *, of: bool = False) -> Iterator[tuple[int, Point]]:
        """Yield the periods that something may be a part of: of October, in 2024, of the year, of this one."""
        is_joined = self.word(at) in (("of",) if of else ("of", "in"))
        if of and not is_joined:
            return
        start = at + is_joined
        start += self.word(start) == "the"
        found = self.unit(start) if self.word(at) == "of" else None
        if found is not None and not self.word(found[0]).isdigit():
            yield found[0], self.whole(self.as_of, found[1])
        yield from self.read(start)

    def _edge(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``first three quarters of 2024``, ``last week of October``, ``final 10 days of this quarter``."""
        word = self.word(at)
        if word not in (*_FIRST, *_FINAL):
            return
        after, count = self.count(at + 1) or (at + 1, 1)
        found = self.unit(after + (self.word(after) in WHOLE))
        if self.word(after) == "fortnight":
            found, count = (after + 1, "week"), 2 * count
        if found is None or not count or (after == at + 1 and found[1] == "quarter" and word in ORDINALS):
            return
        end, unit = found
        is_first = word in _FIRST
        if is_first and unit == "quarter" and after > at + 1:
            yield end, self._slice(self.whole(self.as_of, "year"), count, unit, is_first=True, floats=True)
        for behind, point in self.outer(end, of=not is_first):
            made = self._slice(point, count, unit, is_first=is_first, floats=point.floats)
            if _SIZES[unit] < _length(point) and point.start <= made.start and made.end <= point.end:
                yield behind, made

    def _slice(self, point: Point, count: int, unit: Unit, *, is_first: bool, floats: bool) -> Point:
        if is_first:
            start, end = point.start, self.calendar.shift(point.start, unit, count) - timedelta(days=1)
        else:
            behind = self._whole_end(point) + timedelta(days=1)
            start, end = self.calendar.shift(behind, unit, -count), behind - timedelta(days=1)
        return Point(start, end, None, floats)

    def _whole_end(self, point: Point) -> date:
        """Return the last day of a period, though it is not over: of this year."""
        return self.calendar.end(point.start, point.unit) if point.unit != "day" else point.end

    def _half_of(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``the first half of November``, ``the latter half of 2023``: to the 15th or June, and from there."""
        nth = _HALVES.get(self.word(at))
        if nth is None or self.word(at + 1) != "half":
            return
        for end, point in self.outer(at + 2 + (self.word(at + 2) == "year"), of=True):
            if point.unit == "month":
                middle = point.start.replace(day=_HALF_MONTH)
            elif point.unit in ("year", "fiscal_year"):
                middle = add_months(point.start, _HALF_YEAR) - timedelta(days=1)
            else:
                continue
            last = self._whole_end(point)
            start, last = (point.start, middle) if nth == 1 else (middle + timedelta(days=1), last)
            yield end, Point(start, last, None, point.floats)

    def _nth_weekday(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``the last Friday of October``, ``first Monday in September 2024``."""
        nth = ORDINALS.get(self.word(at), -1 if self.word(at) == "last" else 0)
        if not nth or self.word(at + 1) not in WEEKDAYS or self.word(at + 2) not in ("of", "in"):
            return
        for end, month in self.read(at + 3):
            if month.unit != "month":
                continue
            shift = (WEEKDAYS.index(self.word(at + 1)) - month.start.weekday()) % _WEEK
            first = month.start + timedelta(days=shift)
            rest = (self._whole_end(month) - first).days // _WEEK
            if nth - 1 <= rest:
                day = first + timedelta(days=_WEEK * (rest if nth < 0 else nth - 1))
                yield end, Point(day, day, None, month.floats)

    def _gone(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``the month just gone``, ``the week before last``, ``last full quarter``, ``two years before last``."""
        back = 0
        found = self.unit(at)
        end = found[0] if found else at
        if found is not None and self.words[end : end + 2] == ("before", "last"):
            back, end = 2, end + 2
        elif found is not None and (size := self.size_of(end, _GONE)):
            back, end = 1, end + size
        elif self.word(at) in (*LAST, "past") or self.words[at : at + 2] == ("most", "recent"):
            start = at + 1 + (self.word(at) == "most")
            is_whole = self.word(start) in WHOLE
            found = self.unit(start + is_whole)
            is_calendar = found is not None and self.word(start) == "calendar" and self.word(at) == "past"
            back, end = (1, found[0]) if found is not None and (is_whole or is_calendar) else (0, at)
        elif found is not None and self.word(end) == "ago" and found[1] in ("week", "month"):
            back, end = 1, end + 1
        if back and found is not None:
            day = self.calendar.shift(self.calendar.start(self.as_of, found[1]), found[1], -back)
            name = f"last {found[1].replace('_', ' ')}" if back == 1 else None
            yield end, self.whole(day, found[1], name)

    def _weekday(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``last Friday``, ``last weekend`` and ``Tuesday, 15 October`` when that was a Tuesday."""
        word = self.word(at)
        if word in WEEKDAYS:
            start = at + 1 + (self.word(at + 1) in (",", "the"))
            for end, point in self.days(start):
                if point.start.weekday() == WEEKDAYS.index(word):
                    yield end, point
        if word in ("last", "past") and self.word(at + 1) in WEEKDAYS:
            day = self.before(self.word(at + 1), self.as_of - timedelta(days=1))
            yield at + 2, Point(day, day)
        if word == "last" and self.word(at + 1) == "weekend":
            saturday = self.before("saturday", self.as_of - timedelta(days=2))
            yield at + 2, Point(saturday, saturday + timedelta(days=1))

    @staticmethod
    def before(weekday: str, day: date) -> date:
        """Return the last day of that name up to a day."""
        return day - timedelta(days=(day.weekday() - WEEKDAYS.index(weekday)) % _WEEK)

    def _of_year(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read ``last year's Q4``, ``this October``, ``2024's first three quarters``: the period of that year."""
        for end, year in self.years(at):
            for behind, point in self.read(end):
                if point.floats:
                    yield behind, point.moved_to(year)
        if self.word(at) in THIS:
            for end, point in self.read(at + 1):
                if point.floats:
                    yield end, point.moved_to(self.as_of.year)

    def ending(self, at: int) -> Iterator[tuple[int, Point, int, Unit]]:
        """Read ``12 months to June``, ``week ending 24 November``: its last period, how many units, and which."""
        start = at + (self.word(at) in (*LAST, "past", "rolling", "trailing"))
        counted = self.count(start)
        after, count = counted or (start, 1)
        found = self.unit(after)
        if found is None or not count or (counted is None and start > at):
            return
        end, unit = found
        for size in {len(each) for each in _ENDING if self.words[end : end + len(each)] == each}:
            if counted is None and self.word(end) not in ("ending", "ended"):
                continue
            behind = end + size
            behind += self.word(behind) in ("in", "on", "at", "with")
            for last, point in self.read(behind):
                yield last, point, count, unit

    def units_before(self, point: Point, count: int, unit: Unit) -> Point:
        """Return so many units that end with a period."""
        behind = point.end + timedelta(days=1)
        return replace(point, start=self.calendar.shift(behind, unit, -count), name=None, unit="day", floats=False)


def _length(point: Point) -> int:
    """Return how long a period is that others may be a part of; days are none."""
    if point.unit != "day":
        return _SIZES[point.unit] + 1
    return (point.end - point.start).days + 1 if point.start < point.end else 0
