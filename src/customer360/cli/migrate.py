"""Move a project's warehouse to another engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, LogFormat, LogFormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.progress import shown
from customer360.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.models.migration import Migration

SHOWN = 5


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("migrate")(migrate)


def migrate(
    to: Annotated[str, typer.Option("--to", help="The engine to move to: postgres, spark or duckdb.")],
    url_variable: Annotated[
        str | None,
        typer.Option(
            "--url-variable",
            help="The environment variable that holds its URL; postgres: C360_WAREHOUSE_URL, spark: none, its own.",
        ),
    ] = None,
    folder: Annotated[str, typer.Option(help="duckdb and spark: the folder of the lake.")] = "warehouse",
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE: one more key under engine:, as it will stand there; may be repeated."),
    ] = None,
    switch: Annotated[bool, typer.Option("--switch/--no-switch", help="Change c360.yaml when all is equal.")] = True,
    project: ProjectOption = HERE,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Copy the warehouse to another engine, build there, compare every table; only then switch.

    \b
    Examples:
      c360 migrate --to postgres
      c360 migrate --to postgres --url-variable WAREHOUSE_URL --no-switch
      c360 migrate --to spark --folder spark_warehouse
      c360 migrate --to duckdb --set 'catalogue={env: C360_CATALOGUE_URL}' --set data=s3://acme-lake/customers
    """
    from customer360.engines.registry import open_engine
    from customer360.identity.configured import configured
    from customer360.models.migration import migrate as moved
    from customer360.project.spec import EngineSettings

    workspace = opened(project, operating=True)
    found = workspace.project
    options = _options(to, url_variable, folder) | _chosen(keys or [])
    if to == found.settings.engine.name and not keys:
        raise WarehouseError(f"The warehouse of this project is {to} already.")
    settings = replace(found.settings, engine=EngineSettings(to, options))  # type: ignore[arg-type]  # checked next
    target = open_engine(settings, found.root)
    try:
        with shown(log_format) as progress:
            done = moved(workspace.engine, target, configured(found), progress=progress)
    finally:
        target.close()
    _say(done)
    if switch:
        _switch(found.root / "c360.yaml", to, options)
        note(f"c360.yaml names {to} now; the old warehouse is as it was.")


def _options(to: str, url_variable: str | None, folder: str) -> dict[str, object]:
    """Return what stands beside the new engine's name."""
    if to == "postgres":
        return {"url": {"env": url_variable or "C360_WAREHOUSE_URL"}}
    return {"folder": folder} | ({"url": {"env": url_variable}} if to == "spark" and url_variable else {})


def _chosen(keys: list[str]) -> dict[str, object]:
    """Return keys that were typed, their values read as YAML. Errors: BadParameter."""
    from customer360.project.yamlfile import YamlError, parse_yaml

    found: dict[str, object] = {}
    for each in keys:
        key, equals, value = each.partition("=")
        if not equals or not key.isidentifier():
            raise typer.BadParameter("Write --set KEY=VALUE, such as --set data=s3://acme-lake/customers.")
        try:
            found[key] = parse_yaml(f"value: {value}")["value"]
        except YamlError as error:
            raise typer.BadParameter(f"The value of {key} cannot be read: {error.what}") from error
    return found


def _say(done: Migration) -> None:
    """Tell what was moved. Errors: WarehouseError when anything is not equal."""
    note(f"Copied {len(done.copied)} tables with {sum(done.copied.values()):,} rows; built {done.report.built} there.")
    if done.differences:
        listed = "; ".join(f"{relation}: {what}" for relation, what in list(done.differences.items())[:SHOWN])
        raise WarehouseError(
            f"{len(done.differences)} of {len(done.compared)} tables are not equal, so nothing was switched: {listed}.",
            next_step="Run `c360 run` first if the warehouse is older than the project; empty the target, try again.",
        )
    note(f"All {len(done.compared)} tables are equal.")


def _switch(path: Path, engine: str, options: dict[str, object]) -> None:
    """Name the new engine in c360.yaml; comments and everything else stay."""
    from customer360.project.writer import write_yaml
    from customer360.project.yamlfile import parse_yaml

    document = {**parse_yaml(path.read_text(encoding="utf-8")), "engine": {"name": engine, **options}}
    write_yaml(path, document)
