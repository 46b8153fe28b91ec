"""Change the document of a dashboard: add, replace, move, resize and remove its tiles.

The document that is given stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from customer360.dashboards.layout import COLUMNS
from customer360.errors import QueryError, UnknownName

Document = Mapping[str, Any]
Tile = Mapping[str, Any]

WIDTHS = (2, 3, 4, 5, 6, 7, 8, 9, 12)
"""Columns of twelve that a tile can take, in the steps of its buttons."""
MOST_TILES = 40


def copied(document: Document, title: str) -> dict[str, Any]:
    """Return a dashboard under another title."""
    return {**document, "title": title, "widgets": list(document["widgets"])}


def added(document: Document, tile: Tile) -> dict[str, Any]:
    """Return the dashboard with a tile more at its end, under a name of its own. Errors: C360Error."""
    if len(document["widgets"]) >= MOST_TILES:
        raise QueryError(f"A dashboard has {MOST_TILES} tiles at most.", next_step="Make another one.")
    taken = {each["name"] for each in document["widgets"]}
    return _with(document, [*document["widgets"], {"name": name_for(tile["title"], taken), **tile}])


def replaced(document: Document, name: str, tile: Tile) -> dict[str, Any]:
    """Return the dashboard with another tile in the place and under the name of one. Errors: UnknownName."""
    at = _place(document, name)
    tiles = list(document["widgets"])
    tiles[at] = {"name": name, **tile}
    return _with(document, tiles)


def moved(document: Document, name: str, steps: int) -> dict[str, Any]:
    """Return the dashboard with a tile moved so many places on (or back), as far as there are places."""
    return placed(document, name, _place(document, name) + steps)


def placed(document: Document, name: str, at: int) -> dict[str, Any]:
    """Return the dashboard with a tile at another place, counted from 0, as far as there are places."""
    tiles = list(document["widgets"])
    tile = tiles.pop(_place(document, name))
    tiles.insert(min(max(at, 0), len(tiles)), tile)
    return _with(document, tiles)


def resized(document: Document, name: str, span: int) -> dict[str, Any]:
    """Return the dashboard with a tile of so many columns. Errors: UnknownName, C360Error."""
    if not 1 <= span <= COLUMNS:
        raise QueryError(f"A tile has 1 to {COLUMNS} columns.")
    at = _place(document, name)
    tile = document["widgets"][at]
    return replaced(document, name, {**_content(tile), "options": {**tile.get("options", {}), "span": span}})


def removed(document: Document, name: str) -> dict[str, Any]:
    """Return the dashboard without a tile. Errors: UnknownName."""
    at = _place(document, name)
    return _with(document, [each for place, each in enumerate(document["widgets"]) if place != at])


def tile_of(document: Document, name: str) -> Tile:
    """Return a tile by name. Errors: UnknownName."""
    found: Tile = document["widgets"][_place(document, name)]
    return found


def wider(span: int) -> int:
    """Return the next width up."""
    return next((width for width in WIDTHS if width > span), WIDTHS[-1])


def narrower(span: int) -> int:
    """Return the next width down."""
    return next((width for width in reversed(WIDTHS) if width < span), WIDTHS[0])


def name_for(title: str, taken: set[str]) -> str:
    """Return a name made of a title that no other tile has."""
    words = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:40]
    name = words if words[:1].isalpha() else f"tile_{words}".rstrip("_")
    numbered = (f"{name}_{number}" for number in range(2, MOST_TILES + 3))
    return next(each for each in (name, *numbered) if each not in taken)


def _content(tile: Tile) -> dict[str, Any]:
    return {key: value for key, value in tile.items() if key != "name"}


def _place(document: Document, name: str) -> int:
    names = [each["name"] for each in document["widgets"]]
    if name not in names:
        raise UnknownName("tile", name, names)
    return names.index(name)


def _with(document: Document, tiles: Sequence[Tile]) -> dict[str, Any]:
    return {**document, "widgets": list(tiles)}
