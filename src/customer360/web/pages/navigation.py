"""Say where a reader can go: the few places that most need, and the rest behind one menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.identity.card import PROFILE, TIMELINE
from customer360.identity.lifecycle import XREF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.project.spec import Dashboard, Project


@dataclass(frozen=True)
class Place:
    """A place to go, and whether the reader is there."""

    label: str
    href: str
    is_here: bool


@dataclass(frozen=True)
class Navigation:
    """The places of the bar, and those of the menu."""

    bar: tuple[Place, ...]
    menu: tuple[Place, ...]

    @property
    def is_in_menu(self) -> bool:
        """Whether the reader is at a place of the menu."""
        return any(place.is_here for place in self.menu)


def navigation(project: Project, boards: Sequence[Dashboard], path: str, *, signs_in: bool) -> Navigation:
    """Return where to go from a page. What a project does not have is not offered."""

    def place(label: str, href: str) -> Place:
        return Place(label, href, path == href or (href != "/" and path.startswith(f"{href}/")))

    bar = [place(board.title, "/" if not index else f"/dashboards/{board.name}") for index, board in enumerate(boards)]
    if boards and path == f"/dashboards/{boards[0].name}":
        bar[0] = Place(bar[0].label, "/", is_here=True)
    if {PROFILE, TIMELINE} <= set(project.models):
        bar.insert(min(1, len(bar)), place("Customers", "/customers"))
    bar.append(place("Ask", "/ask"))
    menu = [place("Data products", "/catalogue")]
    if XREF in project.models:
        menu.append(place("Identity", "/identity"))
    menu.append(place("Runs", "/runs"))
    if signs_in:
        menu.append(place("Access", "/access"))
    menu.append(place("API", "/docs/api"))
    return Navigation(tuple(bar), tuple(menu))
