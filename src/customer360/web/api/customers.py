"""Serve what is known about one customer, lead old ids to the customer that took over, and tell how identity stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

from customer360.dashboards.frame import plain_row
from customer360.web.api.problems import RESPONSES
from customer360.web.api.shapes import CustomerOut, FigureOut, FiguresOut, TraitOut

if TYPE_CHECKING:
    from starlette.responses import Response

    from customer360.web.rooms import Rooms

_MOVED: dict[int | str, dict[str, Any]] = {
    200: {"model": CustomerOut},
    301: {"description": "The records of this customer belong to another now: `Location` has its address."},
}


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints. Profiles are shown as the principal of the request may see them."""
    routes = APIRouter(tags=["customers"], responses=RESPONSES)

    @routes.get("/customers/{customer_id}", responses=_MOVED, response_model=None)
    def read_customer(request: Request, customer_id: str) -> Response | CustomerOut:
        """Return what is known about one customer; an id that was merged away answers with 301 and the new address."""
        heir = rooms.people().heir(customer_id)
        if heir is not None:
            beside = request.url.path.rpartition("/")[0]
            return RedirectResponse(f"{beside}/{quote(heir, safe='')}", status_code=301)
        found = rooms.profile(customer_id)
        traits = [
            TraitOut(
                name=trait.name,
                label=trait.label,
                value=plain_row({"value": trait.value})["value"],
                unit=trait.unit,
                description=trait.description,
            )
            for trait in found.traits
        ]
        return CustomerOut(customer_id=customer_id, traits=traits, as_of=found.as_of)

    @routes.get("/identity/figures")
    def read_figures() -> FiguresOut:
        """Return the figures of the last identity run, beside those of the run before."""
        return FiguresOut(figures=[FigureOut(**row) for row in rooms.people().figures().to_pylist()])

    return routes
