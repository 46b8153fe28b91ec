"""Find the tables, columns and metrics that an audience stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.engines.sessions import named_tables
from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.project.audiences import Audience
    from customer360.project.spec import Settings
    from customer360.semantic.elements import Dataset
    from customer360.semantic.model import SemanticModel

ROWS = "*"
"""Stands for the rows of a table, where they are counted."""


@dataclass(frozen=True)
class Footing:
    """``columns`` are pairs of table and column."""

    metrics: frozenset[str]
    columns: frozenset[tuple[str, str]]

    def stands_on(self, table: str, metrics: frozenset[str], column: str | None = None) -> bool:
        """Say whether a table (one column of it) or one of these metrics is used."""
        if self.metrics & metrics:
            return True
        return any(each == table and column in (None, name) for each, name in self.columns)


def footing(audience: Audience, settings: Settings, model: SemanticModel) -> Footing:
    """Return what an audience stands on; names that lead nowhere are left out (the linter tells of them)."""
    subject = audience.subject or settings.subject or ""
    names = {*_values(audience.members, "field"), subject, *_consents(audience, settings)}
    names.update(column for each in audience.destinations.values() for column in each.columns)
    if audience.rank is not None:
        names.add(str(audience.rank["by"]))
    metrics = {*_values(audience.members, "metric"), *(name for name in names if name in model.metrics)}
    found = {pair for name in names - metrics for pair in _columns(model, name, subject.rpartition(".")[0])}
    for name in _values(audience.members, "event"):
        if name in model.datasets:
            found.update((table, ROWS) for table in _tables(model.datasets[name]))
    return Footing(frozenset(metrics), frozenset(found))


def _consents(audience: Audience, settings: Settings) -> Iterator[str]:
    """Yield the fields that say who consented to the channels of an audience and its destinations."""
    asked = [(audience.consent, audience.channel)]
    asked += [(each.consent, each.channel) for each in audience.destinations.values()]
    for consent, channel in asked:
        field = settings.consent.get(f"{channel}/{audience.purpose}") or settings.consent.get(channel or "")
        if consent == "required" and field is not None:
            yield field


def _values(given: Any, key: str) -> Iterator[str]:
    """Yield what stands at a key, however deep."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            if name == key and isinstance(value, str):
                yield value
            elif name != "value":
                yield from _values(value, key)
    elif isinstance(given, Sequence) and not isinstance(given, str):
        for value in given:
            yield from _values(value, key)


def _columns(model: SemanticModel, name: str, subject: str) -> Iterator[tuple[str, str]]:
    try:
        owner, field = model.directory.resolve(name, prefer=[subject])
    except C360Error:
        return
    dataset = model.directory.dataset_of(owner)
    if dataset is None:
        return
    tree = model.field_trees[dataset.name, field]
    for table in _tables(dataset):
        for column in tree.find_all(exp.Column):
            yield table, column.name


def _tables(dataset: Dataset) -> list[str]:
    return [str(table) for table in named_tables(dataset.source)] if dataset.is_query else [dataset.source]
