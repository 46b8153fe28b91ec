"""Read members, their scores and the fingerprints of queries from what the semantic layer answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from customer360.semantic.segment import MEMBER, SCORE

if TYPE_CHECKING:
    import pyarrow as pa


def digest(*texts: str) -> str:
    """Return a fingerprint of texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def ids(table: pa.Table) -> list[str]:
    """Return the members' ids."""
    return [str(value) for value in table.column(MEMBER).to_pylist()]


def scored(table: pa.Table) -> Iterator[tuple[str, float | None]]:
    """Yield each member's id with the number that ranks it, None where nothing does."""
    scores = table.column(SCORE).to_pylist() if SCORE in table.column_names else [None] * table.num_rows
    for id_, score in zip(ids(table), scores, strict=True):
        yield id_, None if score is None else float(score)
