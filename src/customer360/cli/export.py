"""Export what the project or the demo company holds in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, ProjectOption, opened
from customer360.cli.output import note, write_text

if TYPE_CHECKING:
    from customer360.semantic.formats.exported import Exported

KINDS = ("ddl", "procedure", "ossie", "metric-views", "genie", "dbt", "openlineage", "odcs", "odps", "texts")
FOLDER = Path("exports")

NameOption = Annotated[str, typer.Option("--name", help="procedure: what it is called, in the schema c360.")]
CatalogOption = Annotated[str, typer.Option("--catalog", help="Databricks catalogue of the tables.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("export")(export)


def export(
    what: Annotated[str, typer.Argument(help=f"What to export: {', '.join(KINDS)}.")],
    system: Annotated[
        list[str] | None, typer.Option("--system", help="ddl: only this system; several times.", show_default="all")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Semantic model (default: the first).")] = None,
    catalog: CatalogOption = "main",
    warehouse_id: Annotated[str, typer.Option(help="genie: the SQL warehouse the space asks.")] = "",
    ossie_version: Annotated[str, typer.Option(help="ossie: 0.2.0.dev0, or 0.1.1 for older readers.")] = "0.2.0.dev0",
    name: NameOption = "cdp_procedure",
    as_json: Annotated[bool, typer.Option("--json", help="ossie: JSON instead of YAML.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File (ddl, procedure, ossie, openlineage, texts; default: stdout) or folder."
        ),
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Export metrics, contracts, products or lineage for other tools, the DDL of ShopFlow's sources, or texts of pages.

    `procedure` is the build of a PostgreSQL project as one procedure that the database runs by itself.
    What another format cannot hold is listed on stderr.

    \b
    Examples:
      c360 export ossie --out acme.yaml
      c360 export genie --catalog main
      c360 export ddl --system cdp --out cdp.sql
      c360 export odcs --out contracts
      c360 export procedure --out cdp_procedure.sql
      c360 export texts --out texts/de.po
    """
    from customer360.errors import UnknownName

    if what not in KINDS:
        raise UnknownName("export", what, KINDS)
    text = _one_file(what, system, project, name)
    if text is not None:
        write_text(text, out)
        return
    if what in ("odcs", "odps"):
        _write_standard(what, project, out or FOLDER)
        return
    found = _exported(what, project, model, catalog, warehouse_id, ossie_version, as_json=as_json)
    if what == "ossie":
        write_text(next(iter(found.files.values())), out)
    else:
        _write(found, out or FOLDER)
    for loss in found.losses:
        note(f"Left out or changed: {loss}.")


def _one_file(what: str, system: list[str] | None, project: Path, name: str) -> str | None:
    """Return an export that is one text; None for another one."""
    if what == "ddl":
        from customer360.synthetic.ddl import ddl

        return ddl(system)
    if what == "texts":
        from customer360.web.pages.texts import catalogue

        return catalogue().decode()
    if what == "procedure":
        return _procedure(project, name)
    return _lineage(project) if what == "openlineage" else None


def _exported(
    what: str, project: Path, model: str | None, catalog: str, warehouse_id: str, version: str, *, as_json: bool
) -> Exported:
    workspace = opened(project)
    found = workspace.semantic_model(model)
    if what == "ossie":
        from customer360.semantic.formats.ossie import ossie

        return ossie(found, version=version, as_json=as_json)
    if what == "metric-views":
        from customer360.semantic.formats.metric_views import metric_views

        return metric_views(found, catalog=catalog)
    if what == "genie":
        from customer360.ask.questionfiles import plain_questions
        from customer360.semantic.formats.genie import genie_space

        return genie_space(
            found,
            as_of=workspace.as_of(),
            catalog=catalog,
            warehouse_id=warehouse_id,
            questions=plain_questions(workspace.project.root),
        )
    from customer360.semantic.formats.dbt import dbt_project

    return dbt_project(found)


def _write_standard(what: str, project: Path, folder: Path) -> None:
    """Write every contract or product file, each as the standard orders its keys, in the folders of the project."""
    from customer360.project.writer import write_contract, write_product

    read = opened(project).project
    whole = read.contracts.values() if what == "odcs" else read.products.values()
    write = write_contract if what == "odcs" else write_product
    files = {each.place.file: each.document for each in whole}
    for name, document in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        write(path, document)
    note(f"Wrote {len(files)} files to {folder}.")


def _procedure(project: Path, name: str) -> str:
    """Return the SQL that creates the procedure. Errors: WarehouseError, BuildFailed, ProjectErrors, ProjectError."""
    from customer360.errors import ProjectError
    from customer360.models.procedure import procedure
    from customer360.names import IDENTIFIER

    workspace = opened(project, operating=True)
    if not IDENTIFIER.match(name):
        raise ProjectError(f"'{name}' cannot name a procedure.", next_step="Use small letters, digits and underscores.")
    return procedure(workspace.engine, workspace.project, name=name)


def _lineage(project: Path) -> str:
    """Return one JobEvent of OpenLineage a line: what reads what."""
    import json

    from customer360.catalog.openlineage import Events
    from customer360.clock import now

    read = opened(project).project
    namespace = read.settings.openlineage.namespace if read.settings.openlineage else None
    events = Events(read, namespace).static(now())
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def _write(found: Exported, folder: Path) -> None:
    from customer360.errors import C360Error

    for name, text in found.files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise C360Error(f"The file {path} cannot be written: {error.strerror}.") from error
    note(f"Wrote {len(found.files)} files to {folder}.")
