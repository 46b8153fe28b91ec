"""Import semantic models and contracts from the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, ProjectOption
from customer360.cli.output import note

if TYPE_CHECKING:
    from customer360.semantic.formats.exported import Loss
    from customer360.semantic.model import SemanticModel

KINDS = ("ossie", "dbt", "odcs")


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("import")(import_)


def import_(
    what: Annotated[str, typer.Argument(help=f"What to import: {', '.join(KINDS)}.")],
    path: Annotated[Path, typer.Argument(help="ossie, odcs: a file. dbt, odcs: a folder with YAML.")],
    name: Annotated[str | None, typer.Option("--name", help="dbt: name of the model (default: the folder's).")] = None,
    schema: Annotated[str, typer.Option("--schema", help="odcs, dbt: schema of the tables.")] = "gold",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite what has the same name.")] = False,
    project: ProjectOption = HERE,
) -> None:
    """Import a semantic model into semantic/, or ODCS contracts into products/. What does not fit is listed on stderr.

    A contract comes with a model to fill in for each of its tables; nothing stays of one that the project cannot read.

    \b
    Examples:
      c360 import ossie their_model.yaml
      c360 import dbt their_project/models --schema analytics
      c360 import odcs their_contract.yaml --schema partners
    """
    from customer360.errors import C360Error, UnknownName
    from customer360.workspace import find_project

    if what not in KINDS:
        raise UnknownName("import", what, KINDS)
    if not path.exists():
        raise C360Error(f"There is no {path}.")
    if what == "odcs":
        from customer360.cli.importing_contracts import import_contracts

        import_contracts(find_project(project), path, schema=schema, replace=replace)
        return
    models, losses = _read(what, path, name, schema)
    folder = find_project(project) / "semantic"
    for model in models:
        _write(folder / f"{model.name}.yaml", model, replace=replace)
    for loss in losses:
        note(f"Left out or changed: {loss}.")


def _read(what: str, path: Path, name: str | None, schema: str) -> tuple[list[SemanticModel], tuple[Loss, ...]]:
    if what == "ossie":
        from customer360.semantic.formats.ossie import read_ossie

        return read_ossie(path)
    from customer360.semantic.formats.dbt_import import read_dbt

    chosen = name or "".join(c if c.isalnum() else "_" for c in path.resolve().name.lower())
    model, losses = read_dbt(path, name=chosen, schema=schema)
    return [model], losses


def _write(path: Path, model: SemanticModel, *, replace: bool) -> None:
    from customer360.errors import C360Error
    from customer360.semantic.formats.ossie import ossie

    if path.exists() and not replace:
        raise C360Error(f"There is a {path} already.", next_step="Add --replace to overwrite it.")
    text = next(iter(ossie(model).files.values()))
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise C360Error(f"The file {path} cannot be written: {error.strerror}.") from error
    note(f"Wrote {path}: {len(model.datasets)} datasets, {len(model.metrics)} metrics.")
