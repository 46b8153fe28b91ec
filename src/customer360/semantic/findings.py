"""Hold what a check of a semantic model finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from customer360.errors import Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or doubtful: rule, severity, sentence, place, next step."""

    rule: str
    severity: Severity
    what: str
    place: Place
    next_step: str | None = None

    def __str__(self) -> str:
        step = f" {self.next_step}" if self.next_step else ""
        return f"{self.what} [{self.rule}] In {self.place}.{step}"
