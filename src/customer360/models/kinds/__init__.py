"""Keep each kind of model in its own way: one file a kind, one line in ``KINDS``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.models.kinds import full, incremental, scd2, step, union, view
from customer360.models.kinds.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from customer360.models.config import Kind

KINDS: Mapping[Kind, Callable[[Work], int | None]] = {
    "full": full.build,
    "incremental": incremental.build,
    "scd2": scd2.build,
    "view": view.build,
    "union": union.build,
    "step": step.build,
}
"""Each makes its table or view in the open publication and returns the rows it now has (None: unknown)."""

__all__ = ["KINDS", "Work"]
