"""Serve the web app, and the demo that builds a project first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer360.cli.options import HERE, LogFormat, LogFormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.progress import shown

PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the web app.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("serve")(serve)
    app.command("demo")(demo)


def serve(project: ProjectOption = HERE, host: HostOption = "127.0.0.1", port: PortOption = 8360) -> None:
    """Serve the web app and the REST API.

    \b
    Examples:
      c360 serve
      c360 serve --project acme --port 9000
    """
    from customer360.web.server import serve as listen

    workspace = opened(project)
    listen(workspace, host=host, port=port, ready=lambda url: note(f"Serving {url} (Ctrl-C stops)."))


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the demo project.")] = Path("demo"),
    template: Annotated[str, typer.Option(help="Which template.")] = "complete_journey",
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the web app at the end.")] = True,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8360,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Create, load, build, check and serve a demo project on real data.

    \b
    Examples:
      c360 demo
      c360 demo my_demo --no-serve
    """
    from customer360.cli.build import say_build, say_load
    from customer360.project.starter import create_project
    from customer360.workspace import PROJECT_FILE

    if not (folder / PROJECT_FILE).is_file():
        create_project(folder, template=template, name="demo")
        note(f"Created {folder} from the template {template}.")
    workspace = opened(folder)
    with shown(log_format) as progress:
        report = workspace.run(progress=progress)
    say_load(report.load)
    say_build(report.build)
    if serving:
        from customer360.web.server import serve as listen

        listen(workspace, host=host, port=port, ready=lambda url: note(f"Serving {url} (Ctrl-C stops)."))
    else:
        note(f"Next: c360 serve --project {folder}")
