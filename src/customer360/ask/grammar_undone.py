"""Rules for what was not done: never paid, filed no claim, without paying, neither filed nor paid."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_nouns import Havings
from customer360.ask.inflect import singular
from customer360.ask.meaning import Cond, Having, Members, MetricWord, Number

rules = Rules()
SOME = Number(0)

rules("Did", "NotDid")(lambda did: did)


@rules("NotDid", "<NEVER> VERB METRIC", "<NOT> VERB METRIC")
def _did_none(verb: MetricWord, metric: MetricWord) -> Havings:
    """Read ``never filed a claim``."""
    return (Having(metric, "=", SOME, needs="count", verb=verb),)


@rules("NotDid", "<NEVER> VERB <EVENONE> METRIC", "<NOT> VERB <EVENONE> METRIC")
def _did_not_one(verb: MetricWord, metric: MetricWord) -> Havings:
    """Read ``did not file a single claim``."""
    return _did_none(verb, metric)


@rules("NotDid", "VERB <NO> METRIC", "<LIGHT> <NO> METRIC")
def _did_it_to_none(*parts: MetricWord) -> Havings:
    """Read ``filed no claim``."""
    return (Having(parts[-1], "=", SOME, needs="count", verb=parts[0] if len(parts) > 1 else None),)


@rules("NotDid", "<NEVER> VERB", "<NOT> VERB")
def _did_not(verb: MetricWord) -> Havings | None:
    """Read ``never paid``; a form that no `not` stands before is no deed: not books."""
    is_thing = " " not in verb.text and singular(verb.text) != verb.text
    return None if is_thing else (Having(verb, "=", SOME),)


@rules("NotDid", "<NEVER> <LIGHT> METRIC", "<NOT> <LIGHT> METRIC", "<NEVER> METRIC", "<NO> METRIC", "<WITHOUT> METRIC")
@rules("NotDid", "<NOT> <LIGHT> <EVENONE> METRIC", "<NOT> <EVENONE> METRIC", "<WITHOUT> <EVENONE> METRIC")
@rules("NotDid", "<NEVER> <LIGHT> <EVENONE> METRIC", "<WITHOUT> <LIGHT> <EVENONE>? METRIC")
def had_none(metric: MetricWord) -> Havings:
    """Read ``no claim``, ``never had a claim``."""
    return (Having(metric, "=", SOME, needs="count"),)


@rules("NotDid", "<WITHOUT> VERB", "<WITHOUT> <NEVER> VERB")
def _without_doing(verb: MetricWord) -> Havings | None:
    """Read ``without paying``."""
    return _did_not(verb) if is_gerund(verb) else None


@rules("NotDid", "<WITHOUT> VERB METRIC", "<WITHOUT> VERB <EVENONE> METRIC", "<WITHOUT> <BACK> VERB METRIC")
def _without_doing_it(verb: MetricWord, metric: MetricWord) -> Havings | None:
    """Read ``without filing any claim``."""
    return _did_none(verb, metric) if is_gerund(verb) else None


@rules("NotDid", "<WITHOUT> VERB Conds", "<WITHOUT> VERB <Prep> Conds")
def _without_doingwith_objects(verb: MetricWord, conds: tuple[Cond, ...]) -> Havings | None:
    return with_objects(_did_not(verb) or (), conds) if is_gerund(verb) else None


def is_gerund(verb: MetricWord) -> bool:
    """Say whether a verb stands as a noun: paying."""
    return verb.text.split(" ")[0].endswith("ing")


@rules("NotDid", "<NEITHER> Did <NOR> Did", "<NEITHER> Did <OR> Did", "<NOT> Did <OR> Did", "<NEVER> Did <OR> Did")
@rules("NotDid", "<NOT> Did <NOR> Did", "<NEVER> Did <NOR> Did", "<WITHOUT> Did <OR> Did")
def _did_neither(one: Havings, other: Havings) -> Havings | None:
    """Read ``neither filed a claim nor paid``."""
    both = (*one, *other)
    are_bare = all((each.op, each.number.value) == (">", 0) and each.when is None for each in both)
    return tuple(replace(each, op="=", number=SOME) for each in both) if are_bare else None


@rules("NotDid", "NotDid <AGAIN>")
def _not_again(did: Havings) -> Havings:
    """Read ``did not pay again``."""
    return did


@rules("NotDid", "<NEVER> VERB Conds", "<NOT> VERB Conds", "<NEVER> VERB <Prep> Conds", "<NOT> VERB <Prep> Conds")
def _did_notwith_objects(verb: MetricWord, conds: tuple[Cond, ...]) -> Havings | None:
    did = _did_not(verb)
    return with_objects(did, conds) if did is not None else None


def with_objects(did: Havings, conds: tuple[Cond, ...]) -> Havings | None:
    """Return a deed with its objects. ``Bread and milk`` may mean both or either, so it is not read."""
    if any(isinstance(cond, Members) and cond.joint == "and" for cond in conds):
        return None
    return tuple(replace(having, conds=conds) for having in did)


__all__ = ["SOME", "had_none", "rules", "with_objects"]
