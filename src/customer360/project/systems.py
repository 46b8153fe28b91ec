"""Keep some systems of a project and take the others out: sources, products, mappings, references, cases."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from customer360.errors import ProjectError, UnknownName
from customer360.names import Relation, quoted
from customer360.project import settings
from customer360.project.mentions import Mentions
from customer360.project.pruning import pruned_contract, pruned_product
from customer360.project.reader import read_project
from customer360.project.removal import Removal, removal_of
from customer360.project.writer import write_yaml
from customer360.project.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from customer360.project.spec import Contract, Project, SemanticDocument

SERVERS = "servers"
"""Folder of a template with the same sources on live servers."""

_MODEL_FILES = (".sql", ".step.yaml", ".step.yml")
_DAYS = ("DATE", "TIMESTAMP")


def keep_systems(root: Path, systems: Sequence[str]) -> None:
    """Take every system out of a project that is not in ``systems``; UnknownName for one that is not there.

    A system is its ``sources/<name>.yaml`` with contracts, the tables that read nothing else, its part of every
    conformed entity, the columns of ``as_of_columns`` and the cases that touch any of these. A table of it that
    something else still reads stays without rows; references and rules that lead to such tables go. Check SQL of
    metrics finds nothing in their place.
    """
    check_systems(root, systems)
    out = [system for system in system_names(root) if system not in systems]
    if not out:
        return
    project = read_project(root)
    removal = removal_of(project, out)
    contracts = [contract for contract in project.contracts.values() if contract.relation not in removal.dropped]
    for contract in contracts:
        _prune(root, project, contract, removal)
    for relation in removal.stand_ins:
        _empty(root, project, relation)
    _remove(root, project, removal, out)
    for schema in project.products:
        _prune_product(root, project, schema, removal)
    for semantic in project.semantics.values():
        _empty_checks(root, project, semantic, removal)
    _forget_as_of(root, project, systems, out)
    _forget_cases(root, removal)


def system_names(root: Path) -> list[str]:
    """Return the systems of a project or template."""
    return sorted(path.stem for path in (root / "sources").glob("*.yaml") if ".odcs" not in path.name)


def check_systems(root: Path, systems: Sequence[str]) -> None:
    """Raise UnknownName for a system that is not there, ProjectError when none is named."""
    known = system_names(root)
    if not systems:
        raise ProjectError("A project needs at least one system.", next_step=f"Choose from {', '.join(known)}.")
    for system in systems:
        if system not in known:
            raise UnknownName("system", system, known)


def _prune(root: Path, project: Project, contract: Contract, removal: Removal) -> None:
    """Take references and rules that lead to tables that go out of a contract that stays."""
    path = root / contract.place.file
    mentions = Mentions.of(project)

    def leads_away(query: str) -> bool:
        return bool(mentions.in_sql(query, contract.relation.schema) & removal.gone)

    document = read_yaml(path, root).root
    away = {reference.place.line for reference in contract.references if reference.to in removal.gone}
    made = pruned_contract(document, leads_away, away, is_empty=contract.relation in removal.stand_ins)
    write_yaml(path, made)


def _empty(root: Path, project: Project, relation: Relation) -> None:
    """Replace a model by one without rows, typed by its contract."""
    contract = project.contract_of(relation)
    path = root / "products" / relation.schema / relation.table
    for ending in _MODEL_FILES:
        path.with_name(relation.table + ending).unlink(missing_ok=True)
    columns = [f"  CAST(NULL AS {c.type}) AS {quoted(c.name)}" for c in (contract.columns if contract else ())]
    kind = project.models[relation].config.get("kind")
    head = [f"-- {project.models[relation].grain}", *(["-- kind: view"] if kind == "view" else [])]
    note = "-- No system of this project fills it: put a SELECT over yours here."
    text = "\n".join([*head, "SELECT", note, ",\n".join(columns), "WHERE FALSE"])
    path.with_name(f"{relation.table}.sql").write_text(text + "\n", encoding="utf-8")


def _remove(root: Path, project: Project, removal: Removal, out: Iterable[str]) -> None:
    for system in out:
        for path in [*(root / "sources").glob(f"{system}.*odcs.yaml"), root / "sources" / f"{system}.yaml"]:
            path.unlink()
        (root / SERVERS / f"{system}.yaml").unlink(missing_ok=True)
    for part in removal.parts:
        path = root / part.place.file
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    for relation in removal.dropped & set(project.models):
        for ending in (*_MODEL_FILES, ".odcs.yaml", ".odcs.yml"):
            (root / "products" / relation.schema / (relation.table + ending)).unlink(missing_ok=True)


def _prune_product(root: Path, project: Project, schema: str, removal: Removal) -> None:
    """Take the ports of tables that go out of a product; a product without tables goes altogether."""
    if not any(r.schema == schema and r not in removal.dropped for r in project.models):
        shutil.rmtree(root / "products" / schema)
        return
    path = root / project.products[schema].place.file
    kept = {contract.id for contract in project.contracts.values() if contract.relation not in removal.dropped}
    write_yaml(path, pruned_product(read_yaml(path, root).root, kept))


def _empty_checks(root: Path, project: Project, semantic: SemanticDocument, removal: Removal) -> None:
    from customer360.project.emptied import emptied_checks  # it parses SQL, and that library is slow to import

    path = root / semantic.place.file
    document = read_yaml(path, root).root
    made = emptied_checks(document, project, removal.dropped)
    if made != document:
        write_yaml(path, made)


def _forget_as_of(root: Path, project: Project, systems: Collection[str], out: Collection[str]) -> None:
    path = root / settings.FILE_NAME
    document: dict[str, Any] = dict(read_yaml(path, root).root)
    columns = document.get("as_of_columns", [])
    left = [column for column in columns if column.partition(".")[0] not in out]
    if left == columns:
        return
    write_yaml(path, {**document, "as_of_columns": left or _growing(project, systems)})


def _growing(project: Project, systems: Collection[str]) -> list[str]:
    """Return a column of each source that says how new it is: its cursors, else the first date of a table."""
    found = []
    for name in systems:
        tables = project.sources[name].tables.values()
        cursors = [f"{name}.{table.name}.{table.cursor}" for table in tables if table.cursor]
        dates = [
            f"{name}.{table.name}.{column.name}"
            for table in tables
            if (contract := project.contracts.get(table.contract or ""))
            for column in contract.columns
            if column.type.startswith(_DAYS)
        ]
        found += cursors or dates[:1]
    return found


def _forget_cases(root: Path, removal: Removal) -> None:
    """Drop the cases of models that go or are empty now, and those that give rows to a table that is no more."""
    for path in (root / "tests").glob("*.yaml"):
        document = dict(read_yaml(path, root).root)
        left = [case for case in document["cases"] if not _touches(case, removal)]
        if not left:
            path.unlink()
        elif left != document["cases"]:
            write_yaml(path, {**document, "cases": left})


def _touches(case: dict[str, Any], removal: Removal) -> bool:
    given = {Relation.parse(name) for name in case["given"]}
    return Relation.parse(case["model"]) in removal.gone or bool(given & removal.dropped)
