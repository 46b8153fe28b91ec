"""Read ``orders without electronics`` as the orders that have none, not as those that have something else too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.meaning import Members
from customer360.ask.perthing import distinct_column, event_count
from customer360.ask.places import condition_of, together
from customer360.ask.reading import Problem, Reading
from customer360.semantic.query import AllOf, MemberCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from customer360.ask.frame import Ground
    from customer360.ask.meaning import Draft

    Figures = Callable[[Ground, Draft], Iterator[Reading | Problem]]


def lacks(ground: Ground, draft: Draft, metric: str) -> tuple[Members, ...]:
    """Return what things are said to be without, when a metric counts them over their parts: orders over lines."""
    atom = ground.model.formulas[metric].sole_atom
    if atom is None or distinct_column(atom.aggregate) is None:
        return ()
    return tuple(cond for cond in draft.conds if isinstance(cond, Members) and cond.lacking)


def without(ground: Ground, draft: Draft, metric: str, figures: Figures) -> Iterator[Reading | Problem]:
    """Yield a figure of the things none of whose parts have the values."""
    conds = lacks(ground, draft, metric)
    atom = ground.model.formulas[metric].sole_atom
    rows = event_count(ground, metric)
    rest = tuple(cond for cond in draft.conds if cond not in conds)
    if atom is None or rows is None or len(conds) != 1:
        yield Problem("unclear", "Whether none or not all of it is like that is not said.", "Say: none of it, or not.")
        return
    member = f"{atom.base}.{distinct_column(atom.aggregate)}"
    for option in ground.places.options(conds[0], (atom.base,)):
        none = MemberCondition(metric=rows, op="=", value=0, where=condition_of(option), member=member)
        for made in figures(ground, replace(draft, conds=rest)):
            if isinstance(made, Problem):
                yield made
                continue
            where = made.query.where
            before = where.all if isinstance(where, AllOf) else (where,) if where is not None else ()
            yield replace(made, query=made.query.model_copy(update={"where": together((*before, none))}))
