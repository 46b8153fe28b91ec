"""Leave out what is not known where members are ranked or held against a figure: the first store is no `Unknown`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.filters import conditions_of
from customer360.ask.places import together
from customer360.semantic.query import Condition, Filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.ask.frame import Ground


def known_only(ground: Ground, field: str, where: Filter | None) -> tuple[Filter | None, tuple[str, ...]]:
    """Return a filter without the members of a dimension that stand for nothing known, and a note that says so.

    Whoever names a member of that dimension gets what was asked for.
    """
    if any(condition.field == field for condition in conditions_of(where)):
        return where, ()
    further = list(_conditions(ground, field))
    if not further:
        return where, ()
    note = f"What has no known {ground.title(field).lower()} is left out."
    return together([*([where] if where is not None else []), *further]), (note,)


def _conditions(ground: Ground, field: str) -> Iterator[Condition]:
    owner, _, own = field.rpartition(".")
    found, dataset = ground.vocabulary.field(field), ground.model.datasets.get(owner)
    if found is None or dataset is None or found.datatype in ("Date", "Timestamp"):
        return
    key = dataset.primary_key[0] if len(dataset.primary_key) == 1 else None
    unknown = dataset.c360.unknown_member
    if unknown is not None and key is not None and dataset.fields[key].is_dimension:
        yield Condition(field=f"{owner}.{key}", op="!=", value=unknown)
    if found.c360.role != "key" and own not in (f"{owner}_name", "name"):
        yield Condition(field=field, op="is not null")
