"""Share what several folders read, and run the files that take longest first, so that no worker waits at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.templates.conftest import SAMPLE, Built, built

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = (
    "privacy/test_erasure.py",
    "templates/test_shopflow_days.py",
    "end_to_end/test_broken.py",
    "templates/test_shopflow_subsets.py",
    "templates/test_shopflow_demo.py",
    "templates/test_on_postgres.py",
    "templates/test_shopflow_browser.py",
    "end_to_end/test_killed.py",
    "identity/test_stability.py",
    "cli/test_commands.py",
    "governance/test_matrix.py",
    "engines/test_crashes.py",
    "templates/test_shopflow_activity.py",
    "templates/test_shopflow_metrics.py",
    "templates/test_journey_history.py",
    "web/test_browser.py",
    "identity/test_steps.py",
    "identity/test_lifecycle.py",
    "templates/test_shopflow_questions.py",
    "governance/test_oidc.py",
    "project/test_systems.py",
)
"""By what they took, a minute or so each. With ``--no-loadscope-reorder``: pytest-xdist goes by the number of tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get("/".join(item.path.parts[-2:]), len(LONGEST)))


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The Complete Journey on the sample, built once; tests only read it."""
    made = built(tmp_path_factory.mktemp("journey") / "project", SAMPLE)
    yield made
    made.engine.close()
