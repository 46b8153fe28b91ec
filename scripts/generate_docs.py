"""Write the reference pages (commands, errors, files, queries, metrics) from the code; --check fails when stale."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer.main

import customer360
from customer360 import errors
from customer360.cli import app

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
HEAD = "<!-- Written by `make docs` from the code; do not edit. -->\n\n"


def commands() -> str:
    """Return the page of the command line."""
    group: Any = typer.main.get_command(app)
    codes = "Exit codes: 0 done, 1 a sentence on stderr says why not, 2 wrong usage."
    parts = [f"{HEAD}# Command line\n\n{group.help}\n\n{codes}\n"]
    for name, command in sorted(group.commands.items()):
        parts.append(f"\n## c360 {name}\n\n```text\n{_help(name, command)}\n```\n")
        for inner, each in sorted(getattr(command, "commands", {}).items()):
            parts.append(f"\n### c360 {name} {inner}\n\n```text\n{_help(f'{name} {inner}', each)}\n```\n")
    return "".join(parts)


def _help(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=f"c360 {name}", max_content_width=100, terminal_width=100)
    text: str = re.sub(r"\x1b\[[0-9;]*m", "", command.get_help(context))
    return "\n".join(line.rstrip() for line in text.replace("\b", "").splitlines())


def error_classes() -> list[type[errors.C360Error]]:
    """Return every error of the package: those of errors.py in their order, then the others by module and name."""
    for module in pkgutil.walk_packages(customer360.__path__, "customer360."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: list[type[errors.C360Error]] = [errors.C360Error]
    for each in found:  # grows while it is walked
        found += [child for child in each.__subclasses__() if child not in found]
    own = [each for each in vars(errors).values() if each in found]
    others = [each for each in found if each not in own and each.__module__.startswith("customer360.")]
    return own + sorted(others, key=lambda each: (each.__module__, each.__name__))


def error_page() -> str:
    """Return the page of errors."""
    rows = []
    for each in error_classes():
        parent = each.__mro__[1].__name__
        said = (inspect.getdoc(each) or "").splitlines()[0]
        rows.append(f"| `{each.__name__}` | `{parent}` | {said} |")
    intro = (
        "Every error is a sentence, a place and a next step. The command line prints it to stderr and exits with 1;\n"
        "the REST API answers with problem details (RFC 9457).\n\n"
    )
    return f"{HEAD}# Errors\n\n{intro}| error | is a | when |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def project_page() -> str:
    """Return the page of project files, from their JSON Schemas."""
    from customer360.project.schemas import json_schemas

    intro = "Unknown keys are errors. `c360 schema KIND` prints the JSON Schema of a kind for your editor."
    parts = [f"{HEAD}# Project files\n\n{intro}\n"]
    for kind, schema in json_schemas().items():
        parts.append(f"\n## {kind}\n\n{schema.get('description', '')}\n")
        definitions = schema.get("$defs", {})
        parts.append(_keys(schema))
        for name, each in definitions.items():
            if each.get("properties"):
                parts.append(f"\n### {kind}: {name}\n\n{each.get('description', '')}\n{_keys(each)}")
    return "".join(parts)


def _keys(schema: dict[str, Any]) -> str:
    rows = []
    required = set(schema.get("required", ()))
    for key, each in schema.get("properties", {}).items():
        need = "yes" if key in required else ""
        said = str(each.get("description", "")).replace("\n", " ").replace("|", "\\|")
        rows.append(f"| `{key}` | {_type(each)} | {need} | {said} |")
    return "\n| key | type | required | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n" if rows else ""


def _type(each: dict[str, Any]) -> str:
    if "$ref" in each:
        return str(each["$ref"]).rsplit("/", 1)[-1]
    if "enum" in each:
        return ", ".join(f"`{value}`" for value in each["enum"])
    if "const" in each:
        return f"`{each['const']}`"
    for union in ("anyOf", "oneOf"):
        if union in each:
            return " or ".join(dict.fromkeys(_type(option) for option in each[union]))
    kind = each.get("type", "any")
    if kind == "array":
        return f"list of {_type(each.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def query_page() -> str:
    """Return the page of the metric query."""
    from customer360.semantic.query import MetricQuery

    schema = MetricQuery.model_json_schema()
    parts = [f"{HEAD}# Metric query\n\n{schema.get('description', '')}\n{_keys(schema)}"]
    for name, each in schema.get("$defs", {}).items():
        parts.append(f"\n## {name}\n\n{each.get('description', '')}\n{_keys(each)}")
    return "".join(parts)


def shopflow_page() -> str:
    """Return the brief catalogue of ShopFlow's metrics; `c360 semantic catalogue` prints the whole of it."""
    from customer360.project.reader import read_project
    from customer360.project.starter import create_project
    from customer360.semantic.catalogue import catalogue
    from customer360.semantic.model import SemanticModel

    with TemporaryDirectory() as folder:
        create_project(Path(folder), template="shopflow", name="shopflow")
        model = SemanticModel.from_document(read_project(Path(folder)).semantics["shopflow"])
    return HEAD + catalogue(model, is_brief=True)


PAGES = {
    "cli.md": commands,
    "errors.md": error_page,
    "project-files.md": project_page,
    "metric-query.md": query_page,
    "shopflow-metrics.md": shopflow_page,
}


def main() -> int:
    """Write the pages, or with --check say which are stale."""
    stale = []
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        page, text = REFERENCE / name, write()
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                page.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"Stale reference pages: {', '.join(stale)}. Run `make docs`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
