"""List the endpoints of the REST API on a page, from its OpenAPI description, with an example that runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

if TYPE_CHECKING:
    from customer360.semantic.model import SemanticModel
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API."""

    method: str
    path: str
    summary: str
    parameters: tuple[tuple[str, str], ...]


def endpoints(description: dict[str, Any]) -> tuple[Endpoint, ...]:
    """Return the operations of an OpenAPI description in its order."""
    found = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            parameters = tuple((p["name"], p.get("description", "")) for p in operation.get("parameters", ()))
            text = operation.get("description") or operation.get("summary", "")
            found.append(Endpoint(method.upper(), path, text, parameters))
    return tuple(found)


def example(model: SemanticModel) -> dict[str, Any] | None:
    """Return a metric query that this model can answer: by month where a metric has a time axis."""
    for name, formula in model.formulas.items():
        if all(atom.time_field for atom in formula.atoms.values()):
            return {"metrics": [name], "dimensions": [{"name": "time", "grain": "month"}]}
    return {"metrics": [next(iter(model.formulas))]} if model.formulas else None


def router(api: FastAPI, rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs/api")
    def reference(request: Request) -> Response:
        query = example(rooms.semantic_model()) if rooms.project.semantics else None
        return pages.respond(
            request,
            "api.html",
            endpoints=endpoints(api.openapi()),
            example=json.dumps(query) if query else None,
            base=str(request.base_url).rstrip("/"),
        )

    return routes
