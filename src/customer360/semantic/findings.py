"""Hold what a check of a semantic model finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.errors import ProjectError

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

    def as_error(self) -> ProjectError:
        """Return it as an error to raise."""
        return ProjectError(f"{self.what} [{self.rule}]", place=self.place, next_step=self.next_step)

    def __str__(self) -> str:
        step = f" {self.next_step}" if self.next_step else ""
        return f"{self.what} [{self.rule}] In {self.place}.{step}"
