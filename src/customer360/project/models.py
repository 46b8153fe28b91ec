"""Read models: SQL files with their grain and header, steps, and the parts of conformed entities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field

from customer360.errors import Place, nearest
from customer360.names import Relation
from customer360.project.problems import Problems, Shape
from customer360.project.spec import Model, ModelPart, Step
from customer360.project.yamlfile import YamlFile, read_text, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER_KEYS = {
    "kind": "full (default), incremental, scd2 or view.",
    "key": "Columns that identify a row, with commas between: incremental by key, scd2's business key.",
    "time_column": "Column that an incremental model grows by.",
    "lookback": "How far an incremental model re-reads for late rows: 3 days, or a number for a numeric column.",
    "durable_key": "Column that stays the same over all scd2 versions of one thing.",
    "version_key": "Column that an scd2 model numbers its versions in.",
    "track": "Columns whose change makes a new scd2 version, with commas between; default: all but the keys.",
    "valid_from": "Column that says when an scd2 version begins; default valid_from.",
    "valid_to": "Column that says when an scd2 version ends; default valid_to.",
    "is_current": "Column that marks the newest scd2 version; default is_current.",
    "initial_valid_from": "Since when a first scd2 version holds: a date, or a column.",
    "expire_missing": "true: an scd2 version ends when its row is gone; default false.",
}
"""What `-- key: value` lines under the grain may say. Which kind needs which key is for ``models/`` to check."""

_HEADER = re.compile(r"([a-z][a-z0-9_]*):(?:\s+(.*))?")


class StepShape(Shape):
    """``<table>.step.yaml``: a table made by a registered method instead of SQL."""

    grain: str = Field(description="What one row is: One row per customer.")
    method: str = Field(description="Which registered method makes the table.")
    inputs: dict[str, str] = Field(
        description="Tables the method reads, by its names for them: {purchases: gold.purchases}."
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description=(
            "The method's own settings. A value \"{{ policy('sale_periods') }}\" or \"{{ setting('countries') }}\" "
            "is taken from c360.yaml."
        ),
    )


def read_model(path: Path, root: Path, relation: Relation, problems: Problems) -> Model | None:
    """Return a model of one SQL file, or None after noting what is wrong."""
    part = _part(path, root, relation, problems)
    if part is None:
        problems.broken("model", str(relation))
        return None
    text, grain, config = part
    return Model(relation=relation, grain=grain, place=text.place, parts=(text,), config=config)


def read_union(paths: Sequence[Path], root: Path, relation: Relation, place: Place, problems: Problems) -> Model:
    """Return a conformed entity: one SQL text per system, none is allowed. Its grain may come from the contract."""
    parts, grains = [], []
    config: dict[str, str] = {}
    for path in paths:
        part = _part(path, root, relation, problems)
        if part is None:
            problems.broken("model", str(relation))
            continue
        text, grain, header = part
        for key, value in header.items():
            if config.setdefault(key, value) != value:
                problems.add(
                    f"'{key}: {value}' contradicts '{key}: {config[key]}' of another system of {relation}.",
                    text.place,
                    "Write the same in every part, or in one only.",
                )
        parts.append(text)
        grains.append(grain)
    return Model(
        relation=relation,
        grain=grains[0] if grains else "",
        place=place,
        parts=tuple(parts),
        config=config,
        is_union=True,
    )


def _part(
    path: Path, root: Path, relation: Relation, problems: Problems
) -> tuple[ModelPart, str, dict[str, str]] | None:
    name = path.relative_to(root).as_posix()
    with problems.caught():
        text = read_text(path, root)
        grain, config = _header(text, name, relation, problems)
        if grain is None:
            return None
        part_name = path.stem
        return ModelPart(name=part_name, sql=text, place=Place(name, 1)), grain, config
    return None


def _header(text: str, name: str, relation: Relation, problems: Problems) -> tuple[str | None, dict[str, str]]:
    """Return the grain and the `-- key: value` lines of a model's leading comment."""
    comments = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("--"):
            comments.append((number, stripped[2:].strip()))
        elif stripped:
            break
    if not text.strip():
        problems.add("The model is empty.", Place(name, 1), "Write its grain and one SELECT.")
        return None, {}
    step = "Say what one row is in the first line: -- One row per customer."
    if not comments or comments[0][0] != 1:
        problems.add(f"The model {relation} does not say its grain.", Place(name, 1), step)
        return None, {}
    grain = comments[0][1]
    if _HEADER.fullmatch(grain) or not re.search(r"\brows?\b", grain, re.IGNORECASE):
        problems.add(f"The first line of {relation} does not say its grain.", Place(name, 1), step)
        return None, {}
    return grain, _config(comments[1:], name, problems)


def _config(comments: Sequence[tuple[int, str]], name: str, problems: Problems) -> dict[str, str]:
    config: dict[str, str] = {}
    for number, comment in comments:
        found = _HEADER.fullmatch(comment)
        if found is None:
            continue  # prose
        key, value = found[1], (found[2] or "").strip()
        place = Place(name, number)
        if key not in HEADER_KEYS:
            hit = nearest(key, list(HEADER_KEYS))
            hint = f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(HEADER_KEYS)}. Start prose with a capital."
            problems.add(f"There is no model setting '{key}'.", place, hint)
        elif key in config:
            problems.add(f"The setting '{key}' stands here twice.", place, "Remove one of them.")
        elif not value:
            problems.add(f"The setting '{key}' is empty.", place, f"It holds: {HEADER_KEYS[key]}")
        else:
            config[key] = value
    return config


def read_step(path: Path, root: Path, relation: Relation, problems: Problems) -> Model | None:
    """Return a model made by a registered method, or None after noting what is wrong."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(StepShape, file)
        if shape is not None:
            inputs = {name: _relation(text, file, ("inputs", name), problems) for name, text in shape.inputs.items()}
            if not re.search(r"\brows?\b", shape.grain, re.IGNORECASE):
                problems.add(
                    "'grain' does not say what one row is.", file.place("grain"), "Write: One row per customer."
                )
            return Model(
                relation=relation,
                grain=shape.grain,
                place=file.place(),
                step=Step(
                    method=shape.method,
                    inputs={name: found for name, found in inputs.items() if found is not None},
                    parameters=file.root.get("parameters") or {},
                    place=file.place("method"),
                ),
            )
    problems.broken("model", str(relation))
    return None


def _relation(text: str, file: YamlFile, path: tuple[str | int, ...], problems: Problems) -> Relation | None:
    try:
        return Relation.parse(text)
    except ValueError:
        problems.add(f"'{text}' names no table.", file.place(*path), "Write <schema>.<table>.")
        return None
