"""Hold what people decided: records that are one person, records that are not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Overrides:
    """Pairs of record ids. ``merged`` come together, ``apart`` never do."""

    merged: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()


NO_OVERRIDES = Overrides()
