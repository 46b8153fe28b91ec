"""Say why a question cannot be answered rightly, and what can be asked instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import QueryError
from customer360.semantic.labels import dimension_label, things
from customer360.semantic.paths import connect

if TYPE_CHECKING:
    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.paths import History

_SHOWN = 5


def unreachable(
    model: SemanticModel, formula: Formula, atom: Atom, name: str, owner: str, *, history: History | None = None
) -> QueryError:
    """Return the refusal of a dimension or filter that a metric's rows do not belong to."""
    metric, dimension = formula.metric.title, _called(model, owner, name)
    if history is not None and _leads(model, atom.base, owner):
        when = "as it was then" if history == "as_was" else "as it is today"
        return QueryError(
            f"{metric} cannot be split or filtered by {dimension} {when}: no relationship of {things(atom.base)} says "
            "so.",
            next_step="Ask without `history`.",
        )
    others = metrics_reaching(model, owner, near=atom.base)[:_SHOWN]
    possible = dimensions_of(model, formula)[:_SHOWN]
    counted = model.datasets[atom.base].grain
    return QueryError(
        f"{metric} cannot be split or filtered by {dimension}: it counts {things(atom.base)} ({counted}), which do not "
        f"each belong to one row of {things(owner)}.",
        next_step=_offered(
            (dimension, [model.metrics[each].title for each in others]),
            (metric, [_called(model, *each.rsplit(".", 1)) for each in possible]),
        ),
        typed=_offered((name, others), (formula.metric.name, possible)),
    )


def _offered(*offers: tuple[str, list[str]]) -> str | None:
    return " ".join(f"{name} works with: {', '.join(found)}." for name, found in offers if found) or None


def _called(model: SemanticModel, owner: str, name: str) -> str:
    """Return what people call a dimension of a dataset or role."""
    field = model.directory.field(owner, name.rpartition(".")[2])
    return dimension_label(model, field, owner) if field is not None else name


def metrics_reaching(model: SemanticModel, owner: str, *, near: str) -> list[str]:
    """Return metrics whose rows lead to a dataset or role; those of datasets related to ``near`` first."""
    related = {r.source for r in model.relationships.values() if r.target == near}
    related |= {r.target for r in model.relationships.values() if r.source == near}
    found = [
        name
        for name, formula in model.formulas.items()
        if all(_leads(model, a.base, owner) for a in formula.atoms.values())
    ]
    return sorted(found, key=lambda name: not any(a.base in related for a in model.formulas[name].atoms.values()))


def dimensions_of(model: SemanticModel, formula: Formula) -> list[str]:
    """Return the dimensions that every part of a metric can be split by."""
    bases = {atom.base for atom in formula.atoms.values()}
    return [
        field.qualified
        for dataset in model.datasets.values()
        if all(_leads(model, base, dataset.name) for base in bases)
        for field in dataset.fields.values()
        if field.is_dimension and field.c360.role != "key"
    ]


def _leads(model: SemanticModel, base: str, owner: str) -> bool:
    try:
        return connect(model.directory, base, owner) is not None
    except QueryError:
        return True  # several ways: possible once a role is named
