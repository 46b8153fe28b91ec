"""Rules for how parts of a question stand to each other: the part and its whole, this against that, rows of things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import united
from customer360.ask.meaning import Cond, Draft, Grain, Members, MetricWord, Noun, Rank, Things, Versus

if TYPE_CHECKING:
    pass

rules = Rules()


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
