"""Say what comes back of an audience: how many, how fresh, how alike, what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from customer360.audiences.book import Export, Refresh
    from customer360.project.audiences import Audience


@dataclass(frozen=True)
class Preview:
    """How many there are, how many each condition leaves in turn, and who would be in the audience."""

    everybody: int
    steps: tuple[tuple[str, int], ...]
    members: int
    held_out: int
    as_of: date
    sql: str


@dataclass(frozen=True)
class Status:
    """An audience as a list shows it. ``is_fresh`` is None before the first refresh.

    ``refused`` says why whoever asks may not know how many are in it; then nothing else is told.
    """

    audience: Audience
    refresh: Refresh | None
    is_fresh: bool | None
    last_export: Export | None
    refused: str | None = None
    port: str | None = None
    """What may be asked for where it is refused."""


@dataclass(frozen=True)
class Overlap:
    """How many are in one audience, in another, and in both; ``jaccard`` is both / either."""

    first: int
    second: int
    both: int

    @property
    def jaccard(self) -> float:
        """The share of all of them who are in both."""
        either = self.first + self.second - self.both
        return self.both / either if either else 0.0
