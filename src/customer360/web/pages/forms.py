"""Read what a form sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.requests import Request


async def form_of(request: Request) -> dict[str, str]:
    """Return the first value of each field."""
    return {name: values[0] for name, values in (await lists_of(request)).items()}


async def lists_of(request: Request) -> dict[str, list[str]]:
    """Return every value of each field."""
    return parse_qs((await request.body()).decode("utf-8", "replace"))


def back(path: str | None) -> str:
    """Return where to go next: only a path of this server."""
    is_ours = path and path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if path and is_ours else "/"
