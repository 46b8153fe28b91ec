"""Check a whole project without changing it: files, lint, metrics, cases, published tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.progress import Progress
    from customer360.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """What was checked and what failed."""

    table: pa.Table
    sentence: str
    failed: bool


def check_everything(workspace: Workspace, progress: Progress) -> Outcome:
    """Lint models and semantic models, run the cases, check the published tables."""
    rows: list[tuple[str, str, str, str]] = []
    progress.start("check", 3)
    rows += _lint(workspace)
    progress.step("check", "files")
    rows += _cases(workspace)
    progress.step("check", "cases")
    rows += _published(workspace)
    progress.step("check", "tables")
    progress.finish("check")
    failed = sum(1 for row in rows if row[2] in {"failed", "error"})
    passed = sum(1 for row in rows if row[2] == "passed")
    names = ("what", "name", "outcome", "detail")
    columns = {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)}
    sentence = f"{passed} checks passed, {failed} failed, {len(rows) - passed - failed} warnings or not executed."
    return Outcome(pa.table(columns), sentence, failed > 0)


def _lint(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    from customer360.models.lint import lint
    from customer360.semantic.lint import lint as lint_semantic

    errors: list[C360Error] = list(lint(workspace.project))
    for name in workspace.project.semantics:
        errors += lint_semantic(workspace.semantic_model(name))
    if not errors:
        return [("lint", "models and metrics", "passed", "")]
    return [("lint", str(error.place or ""), "failed", str(error)) for error in errors]


def _cases(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    from customer360.models.cases import run_cases

    return [
        ("case", result.name, "passed" if result.passed else "failed", result.difference or "")
        for result in run_cases(workspace.project)
    ]


def _published(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    from customer360.models.quality import check_published

    if not workspace.engine.exists():
        return []
    return [
        ("contract", f"{result.relation}: {result.rule}", result.outcome, result.detail)
        for result in check_published(workspace.engine, workspace.project)
    ]
