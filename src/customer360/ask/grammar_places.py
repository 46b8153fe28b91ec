"""Rules for places in a ranking and for the extremes of periods: the third best area, the highest daily payouts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.grammar_lists import ranking
from customer360.ask.grammar_tails import Asked
from customer360.ask.meaning import Draft, MetricWord, Noun, Stat, Tail, Things

if TYPE_CHECKING:
    from customer360.ask.meaning import Grain

rules = Rules()


# ---- the third of a ranking ------------------------------------------------------------------------------------------

for _word, _ascending, _merit in (
    ("TOP", False, False),
    ("BOTTOM", True, False),
    ("BEST", False, True),
    ("WORST", True, True),
):

    @rules("Clause", f"ORDINAL <{_word}> Things", f"<WHICH> ORDINAL <{_word}> Things")
    def _third_best(place: int, things: Things, ascending: bool = _ascending, merit: bool = _merit) -> Draft | None:
        """Read ``third best area (by payouts)``."""
        return _at_place(ranking(things, None, None, ascending=ascending, merit=merit), place)

    @rules("Clause", f"<WHICH> Things ORDINAL <{_word}>")
    def _which_third(things: Things, place: int, ascending: bool = _ascending, merit: bool = _merit) -> Draft | None:
        """Read ``which area was the second largest (by payouts)``."""
        return _at_place(ranking(things, None, None, ascending=ascending, merit=merit), place)

    @rules("Clause", f"ORDINAL <{_word}> VERB Things", f"<WHICH> ORDINAL <{_word}> VERB Things")
    def _third_doing(
        place: int, verb: MetricWord, things: Things, ascending: bool = _ascending, merit: bool = _merit
    ) -> Draft | None:
        return _at_place(ranking(things, None, verb, ascending=ascending, merit=merit), place)


@rules("Clause", "Asked ORDINAL Tail", "Asked <WITH> ORDINAL Tail", "Asked <WHO> ORDINAL Tail")
def _which_did_third(asked: Asked, place: int, tail: Tail) -> Draft | None:
    """Read ``which area had the second highest payouts``."""
    number, things, when = asked
    made = ranking(things, number, tail.metric, ascending=tail.ascending, merit=tail.by_merit)
    made = replace(made, verbs=tail.verbs, when=when) if made is not None else None
    return _at_place(made, place)


@rules("Clause", "Things <WITH> ORDINAL Tail")
def _things_with_third(things: Things, place: int, tail: Tail) -> Draft | None:
    """Read ``the area with the second highest payouts``."""
    return _which_did_third((None, things, None), place, tail)


def _at_place(draft: Draft | None, place: int) -> Draft | None:
    """Return a ranking of which one place is asked; a plural or a number asks for more than one."""
    if draft is None or draft.rank is None or draft.rank.n != 1:
        return None
    return replace(draft, rank=replace(draft.rank, skip=place - 1))


# ---- the highest of periods ------------------------------------------------------------------------------------------


@rules("Clause", "<MOST> GRAINADJ Metric")
def _highest_of_periods(grain: Grain, metric: MetricWord) -> Draft:
    """Read ``highest daily payouts``: those of the best day."""
    return Draft(metrics=(metric,), head="figure", stat=Stat("max", grain=grain))


@rules("Clause", "<LEAST> GRAINADJ Metric")
def _lowest_of_periods(grain: Grain, metric: MetricWord) -> Draft | None:
    """Read ``lowest daily payouts``; a longer period that is not over yet would be the lowest too soon."""
    return Draft(metrics=(metric,), head="figure", stat=Stat("min", grain=grain)) if grain == "day" else None


# ---- means over named things -----------------------------------------------------------------------------------------

for _word, _function in (("AVERAGE", "mean"), ("MEDIAN", "median")):

    @rules("Clause", f"<{_word}> Metric <PER> NOUN")
    def _per_named(metric: MetricWord, noun: Noun, function: str = _function) -> Draft | None:
        """Read ``average payouts per agent``: the mean over those that have any."""
        is_named = noun.is_name and not noun.is_entity and not noun.is_plural
        return Draft(metrics=(metric,), head="figure", stat=Stat(function, noun)) if is_named else None  # type: ignore[arg-type]


__all__ = ["rules"]
