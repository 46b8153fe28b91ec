"""Find by which figure things are listed when only what they are was said: campaigns aimed at young adults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.meaning import Member, Members
from customer360.ask.perthing import distinct_column
from customer360.ask.units import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.frame import Ground
    from customer360.ask.meaning import Cond, Noun


def listers(ground: Ground, noun: Noun, conds: Sequence[Cond]) -> tuple[str, ...]:
    """Return the metric that has a row for each thing that fulfils conditions, and one to show of it; else nothing."""
    if not conds or noun.is_entity:
        return ()
    owners = {field.name.rpartition(".")[0] for field in noun.fields}
    told = {option.field.name.rpartition(".")[0] for cond in conds for option in _options(cond)}
    for base in (*owners, *sorted(told - owners)):
        if not all(_is_of(ground, base, owner) for owner in owners) or not told <= {base, *owners}:
            continue
        found = [name for name in ground.model.metrics if _counts_all(ground, name, base, conds)]
        if found:
            return (found[0], *_shown(ground, base))
    return ()


def _options(cond: Cond) -> tuple[Member, ...]:
    return cond.options if isinstance(cond, Members) and not cond.negated else ()


def _is_of(ground: Ground, base: str, owner: str) -> bool:
    return base == owner or ground.places.steps(base, owner) is not None


def _counts_all(ground: Ground, metric: str, base: str, conds: Sequence[Cond]) -> bool:
    """Say whether a metric counts every row of a table that fulfils conditions, or the things of all its rows."""
    atom = ground.model.formulas[metric].sole_atom
    if atom is None or atom.base != base or kind_of(ground.model.metrics[metric]) != "count":
        return False
    said = {f"{o.field.name} = '{v}'" for cond in conds for o in _options(cond) for v in o.values if len(o.values) == 1}
    is_each = atom.kind == "count" or distinct_column(atom.aggregate) is not None
    return is_each and all(tree.sql() in said for tree in atom.filters)


def _shown(ground: Ground, base: str) -> tuple[str, ...]:
    """Return the first count of a table's rows, which says more of each thing than that there is one."""
    if ground.model.datasets[base].c360.role != "fact":
        return ()
    for name, formula in ground.model.formulas.items():
        atom = formula.sole_atom
        if atom is not None and atom.base == base and atom.kind == "count":
            return (name,)
    return ()


def is_profile(ground: Ground, target: str, owner: str) -> bool:
    """Say whether a table has one row for each thing of another, so that its columns are attributes of those."""
    keys = ground.model.datasets[target].primary_key
    return len(keys) == 1 and any(
        each.source == target and each.target == owner and each.source_columns == keys
        for each in ground.model.relationships.values()
    )


__all__ = ["is_profile", "listers"]
