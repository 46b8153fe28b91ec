"""Join verbs with what they are said of: contracts that were cancelled, money that was lost, units to be ordered."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.ask.agreement import is_implied, is_part
from customer360.ask.frame import agree, metric_names
from customer360.ask.inflect import stems, verb_stem
from customer360.ask.meaning import Draft, Field, Member, Members, MetricWord
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.ask.frame import Ground

_TO_DO = "to "
_SMALL = frozenset({"to", "of", "the", "a", "for", "in", "that", "who", "with"})


def with_verbs(ground: Ground, draft: Draft) -> Draft:
    """Return a draft whose figure its verbs have settled; as it is when they settle none."""
    if draft.over is not None:
        return _over(ground, draft, draft.over)
    if len(draft.verbs) != 1 or draft.head not in (None, "figure") or draft.rank is not None:
        return draft
    (verb,) = draft.verbs
    if not draft.metrics:
        wanted = draft.wants or ("money" if draft.currency else None)
        names = () if verb.text.startswith(_TO_DO) else metric_names(ground, verb, wanted)
        return replace(draft, metrics=(MetricWord(names, verb.text),), verbs=()) if names else draft
    (metric, *others) = draft.metrics
    if draft.share and not (draft.conds or draft.share_of or draft.whole or draft.groups):
        return _share_of_doers(ground, draft, metric, verb)
    if draft.wants == "much":  # how much do customers spend: not how many there are
        metric = replace(metric, names=tuple(n for n in metric.names if ground.model.metrics[n].c360.unit != "count"))
        draft = replace(draft, metrics=(metric, *others))
    called = tuple(dict.fromkeys(_called(ground, metric, verb)))
    if called and not others:
        return replace(draft, metrics=(replace(metric, names=called),), verbs=())
    if others or any(is_said_of(ground, verb, name) for name in metric.names):
        return draft
    names = tuple(dict.fromkeys(_meant(ground, metric, verb)))
    return replace(draft, metrics=(replace(metric, names=names),), verbs=()) if names else draft


def _over(ground: Ground, draft: Draft, below: MetricWord) -> Draft:
    """Return the draft with the ratio that the model has of two figures, without any figure when it has none."""
    names = tuple(
        name
        for name, metric in ground.model.metrics.items()
        if (parts := metric.c360.parts) is not None
        and draft.metrics
        and parts.numerator in draft.metrics[0].names
        and parts.denominator in below.names
    )
    return replace(draft, metrics=(MetricWord(names[:1], draft.metrics[0].text),), over=None)


def _share_of_doers(ground: Ground, draft: Draft, whole: MetricWord, verb: MetricWord) -> Draft:
    """Return the draft with the ratio of what a verb counts to what it was said of."""
    ratios = {
        (parts.numerator, parts.denominator): name
        for name, metric in reversed(list(ground.model.metrics.items()))
        if (parts := metric.c360.parts) is not None
        and parts.numerator in verb.names
        and parts.denominator in whole.names
    }
    names = tuple(ratios.values())
    return replace(draft, metrics=(MetricWord(names, whole.text),), verbs=(), share=False) if names else draft


def with_rows(ground: Ground, draft: Draft) -> Draft:
    """Return a draft in which the rows a figure was said of are conditions: hours to settlement of motor claims."""
    if not draft.rows_of or len(draft.metrics) != 1:
        return draft
    (metric,) = draft.metrics
    conds: list[Members] = []
    rest: list[MetricWord] = []
    for word in draft.rows_of:
        if all(is_implied(ground, word, name) for name in metric.names) or _is_in_name(ground, draft, word):
            continue
        found = _as_conditions(ground, word, metric)
        conds += found or ()
        rest += [word] if found is None else []
    return replace(draft, rows_of=tuple(rest), conds=(*draft.conds, *conds))


def _is_in_name(ground: Ground, draft: Draft, word: MetricWord) -> bool:
    """Say whether a duration has the things in its name: days from order to delivery."""
    said = set(stems(phrase(word.text)))
    names = [stems(name) for each in draft.metrics for own in each.names for name in ground.vocabulary.written(own)]
    return draft.wants == "duration" and any(said <= set(name) for name in names)


def _as_conditions(ground: Ground, word: MetricWord, metric: MetricWord) -> tuple[Members, ...] | None:
    """Return the conditions that make rows those of a count, None when they are others or cannot be said so."""
    bases = {atom.base for name in metric.names for atom in ground.model.formulas[name].atoms.values()}
    atoms = [ground.model.formulas[name].sole_atom for name in word.names]
    if len(atoms) != 1 or atoms[0] is None or {atoms[0].base} != bases or atoms[0].kind != "count":
        return None
    conds = [_condition(ground, tree, word.text) for tree in atoms[0].filters]
    return None if None in conds else tuple(cond for cond in conds if cond is not None)


def _condition(ground: Ground, tree: exp.Expr, text: str) -> Members | None:
    """Return ``a = 'b'`` or a yes-or-no column as a condition."""
    negated, tree = isinstance(tree, exp.Not), tree.this if isinstance(tree, exp.Not) else tree
    column, value = (tree.this, tree.expression) if isinstance(tree, exp.EQ) else (tree, exp.true())
    if not isinstance(column, exp.Column) or not isinstance(value, exp.Literal | exp.Boolean):
        return None
    name = f"{column.table}.{column.name}"
    field = ground.vocabulary.field(name)
    if field is None or not field.is_dimension:
        return None
    plain = value.this if not isinstance(value, exp.Literal) or value.is_string else None
    return None if plain is None else Members((Member(Field(name), (plain,)),), text, negated=negated)


def is_said_of(ground: Ground, verb: MetricWord, metric: str) -> bool:
    """Say whether a verb speaks of the rows of a metric; what is still to be done is not what was done."""
    return not verb.text.startswith(_TO_DO) and agree(ground, verb, metric)


def wholes(ground: Ground, metric: str) -> Iterator[str]:
    """Yield the metrics that count more of the same rows: claims, for disputes."""
    yield from (name for name in ground.model.metrics if is_part(ground, metric, name))


def _called(ground: Ground, metric: MetricWord, verb: MetricWord) -> Iterator[str]:
    """Yield the metrics that the words together are the name of: stock (that is) worth."""
    verbs = {verb_stem(word) for word in phrase(verb.text)} - _SMALL
    owed = verb.text.startswith(_TO_DO)
    yield from (name for name in verb.names if _is_called(ground, name, metric, verbs, owed=owed))


def _meant(ground: Ground, metric: MetricWord, verb: MetricWord) -> Iterator[str]:
    """Yield the part of the rows that the verb is about."""
    if not verb.text.startswith(_TO_DO):
        yield from (name for name in verb.names for whole in metric.names if is_part(ground, name, whole))


def _is_called(ground: Ground, name: str, metric: MetricWord, verbs: set[str], *, owed: bool) -> bool:
    for own, other in product(ground.vocabulary.written(name), metric.names):
        if ground.vocabulary.counts_people(other):  # customers returned: what they did, no customer returns
            continue
        words = {verb_stem(word) for word in own} - _SMALL
        if owed != ("to" in own):
            continue
        if any(words == verbs | {verb_stem(word) for word in said} for said in ground.vocabulary.written(other)):
            return True
    return False
