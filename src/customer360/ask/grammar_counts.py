"""Rules for counts within counts: of those who filed in May, how many in June; more than 5 but fewer than 10 claims."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_deeds import at, doing
from customer360.ask.grammar_lists import ranking
from customer360.ask.grammar_nouns import Havings, of_things
from customer360.ask.meaning import Cond, Draft, Having, Members, MetricWord, Number, Things, When

rules = Rules()


_OF_THOSE = tuple(
    f"{those} {ask}"
    for those in ("<Prep> Things", "<Prep> Things <COMMA>", "Things <COMMA>")
    for ask in ("<HOWMANY>", "<HOWMANYDID>")
)


_DONE = ("Done", "<AGAIN> Done", "<AND> Done", "Did <AGAIN> Span")


def _each_with(*ends: str) -> tuple[str, ...]:
    return tuple(f"{start} {end}" for start in _OF_THOSE for end in ends)


@rules("Clause", *_each_with("Done", "<AGAIN> Done", "<AND> Done", "NotDid Ref", "Did <AGAIN>", "Did <SINCETHEN>"))
@rules("Clause", *_each_with("Did <AGAIN> Span", "Did <AGAIN> Ref", "Did Span <AGAIN>"))
def _of_those_how_many(things: Things, did: Havings, when: When | None = None) -> Draft | None:
    """Read ``of those who filed in May, how many filed in June``: both must be true, each in its time."""
    if when is not None:
        did = at(did, when)
    is_timed = {having.when is not None for having in (*things.havings, *did)}
    if not things.noun.is_entity or not (things.havings or things.conds) or len(is_timed) > 1:
        return None
    if things.havings and any(each.metric.text.split()[-1:] == ["again"] for each in did):
        return None  # filed in May and again in June: not those who ever filed again
    return Draft(head="count", things=doing(things, did))


@rules(
    "Clause", *(f"{start} {cond}" for start in _OF_THOSE for cond in ("Conds", "<COP> Conds", "<Prep> Conds")), cost=1
)
def _of_those_how_many_are(things: Things, conds: tuple[Cond, ...]) -> Draft | None:
    """Read ``of the policyholders who filed in May, how many are in the north``."""
    if not things.noun.is_entity or not things.havings:
        return None
    such = tuple(of_things(cond, things.noun) for cond in conds)
    return Draft(head="count", things=replace(things, conds=(*things.conds, *such)))


@rules("Clause", *(f"<OF> METRIC Span <COMMA> {ask} {did}" for ask in ("<HOWMANY>", "<HOWMANYDID>") for did in _DONE))
def _of_those_counted(metric: MetricWord, when: When, did: Havings, then: When | None = None) -> Draft | None:
    """Read ``of the insured in May, how many filed in June``: of people that a figure counts."""
    done = at(did, then) if then is not None else did
    return Draft(metrics=(metric,), head="figure", when=when, held=done) if all(each.when for each in done) else None


@rules("Clause", "<HOWMANY> Metric <AND> <HOWMUCH> Metric")
def _how_many_and_how_much(one: MetricWord, other: MetricWord) -> Draft | None:
    """Read ``how many claims and how much premium``."""
    return Draft(metrics=(replace(one, needs="count"), other), head="figure") if one.names != other.names else None


@rules("Clause", "<HOWMUCH> Metric <AND> <HOWMANY> Metric")
def _how_much_and_how_many(one: MetricWord, other: MetricWord) -> Draft | None:
    return Draft(metrics=(one, replace(other, needs="count")), head="figure") if one.names != other.names else None


@rules("Clause", "<HOWMANY> Things <US> VERB <IN>", "<HOWMANY> Things VERB <IN>")
def _stranded(things: Things, verb: MetricWord) -> Draft | None:
    """Read ``how many areas do we pay in``: those with any of it."""
    is_plain = not things.havings and not things.noun.is_entity and things.noun.is_plural
    return Draft(head="count", things=doing(things, (Having(verb, ">", Number(0)),))) if is_plain else None


@rules("Clause", "<ONLY> <NUMBEROF> Metrics")
def _just_the_number(metrics: tuple[MetricWord, ...]) -> Draft:
    """Read ``just the number of claims``: nothing else is to be shown."""
    return Draft(metrics=metrics, head="figure", wants="count")


# ---- with this but not with that -------------------------------------------------------------------------------------


@rules("Things", "Things <NOT> Cond", "Things <And> <NOT> Cond", "Things <NEVER> Cond", "Things <And> <NEVER> Cond")
@rules("Things", "Things <NEVER> <Prep> Cond", "Things <And> <NEVER> <Prep> Cond")
def _but_not_with(things: Things, cond: Cond) -> Things | None:
    """Read ``who filed by phone but never online``: some of the one, none of the other."""
    last = things.havings[-1] if things.havings else None
    if last is None or (last.op, last.number.value) != (">", 0) or len(last.conds) != 1:
        return None
    if not _is_other(last.conds[0], cond):
        return None
    return doing(things, (replace(last, op="=", conds=(cond,)),))


def _is_other(one: Cond, other: Cond) -> bool:
    """Say whether two conditions are different values of the same dimensions, so that one may stand for the other."""
    if not isinstance(one, Members) or not isinstance(other, Members) or one.negated or other.negated:
        return False
    fields = [{option.field.name for option in each.options} for each in (one, other)]
    values = [{value for option in each.options for value in option.values} for each in (one, other)]
    return bool(fields[0] & fields[1]) and not values[0] & values[1] and other.size == 1


@rules("Sole", "Things <WHO> VERB <ONLY> Cond", "Things <WHO> <ONLY> VERB Cond", "Things <WHO> VERB <ONLY> <Prep> Cond")
@rules("Sole", "Things <WHO> <ONLY> VERB <Prep> Cond", "Things <WHO> VERB <Prep> <ONLY> Cond")
@rules("Sole", "Things VERB <ONLY> Cond", "Things VERB <ONLY> <Prep> Cond", "Things VERB <Prep> <ONLY> Cond", cost=3)
def _only_with(things: Things, verb: MetricWord, cond: Cond) -> Things | None:
    """Read ``who filed only by phone``: some like that, and none that are not."""
    is_plain = things.noun.is_entity and things.noun.is_plural and not things.havings
    if not is_plain or not isinstance(cond, Members) or cond.negated or cond.joint:
        return None
    some = Having(verb, ">", Number(0), conds=(cond,))
    return doing(things, (some, replace(some, op="=", conds=(replace(cond, negated=True),))))


@rules("Clause", "Sole", cost=2)
def _sole(things: Things) -> Draft:
    """Read them as a whole clause: what follows ``only`` belongs to it or is not read."""
    return Draft(head="things", things=things)


@rules("Clause", "<LIST> Sole", "<WHICH> Sole")
def _list_sole(things: Things) -> Draft:
    return Draft(head="list", things=things)


@rules("Clause", "<HOWMANY> Sole", cost=5)
def _count_sole(things: Things) -> Draft:
    return Draft(head="count", things=things)


@rules("Clause", "<Prep> Sole", cost=2)
def _of_sole(things: Things) -> Draft:
    return Draft(doers=(things,))


# ---- all of them in order --------------------------------------------------------------------------------------------


@rules("Clause", "Things <BY> Metric", cost=1)
def _all_in_order(things: Things, metric: MetricWord) -> Draft | None:
    """Read ``areas by payouts``: each with its figure, the largest first."""
    if things.havings or not things.noun.is_plural or things.noun.grain:
        return None
    made = ranking(things, None, metric, ascending=False)
    if made is None or made.rank is None:
        return None
    return made if things.noun.is_entity else replace(made, rank=replace(made.rank, n=0))


__all__ = ["rules"]
