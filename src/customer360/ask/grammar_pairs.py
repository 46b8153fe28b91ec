"""Rules for two that are held against each other: more in May than in June, the difference between two months."""

from __future__ import annotations

import re
from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import united
from customer360.ask.meaning import Draft, Members, MetricWord, Things, Versus, When

rules = Rules()
_YEAR = re.compile(r"\b(19|20)\d\d\b|\byear\b")
_NAMED = re.compile(r"\d{4}(-(\d\d|Q[1-4]))?")


# ---- more here than there --------------------------------------------------------------------------------------------

for _opener, _wants in (("<HOWMANY> <DIFFERS>", "count"), ("<HOWMUCH> <DIFFERS>", None)):

    @rules("Clause", f"{_opener} Metric Span <THAN> Span")
    def _how_many_more_then(metric: MetricWord, one: When, other: When, wants: str | None = _wants) -> Draft | None:
        """Read ``how many more claims in May than in June`` as both side by side."""
        if one.also or other.also or not is_of_one_year(one, other):
            return None
        return Draft(metrics=(metric,), head="figure", wants=wants, when=one, versus=Versus("time", other))

    @rules("Clause", f"{_opener} Metric <Prep> Values <THAN> <Prep> Values")
    @rules("Clause", f"{_opener} Metric <Prep> Values <THAN> Values")
    def _how_many_more_there(
        metric: MetricWord, one: Members, other: Members, wants: str | None = _wants
    ) -> Draft | None:
        both = united(one, other, "and")
        made = Draft(metrics=(metric,), head="figure", wants=wants, split=True)
        return replace(made, conds=(both,)) if both is not None else None

    @rules("Clause", f"{_opener} Metric Things <THAN> Things")
    def _how_many_more_of_them(
        metric: MetricWord, things: Things, others: Things, wants: str | None = _wants
    ) -> Draft | None:
        """Read ``how many more claims did motor customers have than home customers``."""
        one, other = (_sole(each) for each in (things, others))
        return _how_many_more_there(metric, one, other, wants) if one is not None and other is not None else None


@rules("Clause", "<DIFFERS> Metric <Prep> Values <THAN> <Prep> Values")
def _more_there(metric: MetricWord, one: Members, other: Members) -> Draft | None:
    """Read ``(were there) more claims in the north than in the south``."""
    return _how_many_more_there(metric, one, other, None)


@rules("Clause", "Metric Span <MORE> Span", "Metric Span <LESS> Span")
def _exceeded(metric: MetricWord, one: When, other: When) -> Draft | None:
    """Read ``did payouts in May exceed those in June``."""
    return _how_many_more_then(metric, one, other, None)


def _sole(things: Things) -> Members | None:
    """Return the one condition that things have."""
    only = things.conds[0] if len(things.conds) == 1 and not things.havings else None
    return only if isinstance(only, Members) and not only.negated and things.noun.is_entity else None


def is_of_one_year(one: When, other: When) -> bool:
    """Say whether a year was said of both times or of neither: May than April 2023 leaves open which May."""
    return bool(_YEAR.search(one.text)) == bool(_YEAR.search(other.text)) or not (_is_named(one) and _is_named(other))


def _is_named(when: When) -> bool:
    return _NAMED.fullmatch(when.relative or "") is not None


# ---- the difference between two times --------------------------------------------------------------------------------


@rules("Clause", "<CHANGED> Metric <BETWEEN> TIME <AND> TIME", "Metric <CHANGED> <BETWEEN> TIME <AND> TIME")
@rules("Clause", "<CHANGED> Metric <FROM> TIME <TO> TIME", "Metric <CHANGED> <FROM> TIME <TO> TIME")
@rules("Clause", "<COMPARE> Metric <BETWEEN> TIME <AND> TIME")
@rules("Clause", "<BY> <HOWMUCH> Metric <CHANGED> <FROM> TIME <TO> TIME")
@rules("Clause", "<BY> <HOWMUCH> Metric <CHANGED> <BETWEEN> TIME <AND> TIME")
def _difference(metric: MetricWord, one: When, other: When) -> Draft | None:
    """Read ``difference in claims between June and May``: the later against the earlier, whichever is said first."""
    if one.also or other.also or not (_is_named(one) and _is_named(other)):
        return None
    first, second = one.relative or "", other.relative or ""
    if len(first) != len(second):
        return None
    if not _YEAR.search(one.text) and _YEAR.search(other.text):  # October and September in 2023
        moved = second[:4] + first[4:]
        first = first if moved == second else moved
    elif _YEAR.search(one.text) and not _YEAR.search(other.text):
        return None
    elif not _YEAR.search(one.text) and first > second and first[:4] != second[:4]:
        return None  # January and December: of which years is not said
    if first == second:
        return None
    earlier, later = sorted((first, second))
    versus = Versus("time", When(relative=earlier, text=earlier))
    return Draft(metrics=(metric,), head="figure", when=When(relative=later, text=later), versus=versus)


__all__ = ["is_of_one_year", "rules"]
