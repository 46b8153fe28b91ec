"""Make a view: nothing is stored, readers run the SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.models.kinds.work import Work


def build(work: Work) -> int | None:
    """Create or replace the view; how many rows it has is not asked."""
    work.publication.create_view(work.node.relation, work.translated(work.select), types=work.types)
    return None
