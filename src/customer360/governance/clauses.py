"""Take a filter apart into clauses that all hold, however it was nested, so that each can be looked at alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import NotPermitted
from customer360.semantic.query import AllOf, AnyOf, Condition, Not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.semantic.query import Filter

MOST = 12
"""Clauses of one filter; each is counted on its own."""
Clause = dict[str, "Filter"]
"""Conditions of which one must hold, by what they say."""


def clauses_of(given: Filter) -> list[Clause]:
    """Return the clauses of a filter without conditions on members. Errors: NotPermitted for too many."""
    return _clauses(given, is_negative=False)


def _clauses(given: Filter, *, is_negative: bool) -> list[Clause]:
    if isinstance(given, Not):
        return _clauses(given.negate, is_negative=not is_negative)
    if isinstance(given, AllOf | AnyOf):
        parts = given.all if isinstance(given, AllOf) else given.any
        found = [_clauses(part, is_negative=is_negative) for part in parts]
        return _all(found) if isinstance(given, AllOf) is not is_negative else _any(found)
    literal = Not.model_validate({"not": given}) if is_negative else given
    return [{literal.model_dump_json(by_alias=True): literal}]


def _all(found: Sequence[list[Clause]]) -> list[Clause]:
    return _absorbed([clause for clauses in found for clause in clauses])


def _any(found: Sequence[list[Clause]]) -> list[Clause]:
    """Return the clauses of alternatives: one of each, together."""
    made: list[Clause] = [{}]
    for clauses in found:
        made = _absorbed([{**one, **other} for one in made for other in clauses])
    return made


def _absorbed(clauses: Sequence[Clause]) -> list[Clause]:
    """Return clauses without those that hold wherever another one does. Errors: NotPermitted for too many."""
    kept: list[Clause] = []
    for clause in sorted(clauses, key=len):
        if not any(other.keys() <= clause.keys() for other in kept):
            kept.append(clause)
    if len(kept) > MOST:
        raise NotPermitted(
            f"You may see figures and no rows, so a query cannot have more than {MOST} conditions.",
            next_step="Ask for plain figures, or for access to the rows.",
        )
    return kept


def left_out(clauses: Sequence[Clause], number: int) -> Filter:
    """Return the filter of what one clause alone leaves out: all the others hold, and it does not."""
    others = tuple(_filter(clause) for at, clause in enumerate(clauses) if at != number)
    return AllOf(all=(*others, Not.model_validate({"not": _filter(clauses[number])})))


def names_one_value(clause: Clause) -> bool:
    """Say whether a clause asks for one value of one field: what a group of its own would show, too."""
    (only, *more) = clause.values()
    if more or not isinstance(only, Condition):
        return False
    return only.op == "=" or (only.op == "in" and isinstance(only.value, list | tuple) and len(only.value) == 1)


def _filter(clause: Clause) -> Filter:
    parts = tuple(clause.values())
    return parts[0] if len(parts) == 1 else AnyOf(any=parts)
