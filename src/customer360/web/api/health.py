"""Say whether the server answers, and from which published state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from customer360 import __version__
from customer360.errors import WarehouseMissing
from customer360.web.api.shapes import HealthOut

if TYPE_CHECKING:
    from customer360.web.boards import Boards
    from customer360.web.rooms import Rooms


def router(rooms: Rooms, boards: Boards) -> APIRouter:
    """Return the endpoint."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health")
    def read_health() -> HealthOut:
        """Return the published state that figures come from."""
        project = rooms.project.settings.name
        try:
            edition = boards.edition()
        except WarehouseMissing:
            return HealthOut(status="nothing_built", version=__version__, project=project)
        return HealthOut(
            status="ok",
            version=__version__,
            project=project,
            snapshot=edition.snapshot.id,
            published_at=edition.snapshot.at,
            as_of=edition.as_of,
        )

    return routes
