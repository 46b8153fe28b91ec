"""Gather the steps of a compiled query: named CTEs, each with a comment, none with the name of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.semantic.identifiers import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable


class Steps:
    """The CTEs of one query, in the order in which they are needed."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)
        self._steps: list[tuple[str, exp.Query]] = []
        self._rollups: dict[str, None] = {}

    def add(self, name: str, query: exp.Query, comment: str) -> str:
        """Add a step and return the name it got."""
        unique, number = name, 2
        while unique in self._taken:
            unique, number = f"{name}_{number}", number + 1
        self._taken.add(unique)
        first = query
        while isinstance(first, exp.SetOperation):
            first = first.this
        first.add_comments([comment])
        self._steps.append((unique, query))
        return unique

    def use_rollup(self, name: str) -> None:
        """Note that a step reads a roll-up."""
        self._rollups[name] = None

    @property
    def rollups(self) -> tuple[str, ...]:
        """The roll-ups that the steps read, in the order in which they were first needed."""
        return tuple(self._rollups)

    def finished(self, query: exp.Select) -> exp.Select:
        """Return the query with all steps before it."""
        for name, step in self._steps:
            query = query.with_(identifier(name), as_=step, copy=False)
        return query


def table(name: str) -> exp.Table:
    """Return a step as something to select from."""
    return exp.Table(this=identifier(name))


def column(name: str, of: str | None = None) -> exp.Column:
    """Return a column of a step."""
    return exp.column(identifier(name), table=identifier(of) if of else None)


def grouped(query: exp.Select, count: int) -> exp.Select:
    """Group by the first ``count`` columns."""
    return query.group_by(*(exp.Literal.number(n + 1) for n in range(count)), copy=False) if count else query
