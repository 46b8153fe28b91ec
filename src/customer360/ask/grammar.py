"""Rules for whole questions: clauses in any order, each with its joint and arguments of the right types."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask import (
    grammar_counts,
    grammar_deeds,
    grammar_figures,
    grammar_frames,
    grammar_lists,
    grammar_nouns,
    grammar_pairs,
    grammar_people,
    grammar_places,
    grammar_relations,
    grammar_shares,
    grammar_tails,
    grammar_thresholds,
    grammar_undone,
)
from customer360.ask.chart import Grammar, Rules
from customer360.ask.grammar_deeds import again, at, doing
from customer360.ask.grammar_nouns import Havings, same_kind
from customer360.ask.meaning import Draft, Things, When, joined, same_time

rules = Rules()
GOAL = "Question"
FRAGMENT = "Clauses"


@rules("Clauses", "Clause")
def _first_clause(clause: Draft) -> Draft:
    return clause


@rules("Clauses", "Clauses <COMMA> Clause")
def _next_clause(so_far: Draft, clause: Draft) -> Draft | None:
    return joined(so_far, clause)


@rules("Clauses", "Clauses Clause")
def _next_clause_at_once(so_far: Draft, clause: Draft) -> Draft | None:
    """Join clauses; what stands right behind a deed is said of the deed: policyholders who filed by phone."""
    if clause.conds and _ends_in_deed(so_far) and clause == replace(Draft(), conds=clause.conds, only=clause.only):
        return None
    return joined(so_far, clause)


def _ends_in_deed(draft: Draft) -> bool:
    """Say whether the last that was said is what somebody did, without when or with what."""
    deeds = [*(draft.things.havings if draft.things else ()), *draft.held, *(h for t in draft.doers for h in t.havings)]
    last = deeds[-1] if deeds else None
    is_bare = last is not None and (last.op, last.number.value) == (">", 0) and not last.conds and last.when is None
    return is_bare and last is not None and last.needs is None and draft.when is None


@rules("Clauses", "Clauses <AND> Clause", cost=1)
def _and_clause(so_far: Draft, clause: Draft) -> Draft | None:
    """``and`` joins like with like: groups with groups, filters with filters."""
    for name in ("groups", "conds"):
        alone = replace(Draft(), **{name: getattr(clause, name)})
        if getattr(clause, name) and clause == alone and getattr(so_far, name):
            same = name == "conds" and any(same_kind(a, b) for a in so_far.conds for b in clause.conds)
            return None if same else joined(so_far, clause)
    return None


@rules("Clauses", "Clauses <And> Did Span", "Clauses <And> <WHO> Did Span", cost=1)
@rules("Clauses", "Clauses NotDid Span", "Clauses <And> NotDid Span", "Clauses <And> <WHO> NotDid Span", cost=1)
def _did_too_then(so_far: Draft, did: Havings, when: When) -> Draft | None:
    """Read ``filed a claim this year and paid a premium last year``: each with its own time."""
    if not _is_of_doers(so_far) or so_far.when is None or so_far.things is None:
        return None
    if same_time(so_far.when, when):
        return replace(so_far, things=doing(so_far.things, did))
    return replace(so_far, things=doing(_timed(so_far.things, so_far.when), at(did, when)), when=None)


@rules("Clauses", "Clauses <And> Did Ref", "Clauses <And> <WHO> Did Ref", cost=1)
@rules("Clauses", "Clauses NotDid Ref", "Clauses <And> NotDid Ref", "Clauses <And> <WHO> NotDid Ref", cost=1)
def _did_too_that(so_far: Draft, did: Havings, when: When) -> Draft | None:
    """Read ``filed a claim in May and paid in that month``."""
    if not _is_of_doers(so_far) or so_far.things is None:
        return None
    before = _timed(so_far.things, so_far.when) if so_far.when is not None else so_far.things
    is_timed = all(each.when is not None for each in before.havings)
    return replace(so_far, things=doing(before, at(did, when)), when=None) if is_timed else None


@rules("Clauses", "Clauses NotDid", "Clauses <And> NotDid", "Clauses <And> <WHO> NotDid", cost=2)
def _did_too(so_far: Draft, did: Havings) -> Draft | None:
    """Read ``filed a claim, but never paid``."""
    if not _is_of_doers(so_far) or so_far.things is None or _is_its_object(so_far, did):
        return None
    return replace(so_far, things=doing(so_far.things, did))


def _is_its_object(so_far: Draft, did: Havings) -> bool:
    """Say whether what was not had is rather the object of the deed right before it: received no reminder."""
    return _ends_in_deed(so_far) and did[0].needs == "count" and did[0].verb is None


@rules("Clauses", "Clauses <NOT> Then", "Clauses <And> <NOT> Then", "Clauses <And> <NEVER> Then", cost=2)
@rules("Clauses", "Clauses <NONE> Then", "Clauses <And> <NONE> Then", cost=2)
def _not_then(so_far: Draft, when: When) -> Draft | None:
    """Read ``filed in May but not in June``."""
    if not _is_of_doers(so_far) or so_far.when is None or so_far.things is None:
        return None
    before = _timed(so_far.things, so_far.when)
    more = again(before.havings[-1], when, negated=True)
    return replace(so_far, things=doing(before, more), when=None) if more else None


def _is_of_doers(draft: Draft) -> bool:
    return draft.things is not None and bool(draft.things.havings) and not draft.metrics and draft.rank is None


def _timed(things: Things, when: When) -> Things:
    """Return things whose deeds without a time have this one."""
    return replace(
        things, havings=tuple(replace(each, when=each.when or replace(when, text="")) for each in things.havings)
    )


@rules(GOAL, "Clauses")
def _question(draft: Draft) -> Draft | None:
    is_asking = (
        draft.metrics
        or draft.things
        or draft.rank
        or draft.head == "count"
        or (draft.verbs and (draft.wants or draft.which))
    )
    return draft if is_asking or draft.loose else None


@rules(GOAL, "Clauses <HOWMANY>", "Clauses <COMMA> <HOWMANY>", "Clauses <COMMA> <HOWMANYDID>", cost=3)
def _question_of_number(draft: Draft) -> Draft | None:
    """Read ``customers in the north, how many?``."""
    if draft.head == "things" and draft.things is not None and not draft.things.havings:
        return draft
    if draft.things is not None and draft.head in ("list", "things") and draft.rank is None:
        return replace(draft, head="count")
    return draft if draft.metrics and draft.head == "figure" and draft.wants is None else None


GRAMMAR = Grammar(
    rule
    for part in (
        grammar_nouns.rules,
        grammar_thresholds.rules,
        grammar_deeds.rules,
        grammar_undone.rules,
        grammar_figures.rules,
        grammar_lists.rules,
        grammar_relations.rules,
        grammar_shares.rules,
        grammar_people.rules,
        grammar_tails.rules,
        grammar_frames.rules,
        grammar_places.rules,
        grammar_pairs.rules,
        grammar_counts.rules,
        rules,
    )
    for rule in part.all
)
