"""The sample of 150 households, built once, and its question space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.ask.space import Space, open_space

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parents[1] / "data" / "complete_journey"


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    """A Complete Journey project; tests only ask it."""
    space = open_space(tmp_path_factory.mktemp("ask") / "project", SAMPLE)
    yield space
    space.workspace.close()
