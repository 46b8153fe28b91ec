"""Rules for how parts of a question stand to each other: the part and its whole, this against that, rows of things."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import united
from customer360.ask.meaning import Cond, Draft, Grain, Members, MetricWord, Noun, Rank, Things, Versus

if TYPE_CHECKING:
    from collections.abc import Sequence

rules = Rules()


# ---- shares ----------------------------------------------------------------------------------------------------------

rules("Copula", "<COP>", "<WHO> <COP>")(lambda: "is")


@rules("Clause", "<SHARE> Conds Metric Whole", "<WHICH> <SHARE> Conds Metric Whole")
def _share_among(conds: tuple[Cond, ...], metric: MetricWord, whole: tuple[Cond, ...]) -> Draft:
    """Read ``share of open claims among motor claims``: the part stands first."""
    return Draft(metrics=(metric,), head="figure", share=True, share_of=conds, whole=whole, is_sure=True)


@rules("Clause", "<SHARE> Metric Whole", "<WHICH> <SHARE> Metric Whole")
def _part_among(metric: MetricWord, whole: tuple[Cond, ...]) -> Draft:
    """Read ``share of disputes among motor claims``: the figure itself is the part, of what it is a part of."""
    return Draft(metrics=(metric,), head="figure", share=True, is_part=True, conds=whole)


@rules("Clause", "<SHARE> Metric Part", "<WHICH> <SHARE> Metric Part", "Metric <SHARE> Part")
def _share_from(metric: MetricWord, part: tuple[Cond, ...]) -> Draft:
    return Draft(metrics=(metric,), head="figure", share=True, share_of=part)


@rules("Clause", "<SHARE> Metric FROM Conds", "<SHARE> Metric WHO Conds", "<SHARE> Metric FROM Things")
def _share_come_from(metric: MetricWord, _: str, part: tuple[Cond, ...] | Things) -> Draft | None:
    """Read ``share of disputes from the north``: the words say which is the part."""
    if isinstance(part, Things):
        is_plain = part.conds and not part.havings and part.noun.is_entity
        return replace(_share_from(metric, part.conds), is_sure=True) if is_plain else None
    return replace(_share_from(metric, part), is_sure=True)


@rules("Clause", "<SHARE> Metric VERB Part", "<SHARE> Metric <WHO> VERB Part", cost=1)
def _share_done_so(metric: MetricWord, verb: MetricWord, part: tuple[Cond, ...]) -> Draft:
    """Read ``what part of payments was paid by phone``."""
    return Draft(metrics=(metric,), verbs=(verb,), head="figure", share=True, share_of=part, is_sure=True)


@rules("Clause", "<SHARE> Metric <Copula> Part", "<WHICH> <SHARE> Metric <Copula> Part")
def _share_that_is(metric: MetricWord, part: tuple[Cond, ...]) -> Draft:
    return replace(_share_from(metric, part), is_sure=True)


@rules("Clause", "<SHARE> Metric Part <Copula> Part", "<SHARE> Conds Metric <Copula> Part")
def _share_within(
    first: MetricWord | tuple[Cond, ...], second: tuple[Cond, ...] | MetricWord, part: tuple[Cond, ...]
) -> Draft:
    """Read ``share of customers with a plan that are in the north``: what stands before the verb limits the whole."""
    metric, whole = (first, second) if isinstance(first, MetricWord) else (second, first)
    return Draft(metrics=(metric,), head="figure", share=True, whole=whole, share_of=part, is_sure=True)  # type: ignore[arg-type]


@rules("Clause", "<SHARE> Conds Metric Part")
def _share_of_part(conds: tuple[Cond, ...], metric: MetricWord, part: tuple[Cond, ...]) -> Draft:
    return Draft(metrics=(metric,), head="figure", share=True, whole=conds, share_of=part)


@rules("Clause", "<SHARE> Conds Metric", "Conds <SHARE> Metric")
def _share_of_such(conds: tuple[Cond, ...], metric: MetricWord) -> Draft:
    return Draft(metrics=(metric,), head="figure", share=True, share_of=conds)


@rules("Clause", "<SHARE> Part <IN> Metric", "<SHARE> Part <OF> Metric", "<SHARE> Part <TO> Metric")
def _part_in(part: tuple[Cond, ...], metric: MetricWord) -> Draft:
    return Draft(metrics=(metric,), head="figure", share=True, share_of=part)


@rules("Clause", "Metric <ASSHARE> Metric", "<SHARE> Metric <WITH> Metric", cost=2)
def _one_over_other(above: MetricWord, below: MetricWord) -> Draft:
    """Read ``disputed payments as share of payments``, when the model has that ratio."""
    return Draft(metrics=(above,), over=below, head="figure")


@rules("Clause", "<HOWMUCH> <OF> Metric Part")
def _how_much_of(metric: MetricWord, part: tuple[Cond, ...]) -> Draft:
    """Read ``how much of our payments comes from the north`` as a share too: the person is asked which it is."""
    return Draft(metrics=(metric,), head="figure", share=True, share_of=part)


@rules(
    "Clause", "<SHARE> <BY> Groups <TO> Metric", "<SHARE> <BY> Groups <IN> Metric", "<SHARE> <BY> Groups <OF> Metric"
)
def _shares_of_each(groups: Sequence[Noun | str], metric: MetricWord) -> Draft:
    return Draft(metrics=(metric,), head="figure", share=True, groups=tuple(groups))


# ---- this against that -----------------------------------------------------------------------------------------------


@rules("Clause", "<COMPARE> Noun <IN> Metrics", "<COMPARE> Noun <BY> Metrics", "<COMPARE> Noun <RANKED> Metrics")
def _compared_on(noun: Noun, metrics: tuple[MetricWord, ...]) -> Draft | None:
    """Read ``compare areas on payments``."""
    return Draft(metrics=metrics, head="figure", groups=(noun,)) if noun.is_plural else None


@rules("Clause", "<COMPARE> Values <IN> Metrics", "<COMPARE> Values <BY> Metrics", "Values <COMPARE> <IN> Metrics")
def _values_compared_on(members: Members, metrics: tuple[MetricWord, ...]) -> Draft | None:
    return Draft(metrics=metrics, head="figure", conds=(members,), split=True) if members.size > 1 else None


@rules(
    "Clause", "<CHANGED> Metric <BETWEEN> Values", "<COMPARE> Metric <BETWEEN> Values", "<COMPARE> Metric <OF> Values"
)
def _difference_between(metric: MetricWord, members: Members) -> Draft | None:
    """Read ``difference in payments between the north and the south``."""
    return _values_compared_on(members, (metric,))


@rules("Clause", "OVERGRAIN", "<IN> OVERGRAIN", "OVERGRAIN <CHANGED>", "<BY> OVERGRAIN")
def _point_by_point(grain: Grain) -> Draft:
    """Read ``month over month``: each month against the one before it."""
    return Draft(groups=(grain,), versus=Versus("previous point"))


@rules("Clause", "VALUE METRIC <VS> VALUE METRIC", "Values METRIC <COMPARE> Values METRIC")
def _such_against_such(one: Members, metric: MetricWord, other: Members, again: MetricWord) -> Draft | None:
    """Read ``motor claims vs home claims``."""
    both = united(one, other, "and") if metric.names == again.names else None
    return Draft(metrics=(metric,), head="figure", conds=(both,), split=True) if both is not None else None


# ---- whose rows ------------------------------------------------------------------------------------------------------


@rules(
    "Clause",
    "<OF> METRIC",
    "<FROM> METRIC",
    "<IN> METRIC",
    "<FOR> METRIC",
    "<OF> <TOTAL> METRIC",
    "<FROM> <TOTAL> METRIC",
    "<IN> <TOTAL> METRIC",
    "<FOR> <TOTAL> METRIC",
    cost=1,
)
def _of_rows(things: MetricWord) -> Draft:
    """Read ``payments of claims``: it says nothing when each payment is one of a claim, else it is not read."""
    return Draft(rows_of=(things,))


@rules("Clause", "<OF> Conds METRIC", "<FROM> Conds METRIC", "<IN> Conds METRIC", "<FOR> Conds METRIC", cost=1)
@rules("Clause", "<BY> Conds METRIC", cost=4)
def _of_such_rows(conds: tuple[Cond, ...], things: MetricWord) -> Draft:
    """Read ``payouts for settled claims``: the filter, and that each payout is one of a claim."""
    return Draft(rows_of=(things,), conds=conds)


@rules("Clause", "Conds METRIC VERB", cost=2)
def _such_rows_did(conds: tuple[Cond, ...], things: MetricWord, verb: MetricWord) -> Draft:
    """Read ``(how many people did) the motor policies cover``."""
    return Draft(verbs=(verb,), rows_of=(things,), conds=conds)


rules("Clause", "<INTOTAL>")(Draft)
rules("Clause", "<MAKEUP>", cost=1)(Draft)


# ---- things told by a value alone ------------------------------------------------------------------------------------


@rules("Clause", "<HOWMANY> Conds", cost=4)
def _how_many_of_value(conds: tuple[Cond, ...]) -> Draft:
    """Read ``how many Champions``: the things that have this value."""
    return Draft(head="count", conds=conds)


for _word, _ascending in (("FREQUENT", False), ("RARE", True)):

    @rules("Clause", f"<{_word}> Things", f"<WHICH> Things <{_word}>", f"<WHICH> <{_word}> Things", cost=1)
    def _frequent(things: Things, ascending: bool = _ascending) -> Draft | None:
        if things.havings or things.noun.is_entity or things.noun.grain:
            return None
        n = None if things.noun.is_plural else 1
        return Draft(head="list", rank=Rank(things.noun, n, ascending, by_number=True), conds=things.conds)
