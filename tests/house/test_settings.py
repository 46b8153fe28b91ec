"""Whatever a person can set is in the docs: keys of project files, options, environment variables."""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest

from customer360.project.schemas import json_schemas

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "customer360"
DOCS = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
READS_OPTIONS = {"table_options", "checked_options"}


def sections(text: str) -> dict[str, str]:
    """Return a page's text by heading, of the second and third level."""
    parts = re.split(r"^##+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)


def option_dataclasses() -> dict[str, list[str]]:
    """Return the options of each dataclass that a connector hands to connectors/options.py."""
    found = {}
    for path in sorted((SRC / "connectors").glob("*.py")):
        if path.name == "options.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READS_OPTIONS:
                assert isinstance(node.args[1], ast.Name)
                kind = getattr(importlib.import_module(module(path)), node.args[1].id)
                found[kind.__name__] = [field.name for field in fields(kind)]
    return found


def engine_options() -> dict[str, tuple[str, ...]]:
    """Return OPTIONS of each engine's module."""
    found = {}
    for path in sorted((SRC / "engines").glob("*.py")):
        if re.search(r"^OPTIONS\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[path.stem] = tuple(importlib.import_module(module(path)).OPTIONS)
    return found


def environment_variables() -> set[str]:
    """Return the names the code reads: literal ones of os.environ and getenv, and every C360_ name in a text."""
    found: set[str] = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            key = None
            if isinstance(node, ast.Call) and node.args:
                if ast.unparse(node.func) in {"os.environ.get", "os.getenv", "environ.get", "getenv"}:
                    key = node.args[0]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) in {"os.environ", "environ"}:
                key = node.slice
            elif isinstance(node, ast.Compare) and "os.environ" in map(ast.unparse, node.comparators):
                key = node.left
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"\bC360_[A-Z0-9_]*[A-Z0-9]\b", node.value))
            if isinstance(key, ast.Constant):
                found.add(str(key.value))
    return found


@pytest.mark.parametrize("kind", sorted(json_schemas()))
def test_every_key_of_a_project_file_is_in_the_reference(kind: str) -> None:
    schema = json_schemas()[kind]
    by_heading = sections(DOCS[ROOT / "docs/reference/project-files.md"])
    shapes = {kind: schema} | {f"{kind}: {name}": each for name, each in schema.get("$defs", {}).items()}
    missing = [
        f"{heading}: {key}"
        for heading, shape in shapes.items()
        for key in shape.get("properties", {})
        if f"| `{key}` |" not in by_heading.get(heading, "")
    ]
    assert not missing, "run `make docs`"
    assert schema["properties"]


def test_every_connector_option_is_documented() -> None:
    page = DOCS[ROOT / "docs/how-to/load-data.md"]
    options = option_dataclasses()
    assert {"CsvOptions", "HttpTableOptions", "PostgresOptions", "MongoOptions"} <= set(options)
    missing = [
        f"{kind}.{name}"
        for kind, names in options.items()
        for name in names
        if not re.search(rf"`{name}`|[{{ ]{name}: ", page)
    ]
    assert not missing, "write them in docs/how-to/load-data.md"


def test_every_engine_option_is_documented() -> None:
    options = engine_options()
    assert "folder" in options["duckdb"]
    missing = [
        f"{engine}.{name}"
        for engine, names in options.items()
        for name in names
        if not any(re.search(rf"`{name}`|[{{ ]{name}: ", text) for text in DOCS.values())
    ]
    assert not missing, "write them in docs/explanation/warehouse.md"


def test_every_environment_variable_is_in_the_reference() -> None:
    names = environment_variables()
    assert {"C360_POSTGRES_URL", "C360_SUPPORT_API_KEY", "TMPDIR"} <= names
    page = DOCS[ROOT / "docs/reference/environment.md"]
    assert not sorted(name for name in names if f"| `{name}` |" not in page)


def test_the_reference_names_no_variable_that_nothing_reads() -> None:
    page = DOCS[ROOT / "docs/reference/environment.md"]
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) <= environment_variables()
