"""Run the files that take longest first, so that no worker waits at the end for one that has just begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

LONGEST = (
    "end_to_end/test_killed.py",
    "privacy/test_erasure.py",
    "templates/test_shopflow_days.py",
    "end_to_end/test_broken.py",
    "templates/test_shopflow_demo.py",
    "identity/test_stability.py",
    "cli/test_commands.py",
    "templates/test_shopflow_browser.py",
    "governance/test_matrix.py",
    "project/test_systems.py",
    "templates/test_shopflow_questions.py",
    "engines/test_crashes.py",
    "templates/test_journey_history.py",
    "identity/test_steps.py",
    "identity/test_lifecycle.py",
    "templates/test_shopflow_subsets.py",
)
"""By what they took, a minute or so each. With ``--no-loadscope-reorder``: pytest-xdist goes by the number of tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get("/".join(item.path.parts[-2:]), len(LONGEST)))
