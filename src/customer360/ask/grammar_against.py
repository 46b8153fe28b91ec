"""Rules for the time that another is held against: vs last year, up on the month before, higher than in May."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_pairs import is_of_one_year
from customer360.ask.meaning import Draft, MetricWord, Number, Stat, Versus, When

rules = Rules()


# ---- the other time --------------------------------------------------------------------------------------------------

rules("Elsewhen", "<LASTYEARTOO>")(lambda: Versus("same period last year"))
rules("Elsewhen", "<BEFORETOO>")(lambda: Versus("previous period"))


@rules("Elsewhen", "<SAMEPERIOD> TIME", "<SAMEPERIOD> <IN> TIME", "<SAMEPERIOD> <OF> TIME")
def _same_in(when: When) -> Versus | None:
    """Read ``same period 2023``, which must be the year before."""
    return None if when.also else Versus("same period last year", when)


@rules("Elsewhen", "NUM <BEFORE>", "NUM GRAIN <BEFORE>", "NUM <BEFORETOO>")
def _so_many_before(number: Number, *_: object) -> Versus | None:
    """Read ``last 7 days compared with the 7 before``."""
    is_plain = isinstance(number.value, int) and number.value > 0
    return Versus("previous period", When(text=str(number.value))) if is_plain else None


@rules("Other", "Elsewhen", "<IN> Elsewhen", "<THATOF> Elsewhen")
def _elsewhen(versus: Versus) -> Versus:
    return versus


@rules("Other", "TIME", "<IN> TIME", "<THATOF> TIME", "<THATOF> <IN> TIME")
def _other_time(when: When) -> Versus | None:
    return None if when.also else Versus("time", when)


# ---- held against it -------------------------------------------------------------------------------------------------


@rules("Clause", "<VS> Other", "<AND> Elsewhen")
def _against(versus: Versus) -> Draft:
    return Draft(versus=versus)


rules("Clause", "<YOY>", "<VS> <YOY>")(lambda: Draft(versus=Versus("same period last year")))
rules("Clause", "<POP>")(lambda: Draft(versus=Versus("previous period")))
rules("Clause", "<TO> Elsewhen")(lambda versus: Draft(versus=versus))
rules(
    "Clause",
    "<WITH> <YOY> <CHANGED>",
    "<YOY> <CHANGED>",
    "<YOY> <CHANGED> <IN>",
    "<YOY> <CHANGED> <OF>",
    "<CHANGED> <YOY>",
)(lambda: Draft(versus=Versus("same period last year")))


@rules("Clause", "<VS> <LASTONE>")
def _against_last() -> Draft:
    """Read ``this quarter against last``."""
    return Draft(versus=Versus("time", When(relative="last")))


@rules("Clause", "<TO> Other", cost=4)
@rules("Clause", "<IN> Elsewhen", "<FROM> Elsewhen", "<MORE> Other", "<LESS> Other", cost=2)
@rules("Clause", "<THAN> Other", cost=1)
def _where_compared(versus: Versus) -> Draft:
    """Read ``(compare December) to November``, ``(growth) over the month before``; nothing is compared by it alone."""
    return Draft(versus=replace(versus, is_bare=True))


rules("Clause", "<HOWMUCH> <DIFFERS>")(lambda: Draft(changed=True, differs=True))
rules("Clause", "<DEGREE>", "<UPDOWN>")(lambda: Draft(changed=True))
rules("Clause", "<DIFFERS>", cost=1)(lambda: Draft(changed=True, differs=True))


# ---- said of both ----------------------------------------------------------------------------------------------------


@rules("Clause", "Metric Span <VS> Metric Span", "Metric Span <TO> Metric Span", "Metric Span <THAN> Metric Span")
@rules("Clause", "Metric <FOR> TIME <VS> Metric <FOR> TIME", "Metric <FOR> TIME <TO> Metric <FOR> TIME")
def _said_twice(metric: MetricWord, one: When, again: MetricWord, other: When) -> Draft | None:
    """Read ``claims in May vs claims in June``."""
    if metric.names != again.names or one.also or other.also or not is_of_one_year(one, other):
        return None
    return Draft(metrics=(metric,), head="figure", when=one, versus=Versus("time", other))


@rules("Clause", "Span Metric <VS> Span Metric", "Span Metric <TO> Span Metric")
def _said_twice_first(one: When, metric: MetricWord, other: When, again: MetricWord) -> Draft | None:
    return _said_twice(metric, one, again, other)


# ---- means over periods ----------------------------------------------------------------------------------------------


@rules("Clause", "<IN> <AVERAGE> GRAIN", "<PER> <AVERAGE> GRAIN", "<OF> <AVERAGE> GRAIN", "<FOR> <AVERAGE> GRAIN")
@rules("Clause", "<IN> GRAIN <ONAVERAGE>", "<ONAVERAGE> <IN> GRAIN")
def _in_average_period(grain: str) -> Draft:
    """Read ``claims in an average week``."""
    return Draft(stat=Stat("mean", grain=grain))  # type: ignore[arg-type]


@rules("Clause", "<ENDOFEACH> GRAIN")
def _at_each_end(grain: str) -> Draft:
    """Read ``(running payouts) at the end of each month``: said of what runs, not of what happens."""
    return Draft(groups=(grain,), at_ends=True)


__all__ = ["rules"]
