"""Rules for frames of whole questions: how long something takes, in which of them, what is still to be done."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_lists import ranking
from customer360.ask.grammar_nouns import united
from customer360.ask.grammar_pairs import is_of_one_year
from customer360.ask.meaning import Cond, Draft, Members, MetricWord, Noun, Number, Stat, Things, Versus, When
from customer360.ask.units import SIZE

rules = Rules()
LASTING = "duration"


# ---- how long --------------------------------------------------------------------------------------------------------


@rules("Clause", "<HOWLONG> VERB", "<HOWLONG> <TO> VERB")
def _how_long(verb: MetricWord) -> Draft:
    """Read ``how long does it take to settle``: the one duration that the verb is about."""
    return Draft(verbs=(verb,), wants=LASTING, head="figure")


@rules("Clause", "<HOWLONG> METRIC VERB")
def _how_long_rows(things: MetricWord, verb: MetricWord) -> Draft:
    """Read ``how long does a call last``: said of the rows that the duration is measured on."""
    return Draft(verbs=(verb,), rows_of=(things,), wants=LASTING, head="figure")


@rules("Clause", "<HOWLONG> <TO> VERB METRIC", "<HOWLONG> VERB METRIC")
def _how_long_to(verb: MetricWord, things: MetricWord) -> Draft:
    return _how_long_rows(things, verb)


@rules("Clause", "<HOWLONG> Conds METRIC VERB")
def _how_long_such(conds: tuple[Cond, ...], things: MetricWord, verb: MetricWord) -> Draft:
    return replace(_how_long_rows(things, verb), conds=conds)


@rules("Clause", "<HOWLONG> <TO> VERB Conds METRIC", "<HOWLONG> VERB Conds METRIC")
def _how_long_to_such(verb: MetricWord, conds: tuple[Cond, ...], things: MetricWord) -> Draft:
    return replace(_how_long_rows(things, verb), conds=conds)


@rules("Clause", "<HOWLONG> Things VERB")
def _how_long_they(things: Things, verb: MetricWord) -> Draft | None:
    if things.havings or not things.noun.is_entity:
        return None
    about = () if things.conds else (things.noun,)
    return Draft(verbs=(verb,), wants=LASTING, head="figure", conds=things.conds, about=about)


@rules("Clause", "<HOWLONG> Metric")
def _how_long_is(metric: MetricWord) -> Draft:
    """Read ``how long is the waiting time``."""
    return Draft(metrics=(replace(metric, needs=LASTING),), head="figure")


@rules("Clause", "<ONAVERAGE>", cost=6)
def _on_average() -> Draft:
    return Draft(stat=Stat("mean"))


@rules("Clause", "<HOWMANY> <TIMES> Things VERB <ONAVERAGE>", "<HOWMANY> <TIMES> Things Span VERB <ONAVERAGE>")
def _times_each(things: Things, *rest: MetricWord | When) -> Draft | None:
    """Read ``how many times does a customer order on average``."""
    if things.havings or not things.noun.is_entity:
        return None
    when = next((part for part in rest if isinstance(part, When)), None)
    verbs = tuple(part for part in rest if isinstance(part, MetricWord))
    return Draft(
        verbs=verbs, wants="count", head="figure", stat=Stat("mean", things.noun), conds=things.conds, when=when
    )


# ---- how big, how often, in which money, higher here than there ---------------------------------------------------

rules("Clause", "<HOWBIG>")(lambda: Draft(wants=SIZE))


@rules("Clause", "<HOWBIG> <NUMBEROF> Metrics")
def _how_high_a_number(metrics: tuple[MetricWord, ...]) -> Draft:
    """Read ``how high is the number of claims``, which is said to be a number."""
    return Draft(metrics=metrics, head="figure", wants="count")


@rules("Clause", "<HOWMANY> <TIMES> Things VERB", cost=1)
def _times_at_all(things: Things, verb: MetricWord) -> Draft | None:
    """Read ``how many times did people order``: how many orders there were."""
    if things.havings or not things.noun.is_entity:
        return None
    about = () if things.conds else (things.noun,)
    return Draft(verbs=(verb,), wants="count", head="figure", conds=things.conds, about=about)


rules("Clause", "<IN> CURRENCY", "INUNIT")(lambda unit: Draft(currency=unit))


@rules("Clause", "<DIFFERS> Span <THAN> Span")
def _higher_then(one: When, other: When) -> Draft | None:
    """Read ``higher in May than in June`` as both side by side."""
    if one.also or other.also or not is_of_one_year(one, other):
        return None
    return Draft(when=one, versus=Versus("time", other))


@rules("Clause", "<DIFFERS> <THAN> Span")
def _higher_than_then(other: When) -> Draft | None:
    """Read ``(were claims in May) higher than in June``."""
    return None if other.also else Draft(versus=Versus("time", other))


@rules("Clause", "<DIFFERS> Metric Span <THAN> Span")
def _more_then(metric: MetricWord, one: When, other: When) -> Draft | None:
    made = _higher_then(one, other)
    return replace(made, metrics=(metric,), head="figure") if made is not None else None


@rules(
    "Clause",
    "<DIFFERS> Values <THAN> Values",
    "<DIFFERS> <Prep> Values <THAN> <Prep> Values",
    "<DIFFERS> <Prep> Values <THAN> Values",
)
def _higher_there(one: Members, other: Members) -> Draft | None:
    both = united(one, other, "and")
    return Draft(conds=(both,), split=True) if both is not None else None


@rules("Clause", "<IN> NOUN Span")
def _over_spans(noun: Noun, when: When) -> Draft | None:
    """Read ``over the months of 2024``: by month."""
    return Draft(groups=(noun.grain,), when=when) if noun.grain and noun.is_plural else None


@rules("Clause", "Conds <EXCLUDED>", "<WITH> Conds <EXCLUDED>")
def _left_out(conds: tuple[Cond, ...]) -> Draft | None:
    """Read ``claims, settled ones excluded``."""
    (cond,) = conds if len(conds) == 1 else (None,)
    if not isinstance(cond, Members) or cond.negated:
        return None
    return Draft(conds=(replace(cond, negated=True),))


# ---- longest and shortest --------------------------------------------------------------------------------------------

for _word, _ascending in (("LONGEST", False), ("SHORTEST", True)):

    @rules(
        "Clause",
        f"<WHICH> Things <WITH>? <{_word}> Metric",
        f"Things <WITH> <{_word}> Metric",
        f"<LIST> Things <WITH> <{_word}> Metric",
        f"<IN> <WHICH> Things <{_word}> Metric",
        f"<FOR> <WHICH> Things <{_word}> Metric",
    )
    def _longest(things: Things, metric: MetricWord, ascending: bool = _ascending) -> Draft | None:
        return _lasting(ranking(things, None, metric, ascending=ascending))

    @rules("Clause", f"NUM Things <WITH> <{_word}> Metric", f"<LIST> NUM Things <WITH> <{_word}> Metric")
    def _so_many_longest(
        number: Number, things: Things, metric: MetricWord, ascending: bool = _ascending
    ) -> Draft | None:
        return _lasting(ranking(things, number, metric, ascending=ascending))

    @rules("Clause", f"<WHICH> Things VERB <{_word}>")
    def _lasts_longest(things: Things, verb: MetricWord, ascending: bool = _ascending) -> Draft | None:
        return _lasting(ranking(things, None, verb, ascending=ascending))

    rules("Clause", f"<{_word}>")(lambda peak="asc" if _ascending else "desc": Draft(peak=peak, wants=LASTING))


def _lasting(draft: Draft | None) -> Draft | None:
    """Return a ranking by a figure that must be a duration."""
    if draft is None or draft.rank is None or draft.rank.metric is None:
        return None
    return replace(draft, rank=replace(draft.rank, metric=replace(draft.rank.metric, needs=LASTING)))


# ---- which of them ---------------------------------------------------------------------------------------------------


@rules("Clause", "<IN> <WHICH> Noun", "<FOR> <WHICH> Noun", "<FROM> <WHICH> Noun", cost=2)
def _in_which(noun: Noun) -> Draft | None:
    """Read ``in which area are claims filed`` by area; with ``highest`` behind it, the area with the most."""
    return None if noun.is_entity else Draft(which=noun)


for _word, _peak in (("MOST", "desc"), ("LEAST", "asc")):
    rules("Clause", f"<{_word}>", cost=2)(lambda peak=_peak: Draft(peak=peak))


@rules("Clause", "Noun <BY> Noun", "Noun <IN> Noun", "Noun <FOR> Noun")
def _one_by_one(one: Noun, other: Noun) -> Draft | None:
    """Read ``area by area``."""
    return Draft(groups=(one,)) if {f.name for f in one.fields} == {f.name for f in other.fields} else None


@rules("Clause", "<WHICH> Things VERB <FREQUENT>", "Things VERB <FREQUENT>")
def _most_often_done(things: Things, verb: MetricWord) -> Draft | None:
    return ranking(things, None, verb, ascending=False)


@rules("Clause", "NUM <FREQUENT> Things", "<TOP> NUM <FREQUENT> Things", cost=1)
def _so_many_frequent(number: Number, things: Things) -> Draft | None:
    made = ranking(things, number, None, ascending=False)
    if made is None or made.rank is None or things.noun.is_entity or things.noun.grain:
        return None
    return replace(made, rank=replace(made.rank, by_number=True))


# ---- what is to be done, by what -------------------------------------------------------------------------------------


@rules("Clause", "<MUST> VERB", "<TO> VERB", cost=2)
def _to_do(verb: MetricWord) -> Draft:
    """Read ``units (we have) to order``, which are not those that were ordered: the model must have that very name."""
    return Draft(verbs=(replace(verb, text=f"to {verb.text}"),))


@rules("Clause", "<WHO> Conds", "<WHO> <COP> Conds", "<WHO> <Prep> Conds", cost=2)
def _that_are(conds: tuple[Cond, ...]) -> Draft:
    """Read ``claims in the north that are open``."""
    return Draft(conds=conds)


@rules("Clause", "BY Values", cost=6)
def _by_means(word: str, members: Members) -> Draft | None:
    """Read ``claims by phone``: filed that way."""
    return Draft(conds=(members,)) if word == "by" and not members.negated else None


@rules("Clause", "<TO> METRIC", "<WITH> METRIC", "<WITH> <TOTAL> METRIC", "<TO> <TOTAL> METRIC", cost=2)
def _to_rows(things: MetricWord) -> Draft:
    """Read ``lost to cancelled contracts``: it says nothing when each of the rows is one of those."""
    return Draft(rows_of=(things,))


__all__ = ["LASTING", "rules"]
