"""Hold what an export wrote and what the other format cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """One thing that the target cannot hold, or holds otherwise: which, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True)
class Exported:
    """Files by their path below the chosen folder, and losses. The same model gives the same bytes."""

    files: Mapping[str, str]
    losses: tuple[Loss, ...] = ()


@dataclass
class Losses:
    """Gathers losses, each once."""

    found: dict[Loss, None] = field(default_factory=dict)

    def add(self, what: str, why: str) -> None:
        """Note a loss."""
        self.found[Loss(what, why)] = None

    def listed(self) -> tuple[Loss, ...]:
        """Return every loss in the order found."""
        return tuple(self.found)
