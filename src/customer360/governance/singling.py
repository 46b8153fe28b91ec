"""Say which fields tell people apart: their keys, links to them, keys of their rows, what is masked as their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.paths import connect

if TYPE_CHECKING:
    from customer360.project.spec import Project
    from customer360.semantic.elements import Dataset, SemanticField
    from customer360.semantic.model import SemanticModel

_OWN = frozenset({"hash", "last4", "null"})
"""Masks of what is somebody's own; a year or a bucket is many people's."""


def one_each(model: SemanticModel, subject: exp.Column) -> frozenset[tuple[str, str]]:
    """Return the columns, by dataset, with one value for each person: the subject, its other keys, and links to it."""
    dataset = model.datasets[subject.table]
    found = {(dataset.name, key[0]) for key in dataset.keys if len(key) == 1} | {(dataset.name, subject.name)}
    links = {
        ((each.source, source), (each.target, target))
        for each in model.relationships.values()
        for source, target in zip(each.source_columns, each.target_columns, strict=True)
    }
    while more := {end for link in links for end in link if found.intersection(link)} - found:
        found |= more
    return frozenset(found)


def bare(model: SemanticModel, field: SemanticField) -> tuple[str, str]:
    """Return the column that a field is as it stands or in another type; its own name where it is more than that."""
    tree = model.field_trees[field.dataset, field.name]
    while isinstance(tree, exp.Cast | exp.Paren):
        tree = tree.this
    return field.dataset, tree.name if isinstance(tree, exp.Column) else field.name


def singles_out(project: Project, model: SemanticModel, subject: exp.Column, field: SemanticField) -> bool:
    """Say whether a condition on a field would pick single people, or single rows of theirs."""
    apart = one_each(model, subject) | _keys_of_rows(model, subject)
    dataset = model.datasets[field.dataset]
    used = {(dataset.name, each.name) for each in model.field_trees[field.dataset, field.name].find_all(exp.Column)}
    is_own = field.c360.mask in _OWN
    return (
        is_own
        or bool({*used, bare(model, field)} & apart)
        or bool({name for _, name in used} & _masked(project, dataset))
    )


def _keys_of_rows(model: SemanticModel, subject: exp.Column) -> frozenset[tuple[str, str]]:
    """Return the single keys of datasets whose every row is somebody's."""
    return frozenset(
        (dataset.name, key[0])
        for dataset in model.datasets.values()
        if _leads_to(model, dataset, subject.table)
        for key in dataset.keys
        if len(key) == 1
    )


def _leads_to(model: SemanticModel, dataset: Dataset, owner: str) -> bool:
    try:
        return connect(model.directory, dataset.name, owner) is not None
    except QueryError:  # by more than one way
        return True


def _masked(project: Project, dataset: Dataset) -> frozenset[str]:
    """Return the columns of a dataset's table that stand under a mask of somebody's own."""
    contract = next((each for each in project.contracts.values() if str(each.relation) == dataset.source), None)
    return frozenset(column.name for column in contract.columns if column.mask in _OWN) if contract else frozenset()
