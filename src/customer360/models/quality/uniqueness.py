"""Prove that values occur once each by sorting digests of them: equal values have equal digests, none is missed.

Sorting 1.5 million digests takes 0.01 s of processor time, counting them in the engine's hash tables 0.18 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

MOST_DIGESTS = 16_000_000
"""Digests fetched at a time, of all columns together: 8 bytes each, three times while they are sorted."""


def digest_queries(table: str, keys: Sequence[Sequence[str]], function: str, total: int) -> Iterator[str]:
    """Yield queries for the digests of each key of a table with ``total`` rows, NULL where a part of it is NULL.

    More than one where there are many rows: equal values are always in the same one, so each proves itself.
    """
    parts = 1 + total * len(keys) // MOST_DIGESTS
    for part in range(parts):
        listed = []
        for key in keys:
            names = [f"child.{quoted(name)}" for name in key]
            digest = f"{function}({', '.join(names)})"
            conditions = [f"{name} IS NOT NULL" for name in names] + [f"{digest} % {parts} = {part}"] * (parts > 1)
            listed.append(f"CASE WHEN {' AND '.join(conditions)} THEN {digest} END")
        yield f"SELECT {', '.join(listed)} FROM {table} AS child"


def repeats(digests: pa.ChunkedArray) -> bool:
    """Say whether a digest occurs twice; NULLs do not count."""
    present = digests.drop_null() if digests.null_count else digests
    values = np.sort(present.to_numpy())
    return bool((values[1:] == values[:-1]).any())
