"""Rules for shares: the whole and how it was said, the part and the words that tie it to the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import Havings
from customer360.ask.meaning import Cond, Draft, Members, MetricWord, Noun, Things, When

if TYPE_CHECKING:
    from collections.abc import Sequence

rules = Rules()
Conds = tuple[Cond, ...]
_AMONG = frozenset({"among", "amongst", "within", "inside"})
"""Words behind which the whole stands, not the part."""


# ---- the whole -------------------------------------------------------------------------------------------------------


@rules("Shared", "<SHARE> Metric", "<WHICH> <SHARE> Metric", "<SHARE> <OF> Metric")
@rules("Shared", "<OF> Metric <COMMA>? <WHICH>? <PORTION>")
def _shared(metric: MetricWord) -> Draft:
    """Read ``what share of claims``; ``of all claims, what percentage``."""
    return Draft(metrics=(metric,), head="figure", share=True)


@rules("Shared", "Shared Span")
def _shared_then(shared: Draft, when: When) -> Draft | None:
    return replace(shared, when=when) if shared.when is None else None


@rules("Shared", "<OF> Metric Span <COMMA>? <WHICH>? <PORTION>")
def _of_those_then(metric: MetricWord, when: When) -> Draft:
    """Read ``of the claims in May, what share``."""
    return replace(_shared(metric), when=when)


@rules("SharedSuch", "<SHARE> Conds Metric", "<WHICH> <SHARE> Conds Metric")
@rules("SharedSuch", "<OF> Conds Metric <COMMA>? <WHICH>? <PORTION>")
def _shared_such(conds: Conds, metric: MetricWord) -> Draft:
    """Read ``what share of motor claims``: those are the whole when a part follows."""
    return replace(_shared(metric), whole=conds)


@rules("SharedSuch", "SharedSuch Span")
def _shared_such_then(shared: Draft, when: When) -> Draft | None:
    return _shared_then(shared, when)


@rules("SharedSuch", "<OF> Metric Part <COMMA>? <WHICH>? <PORTION>", cost=1)
def _of_those_with(metric: MetricWord, conds: Conds) -> Draft:
    """Read ``of the claims in the north, what share``."""
    return replace(_shared(metric), whole=conds)


@rules("Whole", "IN Conds", "FOR Conds", "IN Conds METRIC", "FOR Conds METRIC")
def _whole(word: str, conds: Conds, *_: MetricWord) -> Conds | None:
    """Read ``among VIPs``, ``within home claims``: what the share is of."""
    return conds if word in _AMONG else None


@rules("Whole", "IN Things", "FOR Things")
def _whole_things(word: str, things: Things) -> Conds | None:
    return _part_things(things) if word in _AMONG else None


# ---- the part --------------------------------------------------------------------------------------------------------

rules("Copula", "<COP>", "<WHO> <COP>")(lambda: "is")


@rules("Part", "IN Conds", "FOR Conds")
def _part_in(word: str, conds: Conds) -> Conds | None:
    return None if word in _AMONG else conds


@rules("Part", "Conds", "<FROM> Conds", "<WHO> Conds", "<WHO> <FROM> Conds", "<WHO> <IN> Conds", "<OF> Conds")
@rules("Part", "<BY> Conds", "<WITH> Conds", "<WHO> <WITH> Conds", "<TO> Conds")
def _part(conds: Conds) -> Conds:
    return conds


@rules("Part", "IN Things", "FOR Things")
def _part_in_things(word: str, things: Things) -> Conds | None:
    return None if word in _AMONG else _part_things(things)


@rules("Part", "<FROM> Things", "<OF> Things", "<BY> Things", "<WITH> Things", "<TO> Things", "Things")
def _part_things(things: Things) -> Conds | None:
    return things.conds if things.conds and not things.havings and things.noun.is_entity else None


@rules("Tied", "FROM Conds", "FROM Things", "WHO Conds", "FROM ALL Things")
def _tied(_: str, *rest: Conds | Things | str) -> Conds | None:
    """Read ``comes from the north``: the words say which is the part."""
    return _part_things(rest[-1]) if isinstance(rest[-1], Things) else rest[-1]  # type: ignore[return-value]


@rules("Tied", "<Copula> Part", "Part <MAKEUP>", "<MAKEUP> Part", "Part <MAKEUP> <OF>", "<Copula> Part <MAKEUP>")
def _is_part(part: Conds) -> Conds:
    return part


# ---- the part of the whole -------------------------------------------------------------------------------------------


@rules("Clause", "Shared Part")
@rules("Clause", "Metric <SHARE> Part", cost=1)
def _share_from(shared: Draft | MetricWord, part: Conds) -> Draft:
    whole = _shared(shared) if isinstance(shared, MetricWord) else shared
    return replace(whole, share_of=part)


@rules("Clause", "Shared Tied", "SharedSuch Tied", "SharedSuch <COMMA> Tied", "Shared <COMMA> Tied")
def _share_tied(shared: Draft, part: Conds) -> Draft:
    """Read ``what share of claims comes from the north``."""
    return replace(shared, share_of=part, is_sure=True)


@rules("Clause", "Shared Part Tied")
def _share_within(shared: Draft, whole: Conds, part: Conds) -> Draft:
    """Read ``share of customers with a plan that are in the north``: what stands before the verb limits the whole."""
    return replace(shared, whole=whole, share_of=part, is_sure=True)


@rules("Clause", "Shared VERB Part", "Shared <WHO> VERB Part", "Shared <COP> VERB Part", cost=1)
def _share_done_so(shared: Draft, verb: MetricWord, part: Conds) -> Draft:
    """Read ``what part of payments was paid by phone``."""
    return replace(shared, verbs=(verb,), share_of=part, is_sure=True)


@rules("Clause", "Shared Part VERB", cost=1)
def _share_they_did(shared: Draft, part: Conds, verb: MetricWord) -> Draft:
    """Read ``what share of payments did motor policies bring in``."""
    return _share_done_so(shared, verb, part)


@rules("Clause", "SharedSuch Part")
def _share_of_part(shared: Draft, part: Conds) -> Draft:
    return replace(shared, share_of=part)


@rules("Clause", "SharedSuch Whole")
def _share_among(shared: Draft, whole: Conds) -> Draft:
    """Read ``share of open claims among motor claims``: the part stands first."""
    return replace(shared, share_of=shared.whole, whole=whole, is_sure=True)


@rules("Clause", "Shared Whole")
def _part_among(shared: Draft, whole: Conds) -> Draft:
    """Read ``share of disputes among motor claims``: the figure itself is the part, of what it is a part of."""
    return replace(shared, is_part=True, conds=whole)


@rules("Clause", "<SHARE> Conds Metric", "Conds <SHARE> Metric", "Things <SHARE> Metric")
def _share_of_such(conds: Conds | Things, metric: MetricWord) -> Draft | None:
    part = _part_things(conds) if isinstance(conds, Things) else conds
    return replace(_shared(metric), share_of=part) if part is not None else None


@rules("Clause", "Part <MAKEUP> Shared", "Part <MAKEUP> <WHICH> Shared", "Part <MAKEUP> <HOWMUCH> <OF> Metric")
def _makes_up(part: Conds, shared: Draft | MetricWord) -> Draft:
    """Read ``motor policies make up what share of payments``."""
    return _share_tied(_shared(shared) if isinstance(shared, MetricWord) else shared, part)


@rules("Clause", "<SHARE> Part <IN> Metric", "<SHARE> Part <OF> Metric", "<SHARE> Part <TO> Metric")
@rules("Clause", "<WHICH>? <PORTION> Part <IN> Metric", "<WHICH>? <PORTION> Part <OF> Metric")
@rules("Clause", "<WHICH>? <PORTION> Part <MAKEUP> <OF> Metric", "<WHICH>? <PORTION> <MAKEUP> Part <OF> Metric")
@rules("Clause", "Part <PORTION> <IN> Metric", "Part <PORTION> <OF> Metric")
def _part_of(part: Conds, metric: MetricWord) -> Draft:
    """Read ``what share do motor policies have in payments``."""
    return replace(_shared(metric), share_of=part, is_sure=len(part) == 1)


@rules("Clause", "<HOWMUCH> Part <MAKEUP> <TO> Metric", "<HOWMUCH> Part <MAKEUP> <OF> Metric")
def _how_much_they_make_up(part: Conds, metric: MetricWord) -> Draft:
    """Read ``how much do motor policies contribute to payments``."""
    return replace(_how_much_of(metric, part), is_sure=True)


@rules("Clause", "<HOWMUCH> <OF> Metric Part", "<HOWMUCH> <OF> Metric Tied")
def _how_much_of(metric: MetricWord, part: Conds) -> Draft:
    """Read ``how much of our payments comes from the north`` as a share, with the figures of part and whole."""
    return replace(_shared(metric), share_of=part, of_amount=True)


@rules("Clause", "<HOWMUCH> <OF> Metric Span Part", "<HOWMUCH> <OF> Metric Span Tied")
def _how_much_of_then(metric: MetricWord, when: When, part: Conds) -> Draft:
    return replace(_how_much_of(metric, part), when=when)


# ---- parts of such a whole -------------------------------------------------------------------------------------------


@rules("Clause", "<SHARE> Conds <IN> Conds Metric", "Conds <SHARE> Conds Metric", "Conds <SHARE> <IN> Conds Metric")
def _part_of_such(part: Conds, whole: Conds, metric: MetricWord) -> Draft | None:
    """Read ``share of motor in settled claims``: of the settled ones, how many are motor."""
    is_open = any(isinstance(each, Members) and each.negated for each in part)
    return None if is_open else replace(_shared_such(whole, metric), share_of=part, is_sure=True)


@rules("Clause", "<SHARE> Things <IN> Conds Metric", "Things <SHARE> Conds Metric")
def _things_part_of_such(things: Things, whole: Conds, metric: MetricWord) -> Draft | None:
    part = _part_things(things)
    return _part_of_such(part, whole, metric) if part is not None and len(part) == 1 else None


# ---- in other words --------------------------------------------------------------------------------------------------


@rules("Clause", "Shared", cost=1)
def _share(shared: Draft) -> Draft:
    return shared


@rules("Clause", "Metric <SHARE>", cost=1)
def _metric_share(metric: MetricWord) -> Draft:
    return _shared(metric)


@rules("Clause", "Metric <ASSHARE> Metric", "<SHARE> Metric <WITH> Metric", cost=2)
def _one_over_other(above: MetricWord, below: MetricWord) -> Draft | None:
    """Read ``disputed payments as share of payments``, when the model has that ratio."""
    return None if above.names == below.names else Draft(metrics=(above,), over=below, head="figure")


@rules("Clause", "Metric Part <ASSHARE> Metric", "Metric Part <COMMA> <ASSHARE> Metric", cost=1)
def _such_as_share(above: MetricWord, part: Conds, below: MetricWord) -> Draft | None:
    """Read ``payments from the north as a percentage of all payments``."""
    same = tuple(name for name in above.names if name in below.names)
    return replace(_shared(replace(above, names=same)), share_of=part, is_sure=True) if same else None


@rules("Clause", "Metric <BY> Groups <ASSHARE> Metric", "Metric <PER> Groups <ASSHARE> Metric", cost=1)
@rules("Clause", "<BY> Groups Metric <ASSHARE> Metric", cost=1)
def _each_as_share(*parts: MetricWord | Sequence[Noun | str]) -> Draft | None:
    """Read ``payments by area as a percentage of all payments``."""
    groups = next(part for part in parts if not isinstance(part, MetricWord))
    above, below = (part for part in parts if isinstance(part, MetricWord))
    same = tuple(name for name in above.names if name in below.names)
    return replace(_shared(replace(above, names=same)), groups=tuple(groups)) if same else None


@rules("Clause", "Metric Span Part <ASSHARE> Metric", "Metric Part Span <ASSHARE> Metric", cost=1)
def _such_as_share_then(above: MetricWord, *rest: Conds | When | MetricWord) -> Draft | None:
    when = next(part for part in rest if isinstance(part, When))
    part = next(part for part in rest if isinstance(part, tuple))
    below = rest[-1]
    made = _such_as_share(above, part, below) if isinstance(below, MetricWord) else None
    return replace(made, when=when) if made is not None else None


@rules("Clause", "Conds Metric <ASSHARE> Metric", cost=1)
def _such_metric_as_share(part: Conds, above: MetricWord, below: MetricWord) -> Draft | None:
    return _such_as_share(above, part, below)


@rules("Clause", "Conds ASSHARE Metric")
def _as_share(part: Conds, word: str, metric: MetricWord) -> Draft | None:
    """Read ``motor as a share of claims``."""
    return _part_of_such(part, (), metric) if word.startswith("as ") else None


@rules("Clause", "Conds ASSHARE Conds Metric")
def _as_share_of_such(part: Conds, word: str, whole: Conds, metric: MetricWord) -> Draft | None:
    return _part_of_such(part, whole, metric) if word.startswith("as ") else None


rules("Clause", "<INPERCENT>", cost=1)(lambda: Draft(share=True, in_percent=True))
rules("Clause", "<MAKEUP>", cost=1)(Draft)


# ---- of each of them -------------------------------------------------------------------------------------------------


@rules(
    "Clause", "<SHARE> <BY> Groups <TO> Metric", "<SHARE> <BY> Groups <IN> Metric", "<SHARE> <BY> Groups <OF> Metric"
)
@rules("Clause", "<BY> Groups <SHARE> Metric", "<PORTION> <BY> Groups <IN> Metric", "<PORTION> <BY> Groups <OF> Metric")
def _shares_of_each(groups: Sequence[Noun | str], metric: MetricWord) -> Draft:
    return replace(_shared(metric), groups=tuple(groups))


# ---- of those that did something -------------------------------------------------------------------------------------


@rules("Clause", "Shared VERB", "Shared <WHO> VERB")
def _share_doing(shared: Draft, verb: MetricWord) -> Draft:
    """Read ``what percentage of policyholders renew``: the ratio that the model has of those who do to all."""
    return replace(shared, verbs=(verb,))


@rules("Clause", "Shared <WHO> Deeds", cost=2)
def _share_who_did(shared: Draft, deeds: Havings) -> Draft | None:
    """Read ``share of policyholders who filed``; a second deed may be the part and the first the whole."""
    return _share_that_did(shared, deeds) if len({having.when for having in deeds}) == 1 else None


@rules("Clause", "Shared Deeds", "SharedSuch Deeds", "SharedSuch <WHO> Deeds", cost=2)
def _share_that_did(shared: Draft, deeds: Havings) -> Draft:
    """Read ``what share of policyholders filed a claim``."""
    return replace(shared, part_did=deeds)


@rules("Clause", "Shared <Prep> Conds Deeds", "Shared <Prep> Conds <WHO> Deeds", cost=2)
def _share_of_those_that_did(shared: Draft, conds: Conds, deeds: Havings) -> Draft:
    return replace(shared, whole=conds, part_did=deeds)


__all__ = ["rules"]
