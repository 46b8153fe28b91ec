"""Keep tests that share something costly in one process: a module's own set-up, or a project that a folder builds once."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
BUILT_ONCE = ("shopflow", "journey", "shopflow_base")
"""Fixtures that load and build a whole project for all tests of a folder."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the group of its module, or of the project that it reads; xdist runs a group in one process."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    shared = [name for name in BUILT_ONCE if name in getattr(item, "fixturenames", ())]
    place = item.path.relative_to(HERE)
    return f"{place.parent}/{shared[0]}" if shared else str(place)
