"""Report the steps of long work to whoever watches: a Rich bar, a JSON log, a test, nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what long work does. Callers may pass None where a parameter allows it."""

    def start(self, task: str, total: int | None = None) -> None:
        """Begin a task (``build``, ``load shop.orders``) of ``total`` steps, None when unknown."""
        ...

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """Say that ``amount`` steps of a task are done; ``what`` names the last (``gold.gold_sales_fact``)."""
        ...

    def finish(self, task: str) -> None:
        """End a task."""
        ...


class Silent:
    """Watch nothing."""

    def start(self, task: str, total: int | None = None) -> None:
        """Ignore."""

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """Ignore."""

    def finish(self, task: str) -> None:
        """Ignore."""
