"""Show a whole project: create it, give it data, load, build, check, serve."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import LogFormat, LogFormatOption, SystemsOption, opened, systems_of
from customer360.cli.output import note
from customer360.cli.progress import shown
from customer360.cli.serve import HostOption, PortOption
from customer360.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOPFLOW = "shopflow"
DEFAULT = SHOPFLOW


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the demo project.")] = Path("demo"),
    template: Annotated[
        str | None, typer.Option(help="Which template.", show_default=f"{DEFAULT}, or that of the folder")
    ] = None,
    systems: SystemsOption = None,
    size: Annotated[
        str | None,
        typer.Option(help="ShopFlow: small, medium, large, xlarge, or a number of customers.", show_default="small"),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="ShopFlow: read PostgreSQL and MongoDB; yours, or ones started for it.")
    ] = False,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the web app at the end.")] = True,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8360,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Create, load, build, check and serve a demo project.

    \b
    Examples:
      c360 demo
      c360 demo groceries --template complete_journey --no-serve
      c360 demo shop --live
    """
    chosen = _chosen(folder, template, SHOPFLOW if live or size or systems else None)
    if chosen != SHOPFLOW and (live or size):
        raise ProjectError(
            f"The template {chosen} has its own data: --live and --size are for {SHOPFLOW}.",
            next_step=f"Leave them out, or pass --template {SHOPFLOW}.",
        )
    _create(folder, chosen, systems_of(systems))
    if chosen != SHOPFLOW:
        _run_and_serve(folder, log_format, serving=serving, host=host, port=port)
        return
    with _data(folder, size or "small", log_format, live=live) as elsewhere:
        _run_and_serve(folder, log_format, full=elsewhere, serving=serving, host=host, port=port)


def _chosen(folder: Path, template: str | None, implied: str | None) -> str:
    """Return the template: the one named, else the one that options imply, else that of the project that is there."""
    return template or implied or next((name for name in _found(folder)), DEFAULT)


def _found(folder: Path) -> list[str]:
    """Return the templates that have a system of the folder's project."""
    from customer360.project.starter import template_names, template_systems
    from customer360.project.systems import system_names

    return [name for name in template_names() if set(system_names(folder)) & set(template_systems(name))]


def _create(folder: Path, template: str, systems: Sequence[str] | None) -> None:
    from customer360.project.starter import create_project
    from customer360.workspace import PROJECT_FILE

    if not (folder / PROJECT_FILE).is_file():
        create_project(folder, template=template, name="demo", systems=systems)
        note(f"Created {folder} from the template {template}.")
    elif template not in _found(folder):
        raise ProjectError(
            f"The project in {folder} was not made from the template {template}.",
            next_step=f"Name another folder: c360 demo {folder}-{template} --template {template}.",
        )


@contextmanager
def _data(folder: Path, size: str, log_format: LogFormat, *, live: bool) -> Iterator[bool]:
    """Have the data where the project's sources look for them; yield whether these look elsewhere than before."""
    from customer360.synthetic import staging
    from customer360.synthetic.shopflow import ShopFlow

    shopflow = ShopFlow.of(int(size) if size.isdecimal() else size)
    if not live and not staging.reads_servers(folder):
        with shown(log_format) as progress:
            if staging.fill_files(folder, shopflow, progress):
                note(f"Wrote ShopFlow ({size}) to {folder / staging.DATA}.")
        yield False
        return
    changed = staging.read_from_servers(folder)
    with staging.servers(folder) as ours:
        for variable in ours:
            note(f"A server runs until this command ends: export {variable}='{os.environ[variable]}'")
        with shown(log_format) as progress:
            if staging.fill_servers(folder, shopflow, ours=ours, progress=progress):
                note(f"Wrote ShopFlow ({size}) to the servers.")
        yield changed


def _run_and_serve(
    folder: Path, log_format: LogFormat, *, serving: bool, host: str, port: int, full: bool = False
) -> None:
    from customer360.cli.build import index_values, say_build, say_load

    workspace = opened(folder)
    with shown(log_format) as progress:
        report = workspace.run(full=full, progress=progress, loaded=say_load)
    index_values(workspace)
    say_build(report.build)
    if serving:
        from customer360.cli.support_api import mounted
        from customer360.web.server import serve as listen

        listen(
            workspace,
            host=host,
            port=port,
            ready=lambda url: note(f"Serving {url} (Ctrl-C stops)."),
            support=mounted(workspace.engine),
        )
    else:
        note(f"Next: c360 serve --project {folder}")
