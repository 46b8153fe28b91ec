"""Say where a reader can go: the few places that most need, and the rest behind one menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.dashboards.locales import later
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
    menu: tuple[tuple[str, tuple[Place, ...]], ...]
    """By heading."""

    @property
    def is_in_menu(self) -> bool:
        """Whether the reader is at a place of the menu."""
        return any(place.is_here for _, places in self.menu for place in places)


def navigation(
    project: Project, boards: Sequence[Dashboard], path: str, *, signs_in: bool, administers: bool
) -> Navigation:
    """Return where to go from a page. What a project does not have is not offered."""

    def place(label: str, href: str) -> Place:
        return Place(label, href, path == href or (href not in ("/", "/dashboards") and path.startswith(f"{href}/")))

    bar = [place(board.title, "/" if not index else f"/dashboards/{board.name}") for index, board in enumerate(boards)]
    if boards and path == f"/dashboards/{boards[0].name}":
        bar[0] = Place(bar[0].label, "/", is_here=True)
    if {PROFILE, TIMELINE} <= set(project.models):
        bar.insert(min(1, len(bar)), place(later("Customers"), "/customers"))
    if project.settings.subject:
        bar.append(place(later("Audiences"), "/audiences"))
    bar.append(place(later("Ask"), "/ask"))
    known = {board.name for board in boards}
    is_own = path.startswith("/dashboards/") and path.split("/")[2] not in known
    yours = [Place(later("Dashboards"), "/dashboards", is_own or path == "/dashboards")]
    yours += [place(later("Access"), "/access")] if signs_in else []
    data = [
        place(later("Data products"), "/catalogue"),
        place(later("Metrics"), "/metrics"),
        place(later("Glossary"), "/glossary"),
    ]
    data += [place(later("Lineage"), "/lineage"), place(later("Quality"), "/quality")]
    running = [place(later("Identity"), "/identity")] if XREF in project.models else []
    running.append(place(later("Runs"), "/runs"))
    running += [place(later("Administration"), "/admin")] if administers else []
    running.append(place(later("API"), "/docs/api"))
    return Navigation(
        tuple(bar), ((later("Yours"), tuple(yours)), (later("Data"), tuple(data)), (later("Behind it"), tuple(running)))
    )
