"""Let the check SQL of metrics read typed nothing where a table is no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from customer360.project.spec import Contract, Project

_VENDOR = "C360"


def emptied_checks(document: Mapping[str, Any], project: Project, dropped: Collection[Relation]) -> dict[str, Any]:
    """Return a semantic document whose check SQL reads no table of ``dropped``.

    In its place stands a SELECT without rows, of the columns that the SQL names, typed by the table's contract. A check
    of a table without contract goes: nothing says what its columns are.
    """
    made = dict(document)
    made["semantic_model"] = [_model(model, project, dropped) for model in document["semantic_model"]]
    return made


def _model(model: Mapping[str, Any], project: Project, dropped: Collection[Relation]) -> dict[str, Any]:
    if "metrics" not in model:
        return dict(model)
    return {**model, "metrics": [_metric(metric, project, dropped) for metric in model["metrics"]]}


def _metric(metric: Mapping[str, Any], project: Project, dropped: Collection[Relation]) -> Mapping[str, Any]:
    extensions = [_extension(each, project, dropped) for each in metric.get("custom_extensions", ())]
    return {**metric, "custom_extensions": extensions} if extensions else metric


def _extension(extension: Mapping[str, Any], project: Project, dropped: Collection[Relation]) -> Mapping[str, Any]:
    if extension.get("vendor_name") != _VENDOR:
        return extension
    data = json.loads(extension["data"])
    if "check_sql" not in data:
        return extension
    checked = _without(data["check_sql"], project, dropped)
    if checked == data["check_sql"]:
        return extension
    left = {key: value for key, value in data.items() if key != "check_sql"}
    return {**extension, "data": json.dumps({**left, "check_sql": checked} if checked else left, ensure_ascii=False)}


def _without(sql: str, project: Project, dropped: Collection[Relation]) -> str | None:
    """Return the SQL without these tables, as it was when it reads none of them; None when that cannot be done."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    gone = [t for t in tree.find_all(exp.Table) if t.db and Relation(t.db, t.name) in dropped]
    if not gone:
        return sql
    named = {column.name.casefold() for column in tree.find_all(exp.Column)}
    for table in gone:
        contract = project.contract_of(Relation(table.db, table.name))
        if contract is None:
            return None
        table.replace(_nothing(contract, named, alias=table.alias_or_name))
    return tree.sql(dialect="duckdb", normalize_functions=False)


def _nothing(contract: Contract, named: Collection[str], *, alias: str) -> exp.Expr:
    columns = [column for column in contract.columns if column.name.casefold() in named] or contract.columns[:1]
    listed = ", ".join(f"CAST(NULL AS {c.type}) AS {quoted(c.name)}" for c in columns)
    select = sqlglot.parse_one(f"SELECT {listed} WHERE FALSE", read="duckdb")
    return exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier(alias)))
