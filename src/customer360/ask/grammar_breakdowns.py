"""Rules for breakdowns: words that say that there is one, and what stands behind or before the dimension."""

from __future__ import annotations

from customer360.ask.chart import Rules
from customer360.ask.meaning import Draft, MetricWord, Noun

rules = Rules()
Groups = tuple[Noun | str, ...]
Metrics = tuple[MetricWord, ...]


@rules("Clause", "<PARTED>")
def _parted() -> Draft:
    """Read ``broken out``, ``vary``: by what is said elsewhere."""
    return Draft(parted=True)


@rules("Clause", "Group <PARTED>", "Group <WISE>", "<BY> Group <LEVEL>", "<BY> Group <PARTED>")
@rules("Clause", "<IN> Group <LEVEL>", "<IN> <BY> Group <LEVEL>")
def _behind(group: Noun | str) -> Draft:
    """Read ``area breakdown``, ``area wise``, ``at area level``."""
    return Draft(groups=(group,), parted=True)


@rules("Clause", "Group <AND> Group <PARTED>")
def _both_behind(one: Noun | str, other: Noun | str) -> Draft | None:
    return None if one == other else Draft(groups=(one, other), parted=True)


@rules("Clause", "<BY> Groups <ITS> Metrics", "<BY> Groups <AND> Metrics", "<BY> Groups <WITH> Metrics")
@rules("Clause", "<LIST> <BY> Groups <ITS> Metrics", "<LIST> <BY> Groups <AND> Metrics")
def _each_with(groups: Groups, metrics: Metrics) -> Draft:
    """Read ``each area with its payouts``."""
    return Draft(metrics=metrics, head="figure", groups=groups)


_LISTED = ("", "<LIST> ", "<ALL> ", "<LIST> <ALL> ")
_ASKED = ("<WHICH>", "<IN> <WHICH>", "<FOR> <WHICH>")
_ON = ("<BY>", "<RANKED>", "<IN>", "<FOR>")


@rules("Clause", *(f"{listed}Group <ITS> Metrics" for listed in _LISTED))
@rules("Clause", *(f"{listed}Group <AND> Metrics" for listed in _LISTED), cost=1)
def _all_with(group: Noun | str, metrics: Metrics) -> Draft | None:
    """Read ``list the areas and their payouts``."""
    return Draft(metrics=metrics, head="figure", groups=(group,)) if _is_many(group) else None


@rules("Clause", *(f"{asked} Group <{much}> Metrics" for asked in _ASKED for much in ("HOWMANY", "HOWMUCH", "WHICH")))
def _which_has_how_much(group: Noun | str, metrics: Metrics) -> Draft | None:
    """Read ``which area has how many claims``."""
    is_entity = isinstance(group, Noun) and group.is_entity
    return None if is_entity else Draft(metrics=metrics, head="figure", groups=(group,))


@rules("Clause", *(f"<COMPARE> Group {on} Metrics" for on in _ON), *(f"Group <COMPARE> {on} Metrics" for on in _ON))
@rules("Clause", *(f"Group <PARTED> {on} Metrics" for on in _ON))
def _compared_on(group: Noun | str, metrics: Metrics) -> Draft | None:
    """Read ``how do the areas compare on payouts``."""
    return Draft(metrics=metrics, head="figure", groups=(group,), parted=True) if _is_many(group) else None


@rules("Clause", "<BETWEEN> Group", cost=1)
def _between_them(group: Noun | str) -> Draft | None:
    """Read ``(compare payouts) between areas``."""
    return Draft(groups=(group,), parted=True) if _is_many(group) else None


@rules("Clause", "Metrics <PARTED> <IN> Group", "<PARTED> Metrics <IN> Group", "<COMPARE> Metrics <IN> Group")
def _spread_over(metrics: Metrics, group: Noun | str) -> Draft | None:
    """Read ``how are payouts spread over the areas``."""
    return Draft(metrics=metrics, head="figure", groups=(group,), parted=True) if _is_many(group) else None


def _is_many(group: Noun | str) -> bool:
    return isinstance(group, str) or (group.is_plural and not group.is_entity and group.grain is None)


@rules("Clause", "<TOTAL> VERB")
def _total_done(verb: MetricWord) -> Draft:
    """Read ``total paid out``."""
    return Draft(verbs=(verb,), head="figure", wants="money")


__all__ = ["rules"]
