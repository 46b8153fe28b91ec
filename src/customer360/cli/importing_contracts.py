"""Import ODCS contracts: the file as it came, and for each of its tables a model to fill in."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from customer360.cli.output import note
from customer360.errors import C360Error, ProjectErrors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from customer360.project.spec import Contract

_PRODUCT = """# Made with an imported contract: say who owns it and what it is for.
apiVersion: v1.0.0
kind: DataProduct
id: {schema}
name: {schema}
version: "1.0.0"
status: draft
team:
  name: {schema}
  members: [{{username: "{owner}", role: owner}}]
outputPorts:
"""


def import_contracts(root: Path, path: Path, *, schema: str, replace: bool) -> None:
    """Copy a contract (or each of a folder) into ``products/<schema>/`` and lay out a model for each table without one.

    The project is read again with them; what cannot be right is taken back. Errors: C360Error, ProjectErrors.
    """
    from customer360.project.reader import read_project

    made: list[tuple[Path, bytes | None]] = []
    try:
        for file in _files(path):
            made += _import_one(root, file, schema, replace=replace)
        read_project(root)
    except C360Error:
        for written, before in reversed(made):
            if before is None:
                written.unlink()
            else:
                written.write_bytes(before)
        raise
    for written, _ in made:
        note(f"Wrote {written.relative_to(root)}.")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(each for each in path.rglob("*.y*ml") if "kind: DataContract" in each.read_text(encoding="utf-8"))
    if not found:
        raise C360Error(f"There is no ODCS contract in {path}.", next_step="A contract says `kind: DataContract`.")
    return found


def _import_one(root: Path, path: Path, schema: str, *, replace: bool) -> list[tuple[Path, bytes | None]]:
    from customer360.names import Relation
    from customer360.project.contracts import read_contracts
    from customer360.project.problems import Problems
    from customer360.project.yamlfile import read_yaml

    tables = read_yaml(path, path.parent).root.get("schema") or [{}]
    first = tables[0].get("name") if isinstance(tables[0], dict) else None
    if not isinstance(first, str):
        raise C360Error(f"{path.name} describes no table.", next_step="A contract has `schema: [{name: ...}]`.")
    problems = Problems()
    drafts = read_contracts(path, path.parent, Relation(schema, first), problems)
    if problems.errors:
        raise ProjectErrors(problems.errors)
    folder = root / "products" / schema
    target = folder / f"{first}.odcs.yaml"
    if target.exists() and not replace:
        raise C360Error(f"There is a {target} already.", next_step="Add --replace to overwrite it.")
    contracts = [draft.contract for draft in drafts]
    return [_written(target, path.read_text(encoding="utf-8")), *_beside(folder, contracts)]


def _beside(folder: Path, contracts: Sequence[Contract]) -> Iterator[tuple[Path, bytes | None]]:
    """Write what a contract needs beside it and is not there: models, and a product that offers them."""
    for contract in contracts:
        model = folder / f"{contract.relation.table}.sql"
        if not model.exists() and not model.with_suffix(".step.yaml").exists():
            yield _written(model, skeleton(contract))
    product = folder / "product.odps.yaml"
    if not product.exists():
        ports = "".join(
            f'  - {{name: {each.relation.table}, version: "{each.version}", contractId: "{each.id}"}}\n'
            for each in contracts
        )
        yield _written(product, _PRODUCT.format(schema=folder.name, owner=_owner(contracts[0])) + ports)


def _owner(contract: Contract) -> str:
    """Return who owns a contract by its own words, else who imports it."""
    team = contract.document.get("team") or {}
    members = team.get("members") if isinstance(team, dict) else team
    named = [each.get("username") for each in members or () if isinstance(each, dict) and each.get("role") == "owner"]
    return str(next(filter(None, named), getpass.getuser()))


def skeleton(contract: Contract) -> str:
    """Return a model with the columns that a contract promises, and no row yet."""
    from customer360.names import quoted

    grain = (contract.granularity or "One row per ...").splitlines()[0].rstrip(".")
    columns = ",\n".join(f"    CAST(NULL AS {each.type}) AS {quoted(each.name)}" for each in contract.columns)
    return f"-- {grain}. Write where each column comes from.\nSELECT\n{columns}\nWHERE FALSE\n"


def _written(path: Path, text: str) -> tuple[Path, bytes | None]:
    before = path.read_bytes() if path.exists() else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise C360Error(f"The file {path} cannot be written: {error.strerror}.") from error
    return path, before
