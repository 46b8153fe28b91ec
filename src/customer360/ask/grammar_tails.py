"""Rules for what stands behind things to rank them: that sold the most, with the highest payouts, top 5."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_deeds import doing
from customer360.ask.grammar_lists import ranking
from customer360.ask.grammar_nouns import Havings
from customer360.ask.meaning import Cut, Draft, MetricWord, Number, Tail, Things, When

rules = Rules()
Asked = tuple[Number | None, Things, When | None]


# ---- by what ---------------------------------------------------------------------------------------------------------

for _word, _ascending in (("MOST", False), ("LEAST", True)):

    @rules("Tail", f"VERB <{_word}>", f"<{_word}> VERB", f"VERB <US> <{_word}>")
    def _done_most(verb: MetricWord, ascending: bool = _ascending) -> Tail:
        return Tail(verb, ascending)

    @rules("Tail", f"VERB <{_word}> Metric", f"VERB <{_word}> <OF> Metric")
    def _done_most_of(verb: MetricWord, metric: MetricWord, ascending: bool = _ascending) -> Tail:
        return Tail(metric, ascending, verbs=(verb,))

    @rules("Tail", f"<{_word}> Metric VERB")
    def _most_of_it_done(metric: MetricWord, verb: MetricWord, ascending: bool = _ascending) -> Tail:
        return Tail(metric, ascending, verbs=(verb,))


for _word, _ascending, _merit in (
    ("MOST", False, False),
    ("LEAST", True, False),
    ("BEST", False, True),
    ("WORST", True, True),
):

    @rules("Tail", f"<{_word}> Metric", f"<BY> <{_word}> Metric", f"<LIGHT> <{_word}> Metric")
    @rules("Tail", f"Metric <{_word}>", cost=1)
    def _with_most(metric: MetricWord, ascending: bool = _ascending, merit: bool = _merit) -> Tail:
        return Tail(metric, ascending, merit)


@rules("Tail", "<WITH> Tail", "<WHO> Tail", "<WHOSE> Tail", "<US> Tail", "<WHO> <WITH> Tail", "<IN> <WHO> Tail")
def _joined_tail(tail: Tail) -> Tail:
    return tail


# ---- of what ---------------------------------------------------------------------------------------------------------

_OPENERS = ("<WHICH>", "<IN> <WHICH>", "<FOR> <WHICH>", "<FROM> <WHICH>", "<OF> <WHICH>", "<LIST>", "<LIST> <OF>")


@rules("Asked", *(f"{opener} Things" for opener in _OPENERS))
def _asked(things: Things) -> Asked:
    return None, things, None


@rules("Asked", "NUM Things", *(f"{opener} NUM Things" for opener in _OPENERS))
def _so_many_asked(number: Number, things: Things) -> Asked:
    return number, things, None


@rules("Asked", "Asked Span")
def _asked_then(asked: Asked, when: When) -> Asked | None:
    number, things, before = asked
    return (number, things, when) if before is None else None


@rules("Clause", "Asked Tail")
def _which_did_most(asked: Asked, tail: Tail) -> Draft | None:
    """Read ``which three areas paid the most``, ``5 areas where we paid the most``."""
    number, things, when = asked
    made = ranking(things, number, tail.metric, ascending=tail.ascending, merit=tail.by_merit)
    return replace(made, verbs=tail.verbs, when=when) if made is not None else None


@rules("Clause", "Things <WITH> Tail", "Things <WHO> Tail", "Things <WHOSE> Tail")
def _things_that_did_most(things: Things, tail: Tail) -> Draft | None:
    return _which_did_most((None, things, None), tail)


@rules("Clause", "Things Span <RANKED> Metric", "<RANKING> Things Span <BY> Metric")
def _in_order_then(things: Things, when: When, metric: MetricWord) -> Draft | None:
    return _which_did_most((Number(1), things, when), Tail(metric, False)) and replace(
        ranking(things, None, metric, ascending=False) or Draft(), when=when
    )


@rules("Clause", "<RANKING> Things <BY> <HOWMANY> Metric", "<RANKING> Things <BY> <HOWMUCH> Metric")
def _ranked_by_number(things: Things, metric: MetricWord) -> Draft | None:
    """Read ``rank areas by how many claims (they have)``."""
    made = ranking(things, None, metric, ascending=False)
    return replace(made, rank=replace(made.rank, n=0)) if made is not None and made.rank is not None else None


# ---- the first of a breakdown ----------------------------------------------------------------------------------------

for _words, _ascending, _merit in (
    ("TOP", False, False),
    ("BOTTOM", True, False),
    ("BEST", False, True),
    ("WORST", True, True),
):

    @rules("Clause", f"<{_words}> NUM", f"NUM <{_words}>", cost=2)
    @rules("Clause", f"<{_words}> NUM <ONLY>", f"<ONLY> <{_words}> NUM", f"<LIST> <{_words}> NUM", cost=2)
    def _first_so_many(number: Number, ascending: bool = _ascending, merit: bool = _merit) -> Draft | None:
        """Read ``payouts by area, top 5``."""
        is_count = number.unit is None and isinstance(number.value, int) and number.value > 0
        return Draft(cut=Cut(int(number.value), ascending, merit)) if is_count else None


# ---- things of which something holds ---------------------------------------------------------------------------------


@rules("Clause", "<ALL> Things", "<LIST> <ALL> Things", "<WHICH> <ALL> Things", cost=1)
def _all_of_them(things: Things) -> Draft | None:
    """Read ``all policyholders in the north``."""
    return Draft(head="list", things=things)


@rules("Clause", "<Prep> <ALL> Things", cost=1)
def _of_all_of_them(things: Things) -> Draft | None:
    if things.havings or not things.noun.is_entity:
        return None
    return Draft(conds=things.conds, about=() if things.conds else (things.noun,))


@rules("Things", "Things <IN> <WHO> Havings", "Things <IN> <WHO> <US> Havings")
def _in_which_it_holds(things: Things, havings: Havings) -> Things | None:
    """Read ``months in which payouts fell below 100``."""
    return doing(things, havings) if not things.havings else None


__all__ = ["rules"]
