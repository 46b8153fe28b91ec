"""List the endpoints of the REST API on a page, from its OpenAPI description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

if TYPE_CHECKING:
    from customer360.web.pages.templating import Pages


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


def router(api: FastAPI, pages: Pages) -> APIRouter:
    """Return the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs/api")
    def reference(request: Request) -> Response:
        return pages.respond(request, "api.html", endpoints=endpoints(api.openapi()))

    return routes
