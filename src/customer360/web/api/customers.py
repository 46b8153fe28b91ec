"""Find customers, serve what is known about one, lead old ids to the heir, and tell how identity stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse

from customer360.customers import Customers
from customer360.dashboards.frame import plain_row
from customer360.web.api.problems import RESPONSES
from customer360.web.api.shapes import CustomerLineOut, CustomerOut, CustomersOut, FigureOut, FiguresOut, TraitOut

if TYPE_CHECKING:
    from starlette.responses import Response

    from customer360.web.rooms import Rooms

_MOVED: dict[int | str, dict[str, Any]] = {
    200: {"model": CustomerOut},
    301: {"description": "The records of this customer belong to another now: `Location` has its address."},
}


Search = Annotated[
    str,
    Query(max_length=200, description="Words of a name, an e-mail address, a phone number, an id or a record."),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Customers at most.")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="Leave out so many first, for paging.")]


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints. Profiles are shown as the principal of the request may see them."""
    routes = APIRouter(tags=["customers"], responses=RESPONSES)

    @routes.get("/customers")
    def list_customers(search: Search = "", limit: Limit = 20, offset: Offset = 0) -> CustomersOut:
        """Return customers whose identities hold every word of a search; without one, the most valuable first."""
        found = Customers(rooms).search(search, limit=limit, offset=offset)
        return CustomersOut(
            customers=[CustomerLineOut(**row) for row in found.rows.to_pylist()],
            searched_records=found.searched_records,
            next_offset=offset + limit if found.has_more else None,
        )

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
