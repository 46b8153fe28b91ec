"""Look after the semantic model: check it, print its catalogue, propose roll-ups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, Format, FormatOption, OutOption, ProjectOption, opened
from customer360.cli.output import note, write_table

if TYPE_CHECKING:
    from customer360.semantic.findings import Finding
    from customer360.semantic.suggest import Suggestion
    from customer360.workspace import Workspace

ModelOption = Annotated[str | None, typer.Option("--model", "-m", help="Semantic model (default: the first).")]

_PRODUCT = """# Totals made ahead, so that frequent questions are answered faster.
apiVersion: v1.0.0
kind: DataProduct
id: rollups
name: Roll-ups
version: 1.0.0
status: active
"""

_HELP = """Look after the semantic model: check it, print its catalogue, propose roll-ups.

\b
Examples:
  c360 semantic lint
  c360 semantic catalogue --out metrics.md
  c360 semantic suggest-rollups
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    group = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)
    group.command("lint")(lint)
    group.command("catalogue")(catalogue)
    group.command("suggest-rollups")(suggest_rollups)
    app.add_typer(group, name="semantic")


def lint(model: ModelOption = None, format_: FormatOption = Format.table, project: ProjectOption = HERE) -> None:
    """Check names, words, paths and units; on built tables also keys, grain, references and check SQL.

    Exit code 1 when something is wrong; warnings do not count.

    \b
    Examples:
      c360 semantic lint
      c360 semantic lint --format json
    """
    import pyarrow as pa

    workspace = opened(project, operating=True)
    findings = _findings(workspace, model)
    columns = {
        "severity": [f.severity for f in findings],
        "rule": [f.rule for f in findings],
        "place": [str(f.place) for f in findings],
        "finding": [" ".join(part for part in (f.what, f.next_step) if part) for f in findings],
    }
    write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), format_)
    errors = sum(1 for finding in findings if finding.severity == "error")
    note(f"{errors} errors, {len(findings) - errors} warnings.")
    if errors:
        raise typer.Exit(1)


def _findings(workspace: Workspace, name: str | None) -> list[Finding]:
    from customer360.semantic.lint import lint as look

    model = workspace.semantic_model(name)
    if not workspace.engine.exists():
        note("Nothing has been built yet, so the data were not looked at.")
        return look(model)
    as_of = workspace.as_of()
    with workspace.engine.read() as session:
        return look(model, session, as_of=as_of)


def catalogue(model: ModelOption = None, out: OutOption = None, project: ProjectOption = HERE) -> None:
    """Print what every metric and dimension means, as Markdown.

    \b
    Examples:
      c360 semantic catalogue
      c360 semantic catalogue --out metrics.md
    """
    from customer360.cli.output import write_text
    from customer360.semantic.catalogue import catalogue as page

    write_text(page(opened(project).semantic_model(model)), out)


def suggest_rollups(
    model: ModelOption = None,
    write: Annotated[bool, typer.Option("--write", help="Write the SQL to products/rollups/.")] = False,
    format_: FormatOption = Format.table,
    project: ProjectOption = HERE,
) -> None:
    """Propose roll-ups from the questions asked so far: tables that would have answered them faster.

    A roll-up is used once its table is built and its declaration stands in the model; each published state anew it
    must prove equal to its base.

    \b
    Examples:
      c360 semantic suggest-rollups
      c360 semantic suggest-rollups --write
    """
    import pyarrow as pa

    workspace = opened(project, operating=True)
    found = workspace.suggest_rollups(model)
    columns = {
        "rollup": pa.array([each.rollup.name for each in found], pa.string()),
        "metrics": pa.array([", ".join(each.rollup.metrics) for each in found], pa.string()),
        "questions": pa.array([each.times for each in found], pa.int64()),
        "seconds": pa.array([each.seconds for each in found], pa.float64()),
        "rows": pa.array([each.rows for each in found], pa.int64()),
        "instead_of": pa.array([each.base_rows for each in found], pa.int64()),
    }
    write_table(pa.table(columns), format_)
    if not found:
        note("No roll-up would help: too few questions so far, or none whose figures add up.")
        return
    if write:
        _write(workspace.project.root / "products" / "rollups", found)
    declared = [each.rollup.model_dump(mode="json", exclude_none=True) for each in found]
    note("Put this into the C360 extension of the model, as `rollups`:")
    note(json.dumps(declared))


def _write(folder: Path, found: list[Suggestion]) -> None:
    from customer360.errors import C360Error

    try:
        folder.mkdir(parents=True, exist_ok=True)
        product = folder / "product.odps.yaml"
        if not product.exists():
            product.write_text(_PRODUCT, encoding="utf-8")
        for each in found:
            path = folder / f"{each.rollup.name}.sql"
            path.write_text(each.sql, encoding="utf-8")
            note(f"Wrote {path}.")
    except OSError as error:
        raise C360Error(f"The folder {folder} cannot be written: {error.strerror}.") from error
