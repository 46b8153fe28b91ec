"""Rules for figures: which metrics, means of them, by what, of whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.inflect import plural, stems
from customer360.ask.meaning import Cond, Draft, Having, Members, MetricWord, Noun, Number, Stat, Things, Window

if TYPE_CHECKING:
    from customer360.ask.meaning import Grain

rules = Rules()


# ---- figures ---------------------------------------------------------------------------------------------------------


@rules("Metric", "METRIC <FIGURE>", "<TOTAL> METRIC <FIGURE>", "<NUMBEROF> METRIC", cost=1)
@rules("Metric", "METRIC", "<TOTAL> METRIC")
def _metric(metric: MetricWord) -> MetricWord:
    return metric


@rules("Metric", "<SUM> METRIC", "<SUM> <OF> METRIC", "<TOTAL> <OF> METRIC")
def _sum(metric: MetricWord) -> MetricWord:
    return replace(metric, is_sum=True)


@rules("Metrics", "Metric")
def _one_metric(metric: MetricWord) -> tuple[MetricWord, ...]:
    return (metric,)


@rules("Metrics", "Metrics <And> Metric")
def _more_metrics(metrics: tuple[MetricWord, ...], metric: MetricWord) -> tuple[MetricWord, ...] | None:
    """Read metrics side by side, which a sum of them is not."""
    is_one = metric.is_sum or any(each.is_sum or " who " in f" {each.text} " for each in metrics)
    return None if metric in metrics or is_one else (*metrics, metric)


@rules("Clause", "Metrics")
def _figures(metrics: tuple[MetricWord, ...]) -> Draft:
    return Draft(metrics=metrics, head="figure")


@rules("Clause", "Metric <VS> Metric", "<BETWEEN> Metric <AND> Metric")
def _figures_against(one: MetricWord, other: MetricWord) -> Draft | None:
    return None if one == other else Draft(metrics=(one, other), head="figure")


@rules("Clause", "<HOWMANY> Metrics", "<FOR> <HOWMANY> Metrics", "<OF> <HOWMANY> Metrics")
def _how_many(metrics: tuple[MetricWord, ...]) -> Draft:
    return Draft(metrics=metrics, head="figure", wants="count")


@rules("Clause", "<HOWMUCH> <OF> Metrics", cost=3)
@rules("Clause", "<HOWMUCH> Metrics", "<HOWMUCH> <IN> Metrics")
def _how_much(metrics: tuple[MetricWord, ...]) -> Draft:
    return Draft(metrics=metrics, head="figure", wants="much")


@rules("Clause", "WHICH Metrics", cost=1)
def _what(word: str, metrics: tuple[MetricWord, ...]) -> Draft:
    """Read ``what payouts``; ``which policyholders can we reach`` asks for them, not for how many."""
    return Draft(metrics=metrics, head="figure", wants="which" if word in ("which", "who") else None)


@rules("Clause", "<HOWMANY> Conds Metric")
def _how_many_of_such(conds: tuple[Cond, ...], metric: MetricWord) -> Draft | None:
    """Read ``how many open claims``; a noun in the singular is not what is counted: how many VIPs (have a) claim."""
    last = metric.text.split()[-1:]
    is_one = bool(last) and plural(last[0]) != last[0] and stems(tuple(last)) == tuple(last)
    return None if is_one and not last[0].endswith(("ed", "d")) else _how_many_such(conds, metric)


@rules("Clause", "<HOWMUCH> Conds Metric", "<WHICH> Conds Metric")
def _how_many_such(conds: tuple[Cond, ...], metric: MetricWord) -> Draft | None:
    """Read ``how many open claims``; ``how many VIPs (have) open claims`` counts those who have."""
    if any(isinstance(cond, Members) and cond.is_many for cond in conds):
        return None
    return Draft(metrics=(metric,), head="figure", conds=conds)


@rules("Clause", "<TOTAL> Conds METRIC", "<SUM> Conds METRIC")
def _total_of_such(conds: tuple[Cond, ...], metric: MetricWord) -> Draft | None:
    """Read ``total motor payments``."""
    return _how_many_such(conds, metric)


@rules("Clause", "<HOWMANY> SUCH", "SUCH", "<TOTAL> SUCH")
def _named_with_value(such: tuple[Members, MetricWord]) -> Draft:
    members, metric = such
    return Draft(metrics=(metric,), head="figure", conds=(members,))


@rules("Clause", "<OF> SUCH", "<FROM> SUCH", "<FOR> SUCH")
def _of_counted(such: tuple[Members, MetricWord]) -> Draft:
    """Read ``payouts of settled claims``: the filter, and that the figure must be one of those rows."""
    members, metric = such
    return Draft(conds=(members,), verbs=(metric,))


rules("Clause", "<HOWMUCH>")(lambda: Draft(wants="money", head="figure"))
rules("Clause", "<HOWMANYDID>")(lambda: Draft(wants="count", head="figure"))


@rules("Clause", "<US> VERB")
def _we_did(verb: MetricWord) -> Draft | None:
    """Read ``money we paid back``; of what we pay or buy ourselves nothing is known."""
    return Draft(verbs=(verb,)) if " " in verb.text else None


@rules("Clause", "<WHO> VERB", "<WHO> <US> VERB", cost=1)
@rules("Clause", "VERB")
def _verb(verb: MetricWord) -> Draft:
    return Draft(verbs=(verb,))


@rules("Clause", "Things VERB", "<BY> Things VERB", "<IN> <WHO> Things VERB", "<FOR> <WHO> Things VERB")
def _subject(things: Things, verb: MetricWord) -> Draft | None:
    if things.havings or not things.noun.is_entity:
        return None
    return Draft(verbs=(verb,), conds=things.conds, about=() if things.conds else (things.noun,))


@rules("Clause", "Things VERB", cost=1)
def _deed_of_such(things: Things, verb: MetricWord) -> Draft | None:
    """Read ``the motor policies paid``: what was done by those of that kind."""
    is_plain = things.conds and not things.havings and not things.noun.is_entity
    return Draft(verbs=(verb,), conds=things.conds, about=(things.noun,)) if is_plain else None


@rules("Clause", "VERB <BY> Things", "<MADE> <BY> Things", "VERB <Prep> Things")
def _agent(*parts: MetricWord | Things) -> Draft | None:
    things = parts[-1]
    if not isinstance(things, Things) or things.havings or not things.noun.is_entity:
        return None
    verbs = tuple(part for part in parts if isinstance(part, MetricWord))
    return Draft(verbs=verbs, conds=things.conds, about=() if things.conds else (things.noun,))


# ---- means over things and periods -----------------------------------------------------------------------------------

for _word, _function in (("AVERAGE", "mean"), ("MEDIAN", "median")):

    @rules("Clause", f"<{_word}> GRAINADJ Metric", f"<{_word}> GRAIN Metric")
    def _periodic(grain: Grain, metric: MetricWord, function: str = _function) -> Draft:
        return Draft(metrics=(metric,), head="figure", stat=Stat(function, grain=grain))  # type: ignore[arg-type]

    @rules(
        "Clause",
        f"<{_word}> Metric <PER> GRAIN",
        f"<{_word}> Metric <BY> GRAIN",
        f"<HOWMANY>? Metric <PER> GRAIN <ON{_word}>",
    )
    def _per_period(metric: MetricWord, grain: Grain, function: str = _function) -> Draft:
        return Draft(metrics=(metric,), head="figure", stat=Stat(function, grain=grain))  # type: ignore[arg-type]

    @rules("Clause", f"<{_word}> Metric <PER> NOUN", f"<{_word}> Metric <OF> NOUN")
    def _per_thing(metric: MetricWord, noun: Noun, function: str = _function) -> Draft | None:
        return Draft(metrics=(metric,), head="figure", stat=Stat(function, noun)) if noun.is_entity else None  # type: ignore[arg-type]

    @rules("Clause", f"<{_word}> Metric", cost=2 if _word == "AVERAGE" else 12)
    def _of_what(metric: MetricWord, function: str = _function) -> Draft:
        return Draft(metrics=(metric,), head="figure", stat=Stat(function))  # type: ignore[arg-type]


@rules("Clause", "Metric <PER> METRIC", "<AVERAGE> Metric <PER> METRIC", cost=3)
@rules("Clause", "Metric <IN> <AVERAGE> METRIC", "Metric <OF> <AVERAGE> METRIC", cost=3)
def _per_counted(metric: MetricWord, below: MetricWord) -> Draft:
    """Read ``payments per claimant``, when the model has that ratio."""
    return Draft(metrics=(metric,), over=below, head="figure")


@rules("Clause", "<AVERAGE> Things VERB", "<HOWMUCH> <AVERAGE> Things VERB", "<HOWMANY> Metric <AVERAGE> Things VERB")
@rules("Clause", "<HOWMUCH> Things VERB <ONAVERAGE>", "<HOWMUCH> Things <ONAVERAGE> VERB")
def _average_doer(*parts: MetricWord | Things) -> Draft | None:
    """Read ``what does the average policyholder pay``."""
    things = next(part for part in parts if isinstance(part, Things))
    metrics = tuple(part for part in parts[:1] if isinstance(part, MetricWord))
    if things.havings or not things.noun.is_entity:
        return None
    stat = Stat("mean", replace(things.noun, is_plural=True))
    verbs = tuple(part for part in parts[len(metrics) :] if isinstance(part, MetricWord))
    return Draft(metrics=metrics, verbs=verbs, head="figure", wants=None, stat=stat, conds=things.conds)


@rules("Clause", "Metric <OF> <AVERAGE> Things", "Metric <FOR> <AVERAGE> Things")
def _of_average_thing(metric: MetricWord, things: Things) -> Draft | None:
    """Read ``payments of an average policyholder in the north``."""
    if things.havings or not things.noun.is_entity:
        return None
    return Draft(metrics=(metric,), head="figure", stat=Stat("mean", things.noun), conds=things.conds)


@rules("Clause", "Metric <PER> NOUN")
def _ratio(metric: MetricWord, noun: Noun) -> Draft | None:
    if not noun.is_entity:
        return None
    return Draft(metrics=(metric,), head="figure", stat=Stat("mean", noun))


# ---- groups ----------------------------------------------------------------------------------------------------------


@rules("Group", "Noun", "GRAIN", "<DISTINCT> Noun", "<DISTINCT> GRAIN")
def _group(noun: Noun | str) -> Noun | str:
    return noun


@rules("Group", "FLAG <OR> <NOT>", "FLAG <VS> <NOT> FLAG", "FLAG <OR> <NOT> FLAG")
def _so_or_not(*flags: Members) -> Noun | None:
    """Read ``disputed or not``."""
    if len({flag.options for flag in flags}) > 1:
        return None
    return Noun(tuple(option.field for option in flags[0].options), flags[0].text)


@rules("Groups", "Group")
def _one_group(group: Noun | str) -> tuple[Noun | str, ...]:
    return (group,)


@rules("Groups", "Groups <And> Group", "Groups <And> <BY> Group", "Groups <And> <PER> Group", "Groups <BY> Group")
def _more_groups(groups: tuple[Noun | str, ...], group: Noun | str) -> tuple[Noun | str, ...] | None:
    return None if group in groups else (*groups, group)


@rules("Clause", "<PER> Groups")
def _per(groups: tuple[Noun | str, ...]) -> Draft | None:
    """Read ``payouts per area``; ``per claim and per policyholder`` asks for two means."""
    is_mean = len(groups) > 1 and sum(isinstance(group, Noun) and group.is_entity for group in groups) > 1
    return None if is_mean else Draft(groups=groups)


@rules("Clause", "<BY> Groups", "<FROM> <BY> Groups", "<IN> <BY> Groups", "<OF> <BY> Groups")
def _by(groups: tuple[Noun | str, ...]) -> Draft:
    return Draft(groups=groups)


@rules("Clause", "<BY> Groups <FROM>", "<BY> Groups <IN>", "<BY> Groups VERB <IN>", "<BY> Groups VERB <FROM>", cost=2)
def _by_stranded(groups: tuple[Noun | str, ...], *verbs: MetricWord) -> Draft:
    """Read ``by the channel (they) came in through``."""
    return Draft(groups=groups, verbs=verbs)


@rules("Clause", "GRAINADJ", "<IN> GRAINADJ", "<BY> GRAINADJ")
def _adjective(grain: str) -> Draft:
    return Draft(groups=(grain,))


@rules("Clause", "Noun", cost=7)
def _loose(noun: Noun) -> Draft | None:
    """Read ``revenue segment``; what stands apart is no group: visits (did the) website (get)."""
    return None if noun.apart else Draft(loose=(noun,))


@rules("Clause", "<TREND>", "<IN> <TREND>")
def _trend() -> Draft:
    return Draft(trend=True)


rules("Clause", "<CHANGED>")(lambda: Draft(changed=True))


@rules("Clause", "<CUMULATIVE>", "<CUMULATIVE> <OF>")
def _cumulative() -> Draft:
    return Draft(window=Window("cumulative"))


@rules("Clause", "<ROLLING> NUM GRAIN")
def _rolling(number: Number, grain: Grain) -> Draft | None:
    if number.unit or not isinstance(number.value, int) or number.value < 1:
        return None
    return Draft(window=Window("trailing", number.value, grain))


# ---- filters ---------------------------------------------------------------------------------------------------------


@rules("Clause", "Conds", cost=1)
@rules("Clause", "<Prep> Conds", "<WHOSE> Conds")
def _filter(conds: tuple[Cond, ...]) -> Draft:
    return Draft(conds=conds)


@rules("Clause", "<ONLY> Conds", "Conds <ONLY>", "<Prep> <ONLY> Conds", "<ONLY> <Prep> Conds", "<Prep> Conds <ONLY>")
def _only(conds: tuple[Cond, ...]) -> Draft:
    return Draft(conds=conds, only=True)


@rules("Clause", "<TO> Conds", "<TO> <ONLY> Conds", cost=2)
def _sold_to(conds: tuple[Cond, ...]) -> Draft:
    return Draft(conds=conds)


@rules("Clause", "<TO> Things", cost=2)
def _sold_to_things(things: Things) -> Draft | None:
    """Read ``payments to policyholders in the north``."""
    return _of_things(things)


@rules("Clause", "<WITHOUT> Conds")
def _left_out(conds: tuple[Cond, ...]) -> Draft | None:
    if len(conds) != 1 or not isinstance(conds[0], Members) or conds[0].negated:
        return None
    if conds[0].text.endswith("ing"):  # without paying: a deed that was not done
        return None
    return Draft(conds=(replace(conds[0], negated=True, lacking=True),))


@rules(
    "Clause", "<Prep> Things", "<Prep> <TOTAL> Things", "<ONLY> Things", "<Prep> <ONLY> Things", "<ONLY> <Prep> Things"
)
def _of_things(things: Things) -> Draft | None:
    if things.havings or not (things.noun.is_entity or (things.noun.is_name and things.conds)):
        return None
    return Draft(conds=things.conds, about=() if things.conds else (things.noun,))


@rules("Clause", "Things", cost=2)
def _bare_things(things: Things) -> Draft | None:
    if things.havings or not things.conds or not things.noun.is_thing:
        return None
    return Draft(conds=things.conds)


@rules("Clause", "<NOT> Things", "<WITHOUT> Things", "<NOT> <Prep> Things")
def _not_things(things: Things) -> Draft | None:
    if things.havings or len(things.conds) != 1:
        return None
    if not isinstance(things.conds[0], Members) or things.conds[0].negated:
        return None
    return Draft(conds=(replace(things.conds[0], negated=True),))


@rules("Clause", "<BY> Things")
def _by_such(things: Things) -> Draft | None:
    """``revenue by VIP customers``: of them, or of each of them. Both are read, so that the person is asked."""
    return Draft(conds=things.conds) if things.conds and not things.havings and things.noun.is_entity else None


@rules("Clause", "<BY> Things")
def _by_each_such(things: Things) -> Draft | None:
    if not things.conds or things.havings or not things.noun.is_entity:
        return None
    return Draft(groups=(things.noun,), conds=things.conds)


@rules("Clause", "Versus", "<Prep> Versus")
def _against(members: Members) -> Draft:
    return Draft(conds=(members,), split=True)


@rules("Clause", "<WHOSE> Havings", "<WITH> Havings")
def _having(havings: tuple[Having, ...]) -> Draft:
    return Draft(havings=havings)
