"""Read time ranges: named periods, rolling ranges, since, until, between, to date, lists of periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.ask.meaning import When
from customer360.ask.timeparts import WEEKDAYS, WHOLE, Parts
from customer360.ask.timepoints import LAST, MONTHS, ORDINALS, THIS, Point
from customer360.ask.timewords import (
    AFTER,
    BEFORE,
    BEGUN,
    EDGES,
    EVER,
    LINKS,
    LISTED,
    NOW,
    ONWARD,
    ONWARDS,
    SINCE,
    SPANNING,
    TO_DATE,
    UNTIL,
)

if TYPE_CHECKING:
    from customer360.semantic.calendar_units import Calendar, Unit

_TO_DATE = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}
_TWO = 2
_MANY = 9999


@dataclass(frozen=True)
class Found:
    """A range read from word ``start`` up to word ``end``."""

    start: int
    end: int
    when: When
    cost: int = 0


def read_times(words: Sequence[str], as_of: date, calendar: Calendar) -> list[Found]:
    """Return every time range that the words name, anywhere in them."""
    reader = _Reader(words, as_of, calendar)
    found: dict[tuple[int, int, When], Found] = {}
    for start in range(len(words)):
        for end, when in reader.ranges(start):
            text = " ".join(words[start:end])
            is_loose = words[start:end] == ("to", "date")
            each = Found(start, end, replace(when, text=text), 2 * is_loose)
            found.setdefault((start, end, each.when), each)
            more = reader.points.size_of(end, SPANNING)
            if more and (each.when.relative or each.when.start != each.when.end):
                found.setdefault((start, end + more, each.when), replace(each, end=end + more))
    return list(found.values())


class _Reader:
    """Reads ranges at a place."""

    def __init__(self, words: Sequence[str], as_of: date, calendar: Calendar) -> None:
        self.points = Parts(words, as_of, calendar)
        self.words = words
        self.as_of = as_of
        self.calendar = calendar

    def ranges(self, at: int) -> Iterator[tuple[int, When]]:
        yield from self._single(at)
        yield from self._rolling(at)
        yield from self._ending(at)
        yield from self._ago(at)
        yield from self._to_date(at)
        yield from self._ever(at)
        yield from self._open(at)
        yield from self._between(at)
        yield from self._listed(at)

    def _starts(self, at: int, phrases: Sequence[Sequence[str]]) -> Iterator[int]:
        for phrase in phrases:
            if tuple(self.words[at : at + len(phrase)]) == tuple(phrase):
                yield at + len(phrase)

    def _single(self, at: int) -> Iterator[tuple[int, When]]:
        for end, point in self.points.read(at):
            yield end, _of(point)
        if self.points.word(at) in (*WHOLE, "all"):
            yield from self._whole(at + 1)
        if self.points.word(at) in (*LAST, "past"):
            for end, point in self.points.read(at + 1):
                if point.floats:  # last October
                    past = point if point.end < self.as_of else point.moved_to(point.start.year - 1)
                    yield end, _of(past)
        if self.points.word(at) == "past" and self.points.word(at + 1) != "calendar":
            found = self.points.unit(at + 1)
            if found is not None:  # the past year: the one before this, or the twelve months to today
                end, unit = found
                yield end, When(relative=f"last {unit.replace('_', ' ')}")
                yield end, self._last(1, unit, rolling=True)

    def _whole(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``full year 2023``, ``the whole of October``."""
        for end, point in self.points.read(at + (self.points.word(at) == "of")):
            if point.unit != "day":
                yield end, _of(point)

    def _last(self, count: int, unit: Unit, *, rolling: bool = False) -> When:
        words = unit.replace("_", " ")
        if rolling:
            start = self.calendar.shift(self.as_of, unit, -count) + timedelta(days=1)
            return When(start=start.isoformat(), end=self.as_of.isoformat())
        return When(relative=f"last {count} {words}s")

    def _rolling(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``last 3 months``, ``previous 2 complete quarters``, ``most recent 30 days``, ``last fortnight``."""
        word = self.points.word(at)
        if word in ("this", "these") and self.points.word(at + 1) in ("past", "last"):
            yield from self._rolling(at + 1)
        is_most = word == "most" and self.points.word(at + 1) == "recent"
        is_rolling = word == "rolling" and self.points.word(at - 1) in ("in", "over", "for", "during") and at > 0
        if word not in (*LAST, "past", "latest", "recent", "trailing") and not is_most and not is_rolling:
            return
        yield from self._halves(at + 1 + is_most)
        counted = self.points.count(at + 1 + is_most)
        if counted is None or not 0 < counted[1] <= _MANY:
            return
        after, count = counted
        is_whole = self.points.word(after) in WHOLE
        found = self.points.unit(after + is_whole)
        if found is None:
            return
        end, unit = found
        words = unit.replace("_", " ")
        if is_whole or word in ("previous", "prior", "preceding"):
            yield end, When(relative=f"last {count} complete {words}s")
        else:
            yield end, self._last(count, unit)
            yield from ((last, self._last(count, unit)) for last, _ in self._linked_now(end))  # up to today

    def _halves(self, at: int) -> Iterator[tuple[int, When]]:
        """Read what is counted in halves, behind ``last``: fortnight, year and a half, one and a half years."""
        words = self.points.words
        if words[at : at + 1] == ("fortnight",):
            yield at + 1, self._last(14, "day")
        if words[at : at + _TWO] == ("half", "year") and self.points.word(at - 1) == "past":
            yield at + _TWO, self._last(6, "month")
        if words[at : at + 3] == ("year", "and", "half"):
            yield at + 3, self._last(18, "month")
        counted = self.points.count(at)
        if counted is not None and words[counted[0] : counted[0] + 3] == ("and", "half", "year"):
            yield counted[0] + 3, self._last(12 * counted[1] + 6, "month")

    def _ending(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``the 12 months to June``, ``week ending 24 November``, ``the 30 days up to today``."""
        for end, point, count, unit in self.points.ending(at):
            if point.end != self.as_of or point.start != self.as_of:  # up to today: as the last months are counted
                yield end, _of(self.points.units_before(point, count, unit))
        counted = self.points.count(at)
        found = self.points.unit(counted[0]) if counted else None
        if counted is not None and found is not None and 0 < counted[1] <= _MANY:
            yield from ((end, self._last(counted[1], found[1])) for end, _ in self._linked_now(found[0]))

    def _now(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read the as-of date as the end of a range: now, today, date."""
        size = self.points.size_of(at, NOW)
        if size:
            yield at + size, Point(self.as_of, self.as_of)

    def _linked_now(self, at: int) -> Iterator[tuple[int, Point]]:
        for start in self._starts(at, LINKS):
            yield from self._now(start)

    def _ago(self, at: int) -> Iterator[tuple[int, When]]:
        counted = self.points.count(at)
        found = self.points.unit(counted[0]) if counted else None
        if counted is None or found is None or self.points.word(found[0]) != "ago" or counted[1] > _MANY:
            return
        end, unit = found
        day = self.calendar.shift(self.as_of, unit, -counted[1])
        yield end + 1, _of(self.points.whole(day, unit))

    def _to_date(self, at: int) -> Iterator[tuple[int, When]]:
        word = self.points.word(at)
        if word in _TO_DATE:
            yield at + 1, When(relative=f"{_TO_DATE[word]} to date")
        found = self.points.unit(at)
        if found is not None and tuple(self.words[found[0] : found[0] + 2]) in (("to", "date"), ("so", "far")):
            yield found[0] + 2, When(relative=f"{found[1].replace('_', ' ')} to date")
        so_far = self.points.words[at : at + _TWO] in (("so", "far"), ("to", "date"))
        start = at + _TWO * so_far
        for end, point in self.points.read(start + (self.points.word(start) == "in")) if so_far else ():
            if point.start <= self.as_of <= self.calendar.end(point.start, point.unit):
                yield end, _of(point)
        found = self.points.unit(start + 1)
        if found is None or self.points.word(start) not in THIS:
            return
        end, unit = found
        after = self.points.size_of(end, TO_DATE)
        if so_far or after:
            yield end + after, When(relative=f"this {unit.replace('_', ' ')}")

    def _ever(self, at: int) -> Iterator[tuple[int, When]]:
        for end in self._starts(at, EVER):
            yield end, When()

    def _open(self, at: int) -> Iterator[tuple[int, When]]:
        yield from self._from(at)
        for end, point in self._after(at, SINCE):
            yield end, self._since(point.start + timedelta(days=self._is_end(at, end)))
            if self.points.word(end) in BEGUN:  # since 2024 began
                yield end + 1, self._since(point.start)
        if self.points.word(at) == "since":
            yield from self._since_named(at + 1)
        for end, point in self._after(at, UNTIL):
            if self.points.word(end - 1) in ("today", "now"):
                continue  # until today is ever
            yield end, When(end=point.end.isoformat())
        for end, point in self._after(at, BEFORE):
            yield end, When(end=(point.start - timedelta(days=1)).isoformat())
        for end, point in self._after(at, AFTER):
            yield end, self._since(point.end + timedelta(days=1))

    def _from(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``from March on``, ``from the start of March``, ``March onwards``."""
        if self.points.word(at) != "from":
            onwards = ((end, point) for end, point in self.points.read(at) if self.points.word(end) in ONWARDS)
            yield from ((end + 1, self._since(point.start)) for end, point in onwards)
            return
        for end, point in self._read(at + 1):
            if self.points.word(at + 1) in EDGES and point.start == point.end:
                yield end, self._since(point.start)
            yield from ((last, self._since(point.start)) for last in self._starts(end, ONWARD))

    def _is_end(self, at: int, end: int) -> bool:
        """Say whether the end of a period was said: since the end of May."""
        return "end" in self.words[at + 1 : end - 1] and "of" in self.words[at + 1 : end - 1]

    def _since_named(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``since Monday``, ``since last March``, ``since the year began``."""
        if self.points.word(at) in WEEKDAYS:
            yield at + 1, self._since(self.points.before(self.points.word(at), self.as_of))
        if self.points.word(at) == "last":
            for end, point in self.points.read(at + 1):
                if point.floats:
                    yield end, self._since(point.start)
        found = self.points.unit(at)
        if found is not None and self.points.word(found[0]) in BEGUN:
            yield found[0] + 1, self._since(self.calendar.start(self.as_of, found[1]))

    def _since(self, start: date) -> When:
        return When(start=start.isoformat(), end=max(start, self.as_of).isoformat())

    def _after(self, at: int, phrases: Sequence[Sequence[str]]) -> Iterator[tuple[int, Point]]:
        for start in self._starts(at, phrases):
            yield from self._read(start)

    def _read(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read a point, also as its beginning or end; these make no difference where a bound is wanted."""
        yield from self.points.read(at)
        if self.points.words[at : at + _TWO] == ("new", "year"):
            first = self.calendar.start(self.as_of, "year")
            yield at + _TWO, Point(first, first)
        start = at + (self.points.word(at) == "very")
        if self.points.word(start) not in EDGES or self.points.word(start + 1) != "of":
            return
        is_end = self.points.word(start) == "end"
        for end, point in self.points.outer(start + 1, of=True):
            bare = self.points.unit(start + 2) is not None and point.unit != "day"
            day = (self.calendar.end(point.start, point.unit) if bare else point.end) if is_end else point.start
            yield end, replace(point, start=day, end=day, name=None, floats=point.floats, unit="day")

    def _between(self, at: int) -> Iterator[tuple[int, When]]:
        opened = self.points.word(at) in ("between", "from")
        links = (("and",),) if self.points.word(at) == "between" else LINKS
        for middle, first in self._read(at + opened):
            for start in self._starts(middle, links):
                if first.end != self.as_of:  # this year to date is this year
                    yield from ((end, self._since(first.start)) for end, _ in self._now(start))
                for end, last in self._read(start):
                    both = _anchored(first, self._of_year(first, last, start))
                    if both is not None:
                        yield end, _range(*both)
        yield from self._days_of_month(at)
        yield from self._quarters(at + opened, links)

    def _of_year(self, first: Point, last: Point, at: int) -> Point:
        """Return the last of ``January to March 24`` as that month of 2024: no day was said of the first either."""
        year = last.start.day + 2000
        is_year = first.unit == "month" and last.unit == "day" and last.floats and self.points.word(at) in MONTHS
        if is_year and self.as_of.year - 1 <= year <= self.as_of.year:
            return self.points.whole(date(year, last.start.month, 1), "month")
        return last

    def _quarters(self, at: int, links: Sequence[Sequence[str]]) -> Iterator[tuple[int, When]]:
        """Read ``from the first to the third quarter of 2024``."""
        nth = ORDINALS.get(self.points.word(at), 0)
        for start in self._starts(at + 1, links) if nth else ():
            for end, last in self.points.read(start):
                is_later = last.unit == "quarter" and (last.start.month + 2) // 3 > nth
                if is_later and self.points.word(start) in ORDINALS:
                    first = self.points.whole(date(last.start.year, nth * 3 - 2, 1), "quarter", floats=last.floats)
                    yield end, _range(first, last)

    def _days_of_month(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``1-15 March``, ``1 to 15 March 2017``, ``March 1-15, 2017``."""
        start = at + (self.points.word(at) in ("between", "from"))
        links = (("and",),) if self.points.word(at) == "between" else LINKS
        month = MONTHS.get(self.points.word(start))
        number, after = self.points.ordinal(start + (month is not None))
        for behind in self._starts(after, links) if number else ():
            for end, last in self._days_after(behind, month):
                if 1 <= number < last.start.day:
                    yield end, When(start=last.start.replace(day=number).isoformat(), end=last.end.isoformat())

    def _days_after(self, at: int, month: int | None) -> Iterator[tuple[int, Point]]:
        """Yield the day at a word, which is a number alone where its month was said before."""
        if month is None:
            yield from self.points.days(at)
            return
        number, end = self.points.ordinal(at)
        if number and self.points.word(end) not in MONTHS:
            yield from self.points.dated(end, number, month)

    def _listed(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``October and November 2017``, ``Q1, Q2 and Q3``."""
        for end, first in self.points.read(at):
            yield from self._more(end, (first,))

    def _more(self, at: int, so_far: tuple[Point, ...]) -> Iterator[tuple[int, When]]:
        link = self.points.word(at)
        if link not in LISTED:
            return
        start = at + 1 + (link == "," and self.points.word(at + 1) == "and")
        start += self.points.word(start) in ("in", "for", "during")
        for end, point in self.points.read(start):
            every = (*so_far, point)
            if point.unit == so_far[-1].unit:
                years = every if point.floats else tuple(p.moved_to(point.start.year) if p.floats else p for p in every)
                yield end, replace(_of(years[0]), also=tuple(_of(p) for p in years[1:]))
                yield from self._more(end, every)


def _of(point: Point) -> When:
    if point.name is not None:
        return When(relative=point.name)
    return When(start=point.start.isoformat(), end=point.end.isoformat())


def _anchored(first: Point, last: Point) -> tuple[Point, Point] | None:
    """Give a first period without a year that of the last: March to May 2017, November to January."""
    if first.floats:
        first = first.moved_to(last.start.year)
        if first.start > last.start:
            first = first.moved_to(first.start.year - 1) if last.floats or first.unit == last.unit else first
    elif last.floats:
        last = last.moved_to(first.start.year)
        if last.start < first.start:
            last = last.moved_to(last.start.year + 1)
    return (first, last) if first.start <= last.end else None


def _range(first: Point, last: Point) -> When:
    start, end = first.start, last.end
    if first.unit == last.unit and first.name and last.name and first.unit in ("month", "year"):
        form = "%Y-%m" if first.unit == "month" else "%Y"
        return When(start=f"{start:{form}}", end=f"{end:{form}}")
    return When(start=start.isoformat(), end=end.isoformat())
