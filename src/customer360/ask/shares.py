"""Turn drafts of shares into metric queries: of each group in the whole, or of a part, with the figures behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.filters import conditions_of
from customer360.ask.frame import Frame, Ground, frames, time_range
from customer360.ask.inflect import stems
from customer360.ask.meaning import Draft, Having, Members, MetricWord, Number
from customer360.ask.reading import NONSENSE, Problem, Reading
from customer360.ask.units import kind_of
from customer360.ask.verbs import wholes
from customer360.semantic.outputs import OutputColumn
from customer360.semantic.query import Condition, Filter, MetricQuery, Share

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from customer360.ask.describe import Words
    from customer360.semantic.answer import Answer

_PARTS = 24
"""Meanings of a part that are tried."""
_WITH = (("with",), ("on",), ("having",), ("holding",), ("under",))
"""Words behind which a name says what only some of the things before it have."""


def shares(ground: Ground, draft: Draft, metrics: tuple[str, ...]) -> Iterator[Reading | Problem]:
    """Yield shares; that of a part is read from all rows, since a filter would make it 100 %."""
    if draft.versus or draft.window or draft.havings or draft.is_part:
        yield NONSENSE
        return
    is_each = draft.split or any(not isinstance(group, str) for group in draft.groups)
    if draft.conds and not draft.share_of and not is_each:
        draft = replace(draft, share_of=draft.conds, conds=(), is_sure=True)  # revenue from VIPs in per cent
    if draft.share_of and draft.conds and not draft.is_sure:
        yield Problem("unclear", "Which condition is the part and which limits the whole is not said.")
        return
    if draft.share_of:
        yield from _of_a_part(ground, draft, metrics)
        return
    for frame in frames(ground, replace(draft, conds=(*draft.whole, *draft.conds)), metrics):
        if not any(each.name != "time" for each in frame.dimensions):
            title = ground.title(metrics[0])
            yield Problem(
                "unclear", f"It is not said which share of {title}.", f"Say: share of {title} by a dimension."
            )
            continue
        within = tuple(each.name for each in frame.dimensions if each.name == "time")
        asked = tuple(Share(metric=name, within=within) for name in metrics)
        yield Reading(_query(draft, metrics, frame, asked))


def _of_a_part(ground: Ground, draft: Draft, metrics: tuple[str, ...]) -> Iterator[Reading | Problem]:
    if not draft.is_sure and any(next(wholes(ground, name), None) for name in metrics):
        yield Problem("unclear", f"Whether {ground.title(metrics[0])} are the part or the whole is not said.")
        return
    if len(metrics) != 1 or not (len(draft.share_of) == 1 or draft.is_sure or _are_of_one_thing(draft)):
        yield Problem("unclear", "A share can be asked of one dimension's values only.")
        return
    if draft.of_amount and not _adds_up(ground, metrics[0]):
        yield NONSENSE
        return
    for each in frames(ground, Draft(conds=draft.share_of), metrics)[:_PARTS]:
        for whole in frames(ground, replace(draft, conds=(*draft.whole, *draft.conds)), metrics):
            yield of_part(draft, metrics[0], whole, each.where)


def of_part(draft: Draft, metric: str, whole: Frame, part: Filter | None) -> Reading | Problem:
    """Return the share of a part, unless the whole is limited or split by what tells the part."""
    told = {each.field for each in conditions_of(part)}
    others = {each.field for each in conditions_of(whole.where)} | {each.name for each in whole.dimensions}
    if part is None or told & others:
        return NONSENSE
    return Reading(_query(draft, (metric,), whole, (Share(metric=metric, part=part, with_part=True),)))


def _query(draft: Draft, metrics: tuple[str, ...], frame: Frame, asked: tuple[Share, ...]) -> MetricQuery:
    return MetricQuery(
        metrics=metrics,
        dimensions=frame.dimensions,
        where=frame.where,
        time=time_range(draft.when),
        shares=asked,
    )


def _are_of_one_thing(draft: Draft) -> bool:
    """Say whether all conditions of a part were said of the same things: VIP customers in the north."""
    return all(isinstance(cond, Members) and cond.of for cond in draft.share_of)


def _adds_up(ground: Ground, metric: str) -> bool:
    """Say whether a metric is a total that has parts: no rate, no stock of the last day."""
    formula = ground.model.formulas[metric]
    atom = formula.sole_atom
    is_total = formula.is_additive or (atom is not None and atom.kind == "distinct")
    return is_total and not (atom is not None and (atom.window or atom.semi_additive))


def of_its_whole(ground: Ground, draft: Draft) -> Draft:
    """Return a share of what is counted by a name such as customers with a plan as the share of them in customers."""
    is_bare = draft.share and len(draft.metrics) == 1 and not (draft.groups or draft.conds or draft.share_of)
    if not is_bare or draft.verbs or draft.over or draft.held or draft.part_did or draft.doers or draft.whole:
        return draft
    (part,) = draft.metrics
    words = stems(tuple(part.text.split()))
    if words[1:2] not in _WITH or not all(kind_of(ground.model.metrics[name]) == "count" for name in part.names):
        return draft
    names = tuple(n for entry in ground.vocabulary.lookup(words[:1]) for n in entry.metrics)
    if not names or set(names) & set(part.names):
        return draft
    whole = MetricWord(names, words[0])
    return replace(draft, metrics=(whole,), part_did=(Having(part, ">", Number(0)),))


def without_percent(ground: Ground, draft: Draft, metrics: tuple[str, ...]) -> Draft:
    """Return a draft that asks for a rate in per cent, which it is, as one that asks for the rate."""
    are_rates = all(kind_of(ground.model.metrics[name]) == "percent" for name in metrics)
    return replace(draft, share=False) if draft.in_percent and metrics and are_rates else draft


def with_label(made: Answer, reading: Reading, words: Words) -> tuple[pa.Table, tuple[OutputColumn, ...]]:
    """Return an answer with the name of the part before its figures, where one value tells it."""
    part = reading.part
    if not isinstance(part, Condition) or part.op not in ("=", "in") or isinstance(part.value, bool):
        return made.table, made.columns
    import pyarrow as pa

    values = part.value if isinstance(part.value, list | tuple) else [part.value]
    text, name = " or ".join(map(str, values)), part.field.rpartition(".")[2]
    if name in made.table.column_names:
        return made.table, made.columns
    label = OutputColumn(name, part.field, words.title(part.field), "dimension")
    table = made.table.add_column(0, name, pa.array([text] * made.table.num_rows, pa.string()))
    return table, (label, *made.columns)
