"""Hold a place to go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A place to go, and whether the reader is there already."""

    label: str
    href: str
    is_current: bool = False
