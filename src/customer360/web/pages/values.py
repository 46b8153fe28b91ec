"""Offer the known values of an attribute while somebody writes a condition: as granted, and never masked ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from sqlglot import exp

from customer360.errors import UnknownName
from customer360.governance.reading import read_as
from customer360.models.as_of import resolve_as_of
from customer360.names import Relation
from customer360.web.pages.showing import is_masked

if TYPE_CHECKING:
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel
    from customer360.web.rooms import Rooms

MOST = 300
"""Values that are offered; of an attribute with more nobody looks through a list."""
Name = Annotated[str, Query(max_length=200)]


def router(rooms: Rooms) -> APIRouter:
    """Return the address that forms ask."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/values")
    def values(of: Name, model: Name = "") -> list[str]:
        return list(known_values(rooms, of, model or None))

    return routes


def known_values(rooms: Rooms, name: str, model: str | None = None) -> tuple[str, ...]:
    """Return the values of an attribute, as whoever asks may see them; none where there are too many, or masked ones.

    Errors: UnknownName, NotPermitted.
    """
    found = rooms.semantic_model(model)
    owner, _, own = name.rpartition(".")
    field = found.directory.field(owner, own) if owner else None
    if field is None:
        raise UnknownName("attribute", name, [each.qualified for each in found.directory.all_fields()])
    if field.datatype == "Boolean":
        return ("true", "false")
    if _is_masked(rooms, found, field):
        return ()
    with rooms.engine.read() as session:
        day = resolve_as_of(session, rooms.project)
        with read_as(rooms.governance, session, "metrics", None, found) as seen:
            edition = rooms.asker(model).edition(seen.session, day, seen.principal)
            values = edition.values.near.get(field.qualified, ())
            seen.answered(f"values of {field.qualified}", len(values))
    return () if len(values) > MOST or any(map(is_masked, values)) else tuple(values)


def _is_masked(rooms: Rooms, model: SemanticModel, field: SemanticField) -> bool:
    """Say whether a contract masks a column that the attribute is made of; its values are offered to nobody."""
    dataset = model.datasets[field.dataset]
    if dataset.is_query:
        return False
    contract = rooms.project.contract_of(Relation.parse(dataset.source))
    masked = {column.name for column in contract.columns if column.mask} if contract else set()
    named = {each.name for each in model.field_trees[field.dataset, field.name].find_all(exp.Column)}
    return bool(masked & named)
