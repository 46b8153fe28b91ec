"""Hold what the parts of a question mean: metrics, dimensions, conditions, times, rankings, and the draft they fill."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

Grain = Literal["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"]


@dataclass(frozen=True)
class MetricWord:
    """A metric, or several that share a name. ``text`` is how it was said."""

    names: tuple[str, ...]
    text: str
    is_sum: bool = False
    """Whether it was asked as a sum, so that a list of them would have to be added up."""
    needs: str | None = None
    """Kind of unit that it was asked with: longest and how long ask for a duration."""


@dataclass(frozen=True)
class Field:
    """A dimension that a word may mean; a ``far`` one carries the word only with more words before it."""

    name: str
    far: int = 0


@dataclass(frozen=True)
class Noun:
    """What one groups by, counts or lists: a dimension, or the key of things (customers)."""

    fields: tuple[Field, ...]
    text: str
    is_entity: bool = False
    is_plural: bool = False
    is_numeric: bool = False
    """Whether it can be held against a number."""
    is_date: bool = False
    """Whether it is a day, to be held against a time."""
    is_name: bool = False
    """Whether it is what the things of its dataset are called: products."""
    apart: bool = False
    """Whether words that were dropped part it from what stands before it."""
    grain: Grain | None = None
    """Set for a span of time that is ranked, counted or listed: months."""

    @property
    def is_thing(self) -> bool:
        """Whether conditions can be attributes of its members."""
        return self.is_entity or self.is_name


@dataclass(frozen=True)
class Member:
    """Values of one dimension that words may mean."""

    field: Field
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Members:
    """Values that words name, in each dimension that has them. One dimension is chosen later."""

    options: tuple[Member, ...]
    text: str
    negated: bool = False
    lacking: bool = False
    """Whether things were said to be without: not with others only, but with none of it."""
    joint: Literal["", "and", "or"] = ""
    is_many: bool = False
    """Whether it was said in the plural, of all that have it: VIPs."""
    of: tuple[str, ...] = ()
    """Datasets of the things it was said of: only their attributes are meant."""

    @property
    def size(self) -> int:
        """How many values were named."""
        return max((len(option.values) for option in self.options), default=0)


@dataclass(frozen=True)
class Compared:
    """A dimension held against a number, text or nothing."""

    noun: Noun
    op: str
    value: Any


@dataclass(frozen=True)
class Either:
    """At least one of these conditions."""

    parts: tuple[Members | Compared, ...]


Cond = Members | Compared | Either


@dataclass(frozen=True)
class Number:
    """A number with the unit it was said with: money, percent, times, days ... or none."""

    value: float | int
    unit: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Having:
    """A metric held against a number, for each member of what is counted or listed."""

    metric: MetricWord
    op: str
    number: Number
    needs: str | None = None
    """Kind of unit that the metric must have, when a word asks for one: money, count."""
    is_upper: bool = False
    """Whether it is the upper end of a range whose lower end leaves out things without any."""
    verb: MetricWord | None = None
    """The verb it was said with, which must agree with the metric."""
    conds: tuple[Cond, ...] = ()
    """What it was done with: bought soft drinks."""
    when: When | None = None
    """When it was done, where that was said of it."""


@dataclass(frozen=True)
class When:
    """A time range as a metric query writes it, and as it was said."""

    relative: str | None = None
    start: str | None = None
    end: str | None = None
    text: str = ""
    also: tuple[When, ...] = ()
    """Further ranges said in one breath: October and November."""
    refers: str = ""
    """How the range said before it tells it: ``since`` it, the ``same year``, the ``next year``."""


@dataclass(frozen=True)
class Things:
    """What is counted or listed, under which conditions."""

    noun: Noun
    conds: tuple[Cond, ...] = ()
    havings: tuple[Having, ...] = ()
    scoped: bool = False
    """Whether a condition says what was done (bought soft drinks), not what the thing is."""


@dataclass(frozen=True)
class Rank:
    """The first or last so many members by a metric; 0: all of them in order; None: no number was said."""

    noun: Noun
    n: int | None
    ascending: bool
    metric: MetricWord | None = None
    by_merit: bool = False
    """Whether the best or worst was asked for, which a metric decides, not the largest or smallest."""
    by_number: bool = False
    """Whether the most or least frequent was asked for."""
    skip: int = 0
    """How many stand before the one that was asked for: the third best."""


@dataclass(frozen=True)
class Cut:
    """The first or last so many of a breakdown: best ten, top 5."""

    n: int | None
    ascending: bool
    by_merit: bool = False


@dataclass(frozen=True)
class Tail:
    """What things are ranked by, said behind them: that sold the most, with the highest payouts."""

    metric: MetricWord
    ascending: bool
    by_merit: bool = False
    verbs: tuple[MetricWord, ...] = ()


@dataclass(frozen=True)
class Versus:
    """A second time to hold the first against."""

    kind: Literal["previous period", "same period last year", "time", "previous point"]
    when: When | None = None
    is_bare: bool = False
    """Whether only ``to`` was said before it, which compares nothing where no other word does."""


@dataclass(frozen=True)
class Stat:
    """A figure over the members of a noun (or the periods of a grain): their mean, median, ..."""

    function: Literal["mean", "median", "max", "min"]
    per: Noun | None = None
    grain: Grain | None = None


@dataclass(frozen=True)
class Window:
    """A running figure, or one over the last units."""

    kind: Literal["cumulative", "trailing"]
    count: int | None = None
    unit: Grain | None = None


HeadKind = Literal["figure", "count", "list", "things"]


@dataclass(frozen=True)
class Draft:
    """What has been said so far. Parts join only when they do not contradict each other."""

    metrics: tuple[MetricWord, ...] = ()
    head: HeadKind | None = None
    things: Things | None = None
    groups: tuple[Noun | str, ...] = ()
    loose: tuple[Noun, ...] = ()
    """Dimensions said without a word that says what to do with them."""
    conds: tuple[Cond, ...] = ()
    havings: tuple[Having, ...] = ()
    when: When | None = None
    within: When | None = None
    """A second time that was said: one of the two lies in the other."""
    rank: Rank | None = None
    cut: Cut | None = None
    """How many of what stands beside it, and from which end: top 5."""
    only: bool = False
    """Whether it was said that it is only so: of what somebody did that says that they did nothing else."""
    is_sure: bool = False
    """Whether words said which condition is the part of a share."""
    is_part: bool = False
    """Whether the figure itself is the part of a share: disputes among claims."""
    loosely: bool = False
    """Whether what to order by was said in words that say so only of a ranking: in, for."""
    versus: Versus | None = None
    changed: bool = False
    """Whether a change was asked for: growth, increase."""
    split: bool = False
    """Whether several values or times are to stand side by side, not to be added up."""
    share: bool = False
    in_percent: bool = False
    """Whether it was asked to say it in per cent, which a rate is anyhow."""
    of_amount: bool = False
    """Whether how much of it was asked, which a share tells with the figures behind it."""
    share_of: tuple[Cond, ...] = ()
    """The part whose share is asked."""
    whole: tuple[Cond, ...] = ()
    """What the whole of a share is limited to, when words said which condition is which."""
    stat: Stat | None = None
    window: Window | None = None
    trend: bool = False
    order: Literal["asc", "desc"] | None = None
    order_by: MetricWord | None = None
    wants: str | None = None
    """Unit that `how much` or `how many` asks for."""
    verbs: tuple[MetricWord, ...] = ()
    """Verbs that must agree with the metric: orders that customers placed."""
    rows_of: tuple[MetricWord, ...] = ()
    """Things counted whose rows the figure must be one of: clicks of campaigns."""
    which: Noun | None = None
    """What `in which` asks for: to group by, or the one with the highest figure when ``peak`` is said."""
    peak: Literal["asc", "desc"] | None = None
    currency: str | None = None
    """Money that the figure must be in: in dollars."""
    held: tuple[Having, ...] = ()
    """What those did that a figure counts: buyers who never complained."""
    part_did: tuple[Having, ...] = ()
    """What those did that are the part of a share."""
    over: MetricWord | None = None
    """What a figure is to be divided by: promotional revenue as share of revenue."""
    doers: tuple[Things, ...] = ()
    """Things that did something, and whose figures are asked: revenue from customers who complained."""
    about: tuple[Noun, ...] = ()
    """Things said without a condition of their own: whatever stands beside them must be about them."""
    notes: tuple[str, ...] = field(default=())


_ONE_ONLY = (
    "head",
    "things",
    "when",
    "within",
    "rank",
    "cut",
    "versus",
    "stat",
    "window",
    "order",
    "order_by",
    "wants",
    "which",
    "peak",
    "currency",
    "over",
)
_JOINED = ("groups", "loose", "conds", "havings", "verbs", "rows_of", "about", "notes", "held", "part_did", "doers")
_EITHER = ("changed", "split", "share", "trend", "loosely", "only", "is_sure", "is_part", "in_percent", "of_amount")


def same_time(one: When | None, other: When | None) -> bool:
    """Say whether two ranges, however they were said, are the same days."""
    return one is not None and other is not None and replace(one, text="") == replace(other, text="")


def _together(one: Draft, other: Draft) -> tuple[When, When | None] | None:
    """Return two times of one question as one, ``so far`` beside a year, or as one that must lie in the other."""
    mine, theirs = one.when, other.when
    if mine is None or theirs is None or one.within or other.within:
        return None
    if _is_ever(theirs) or _is_ever(mine):
        return (mine, None) if _is_ever(theirs) else (theirs, None)
    if one.things or other.things or one.held or other.held or one.doers or other.doers:
        return None
    if mine.also or theirs.also or one.versus or other.versus:
        return None
    return mine, theirs


def _is_ever(when: When) -> bool:
    return when == When(text=when.text)


def joined(one: Draft, other: Draft) -> Draft | None:
    """Return both drafts as one, or None when they contradict: two times, two heads, two rankings."""
    if (one.metrics and other.metrics) or (one.share_of and other.share_of):
        return None
    mine, theirs = one.__dict__, other.__dict__
    made = dict(mine)
    for name in ("metrics", "share_of", "whole"):
        made[name] = mine[name] or theirs[name]
    for name in _ONE_ONLY:
        if theirs[name] is None or (name == "when" and same_time(one.when, other.when)):
            continue  # bought this year and opened a ticket this year
        if mine[name] is not None:
            if name == "when" and (within := _together(one, other)) is not None:
                made["when"], made["within"] = within
                continue
            return None
        made[name] = theirs[name]
    for name in _JOINED:
        if theirs[name]:
            made[name] = mine[name] + theirs[name]
    for name in _EITHER:
        made[name] = mine[name] or theirs[name]
    draft = object.__new__(Draft)  # the same as replace(), which is slow where thousands are tried
    draft.__dict__.update(made)
    return draft
