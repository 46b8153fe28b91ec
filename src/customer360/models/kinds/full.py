"""Make a table anew from its SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.models.kinds.work import Work


def build(work: Work) -> int | None:
    """Create or replace the table and return its rows."""
    return work.publication.create_table_as(work.node.relation, work.translated(work.select), types=work.types)
