"""Compare the ports of two states of a project: what breaks its readers, who they are, and which version it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from customer360.ask.questionfiles import plain_questions
from customer360.catalog.cards import Catalogue
from customer360.catalog.footing import footing
from customer360.catalog.graph import Own
from customer360.catalog.metrics import Named, metrics_of, models_by_name, of_first, shown_on
from customer360.governance.ports import Port, ports_of
from customer360.semantic.describe import describe

if TYPE_CHECKING:
    from customer360.project.audiences import Audience
    from customer360.project.spec import Contract, ContractColumn, Project
    from customer360.semantic.extensions import VerifiedQuestion
    from customer360.semantic.model import SemanticModel

NOTHING = Own()
Size = Literal["major", "minor", "patch"]
_STRICT = ("unrestricted", "restricted", "private")
_WIDER = {
    "TINYINT": ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    "SMALLINT": ("INTEGER", "BIGINT", "HUGEINT"),
    "INTEGER": ("BIGINT", "HUGEINT"),
    "BIGINT": ("HUGEINT",),
    "FLOAT": ("DOUBLE",),
    "DATE": ("TIMESTAMP",),
}
"""Types that hold every value of another one; even so a reader may have to change, so it is at least minor."""


@dataclass(frozen=True)
class Change:
    """One difference of a port. ``breaks`` names the tables, metrics, dashboards, questions and audiences on it."""

    port: str
    size: Size
    what: str
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """What a new version of a port takes, and whether the contract's version says so."""

    port: str
    before: str | None
    after: str | None
    needs: Size
    changes: tuple[Change, ...]

    @property
    def is_declared(self) -> bool:
        """Whether the version went up as far as the changes take; a new port, or one that is gone, has none to keep."""
        if self.before is None or self.after is None:
            return self.before is None
        old, new = _parts(self.before), _parts(self.after)
        if self.needs == "major":
            return new[0] > old[0]
        return new[:2] > old[:2] if self.needs == "minor" else new > old


def releases(before: Project, after: Project, *models: SemanticModel, own: Own = NOTHING) -> tuple[Release, ...]:
    """Return every port that changed, those that break somebody first. ``models`` are those of the state before.

    ``own`` is what people made on the pages: it breaks as well.
    """
    old, new = ports_of(before), ports_of(after)
    users = _Users(before, models, own)
    found = []
    for relation in sorted({*old, *new}):
        one, other = old.get(relation), new.get(relation)
        changes = tuple(_changes(one, other, users))
        if changes:
            needs: Size = "major" if _any(changes, "major") else "minor" if _any(changes, "minor") else "patch"
            versions = [port.contract.version if port else None for port in (one, other)]
            found.append(Release(str(relation), versions[0], versions[1], needs, changes))
    return tuple(sorted(found, key=lambda each: (each.needs != "major", each.port)))


def _any(changes: Iterable[Change], size: Size) -> bool:
    return any(change.size == size for change in changes)


class _Users:
    """Who uses a table, or a column of it, in the state before."""

    def __init__(self, project: Project, models: tuple[SemanticModel, ...], own: Own) -> None:
        self._catalogue = Catalogue(project, *models)
        self._project = project
        self._models = models
        self._own = own

    def of(self, port: Port, column: str | None = None) -> tuple[str, ...]:
        """Return tables, then metrics, dashboards, questions and audiences."""
        tables = {
            str(edge.to)
            for edge in self._catalogue.edges
            if edge.source == port.relation and column in (None, edge.source_column) and edge.to != port.relation
        }
        metrics = self._metrics(port, column)
        boards = self._catalogue.dashboards_of(metrics)
        return (
            *sorted(tables),
            *(f"metric {name}" for name in sorted({name for _, name in metrics})),
            *(f"dashboard {name}" for name in boards),
            *(
                f"own dashboard '{each.title}' of {who}"
                for who, each in self._own.boards
                if metrics & shown_on(each, self._project)
            ),
            *(f"question '{each.question}'" for each in self._questions if metrics & metrics_of(each.query)),
            *(f"audience {name}" for name in self._catalogue.audiences_on(port.id, of_first(metrics), column)),
            *(f"own audience '{each.label}'" for each in self._stand_on(port, metrics, column)),
        )

    @cached_property
    def _questions(self) -> tuple[VerifiedQuestion, ...]:
        return plain_questions(self._project.root)

    def _stand_on(self, port: Port, metrics: frozenset[Named], column: str | None) -> Iterator[Audience]:
        for each in self._own.audiences if self._models else ():
            if footing(each, self._project.settings, self._models[0]).stands_on(port.id, of_first(metrics), column):
                yield each

    def _metrics(self, port: Port, column: str | None) -> frozenset[Named]:
        metrics = self._catalogue.metrics_on(port.id)
        if column is None:
            return metrics
        models = models_by_name(self._project, self._models)
        return metrics & {(called, name) for called, model in models for name in _metrics_on(model, port, column)}


def _metrics_on(model: SemanticModel, port: Port, column: str) -> set[str]:
    """Return the metrics of a model that name a column of a port, or a field made of it."""
    fields = {
        field.name
        for dataset in model.datasets.values()
        if dataset.source == port.id
        for field in dataset.fields.values()
        for tree in [model.field_trees[dataset.name, field.name]]
        if any(each.name == column for each in tree.find_all(exp.Column))
    }
    words = {column, *fields}
    return {each.name for each in describe(model) if words.intersection(re.findall(r"\w+", each.expression))}


def _changes(one: Port | None, other: Port | None, users: _Users) -> Iterator[Change]:
    if one is None and other is not None:
        yield Change(other.id, "minor", "The port is new.")
    elif one is not None and other is None:
        yield Change(one.id, "major", "The port is gone.", users.of(one))
    elif one is not None and other is not None:
        yield from _of_port(one, other, users)
        yield from _of_columns(one, other, users)


def _of_port(one: Port, other: Port, users: _Users) -> Iterator[Change]:
    before, after = _STRICT.index(one.access), _STRICT.index(other.access)
    if before != after:
        size: Size = "major" if after > before else "minor"
        breaks = users.of(one) if after > before else ()
        yield Change(one.id, size, f"Access was {one.access} and is {other.access}.", breaks)
    if one.contract.key != other.contract.key:
        keys = [", ".join(contract.key) or "none" for contract in (one.contract, other.contract)]
        yield Change(one.id, "major", f"The key was {keys[0]} and is {keys[1]}.", users.of(one))
    if one.row_filter != other.row_filter:
        yield Change(one.id, "minor", "The row filter changed.")
    both = {column.name for column in one.contract.columns} & {column.name for column in other.contract.columns}
    if _texts(one.contract, both) != _texts(other.contract, both):
        yield Change(one.id, "patch", "Descriptions changed.")


def _of_columns(one: Port, other: Port, users: _Users) -> Iterator[Change]:
    old = {column.name: column for column in one.contract.columns}
    new = {column.name: column for column in other.contract.columns}
    for name in old.keys() - new.keys():
        yield Change(one.id, "major", f"The column {name} is gone.", users.of(one, name))
    for name in new.keys() - old.keys():
        yield Change(one.id, "minor", f"The column {name} is new.")
    for name in sorted(old.keys() & new.keys()):
        yield from _of_column(one, old[name], new[name], users)


def _of_column(port: Port, old: ContractColumn, new: ContractColumn, users: _Users) -> Iterator[Change]:
    name = old.name
    if old.type != new.type:
        is_wider = new.type in _WIDER.get(old.type, ())
        breaks = () if is_wider else users.of(port, name)
        yield Change(port.id, "minor" if is_wider else "major", f"{name} was {old.type} and is {new.type}.", breaks)
    if old.required and not new.required:
        yield Change(port.id, "major", f"{name} was always there and may be missing now.", users.of(port, name))
    elif new.required and not old.required:
        yield Change(port.id, "minor", f"{name} is always there now.")
    if old.mask != new.mask:
        yield Change(
            port.id, "minor", f"{name} is masked by {new.mask or 'nothing'} and was by {old.mask or 'nothing'}."
        )


def _texts(contract: Contract, names: set[str]) -> tuple[object, ...]:
    columns = tuple((column.name, column.description) for column in contract.columns if column.name in names)
    return (contract.description, columns)


def _parts(version: str) -> tuple[int, ...]:
    parts = [int(part) if part.isdigit() else 0 for part in version.split("-", maxsplit=1)[0].split(".")]
    return tuple([*parts, 0, 0, 0][:3])
