"""Check a whole project without changing it: files, lint, metrics, cases, published tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.progress import Progress
    from customer360.workspace import Workspace


Row = tuple[str, str, str, str]
"""What was checked, its name, the outcome, the detail."""


@dataclass(frozen=True)
class Outcome:
    """What was checked and what failed."""

    table: pa.Table
    sentence: str
    failed: bool


def check_everything(workspace: Workspace, progress: Progress) -> Outcome:
    """Lint models and semantic models, run the cases, check the published tables."""
    rows: list[Row] = []
    parts = {"models": _lint, "metrics": _metrics, "dashboards": _dashboards}
    parts |= {"audiences": _audiences, "cases": _cases, "tables": _published}
    progress.start("check", len(parts))
    for name, part in parts.items():
        rows += part(workspace)
        progress.step("check", name)
    progress.finish("check")
    failed = sum(1 for row in rows if row[2] in {"failed", "error"})
    passed = sum(1 for row in rows if row[2] == "passed")
    names = ("what", "name", "outcome", "detail")
    columns = {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)}
    sentence = f"{passed} checks passed, {failed} failed, {len(rows) - passed - failed} warnings or not executed."
    return Outcome(pa.table(columns), sentence, failed > 0)


def _lint(workspace: Workspace) -> list[Row]:
    from customer360.models.lint import lint

    errors: list[C360Error] = list(lint(workspace.project))
    if not errors:
        return [("lint", "models", "passed", "")]
    return [("lint", str(error.place or ""), "failed", str(error)) for error in errors]


def _metrics(workspace: Workspace) -> list[Row]:
    """Check semantic models, and on published tables also each metric against its check SQL."""
    from customer360.semantic.lint import lint as lint_semantic

    rows: list[Row] = []
    for name in workspace.project.semantics:
        model = workspace.semantic_model(name)
        if workspace.engine.exists():
            as_of = workspace.as_of()
            with workspace.engine.read() as session:
                findings = lint_semantic(model, session, as_of=as_of)
        else:
            findings = lint_semantic(model)
        rows += [("metrics", str(f.place), "failed" if f.severity == "error" else "warning", str(f)) for f in findings]
        rows.append(("metrics", f"{name}: {len(model.metrics)} metrics", "passed", ""))
    return rows


def _dashboards(workspace: Workspace) -> list[Row]:
    findings = workspace.lint_dashboards()
    if findings:
        return [("dashboard", str(finding.place), "failed", str(finding)) for finding in findings]
    return [
        ("dashboard", f"{name}: {len(board.widgets)} widgets", "passed", "")
        for name, board in workspace.project.dashboards.items()
    ]


def _audiences(workspace: Workspace) -> list[Row]:
    from customer360.audiences.lint import lint_audiences

    audiences = workspace.project.audiences
    if not audiences:
        return []
    findings = lint_audiences(audiences.values(), workspace.project.settings, workspace.semantic_model())
    if findings:
        return [("audience", str(finding.place), "failed", str(finding)) for finding in findings]
    return [("audience", name, "passed", "") for name in audiences]


def _cases(workspace: Workspace) -> list[Row]:
    from customer360.models.cases import run_cases

    return [
        ("case", result.name, "passed" if result.passed else "failed", result.difference or "")
        for result in run_cases(workspace.project)
    ]


def _published(workspace: Workspace) -> list[Row]:
    from customer360.models.quality import check_published

    if not workspace.engine.exists():
        return []
    return [
        ("contract", f"{result.relation}: {result.rule}", result.verdict, result.detail)
        for result in check_published(workspace.engine, workspace.project)
    ]
