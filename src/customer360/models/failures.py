"""Tell what went wrong inside an engine without repeating a value that stood in the data."""

from __future__ import annotations

import re

import duckdb

from customer360.errors import BuildFailed, C360Error, WarehouseError
from customer360.models.graph import Node

ENGINE_ERRORS: tuple[type[Exception], ...] = (duckdb.Error, WarehouseError)
"""What a session raises when a statement cannot be run: other engines wrap their driver's errors in WarehouseError."""

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_SHOWN = 300


def told(error: Exception) -> str:
    """Return an engine's message in one line, quoted values left out (they may be personal)."""
    first = str(error).split("\n\nLINE")[0]
    text = " ".join(part.strip() for part in first.splitlines() if part.strip())
    return _QUOTED.sub("'...'", text)[:_SHOWN]


def failure(node: Node, error: Exception) -> BuildFailed:
    """Return the sentence about a model that an engine could not run."""
    if isinstance(error, BuildFailed):
        return error
    step = error.next_step if isinstance(error, C360Error) else None
    return BuildFailed(
        f"The model {node.relation} could not be built: {told(error)}. Nothing was published.",
        place=node.model.place,
        next_step=step,
    )
