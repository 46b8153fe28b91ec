"""Rules for people said by a word of the language, and for deeds said in pairs: everyone who, both ... and ..."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_deeds import at, doing
from customer360.ask.grammar_nouns import Havings, same_kind, united
from customer360.ask.grammar_undone import SOME
from customer360.ask.meaning import Compared, Cond, Draft, Having, Members, MetricWord, Noun, Number, Things, When

rules = Rules()
_PERIODS = ("days", "weeks", "months", "years")


# ---- people ----------------------------------------------------------------------------------------------------------


@rules("Things", "PEOPLE", cost=1)
def _people(noun: Noun) -> Things:
    """Read ``everyone (who filed)``, ``those (with a plan)``."""
    return Things(noun)


@rules("Clause", "WHOEVER Deeds", "<LIST> WHOEVER Deeds", cost=4)
def _who_did(noun: Noun, deeds: Havings) -> Draft | None:
    """Read ``who filed a claim``."""
    return Draft(head="list", things=Things(noun, havings=deeds)) if _are_deeds(deeds) else None


@rules("Clause", "HOWMANYOF Deeds", cost=6)
def _how_many_did(noun: Noun, deeds: Havings) -> Draft | None:
    """Read ``how many filed a claim and never paid``."""
    return Draft(head="count", things=Things(noun, havings=deeds)) if _are_deeds(deeds) else None


def _are_deeds(deeds: Havings) -> bool:
    """Say whether words tell what somebody did, not what there is: no name of things that ends as a verb does."""
    first = deeds[0]
    if first.number.value != 0:
        return True
    said = first.verb or (first.metric if first.needs is None else None)
    return said is not None and not said.text.split(" ")[0].endswith("s")


# ---- both of them, in both times -------------------------------------------------------------------------------------


@rules("Things", "Things <BOTH> Done <AND> Done", "Things <WHO> <BOTH> Done <AND> Done")
def _both_deeds(things: Things, one: Havings, other: Havings) -> Things | None:
    """Read ``people both filed a claim and paid``."""
    return doing(things, (*one, *other)) if not things.havings else None


@rules("Done", "Did <IN> <BOTH> TIME <AND> TIME", "Did <BOTH> <IN> TIME <AND> <IN> TIME", "Did <BOTH> TIME <AND> TIME")
@rules("Done", "Did <IN> <BOTH> TIME <AND> <IN> TIME", "Did <IN> TIME <AND> TIME <BOTH>", "Did <BY> TIME <AND> TIME")
@rules(
    "Done",
    "Did <IN> TIME <AND> <IN>? TIME <AGAIN>",
    "Did <IN> TIME <ASWELL> <IN>? TIME",
    "Did <IN> <BY> TIME <AND> TIME",
)
def _in_both(did: Havings, one: When, other: When) -> Havings | None:
    """Read ``filed in both May and June``: in each of them."""
    return None if one.also or other.also else (*at(did, one), *at(did, other))


@rules("Done", "NotDid <FOR> NUM", "NotDid <IN> NUM")
def _not_for_so_long(did: Havings, number: Number) -> Havings | None:
    """Read ``has not paid for 90 days``."""
    if number.unit not in _PERIODS or not isinstance(number.value, int) or number.value < 1:
        return None
    return at(did, When(relative=f"last {number.value} {number.unit}"))


@rules("Did", "VERB NUM <TIMES> <ONLY>", "VERB <ONLY> NUM <TIMES>")
def _did_only_so_often(verb: MetricWord, number: Number) -> Havings:
    """Read ``paid once only``."""
    return (Having(verb, "=", number, needs="count"),)


@rules("Did", "VERB NOUN", "VERB <Prep> NOUN", cost=4)
def _did_something_with(verb: MetricWord, noun: Noun) -> Havings | None:
    """Read ``answered a campaign``: with any of them that is known."""
    if noun.grain or not noun.is_thing:
        return None
    return (Having(verb, ">", SOME, conds=(Compared(noun, "is not null", None),)),)


@rules("Things", "Things <And> Things", "Things <Or> Things", "<EITHER> Things <And> Things")
@rules("Things", "<EITHER> Things <Or> Things")
def _such_and_such(one: Things, other: Things) -> Things | None:
    """Read ``motor policies and home policies``: those of either kind."""
    is_alike = one.noun.fields == other.noun.fields and len(one.conds) == len(other.conds) == 1
    if not is_alike or one.havings or other.havings:
        return None
    (mine,), (theirs,) = one.conds, other.conds
    both = united(mine, theirs, "and") if isinstance(mine, Members) and isinstance(theirs, Members) else None
    return replace(other, conds=(both,)) if both is not None else None


# ---- not with that, and being such -----------------------------------------------------------------------------------


@rules("Things", "Things <NEVER> Conds", "Things <And> <NEVER> Conds", "Things <NO> Conds", "Things <And> <NO> Conds")
@rules("Things", "Things <And> <NOT> Conds", "Things <NOT> Conds")
def _but_not_with(things: Things, conds: tuple[Cond, ...]) -> Things | None:
    """Read ``bought bread but never milk``: the same deed, with something else, was not done."""
    last = things.havings[-1] if things.havings else None
    if last is None or (last.op, last.number.value) != (">", 0) or len(conds) != 1 or not last.conds:
        return None
    (cond,) = conds
    if not isinstance(cond, Members) or cond.negated or not any(same_kind(cond, each) for each in last.conds):
        return None
    return doing(things, (replace(last, op="=", conds=conds),))


@rules("Things", "Things <AND> Conds", "Things <AND> <WITH> Conds", cost=3)
def _and_such(things: Things, conds: tuple[Cond, ...]) -> Things | None:
    """Read ``people with a plan and in the north``: both hold when they are not of one kind."""
    if things.havings or not things.conds or not things.noun.is_thing:
        return None
    if any(same_kind(one, other) for one in things.conds for other in conds):
        return None
    return replace(things, conds=(*things.conds, *conds))


__all__ = ["rules"]
