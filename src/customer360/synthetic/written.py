"""Report what a writer wrote."""

from __future__ import annotations

from dataclasses import dataclass

TASK = "generate"
"""Name under which writers report their progress."""


@dataclass(frozen=True)
class Written:
    """A table that was written, and how many rows of it."""

    system: str
    table: str
    rows: int
