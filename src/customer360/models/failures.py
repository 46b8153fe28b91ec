"""Tell what went wrong inside an engine without repeating a value that stood in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import BuildFailed, C360Error, WarehouseLost

if TYPE_CHECKING:
    from customer360.models.graph import Node

_SHOWN = 400


def told(error: C360Error) -> str:
    """Return an engine's message in one line, without the lines that point into the SQL."""
    first = error.what.split("\n\nLINE")[0]
    return " ".join(part.strip() for part in first.splitlines() if part.strip())[:_SHOWN].rstrip(".")


def failure(node: Node, error: C360Error) -> C360Error:
    """Return the sentence about a model that could not be built; a lost connection is not the model's fault."""
    if isinstance(error, BuildFailed | WarehouseLost):
        return error
    return BuildFailed(
        f"The model {node.relation} could not be built: {told(error)}. Nothing was published.",
        place=node.model.place,
        next_step=error.next_step,
    )
