"""Say a metric query in words, so that a person sees how the question was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.ask.figures import figure
from customer360.errors import C360Error
from customer360.semantic.conditions import NONE_MEMBER
from customer360.semantic.periods import Period, days, relative
from customer360.semantic.query import AllOf, AnyOf, Condition, Filter, MemberCondition, MetricQuery, Not, TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.ask.reading import Reading
    from customer360.ask.vocabulary import Vocabulary
    from customer360.semantic.calendar_units import Calendar

_OPS = {
    "=": "is",
    "!=": "is not",
    "in": "is one of",
    "not in": "is none of",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "between": "is between",
    "contains": "contains",
    "starts with": "starts with",
    "is null": "is empty",
    "is not null": "is known",
}
_GRAINS = {"fiscal_quarter": "fiscal quarter", "fiscal_year": "fiscal year"}
_FUNCTIONS = {
    "count": "Number of",
    "mean": "Mean",
    "median": "Median",
    "min": "Smallest",
    "max": "Largest",
    "sum": "Sum",
}


@dataclass(frozen=True)
class Chip:
    """One part of a reading that a person can change: ``kind`` says which key of the query it is."""

    kind: str
    text: str


class Words:
    """Writes queries of one model in words."""

    def __init__(self, vocabulary: Vocabulary, as_of: date, calendar: Calendar) -> None:
        self._vocabulary = vocabulary
        self._as_of = as_of
        self._calendar = calendar

    def sentence(self, reading: Reading) -> str:
        """Return a reading in one line: ``Revenue by Channel, Segment is VIP, October 2017``."""
        return ", ".join(self._lines(reading))

    def chips(self, reading: Reading) -> tuple[Chip, ...]:
        """Return the parts of a reading, each with the key of the query it belongs to."""
        return tuple(self._chips(reading))

    def _lines(self, reading: Reading) -> Iterator[str]:
        query = reading.query
        head = self.head(reading)
        others = [
            self.dimension(each.name, each.grain) for each in query.dimensions if not self._is_folded(query, each.name)
        ]
        if others:
            head += f" by {_listed(others)}"
        yield head
        yield from self.limits(reading)

    def limits(self, reading: Reading, *, inside: bool = False) -> Iterator[str]:
        """Yield filters, conditions, order, comparison and period in words; ``inside`` brackets, none of their own."""
        query = reading.query
        yield from self.conditions(query.where)
        yield from self.conditions(query.having)
        if query.top is not None:
            yield f"{'bottom' if query.top.ascending else 'top'} {query.top.n} by {self.title(query.top.by)}"
        elif query.limit is not None and query.order:
            first = query.order[0]
            end = "top" if first.descending else "bottom"
            place = f"number {query.offset + 1} from the {end}" if query.offset else f"{end} {query.limit}"
            yield f"{place} by {self.title(first.by)}"
        yield self.period(query.time, inside=inside)
        if query.compare is not None:
            yield f"compared with {self._against(query, inside=inside)}"

    def head(self, reading: Reading) -> str:
        """Return what is measured."""
        query = reading.query
        named = _listed([self.title(name) for name in query.metrics])
        if query.summary is not None:
            over = next((d for d in query.dimensions if d.name == query.summary.over), None)
            what = self.dimension(query.summary.over, over.grain if over else None).lower()
            what = what if over is None or over.grain else self._vocabulary.thing(over.name).lower()
            if query.summary.function == "count":
                return f"Number of each {what} that fulfils the conditions"
            return f"{_FUNCTIONS[query.summary.function]} over each {what} of {self.title(query.summary.metric or '')}"
        if reading.part is not None:
            return f"Share of {self._part(reading.part)} in {named}"
        if query.shares:
            return f"{_listed([self.title(share.metric) for share in query.shares])} and its share"
        for window in query.windows:
            words = f"so far in the {window.unit}" if window.kind == "period_to_date" else "so far"
            words = f"over {window.count} {window.unit}s" if window.kind == "trailing" else words
            named += f", {words}"
        return named

    def none(self, reading: Reading) -> str:
        """Say that there is nothing: no brand fulfils the conditions, the part of a whole is empty."""
        limits = "; ".join(self.limits(reading, inside=True))
        first = reading.query.dimensions[0]
        return f"None: no {self.dimension(first.name, first.grain).lower()} fulfils the conditions ({limits})."

    def _part(self, part: Filter) -> str:
        """Return whose share it is: VIP and Premium, or those where ..."""
        if isinstance(part, Condition) and part.op == "=" and part.value is True:
            return self.title(part.field)
        if isinstance(part, Condition) and part.op in ("=", "in"):
            return _listed([str(value) for value in members_named(part)])
        return f"those where {'; '.join(self.conditions(part))}"

    def _is_folded(self, query: MetricQuery, name: str) -> bool:
        return query.summary is not None and query.summary.over == name

    def _chips(self, reading: Reading) -> Iterator[Chip]:
        query = reading.query
        for name in query.metrics:
            yield Chip("metrics", self.title(name))
        for each in query.dimensions:
            yield Chip("dimensions", f"by {self.dimension(each.name, each.grain)}")
        for text in self.conditions(query.where):
            yield Chip("where", text)
        for text in self.conditions(query.having):
            yield Chip("having", text)
        yield Chip("time", self.period(query.time))
        if query.compare is not None:
            yield Chip("compare", f"compared with {self._against(query)}")
        if query.summary is not None or query.shares or query.windows:
            yield Chip("summary" if query.summary else "shares" if query.shares else "windows", self.head(reading))
        if query.limit is not None:
            place = f"number {query.offset + 1}" if query.offset else f"first {query.limit}"
            yield Chip("limit", place)
        for order in query.order:
            yield Chip("order", f"by {self.title(order.by)}, {'largest' if order.descending else 'smallest'} first")
        if query.top is not None:
            yield Chip("top", f"first {query.top.n} by {self.title(query.top.by)}")

    def title(self, name: str) -> str:
        """Return how a metric or dimension is called."""
        return self._vocabulary.title(name)

    def dimension(self, name: str, grain: str | None) -> str:
        """Return how a dimension is called, with its grain."""
        if name == "time":
            return _GRAINS.get(grain or "", grain or "time")
        return self.title(name) + (f" ({_GRAINS.get(grain, grain)})" if grain else "")

    def conditions(self, given: Filter | None) -> Iterator[str]:
        """Yield conditions in words, one for each that must hold."""
        if given is None:
            return
        if isinstance(given, AllOf):
            for part in given.all:
                yield from self.conditions(part)
        else:
            yield self._condition(given)

    def _condition(self, given: Filter) -> str:
        if isinstance(given, AnyOf):
            return " or ".join(self._condition(part) for part in given.any)
        if isinstance(given, AllOf):
            return " and ".join(self._condition(part) for part in given.all)
        if isinstance(given, Not):
            return f"not ({self._condition(given.negate)})"
        if isinstance(given, MemberCondition):
            return self._done(given)
        owner, _, own = given.field.rpartition(".")
        dataset = self._vocabulary.model.datasets.get(owner)
        is_key = dataset is not None and given.op == "!=" and dataset.primary_key == (own,)
        if is_key and dataset is not None and given.value == dataset.c360.unknown_member:
            return f"{self._vocabulary.thing(given.field)} is known"
        return f"{self.title(given.field)} {self._compared(given)}".strip()

    def _done(self, given: MemberCondition) -> str:
        """Return what each member did or did not: ``Customer: Orders is more than 0 (Channel is Online; 2024-03)``."""
        limits = [
            *self.conditions(given.where),
            *([self.period(given.time, inside=True)] if given.time is not None else []),
        ]
        about = f" ({'; '.join(limits)})" if limits else ""
        held = Condition(field=given.metric, op=given.op, value=given.value)
        return f"{self._vocabulary.thing(given.member)}: {self.title(given.metric)} {self._compared(held)}{about}"

    def _compared(self, given: Condition) -> str:
        if isinstance(given.value, bool) and given.op in ("=", "!="):
            return "yes" if given.value == (given.op == "=") else "no"
        metric = self._vocabulary.model.metrics.get(given.field)
        values = given.value if isinstance(given.value, list | tuple) else [given.value]
        texts = [
            _value(value) if metric is None else figure(value, metric.c360.unit, None)
            for value in values
            if value is not None
        ]
        return f"{_OPS[given.op]} {_listed(texts)}".strip()

    def period(self, asked: TimeRange | None, *, inside: bool = False) -> str:
        """Return a range in words and days: ``last month (2017-11-01 to 2017-11-30)``; ``inside`` brackets a colon."""
        if asked is None:
            return "all time"
        found = self.days(asked)
        if found is None:
            return asked.relative or "all time"
        if found.start is None and found.end is None:
            return "all time"
        shown = (
            f"{found.start} to {found.end}"
            if found.start and found.end
            else f"from {found.start}"
            if found.start
            else f"until {found.end}"
        )
        shown = str(found.start) if found.start == found.end else shown
        return _days(asked.relative, shown, inside=inside) if asked.relative and asked.relative != shown else shown

    def days(self, asked: TimeRange | None) -> Period | None:
        """Return the days of a range, None when it is none that is known."""
        if asked is None:
            return Period(None, None)
        try:
            if asked.relative is not None:
                return relative(asked.relative, self._as_of, self._calendar)
            start = relative(asked.start, self._as_of, self._calendar).start if asked.start else None
            end = relative(asked.end, self._as_of, self._calendar).end if asked.end else None
            return days(start, end)
        except C360Error:
            return None

    def _against(self, query: MetricQuery, *, inside: bool = False) -> str:
        compare = query.compare
        if compare is None:
            return ""
        if compare.time is not None:
            return self.period(compare.time, inside=inside)
        period = self.days(query.time)
        if period is None or period.start is None or period.end is None:
            return str(compare.to)
        other = period.year_before() if compare.to == "same period last year" else period.previous(self._calendar)
        return _days(str(compare.to), f"{other.start} to {other.end}", inside=inside)


def _days(name: str, days: str, *, inside: bool) -> str:
    """Return the name of a range with its days, which stand behind a colon where brackets are around both."""
    return f"{name}: {days}" if inside else f"{name} ({days})"


def members_named(given: Condition) -> list[Any]:
    """Return the values that a condition names."""
    return list(given.value) if isinstance(given.value, list | tuple) else [given.value]


def _value(value: Any) -> str:
    return "empty" if value == NONE_MEMBER else str(value)


def _listed(texts: list[str]) -> str:
    if len(texts) < 2:  # noqa: PLR2004 -- nothing to join
        return texts[0] if texts else ""
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
