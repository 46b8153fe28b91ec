"""Read time ranges: named periods, rolling ranges, since, until, between, to date, lists of periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.ask.meaning import When
from customer360.ask.timepoints import LAST, MONTHS, THIS, Point, Points

if TYPE_CHECKING:
    from customer360.semantic.calendar_units import Calendar, Unit

_TO_DATE = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}
EVER = (
    ("all", "time"),
    ("ever",),
    ("to", "date"),
    ("until", "now"),
    ("so", "far"),
    ("till", "now"),
    ("until", "today"),
    ("up", "to", "now"),
    ("of", "all", "time"),
    ("in", "total", "so", "far"),
    ("since", "beginning"),
    ("historically",),
    ("since", "start"),
    ("from", "beginning"),
    ("whole", "history"),
    ("entire", "history"),
    ("at", "moment"),
    ("currently",),
    ("right", "now"),
    ("at", "present"),
    ("as", "of", "today"),
    ("as", "of", "now"),
    ("to", "this", "day"),
    ("at", "any", "time"),
    ("up", "to", "today"),
    ("till", "date"),
    ("up", "to", "date"),
    ("whole", "period"),
    ("entire", "period"),
    ("full", "period"),
    ("since", "started"),
    ("since", "we", "started"),
    ("since", "began"),
    ("since", "we", "began"),
    ("since", "day", "one"),
    ("from", "day", "one"),
    ("since", "inception"),
    ("since", "beginning", "of", "time"),
    ("since", "very", "beginning"),
    ("over", "whole", "period"),
    ("over", "all", "time"),
    ("across", "all", "time"),
    ("in", "whole", "history"),
    ("over", "whole", "time"),
    ("whole", "time"),
    ("since", "always"),
    ("as", "per", "today"),
    ("as", "per", "now"),
    ("by", "now"),
    ("thus", "far"),
    ("up", "until", "now"),
    ("full", "history"),
)
_SINCE = (("since",), ("starting", "from"), ("starting",), ("as", "from"), ("beginning",), ("ever", "since"))
_UNTIL = (
    ("until",),
    ("till",),
    ("up", "to"),
    ("through",),
    ("up", "until"),
    ("up", "till"),
    ("up", "to", "and", "including"),
    ("until", "end", "of"),
    ("to", "end", "of"),
    ("by", "end", "of"),
)
_BEFORE = (("before",), ("prior", "to"), ("earlier", "than"))
_AFTER = (("after",), ("later", "than"), ("following",))
_EDGE_WORDS = ("beginning", "start", "end")
_WHOLE = ("complete", "full", "whole", "completed")
_LINKS = ("to", "until", "till", "through", "-", "and")
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
    return list(found.values())


class _Reader:
    """Reads ranges at a place."""

    def __init__(self, words: Sequence[str], as_of: date, calendar: Calendar) -> None:
        self.points = Points(words, as_of, calendar)
        self.words = words
        self.as_of = as_of
        self.calendar = calendar

    def ranges(self, at: int) -> Iterator[tuple[int, When]]:
        yield from self._single(at)
        yield from self._rolling(at)
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
        if self.points.word(at) in (*_WHOLE, "entire", "all"):
            yield from self._whole(at + 1)
        if self.points.word(at) in (*LAST, "past"):
            for end, point in self.points.read(at + 1):
                if point.floats:  # last October
                    past = point if point.end < self.as_of else point.moved_to(point.start.year - 1)
                    yield end, _of(past)
        if self.points.word(at) == "past":
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
        """Read ``last 3 months`` and ``previous 2 complete quarters``."""
        word = self.points.word(at)
        if word not in (*LAST, "past", "latest", "recent", "trailing"):
            return
        counted = self.points.count(at + 1)
        if counted is None or not 0 < counted[1] <= _MANY:
            return
        after, count = counted
        is_whole = self.points.word(after) in _WHOLE
        found = self.points.unit(after + is_whole)
        if found is None:
            return
        end, unit = found
        words = unit.replace("_", " ")
        if is_whole or word in ("previous", "prior", "preceding"):
            yield end, When(relative=f"last {count} complete {words}s")
        else:
            yield end, self._last(count, unit)

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
        if found is not None and tuple(self.words[found[0] : found[0] + 2]) == ("to", "date"):
            yield found[0] + 2, When(relative=f"{found[1].replace('_', ' ')} to date")
        so_far = tuple(self.words[at : at + 2]) == ("so", "far")
        start = at + 2 * so_far
        found = self.points.unit(start + 1)
        if found is None or self.points.word(start) not in THIS:
            return
        end, unit = found
        after = tuple(self.words[end : end + 2]) in (("so", "far"), ("to", "date"), ("until", "now"))
        if so_far or after:
            yield end + 2 * after, When(relative=f"this {unit.replace('_', ' ')}")

    def _ever(self, at: int) -> Iterator[tuple[int, When]]:
        for end in self._starts(at, EVER):
            yield end, When()

    def _open(self, at: int) -> Iterator[tuple[int, When]]:
        for end, point in self._after(at, _SINCE):
            yield end, self._since(point.start)
        if self.points.word(at) == "from":
            for end, point in self._read(at + 1):
                for size in (1, 2):
                    if tuple(self.words[end : end + size]) in (
                        ("on",),
                        ("onward",),
                        ("onwards",),
                        ("to", "now"),
                        ("to", "today"),
                        ("until", "now"),
                        ("until", "today"),
                    ):
                        yield end + size, self._since(point.start)
        for end, point in self._after(at, _UNTIL):
            if self.points.word(end - 1) in ("today", "now"):
                continue  # until today is ever
            yield end, When(end=point.end.isoformat())
        for end, point in self._after(at, _BEFORE):
            yield end, When(end=(point.start - timedelta(days=1)).isoformat())
        for end, point in self._after(at, _AFTER):
            yield end, self._since(point.end + timedelta(days=1))

    def _since(self, start: date) -> When:
        return When(start=start.isoformat(), end=max(start, self.as_of).isoformat())

    def _after(self, at: int, phrases: Sequence[Sequence[str]]) -> Iterator[tuple[int, Point]]:
        for start in self._starts(at, phrases):
            yield from self._read(start)

    def _read(self, at: int) -> Iterator[tuple[int, Point]]:
        """Read a point, also as its beginning or end; these make no difference where a bound is wanted."""
        yield from self.points.read(at)
        if self.points.word(at) in _EDGE_WORDS and self.points.word(at + 1) == "of":
            for end, point in self.points.read(at + 2):
                is_end = self.points.word(at) == "end"
                day = point.end if is_end else point.start
                yield end, replace(point, start=day, end=day, name=None, floats=point.floats)
            if self.points.word(at + 2) == "year" and self.points.word(at + 3) not in MONTHS:  # to the end of the year
                first = self.calendar.start(self.as_of, "year")
                day = self.calendar.end(self.as_of, "year") if self.points.word(at) == "end" else first
                yield at + 3, Point(day, day, None, floats=True)

    def _between(self, at: int) -> Iterator[tuple[int, When]]:
        word = self.points.word(at)
        opened = word in ("between", "from")
        start = at + opened
        for middle, first in self._read(start):
            link = self.points.word(middle)
            if link not in _LINKS or (link == "and") != (word == "between"):
                continue
            for end, last in self._read(middle + 1):
                both = _anchored(first, last)
                if both is not None:
                    yield end, _range(*both)
        yield from self._days_of_month(at)

    def _days_of_month(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``1-15 March``, ``1 to 15 March 2017``."""
        opened = self.points.word(at) in ("between", "from")
        number, after = self.points.ordinal(at + opened)
        links = ("and", "to") if self.points.word(at) == "between" else ("-", "to", "until", "till", "through")
        if not number or self.points.word(after) not in links:
            return
        for end, last in self.points.read(after + 1):
            if last.unit == "day" and last.start == last.end and 1 <= number < last.start.day:
                yield end, When(start=last.start.replace(day=number).isoformat(), end=last.end.isoformat())

    def _listed(self, at: int) -> Iterator[tuple[int, When]]:
        """Read ``October and November 2017``, ``Q1, Q2 and Q3``."""
        for end, first in self.points.read(at):
            yield from self._more(end, (first,))

    def _more(self, at: int, so_far: tuple[Point, ...]) -> Iterator[tuple[int, When]]:
        link = self.points.word(at)
        if link not in ("and", ",", "or"):
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
