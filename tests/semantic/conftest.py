"""One shop for all tests of a module: it is only read."""

from __future__ import annotations

import pytest
from tests.semantic.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()
