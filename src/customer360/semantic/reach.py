"""Say which dimensions the rows of each metric lead to, by exactly one way: what a form may offer together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.errors import QueryError
from customer360.semantic.paths import connect

if TYPE_CHECKING:
    from customer360.semantic.model import SemanticModel


@dataclass(frozen=True)
class Reach:
    """Datasets and roles by metric, and the metrics that have a time of their own."""

    owners: tuple[str, ...]
    """Every dataset, then the roles in which one is reached where it can be reached in several."""
    of: Mapping[str, frozenset[str]]
    timed: frozenset[str]


def reach_of(model: SemanticModel) -> Reach:
    """Return what each metric of a model can be split and filtered by."""
    roles = list(dict.fromkeys(r.role for r in model.relationships.values() if r.role))
    bases = {atom.base for formula in model.formulas.values() for atom in formula.atoms.values()}
    ways = {(base, owner): _leads(model, base, owner) for base in bases for owner in (*model.datasets, *roles)}
    found, needed = {}, set()
    for name, formula in model.formulas.items():
        of = {atom.base for atom in formula.atoms.values()}
        found[name] = {owner for owner in model.datasets if all(ways[base, owner] for base in of)}
        for role in roles:
            target = model.directory.dataset_of(role)
            if target is not None and target.name not in found[name] and all(ways[base, role] for base in of):
                found[name].add(role)
                needed.add(role)
    timed = {name for name, each in model.formulas.items() if all(a.time_field for a in each.atoms.values())}
    owners = (*model.datasets, *(role for role in roles if role in needed))
    return Reach(owners, {name: frozenset(each) for name, each in found.items()}, frozenset(timed))


def _leads(model: SemanticModel, base: str, owner: str) -> bool:
    try:
        return connect(model.directory, base, owner) is not None
    except QueryError:
        return False  # several ways, and a role says which
