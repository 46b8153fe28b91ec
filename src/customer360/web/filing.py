"""Write dashboards of a project into files when they are due, each as whoever it belongs to may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.clock import now
from customer360.dashboards.files import BoardFiles, Written
from customer360.dashboards.filters import NO_FILTERS
from customer360.dashboards.locales import written_as
from customer360.errors import C360Error
from customer360.governance.asking import asked_by
from customer360.semantic.principal import LOCAL
from customer360.web.boards import Boards

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from customer360.project.outside import FileExport
    from customer360.project.spec import Dashboard
    from customer360.semantic.principal import Principal
    from customer360.web.rooms import Rooms


@dataclass(frozen=True)
class Failed:
    """A file that could not be written, and why."""

    board: str
    kind: str
    error: C360Error


@dataclass(frozen=True)
class Skipped:
    """A dashboard of somebody who may not sign in any more: nothing is written for them."""

    board: str
    owner: str


class Filing:
    """The files that dashboards of one project, its own and those of people, are written to."""

    def __init__(self, rooms: Rooms, *, clock: Callable[[], datetime] = now) -> None:
        self._rooms = rooms
        self.boards = Boards(rooms)
        self.files = files_of(rooms, clock=clock)

    def scheduled(self) -> list[tuple[Dashboard, str | None]]:
        """Return every dashboard that is written to files, with the person whose it is; None: the company's."""
        found: list[tuple[Dashboard, str | None]] = [(board, None) for board in self.boards.all if board.exports]
        mine = ((each.dashboard(), each.owner) for each in self.boards.own.all())
        return found + [(board, owner) for board, owner in mine if board.exports]

    def write_due(self) -> Iterator[Written | Failed | Skipped]:
        """Write what is due now; what fails leaves the others. Errors: WarehouseMissing before the first build."""
        scheduled = self.scheduled()
        if not scheduled:
            return
        snapshot = self.boards.edition().snapshot.id
        for board, owner in scheduled:
            reader = self._reader(owner)
            if reader is None:
                yield Skipped(board.name, str(owner))
                continue
            for export in self.files.due(board, snapshot):
                try:
                    yield self._written(board, reader, export, snapshot)
                except C360Error as error:
                    yield Failed(board.name, export.kind, error)

    def _written(self, board: Dashboard, reader: Principal, export: FileExport, snapshot: int) -> Written:
        with asked_by(reader), written_as(self._rooms.project.settings.locale):
            return self.files.write(self.boards.filled(board.name, NO_FILTERS), export, snapshot)

    def _reader(self, owner: str | None) -> Principal | None:
        """Return who the figures are for: the person, else whoever looks at the pages of this machine.

        None for somebody whose account is gone or disabled.
        """
        governance = self._rooms.governance
        if owner is None or not governance.accounts.any:
            return LOCAL
        account = governance.accounts.find(owner)
        if account is None or not account.is_active:
            return None
        return governance.principal(account)


def files_of(rooms: Rooms, *, clock: Callable[[], datetime] = now) -> BoardFiles:
    """Return the files that dashboards of a project are written to."""
    return BoardFiles(rooms.project.root, rooms.project.settings.time_zone, clock=clock)
