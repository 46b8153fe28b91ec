"""Start and inspect projects: init, schema, doctor, version."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from customer360.cli.options import HERE, ProjectOption, SystemsOption, systems_of
from customer360.cli.output import note
from customer360.errors import C360Error

SHOPFLOW = "shopflow"
TEMPLATES = ("blank", "complete_journey", SHOPFLOW)


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("init")(init)
    app.command("schema")(schema)
    app.command("doctor")(doctor)
    app.command("version")(version)


def init(
    folder: Annotated[Path, typer.Argument(help="New or empty folder for the project.")],
    template: Annotated[str, typer.Option(help=f"What to start from: {', '.join(TEMPLATES)}.")] = "blank",
    name: Annotated[str | None, typer.Option(help="Name of the project (default: the folder's).")] = None,
    systems: SystemsOption = None,
) -> None:
    """Create a project folder with a commented example of each file.

    \b
    Examples:
      c360 init acme
      c360 init groceries --template complete_journey
      c360 init shop --template shopflow --systems shop,support
    """
    from customer360.project.starter import create_project

    create_project(folder, template=template, name=name, systems=systems_of(systems))
    data = "c360 generate --out data && " if template == SHOPFLOW else ""
    note(f"Created {folder}. Next: cd {folder} && {data}c360 run && c360 serve")


def schema(
    kind: Annotated[str | None, typer.Argument(help="Which file kind; without it, their names.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all schemas into this folder instead.")] = None,
) -> None:
    """Print the JSON Schemas of the project's files, for editors.

    \b
    Examples:
      c360 schema source > source.schema.json
      c360 schema --out .vscode/schemas
    """
    from customer360.errors import UnknownName
    from customer360.project.schemas import json_schemas

    schemas = json_schemas()
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            for each, content in schemas.items():
                (out / f"{each}.schema.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise C360Error(
                f"The schemas cannot be written to {out}: {error.strerror}.", next_step="Name another folder."
            ) from error
        note(f"Wrote {len(schemas)} schemas to {out}.")
    elif kind is None:
        sys.stdout.write("\n".join(schemas) + "\n")
    elif kind not in schemas:
        raise UnknownName("file kind", kind, list(schemas))
    else:
        sys.stdout.write(json.dumps(schemas[kind], indent=2) + "\n")


def doctor(project: ProjectOption = HERE) -> None:
    """Check this machine and project: versions, extensions, files, sources, warehouse.

    \b
    Examples:
      c360 doctor
      c360 doctor --project acme
    """
    from customer360.cli.doctor import examine

    findings = examine(project)
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.detail}\n")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def version() -> None:
    """Print the versions of customer360 and of what it stands on.

    \b
    Examples:
      c360 version
      c360 version | head -1
    """
    from importlib.metadata import version as installed

    import customer360

    sys.stdout.write(f"customer360 {customer360.__version__}\n")
    for package in ("duckdb", "duckdb-extension-ducklake", "sqlglot", "pyarrow"):
        sys.stdout.write(f"{package} {installed(package)}\n")
    sys.stdout.write(f"python {sys.version.split()[0]}\n")
