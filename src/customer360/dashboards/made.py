"""Gather what people made on the pages, dashboards and audiences, for who asks what a change would break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.audiences.own import OwnAudiences
from customer360.catalog.graph import Own
from customer360.dashboards.own import OwnBoards

if TYPE_CHECKING:
    from pathlib import Path


def made_by_people(root: Path, *, owner: str | None = None) -> Own:
    """Return the dashboards and audiences that people (one of them) made on the pages of a project."""
    boards = OwnBoards(root).all() if owner is None else OwnBoards(root).of(owner)
    audiences = OwnAudiences(root).all().values()
    return Own(
        tuple((each.owner, each.dashboard()) for each in boards),
        tuple(each for each in audiences if owner is None or owner in each.owners),
    )
