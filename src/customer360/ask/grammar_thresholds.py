"""Rules for numbers that something is held against: more than 5 claims, 5 claims or more, at least 2 but below 9."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import Havings
from customer360.ask.meaning import Cond, Draft, Having, Members, MetricWord, Number

rules = Rules()
Compare = tuple[str, Number]
Bounds = tuple[Compare, Compare]
SUCH = "such"
"""What is counted where a value alone says it: fires."""
_LOWER, _UPPER = (">", ">="), ("<", "<=")


# ---- one number ------------------------------------------------------------------------------------------------------

for _name, _op in (("MORE", ">"), ("ATLEAST", ">="), ("LESS", "<"), ("ATMOST", "<="), ("EQ", "="), ("NOTEQ", "!=")):
    rules("Compare", f"<{_name}> NUM", f"<{_name}> <SUMOF> NUM")(lambda number, op=_op: (op, number))
rules("Compare", "<ONLY> NUM", "<EQ> <SUMOF> NUM")(lambda number: ("=", number))
for _name, _op in (("ORMORE", ">="), ("ORLESS", "<="), ("ATLEAST", ">="), ("ATMOST", "<="), ("EQ", "="), ("ONLY", "=")):
    rules("After", f"<{_name}>")(lambda op=_op: op)
rules("Compare", "NUM After")(lambda number, op: (op, number))
rules("Compare", "<HEDGE> Compare", "<SUMOF> Compare")(lambda compare: compare)
rules("Compare", "<FROM> NUM <ORMORE>")(lambda number: (">=", number))
rules("Compare", "<MORE> <ONLY> NUM")(lambda number: (">", number))


@rules("NUM", "<SINGLE>")
def _single() -> Number:
    """Read ``a single (claim)``, ``one and only one``."""
    return Number(1, text="one")


# ---- two numbers -----------------------------------------------------------------------------------------------------


@rules("Range", "<BETWEEN> NUM <AND> NUM", "<FROM> NUM <TO> NUM", "<FROM> NUM <UNTIL> NUM", "<BETWEEN> NUM <UNTIL> NUM")
def _range(low: Number, high: Number) -> Bounds | None:
    if low.unit is None and high.unit is not None:
        low = replace(low, unit=high.unit)
    return ((">=", low), ("<=", high)) if low.value <= high.value and low.unit == high.unit else None


@rules("Range", "Compare Compare", "Compare <AND> Compare", "Compare <COMMA> Compare")
def in_between(one: Compare, other: Compare) -> Bounds | None:
    """Read ``more than 5 but fewer than 10``."""
    if one[0] in _UPPER:
        one, other = other, one
    (low, above), (high, below) = one, other
    if above.unit is None and below.unit is not None:
        above = replace(above, unit=below.unit)
    is_range = low in _LOWER and high in _UPPER and above.unit == below.unit and above.value < below.value
    return ((low, above), (high, below)) if is_range else None


rules("Range", "<HEDGE> Range", "Range <INCLUSIVE>")(lambda bounds: bounds)


def within(metric: MetricWord, bounds: Bounds, needs: str | None) -> Havings:
    """Return a figure held against both ends of a range."""
    (low, above), (high, below) = bounds
    is_upper = low == ">" or above.value > 0
    return (Having(metric, low, above, needs=needs), Having(metric, high, below, needs=needs, is_upper=is_upper))


# ---- of a figure -----------------------------------------------------------------------------------------------------


@rules("Havings", "METRIC Compare", "METRIC <OF> Compare", "METRIC <EQ>? <OF>? Compare")
def _metric_compared(metric: MetricWord, compare: Compare) -> Havings:
    return (Having(metric, *compare),)


@rules("Havings", "Compare METRIC", "Compare <OF> METRIC", "Compare <IN> METRIC", "Compare <DISTINCT> METRIC")
def _compared_metric(compare: Compare, metric: MetricWord) -> Havings:
    op, number = compare
    needs = "count" if number.unit is None and len(metric.names) > 1 else None
    return (Having(metric, op, number, needs=needs),)


@rules("Havings", "Compare Conds METRIC", cost=1)
def _compared_such(compare: Compare, conds: tuple[Cond, ...], metric: MetricWord) -> Havings | None:
    """Read ``more than 3 motor claims``."""
    is_list = any(isinstance(cond, Members) and cond.joint == "and" for cond in conds)
    return None if is_list or compare[1].unit else (Having(metric, *compare, needs="count", conds=conds),)


@rules("Havings", "Compare VALUE")
def _compared_value(compare: Compare, value: Members) -> Havings | None:
    """Read ``more than 3 fires``: of what has that value."""
    is_plain = value.is_many and not compare[1].unit
    return (Having(MetricWord((), SUCH), *compare, needs="count", conds=(value,)),) if is_plain else None


@rules("Havings", "NUM METRIC After", "NUM <OF> METRIC After", "<SUMOF> NUM METRIC After")
def _so_many_or_more(number: Number, metric: MetricWord, op: str) -> Havings | None:
    """Read ``3 claims or more``."""
    return _compared_metric((op, number), metric)


@rules("Havings", "<FROM> NUM METRIC <ORMORE>", "<HEDGE> <FROM> NUM METRIC <ORMORE>")
def _from_so_many_up(number: Number, metric: MetricWord) -> Havings | None:
    """Read ``from 3 claims upwards``."""
    return _compared_metric((">=", number), metric)


@rules("Havings", "Compare METRIC Compare", "Compare METRIC <AND> Compare")
def _metric_in_between(one: Compare, metric: MetricWord, other: Compare) -> Havings | None:
    """Read ``at least 2 claims but no more than 4``."""
    bounds = in_between(one, other)
    return within(metric, bounds, "count") if bounds is not None and not one[1].unit else None


@rules("Havings", "METRIC Range", "METRIC <OF> Range")
def _metric_between(metric: MetricWord, bounds: Bounds) -> Havings:
    return within(metric, bounds, None)


@rules("Havings", "Range METRIC", "Range <OF> METRIC", "Range <IN> METRIC", "Range METRIC <INCLUSIVE>")
def _between_metric(bounds: Bounds, metric: MetricWord) -> Havings:
    return within(metric, bounds, "count")


@rules("Havings", "NUM <OR> NUM METRIC", "NUM <UNTIL> NUM METRIC", "NUM <TO> NUM METRIC", cost=1)
def _two_or_three(low: Number, high: Number, metric: MetricWord) -> Havings | None:
    """Read ``2 or 3 claims``; numbers that do not follow each other leave out those between."""
    if low.unit or high.unit or not isinstance(low.value, int) or low.value >= high.value:
        return None
    return _between_metric(((">=", low), ("<=", high)), metric)


@rules("Havings", "<ALL> METRIC", cost=3)
def _any_of(metric: MetricWord) -> Havings:
    """Read ``with any claim``."""
    return (Having(metric, ">", Number(0), needs="count"),)


@rules("Havings", "NUM METRIC", "<SUMOF> NUM METRIC", cost=2)
def _so_many(number: Number, metric: MetricWord) -> Havings | None:
    return None if number.unit else (Having(metric, "=", number, needs="count"),)


@rules("Havings", "<NO> METRIC")
def _none_of(metric: MetricWord) -> Havings:
    return (Having(metric, "=", Number(0), needs="count"),)


rules("Havings", "<NUMBEROF> Havings", cost=1)(lambda havings: havings)


@rules("Havings", "Havings <WHOLE>", "<WHOLE> Havings")
def _all_together(havings: Havings) -> Havings:
    """Read ``more than 3 claims altogether``, which says no more than all of them."""
    return havings


@rules("Clauses", "<WHOLE> <COMMA> Clause", "<WHOLE> Clause")
def _all_together_first(clause: Draft) -> Draft | None:
    """Read ``over the years, who filed more than 3 claims``."""
    return clause if clause.things is not None and clause.things.havings else None


__all__ = ["SUCH", "Bounds", "Compare", "in_between", "rules", "within"]
