"""Rules for what things did, with what and when: who bought soft drinks in May but not since."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import Havings
from customer360.ask.grammar_thresholds import Bounds, Compare, in_between, within
from customer360.ask.grammar_undone import SOME, had_none, with_objects
from customer360.ask.meaning import Cond, Draft, Having, Members, MetricWord, Number, Things, When

rules = Rules()
SINCE_THEN = When(text="since then", refers="since")


# ---- one deed -------------------------------------------------------------------------------------------------


@rules("Did", "VERB")
def _did(verb: MetricWord) -> Havings:
    return (Having(verb, ">", SOME),)


@rules("Did", "VERB Compare", "VERB <FOR> Compare")
def _did_so_much(verb: MetricWord, compare: tuple[str, Number]) -> Havings:
    return (Having(verb, *compare, needs="money"),)


@rules("Did", "VERB Range")
def _did_between(verb: MetricWord, bounds: Bounds) -> Havings:
    return within(verb, bounds, "money")


@rules("Did", "VERB Compare <TIMES> Compare <TIMES>", "VERB Compare <TIMES> <AND> Compare <TIMES>")
def _did_at_least_and_at_most(verb: MetricWord, one: Compare, other: Compare) -> Havings | None:
    """Read ``paid at least twice but no more than 5 times``."""
    bounds = in_between(one, other)
    return within(verb, bounds, "count") if bounds is not None else None


@rules("Did", "VERB NUM <TIMES> <OR> NUM <TIMES>", "VERB NUM <OR> NUM <TIMES>")
def _did_once_or_twice(verb: MetricWord, low: Number, high: Number) -> Havings | None:
    """Read ``paid once or twice``."""
    is_next = isinstance(low.value, int) and high.value == low.value + 1
    return within(verb, ((">=", low), ("<=", high)), "count") if is_next else None


@rules("Did", "VERB Range <TIMES>")
def _did_so_often_between(verb: MetricWord, bounds: Bounds) -> Havings:
    return within(verb, bounds, "count")


@rules("Did", "VERB Compare <TIMES>")
def _did_so_often(verb: MetricWord, compare: tuple[str, Number]) -> Havings:
    return (Having(verb, *compare, needs="count"),)


@rules("Did", "VERB NUM <TIMES> After", "VERB After NUM <TIMES>")
def _did_times_or_more(verb: MetricWord, *parts: Number | str) -> Havings:
    """Read ``paid twice or more``."""
    number, op = sorted(parts, key=lambda part: isinstance(part, str))
    return (Having(verb, str(op), number, needs="count"),)  # type: ignore[arg-type]


@rules("Did", "VERB NUM <TIMES>")
def _did_times(verb: MetricWord, number: Number) -> Havings:
    return (Having(verb, "=", number, needs="count"),)


@rules("Did", "VERB Havings")
def _did_measured(verb: MetricWord, havings: Havings) -> Havings:
    return tuple(replace(having, verb=verb) for having in havings)


@rules("Did", "<LIGHT>? METRIC")
def _had(metric: MetricWord) -> Havings:
    return (Having(metric, ">", SOME, needs="count"),)


@rules("Did", "VERB METRIC", cost=1)
def _did_it(verb: MetricWord, metric: MetricWord) -> Havings:
    """Read ``filed a claim``, where no verb has both words."""
    return (replace(_had(metric)[0], verb=verb),)


@rules("Did", "<LIGHT>? Conds METRIC", cost=2)
def _had_such(conds: tuple[Cond, ...], metric: MetricWord) -> Havings | None:
    """Read ``filed a motor claim``."""
    return with_objects(_had(metric), conds)


@rules("Did", "<LIGHT> Havings", "<LIGHTER> Havings")
def _made(havings: Havings) -> Havings:
    return havings


@rules("Did", "VERB BY Values")
def _did_by(verb: MetricWord, word: str, members: Members) -> Havings | None:
    """Read ``paid by phone``."""
    return with_objects(_did(verb), (members,)) if word == "by" and not members.negated else None


@rules("Did", "VERB Conds", "VERB <Prep> Conds")
def _did_with(verb: MetricWord, conds: tuple[Cond, ...]) -> Havings | None:
    return with_objects(_did(verb), conds)


@rules("Did", "VERB <BOTH> VALUE <AND> VALUE")
def _did_both(verb: MetricWord, one: Members, other: Members) -> Havings:
    """Read ``bought both bread and milk``: each of them, in whatever order."""
    return (Having(verb, ">", SOME, conds=(one,)), Having(verb, ">", SOME, conds=(other,)))


@rules("Did", "VERB METRIC <Prep> Conds", cost=1)
def _did_them_with(verb: MetricWord, metric: MetricWord, conds: tuple[Cond, ...]) -> Havings | None:
    """Read ``filed a claim in the north``."""
    return with_objects((replace(_had(metric)[0], verb=verb),), conds)


# ---- when ----------------------------------------------------------------------------------------------------


@rules("Done", "Did")
def _done(did: Havings) -> Havings:
    return did


@rules("Done", "Did Span", "Did Ref", cost=1)
def _done_then(did: Havings, when: When) -> Havings:
    return at(did, when)


@rules("Done", "Span Did", cost=5)
def _then_done(when: When, did: Havings) -> Havings:
    """Read ``(who) in May filed more than 3 claims``."""
    return at(did, when)


@rules("Did", "Did <WHOLE>", "<WHOLE> Did")
def _did_altogether(did: Havings) -> Havings | None:
    """Read ``filed more than 3 claims overall``: what was done at all is not added up."""
    return None if any((each.op, each.number.value) == (">", 0) for each in did) else did


@rules("Then", "Span")
def _then(when: When) -> When:
    return when


rules("Then", "<SINCETHEN>")(lambda: SINCE_THEN)


@rules("Ref", "REFTIME", "<IN> REFTIME", "<FOR> REFTIME", "<OF> REFTIME")
@rules("Then", "REFTIME", "<IN> REFTIME")
def _in_that(when: When) -> When:
    """Read ``in that quarter``, ``the year after``: told by the time before it."""
    return when


@rules("Done", "NotDid <SINCETHEN>")
def _not_since(did: Havings) -> Havings:
    return at(did, SINCE_THEN)


def at(did: Havings, when: When) -> Havings:
    """Return deeds with their time."""
    return tuple(replace(having, when=replace(when, text="")) for having in did)


# ---- who did it -------------------------------------------------------------------------------------------------


@rules(
    "Things", "Things <WITH> Havings", "Things <WHO> Havings", "Things <WHOSE> Havings", "Things <WHO> <WITH> Havings"
)
def _things_having(things: Things, havings: Havings) -> Things:
    return doing(things, havings)


@rules("Things", "Things <WITH> Havings Span", "Things <WHO> <WITH> Havings Span", cost=1)
def _things_having_then(things: Things, havings: Havings, when: When) -> Things:
    return doing(things, at(havings, when))


@rules("Things", "Things Span <WITH> Havings", "Things Span <WHO> Havings", "Things Span <WHO> <WITH> Havings")
@rules("Things", "Things <WHO> Span <WITH>? Havings", "Things Span <IN> <WHO> Havings")
def _things_then_having(things: Things, when: When, havings: Havings) -> Things:
    """Read ``months of 2024 with more than 70 claims``."""
    return doing(things, at(havings, when))


@rules("Things", "Things Compare", "Things <OF> Compare", "Things <WITH> Compare", "Things <WHO> Compare", cost=1)
def _things_worth(things: Things, compare: tuple[str, Number]) -> Things | None:
    """Read ``claims above 300 dollars``: by the money that the model has a mean of for each of them."""
    op, number = compare
    is_plain = things.noun.is_entity and is_money(number) and not things.havings
    return doing(things, (Having(MetricWord((), "worth"), op, number),)) if is_plain else None


@rules("Things", "Things Range", "Things <OF> Range", "Things <BETWEEN> Range", cost=1)
def _things_worth_between(things: Things, bounds: Bounds) -> Things | None:
    is_plain = things.noun.is_entity and is_money(bounds[0][1]) and not things.havings
    return doing(things, within(MetricWord((), "worth"), bounds, None)) if is_plain else None


def is_money(number: Number) -> bool:
    """Say whether a number was said in money."""
    return number.unit is not None and number.unit.isupper()


@rules("Things", "Things Havings", cost=2)
def _things_measured(things: Things, havings: Havings) -> Things | None:
    """Read ``areas (that have) more than 100 claims``."""
    return doing(things, havings) if things.noun.is_plural and not things.havings else None


@rules("Things", "Things <WITH> METRIC", "Things <WHO> <WITH> METRIC")
def _things_with_any(things: Things, metric: MetricWord) -> Things | None:
    """Read ``VIPs with open claims``."""
    return doing(things, _had(metric)) if things.noun.is_plural and not things.havings else None


@rules("Things", "Things <And> Havings", "Things <And> <WITH> Havings", "Things <And> <WHOSE> Havings")
def _things_having_too(things: Things, havings: Havings) -> Things | None:
    """Read ``with a plan and more than 3 claims``."""
    return doing(things, havings) if things.havings or (things.conds and things.noun.is_entity) else None


@rules("Things", "Things <And> Havings Span", "Things <And> <WITH> Havings Span", cost=1)
def _things_having_too_then(things: Things, havings: Havings, when: When) -> Things | None:
    return doing(things, at(havings, when)) if things.havings else None


@rules("Things", "Things <WHO> Done")
def _things_that(things: Things, did: Havings) -> Things:
    return doing(things, did)


@rules("Things", "Things Done", cost=3)
def _things_doing(things: Things, did: Havings) -> Things | None:
    return doing(things, did) if not things.havings and things.noun.is_plural else None


@rules("Things", "Things <And> Done", "Things <And> <WHO> Done")
def _things_that_too(things: Things, did: Havings) -> Things | None:
    """Read ``(who) are in the north and filed a claim``; claims alone are a figure of their own."""
    is_said = all(each.verb or each.needs is None or (each.op, each.number.value) != (">", 0) for each in did)
    is_more = things.havings or (is_said and things.conds and things.noun.is_entity)
    return doing(things, did) if is_more else None


@rules("Things", "Things <NOT> Then", "Things <And> <NOT> Then", "Things <And> <NEVER> Then")
@rules("Things", "Things <NONE> Then", "Things <And> <NONE> Then")
def _but_not_then(things: Things, when: When) -> Things | None:
    """Read ``filed in May but not in June``, ``filed in May and not since``."""
    last = things.havings[-1] if things.havings else None
    return doing(things, again(last, when, negated=True)) if last is not None and last.when is not None else None


@rules("Things", "Things <And> <AGAIN> Span", "Things <And> <AGAIN> Ref", "Things <AGAIN> Ref")
def _and_again(things: Things, when: When) -> Things | None:
    """Read ``filed in May and again in June``."""
    last = things.havings[-1] if things.havings else None
    return doing(things, again(last, when, negated=False)) if last is not None and last.when is not None else None


def again(having: Having, when: When, *, negated: bool) -> Havings:
    """Return that the same was done at another time, or was not."""
    if (having.op, having.number.value) != (">", 0):
        return ()
    return (replace(having, op="=" if negated else ">", when=when),)


@rules("Things", "Things <WITHOUT> <EVENONE>? METRIC", "Things <And> <WITHOUT> <EVENONE>? METRIC")
def _things_lacking(things: Things, metric: MetricWord) -> Things:
    return doing(things, had_none(metric))


@rules("Things", "Things <And> <WITHOUT> METRIC Span", "Things <WITHOUT> METRIC Span", cost=1)
def _things_lacking_then(things: Things, metric: MetricWord, when: When) -> Things:
    return doing(things, at(had_none(metric), when))


def doing(things: Things, did: Havings) -> Things:
    """Return the things that did something."""
    return replace(things, havings=(*things.havings, *did))


# ---- figures of those that did something ----------------------------------------------------------------------


@rules("Deeds", "Done")
def _one_deed(did: Havings) -> Havings:
    return did


@rules("Deeds", "<WITH> Havings")
def _deed_of_having(havings: Havings) -> Havings:
    return havings


@rules("Deeds", "<WITH> Havings Span", cost=1)
def _deed_of_having_then(havings: Havings, when: When) -> Havings:
    return at(havings, when)


@rules("Deeds", "Deeds <And> Done", "Deeds <And> <WHO> Done", "Deeds NotDid")
def _more_deeds(deeds: Havings, did: Havings) -> Havings:
    return (*deeds, *did)


@rules("Deeds", "Deeds <NOT> Then", "Deeds <And> <NOT> Then", "Deeds <NONE> Then", "Deeds <And> <NONE> Then")
def _deeds_not_then(deeds: Havings, when: When) -> Havings | None:
    return (*deeds, *again(deeds[-1], when, negated=True)) if deeds[-1].when is not None else None


@rules("Clause", "Deeds", cost=11)
def _did_so(deeds: Havings) -> Draft | None:
    """Read ``(how many buyers) never complained``; a bare name of what they had says too little."""
    first = deeds[0]
    is_bare = first.needs == "count" and first.verb is None and (first.op, first.number.value) == (">", 0)
    return None if is_bare else Draft(held=deeds)


@rules("Clause", "<WHO> Deeds", cost=9)
def _who_did(deeds: Havings) -> Draft:
    """Read ``(buyers) who never complained``: said of those that the figure counts."""
    return Draft(held=deeds)


@rules("Clause", "<Prep> Things", "<BY> Things", "<TO> Things", cost=2)
def _of_doers(things: Things) -> Draft | None:
    """Read ``payments from policyholders who filed a claim``."""
    return Draft(doers=(things,)) if things.havings and things.noun.is_entity else None


__all__ = ["again", "at", "doing", "rules"]
