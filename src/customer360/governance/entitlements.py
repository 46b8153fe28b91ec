"""Work out what one principal may read: which tables, which of their rows, and which columns under which mask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import NotPermitted
from customer360.governance.masks import masked
from customer360.governance.ports import USER, Port, row_filter
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from customer360.governance.records import Grant
    from customer360.project.spec import Contract


@dataclass(frozen=True)
class Reading:
    """How one table is read: ``select`` in its place, None as it is. ``salted``: the secret is its parameter.

    ``typed`` is the same for SQL that a person wrote: there a hidden row's values are NULL even before the filter
    drops it, so that no condition of theirs that is evaluated earlier can tell them by failing.
    """

    relation: Relation
    select: str | None = None
    typed: str | None = None
    salted: bool = False
    filters_rows: bool = False
    personal: bool = False
    """Whether personal columns are in the clear on every row; a grant for some rows of them does not count."""
    figures_only: bool = False
    """Only figures that enough people stand behind may be made of it (``governance.figures``)."""


@dataclass(frozen=True)
class Entitlements:
    """What a principal may read. Whatever is not in ``readings`` is refused with what ``refused`` says of it."""

    readings: Mapping[Relation, Reading]
    refused: Callable[[Relation], NotPermitted]
    salt: Callable[[], str]
    reads_all: bool = False
    _folded: dict[str, Reading] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._folded.update({str(relation).casefold(): reading for relation, reading in self.readings.items()})

    @property
    def relations(self) -> frozenset[Relation]:
        """The tables that may be read."""
        return frozenset(self.readings)

    @property
    def filters_rows(self) -> bool:
        """Whether some table shows only some of its rows."""
        return any(reading.filters_rows for reading in self.readings.values())

    def reading(self, relation: Relation) -> Reading:
        """Return how a table is read, in whatever case it is written. Errors: NotPermitted."""
        found = self._folded.get(str(relation).casefold())
        if found is None:
            raise self.refused(relation)
        return found

    @cached_property
    def digest(self) -> str:
        """A text that differs whenever what may be seen differs."""
        parts = sorted(
            f"{each.relation}\t{each.select}\t{each.salted}\t{each.personal}\t{each.figures_only}"
            for each in self.readings.values()
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def masked_reading(relation: Relation, contract: Contract | None) -> Reading:
    """Return a table with all its rows and its personal columns under their masks."""
    return _reading(relation, contract, rows=None, clear=None)


def granted_reading(port: Port, grants: Iterable[Grant], attributes: Mapping[str, Any], *, is_owner: bool) -> Reading:
    """Return a port as its policies and somebody's grants show it; without grants as it is open to all or its owner.

    Rows: those of the port's own filter that any grant gives. A grant for personal data opens nothing: on its rows it
    shows in the clear what is masked elsewhere. Errors: NotPermitted when an attribute is missing, or any grant.
    """
    held = tuple(grants)
    opening = [grant for grant in held if not grant.personal]
    rows_too = [grant for grant in opening if not grant.figures_only]
    own = None if is_owner or port.row_filter is None else _closed(port.row_filter, port, attributes)
    is_open = is_owner or port.access == "unrestricted"
    if not is_open and not opening:
        raise NotPermitted(f"You may not read {port.id}.")
    figures_only = not is_open and not rows_too
    by_grant = None if is_open else _any(_filters(rows_too or opening, port, attributes))
    personal = [] if figures_only else [grant for grant in held if grant.personal]
    clear = _any(_filters(personal, port, attributes))
    rows = [part for part in (own, by_grant) if part]
    found = _reading(port.relation, port.contract, rows=" AND ".join(f"({part})" for part in rows) or None, clear=clear)
    return replace(found, figures_only=figures_only)


def _filters(grants: Iterable[Grant], port: Port, attributes: Mapping[str, Any]) -> list[str]:
    return [_closed(grant.row_filter, port, attributes) if grant.row_filter else "" for grant in grants]


def _any(filters: list[str]) -> str | None:
    """Return the condition that any of the filters makes: None for no grant at all, empty for every row."""
    if not filters:
        return None
    return "" if "" in filters else " OR ".join(f"({part})" for part in filters)


def _reading(relation: Relation, contract: Contract | None, *, rows: str | None, clear: str | None) -> Reading:
    shown, salted = {}, False
    for column in contract.columns if contract and clear != "" else ():
        if column.mask is not None:
            name, hidden = quoted(column.name), masked(column, column.mask)
            shown[name] = hidden.sql if clear is None else f"CASE WHEN {clear} THEN {name} ELSE {hidden.sql} END"
            salted = salted or hidden.salted
    personal = clear == ""
    if not rows:
        whole = _select(relation, shown) if shown else None
        return Reading(relation, whole, whole, salted, personal=personal)
    names = [quoted(column.name) for column in contract.columns] if contract else []
    covered = {name: f"CASE WHEN {rows} THEN {shown.get(name, name)} END" for name in names}
    where = f" WHERE {rows}"
    select, typed = _select(relation, shown) + where, _select(relation, covered) + where
    return Reading(relation, select, typed, salted, filters_rows=True, personal=personal)


def _select(relation: Relation, shown: Mapping[str, str]) -> str:
    replaced = ", ".join(f"{sql} AS {name}" for name, sql in shown.items())
    return f"SELECT * REPLACE ({replaced}) FROM {relation.sql}" if shown else f"SELECT * FROM {relation.sql}"


def _closed(text: str, port: Port, attributes: Mapping[str, Any]) -> str:
    """Return a row filter with the principal's attributes as literals. Errors: NotPermitted."""
    tree = row_filter(text, port)
    for column in list(tree.find_all(exp.Column)):
        if column.table.casefold() != USER:
            column.set("this", exp.to_identifier(column.name, quoted=True))
            continue
        if column.name not in attributes:
            raise NotPermitted(
                f"The rows of {port.id} depend on the attribute '{column.name}', which you do not have.",
                next_step="Ask an administrator to set it for your account.",
            )
        value = attributes[column.name]
        if isinstance(value, list):
            if not isinstance(column.parent, exp.In):
                raise NotPermitted(f"The row filter of {port.id} must say IN (user.{column.name}): it is a list.")
            column.parent.set("expressions", [exp.convert(each) for each in value] or [exp.null()])
        elif column is tree:
            tree = exp.convert(value)
        else:
            column.replace(exp.convert(value))
    return tree.sql(dialect="duckdb")
