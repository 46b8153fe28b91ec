"""Read ``semantic/*.yaml``: Apache Ossie models, their shape and the names inside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from customer360.errors import Place
from customer360.project.contract_checks import no_twins
from customer360.project.ossie import READ_VERSIONS, Dataset, Relationship, SemanticFile, SemanticModelShape
from customer360.project.spec import SemanticDocument
from customer360.project.yamlfile import Block, Items, YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from customer360.project.problems import Problems

VENDOR = "C360"
_MODEL: tuple[str | int, ...] = ("semantic_model", 0)


def files_of(root: Path, folder: str, problems: Problems) -> Iterator[Path]:
    """Yield what lies in a folder of a project, hidden files left out."""
    path = root / folder
    if path.is_dir():
        yield from sorted(p for p in path.iterdir() if not p.name.startswith((".", "_")))
    elif path.exists():
        problems.add(f"'{folder}' is a file; it must be a folder.", Place(folder), "Move it away.")


def read_semantics(root: Path, problems: Problems) -> dict[str, SemanticDocument]:
    """Read semantic/: the models by name."""
    found: dict[str, SemanticDocument] = {}
    for path in files_of(root, "semantic", problems):
        document = read_semantic(path, root, problems) if path.suffix in (".yaml", ".yml") else None
        if document is None:
            continue
        twin = found.get(document.name)
        if twin is not None:
            what = f"The semantic model '{document.name}' is already in {twin.place.file}."
            problems.add(what, document.place, "Rename one.")
        found[document.name] = document
    return found


def read_semantic(path: Path, root: Path, problems: Problems) -> SemanticDocument | None:
    """Return one semantic model, or None after noting what is wrong."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(SemanticFile, file)
        if shape is None:
            return None
        _check_version(shape, file, problems)
        model = shape.semantic_model[0]
        _check_names(model, file, problems)
        for position, relation in enumerate(model.relationships):
            _check_relation(relation, position, model, file, problems)
        _check_extensions(file.root, (), file, problems)
        return SemanticDocument(name=model.name, place=file.place(), document=file.root, lines=_lines(file.root))
    return None


def _check_version(shape: SemanticFile, file: YamlFile, problems: Problems) -> None:
    if shape.version is not None and str(shape.version) not in READ_VERSIONS:
        problems.warn(
            f"Ossie {shape.version} is not a version we know; it is read as {READ_VERSIONS[0]}.",
            file.place("version"),
            f'Write version: "{READ_VERSIONS[0]}".',
        )


def _check_names(model: SemanticModelShape, file: YamlFile, problems: Problems) -> None:
    rule = "OSSIE-DUP"
    no_twins("dataset", [d.name for d in model.datasets], (*_MODEL, "datasets"), file, problems, rule=rule)
    no_twins(
        "relationship", [r.name for r in model.relationships], (*_MODEL, "relationships"), file, problems, rule=rule
    )
    no_twins("metric", [m.name for m in model.metrics], (*_MODEL, "metrics"), file, problems, rule=rule)
    for position, dataset in enumerate(model.datasets):
        path = (*_MODEL, "datasets", position, "fields")
        no_twins("field", [f.name for f in dataset.fields], path, file, problems, rule=rule)


def _check_relation(
    relation: Relationship, position: int, model: SemanticModelShape, file: YamlFile, problems: Problems
) -> None:
    path = (*_MODEL, "relationships", position)
    datasets = {dataset.name: dataset for dataset in model.datasets}
    for end, name in (("from", relation.from_), ("to", relation.to)):
        if name not in datasets:
            problems.unknown("dataset", name, list(datasets), file.place(*path, end))
    if len(relation.from_columns) != len(relation.to_columns):
        problems.add(
            f"The relationship '{relation.name}' has {len(relation.from_columns)} columns on one side "
            f"and {len(relation.to_columns)} on the other. [OSSIE-KEYLEN]",
            file.place(*path),
            "Name as many from_columns as to_columns.",
        )
    target = datasets.get(relation.to)
    if target is not None and _keys(target) and sorted(relation.to_columns) not in _keys(target):
        problems.warn(
            f"The relationship '{relation.name}' does not point at a key of '{relation.to}'.",
            file.place(*path, "to_columns"),
            "Declare the columns as primary_key or in unique_keys, or rows may double.",
        )


def _keys(dataset: Dataset) -> list[list[str]]:
    keys: Sequence[list[str]] = [dataset.primary_key, *dataset.unique_keys]
    return [sorted(key) for key in keys if key]


def _check_extensions(value: Any, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    """Note extensions of ours whose text is no JSON object."""
    if isinstance(value, Items):
        for position, inner in enumerate(value):
            _check_extensions(inner, (*path, position), file, problems)
    elif isinstance(value, Block):
        if value.get("vendor_name") == VENDOR and isinstance(value.get("data"), str):
            _check_json(value["data"], (*path, "data"), file, problems)
        for key, inner in value.items():
            _check_extensions(inner, (*path, key), file, problems)


def _check_json(text: str, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    try:
        data = json.loads(text)
    except ValueError as error:
        problems.add(
            f"The {VENDOR} extension is no JSON: {error}. [OSSIE-EXT]", file.place(*path), "Check quotes and braces."
        )
        return
    if not isinstance(data, dict):
        problems.add(
            f"The {VENDOR} extension is no JSON object. [OSSIE-EXT]", file.place(*path), "Write '{\"v\":1, ...}'."
        )


def _lines(root: Block) -> dict[str, int]:
    """Return the line of each named element: ``metrics/revenue``, ``datasets/sales/fields/net``."""
    model: Block = root["semantic_model"][0]
    lines = {"": model.line}
    for kind in ("datasets", "relationships", "metrics"):
        found: Items = model.get(kind) or Items()
        for position, element in enumerate(found):
            path = f"{kind}/{element['name']}"
            lines[path] = found.lines[position]
            fields: Items = element.get("fields") or Items()
            for number, inner in enumerate(fields):
                lines[f"{path}/fields/{inner['name']}"] = fields.lines[number]
    return lines
