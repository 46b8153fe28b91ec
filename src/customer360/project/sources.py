"""Read ``sources/*.yaml``: the systems that customers live in, and which of their tables we take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from customer360.names import IDENTIFIER
from customer360.project.problems import Problems, Shape
from customer360.project.secrets import refuse_secrets
from customer360.project.spec import Source, SourceTable
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

_OVERLAP = re.compile(r"\d+(\.\d+)?( (second|minute|hour|day|week|month)s?)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TableShape(Shape):
    """One table, file pattern or collection of a source."""

    location: str = Field(
        description="What the connector reads: path or glob, `package:<module>/<path>`, `<schema>.<table>`, collection."
    )
    format: Literal["csv", "parquet", "jsonl"] | None = Field(
        None, description="Format of the files; default: by the ending of the name. Files only."
    )
    contract: str | None = Field(None, description="Id of the ODCS contract whose columns type the rows.")
    key: list[str] = Field(
        default_factory=list, description="Columns that identify a row; re-read rows replace theirs."
    )
    cursor: str | None = Field(None, description="Column that grows; later loads read only from its newest value.")
    overlap: int | float | str | None = Field(
        None, description="How far to re-read before the newest cursor value: `3 days`, `2 hours`, or a number."
    )
    on_schema_change: Literal["fail", "ignore", "evolve"] = Field(
        "fail", description="What to do when columns are new, gone or retyped."
    )
    on_bad_rows: Literal["quarantine", "fail"] = Field(
        "quarantine", description="Where rows that break the contract go: beside, counted, or the load fails."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="The connector's own options for this table.")


class SourceShape(Shape):
    """``sources/<source>.yaml``: one system."""

    source: str = Field(description="Name of the source: the file's name without .yaml.")
    kind: str = Field(description="Which connector reads it: files, postgres, mongodb, http_api.")
    description: str | None = Field(None, description="What the system is, in a sentence.")
    connection: dict[str, Any] = Field(
        default_factory=dict, description="How to reach it. Secrets only by environment variable: {env: NAME}."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="The connector's own options.")
    tables: dict[str, TableShape] = Field(description="Tables to take, by the name they land under.")


def read_source(path: Path, root: Path, problems: Problems) -> Source | None:
    """Return one source, or None after noting what is wrong."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(SourceShape, file)
        if shape is None:
            return None
        if shape.source != path.stem:
            problems.broken("source", path.stem)
            problems.add(
                f"The source is called '{shape.source}', its file {path.name}.",
                file.place("source"),
                f"Name the file {shape.source}.yaml, or write `source: {path.stem}`.",
            )
        _check_name("source", shape.source, file, ("source",), problems)
        _check_connection(shape, file, problems)
        return _source(shape, file, problems)
    return None


def _source(shape: SourceShape, file: YamlFile, problems: Problems) -> Source:
    tables = {}
    for name, table in shape.tables.items():
        _check_name("table", name, file, ("tables", name), problems)
        if isinstance(table.overlap, str) and not _OVERLAP.fullmatch(table.overlap):
            problems.add(
                f"'overlap' cannot be '{table.overlap}'.",
                file.place("tables", name, "overlap"),
                "Write a number and a unit, such as 3 days or 2 hours; a number alone for numeric cursors.",
            )
        if table.overlap is not None and table.cursor is None:
            problems.add(
                f"Table '{name}' has an overlap but no cursor.",
                file.place("tables", name, "overlap"),
                "Add `cursor: <column>`.",
            )
        tables[name] = _table(shape.source, name, table, file)
    return Source(
        name=shape.source,
        kind=shape.kind,
        place=file.place(),
        tables=tables,
        connection=file.root.get("connection", {}),
        description=shape.description,
        options=shape.options,
    )


def _table(source: str, name: str, table: TableShape, file: YamlFile) -> SourceTable:
    return SourceTable(
        source=source,
        name=name,
        location=table.location,
        place=file.place("tables", name),
        format=table.format,
        contract=table.contract,
        key=tuple(table.key),
        cursor=table.cursor,
        overlap=None if table.overlap is None else str(table.overlap),
        on_schema_change=table.on_schema_change,
        on_bad_rows=table.on_bad_rows,
        options=table.options,
    )


def _check_name(kind: str, name: str, file: YamlFile, path: tuple[str, ...], problems: Problems) -> None:
    if not IDENTIFIER.match(name):
        problems.add(
            f"'{name}' cannot name a {kind}.",
            file.place(*path),
            "Use lower-case letters, digits and _; start with a letter.",
        )


def _check_connection(shape: SourceShape, file: YamlFile, problems: Problems) -> None:
    for part in ("connection", "options"):
        if isinstance(file.root.get(part), dict):
            refuse_secrets(file.root[part], (part,), file, problems)
    for key, value in shape.connection.items():
        if not isinstance(value, dict):
            continue
        if set(value) == {"env"} and isinstance(value["env"], str) and _VARIABLE.fullmatch(value["env"]):
            continue
        if "env" in value:
            problems.add(
                f"'connection.{key}' does not name an environment variable.",
                file.place("connection", key),
                "Write {env: NAME}.",
            )
