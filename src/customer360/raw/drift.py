"""Compare the columns a source has today with those that landed last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from customer360.errors import SchemaDrift
from customer360.project.spec import SourceTable

Shape = Mapping[str, str]
"""Types by column name, as the source calls them."""


@dataclass(frozen=True)
class Drift:
    """What is different today. ``renamed`` pairs are not known: a renamed column is one gone and one new."""

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()
    """Column, its type before, its type today."""

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.retyped)

    def sentences(self) -> tuple[str, ...]:
        """Return what is different, one finding each."""
        return (
            *(f"column '{name}' is new" for name in self.new),
            *(f"column '{name}' is gone" for name in self.gone),
            *(f"column '{name}' was {before} and is {today}" for name, before, today in self.retyped),
        )


def drift_between(before: Shape, today: Shape) -> Drift:
    """Return what is different; the order of columns does not matter."""
    return Drift(
        new=tuple(name for name in today if name not in before),
        gone=tuple(name for name in before if name not in today),
        retyped=tuple((name, before[name], type_) for name, type_ in today.items() if before.get(name, type_) != type_),
    )


def refuse(drift: Drift, table: SourceTable) -> SchemaDrift:
    """Return the error of a source whose policy says fail."""
    return SchemaDrift(
        f"The source of {table.source}.{table.name} changed: {'; '.join(drift.sentences())}.",
        place=table.place,
        next_step=f"If that is meant, run `c360 load {table.source} --full` once,"
        " or set `on_schema_change: evolve` (take it over) or `ignore` (keep the known columns).",
    )
