"""Offer the known values of an attribute while somebody writes a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from customer360.values import known_values

if TYPE_CHECKING:
    from customer360.web.rooms import Rooms

Name = Annotated[str, Query(max_length=200)]


def router(rooms: Rooms) -> APIRouter:
    """Return the address that forms ask."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/values")
    def values(of: Name, model: Name = "") -> list[str]:
        return list(known_values(rooms, of, model or None))

    return routes
