"""Decide how one table lands: which columns with which types, what a row must not do, replace or merge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum

import pyarrow as pa

from customer360.connectors.base import CursorValue
from customer360.errors import ProjectError, SchemaDrift, SourceMalformed, UnknownName, nearest
from customer360.names import LOAD_ID, raw_relation
from customer360.project.spec import Contract, ContractColumn, Project, SourceTable
from customer360.raw.checks import QUARANTINE, Check, row_checks
from customer360.raw.cursor import recalled, stepped_back
from customer360.raw.drift import Drift, Shape, drift_between, refuse
from customer360.raw.log import LastLoad
from customer360.raw.screen import TableScreen


class Mode(Enum):
    """How rows get into the raw table."""

    replace = "replace"
    """The table becomes what was read."""
    merge = "merge"
    """Rows replace those with the same key unless these are newer; others stay."""
    window = "window"
    """What was read replaces everything from its first cursor value on (tables without a key)."""


@dataclass(frozen=True)
class LandingColumn:
    """A column of the raw table. ``source`` is the source's column, None when it has none today (then it is NULL)."""

    name: str
    type: str
    source: str | None


@dataclass(frozen=True)
class Plan:
    """How one table lands this time."""

    table: SourceTable
    mode: Mode
    columns: tuple[LandingColumn, ...]
    checks: tuple[Check, ...]
    shape: Shape
    """The source's columns and types, to compare with next time."""
    drift: Drift
    signature: str
    """Changes when anything changes that makes the same rows land differently."""
    since: CursorValue | None = None
    screen: TableScreen | None = None
    """Keeps erased people out; None where nothing names any."""

    @property
    def key(self) -> tuple[str, ...]:
        """The key's columns as they are called in the raw table."""
        return tuple(_landing_name(name, self.types) for name in self.table.key)

    @property
    def is_deduplicated(self) -> bool:
        """Say whether of several rows with one key only the newest lands."""
        return bool(self.table.key and self.table.cursor)

    @property
    def cursor(self) -> str | None:
        """The cursor's column as it is called in the raw table."""
        return _landing_name(self.table.cursor, self.types) if self.table.cursor else None

    @property
    def types(self) -> Mapping[str, str]:
        """Type of each landing column."""
        return {column.name: column.type for column in self.columns}


def contract_for(project: Project, table: SourceTable) -> Contract | None:
    """Return the contract that types a table: the one it names, else the one beside the source, else None."""
    if table.contract is None:
        return project.contract_of(raw_relation(table.source, table.name))
    if table.contract not in project.contracts:
        raise UnknownName("contract", table.contract, tuple(project.contracts), place=table.place)
    return project.contracts[table.contract]


def signature_of(table: SourceTable, contract: Contract | None) -> str:
    """Return a digest of everything in the project's files that decides how rows land."""
    facts = {
        "table": {k: str(v) for k, v in asdict(replace(table, on_bad_rows="quarantine")).items() if k != "place"},
        "columns": [_facts(c) for c in contract.columns] if contract else [],
        "rules": [
            (r.column, r.metric, str(dict(r.arguments))) for r in (contract.rules if contract else ()) if r.quarantine
        ],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def plan(
    table: SourceTable,
    contract: Contract | None,
    schema: pa.Schema,
    *,
    source_types: Mapping[str, str],
    last: LastLoad | None,
    landed: Mapping[str, str] | None,
    full: bool,
) -> Plan:
    """Return how a table lands.

    ``source_types``: the DuckDB type of each column of ``schema``; ``landed``: columns and types of its raw table, None
    when there is none.

    Raises SchemaDrift (policy fail), SourceMalformed (no key or cursor column), ProjectError.
    """
    shape = {field.name: str(field.type) for field in schema}
    known = last is not None and landed is not None
    drift = drift_between(last.shape, shape) if last is not None and known else Drift()
    if drift and table.on_schema_change == "fail" and not full:
        raise refuse(drift, table)
    _check_named_columns(table, contract, schema)
    keeps_shape = known and table.on_schema_change == "ignore" and not full
    types = _landing_types(table, contract, source_types, drift if keeps_shape else Drift(), landed)
    columns = _columns(types, schema, _absent(contract, types), landed if landed and known and not full else {})
    signature = signature_of(table, contract)
    mode, since = Mode.replace, None
    if last is not None and known and table.cursor and not full:
        mode = Mode.merge if table.key else Mode.window
        if last.signature == signature and last.cursor_to is not None:
            since = stepped_back(recalled(last.cursor_to, types[_landing_name(table.cursor, types)]), table)
    key = [_landing_name(name, types) for name in table.key]
    return Plan(
        table=table,
        mode=mode,
        columns=columns,
        checks=row_checks(contract, key, {column.name: column.type for column in columns}),
        shape=dict(last.shape) if last is not None and keeps_shape else shape,
        drift=drift,
        signature=signature,
        since=since,
    )


def _facts(column: ContractColumn) -> list[object]:
    options = {name: str(value) for name, value in column.options.items()}
    return [
        column.name,
        column.type,
        column.required,
        column.max_length,
        options,
        column.properties.get(QUARANTINE) is True,
    ]


def _check_named_columns(table: SourceTable, contract: Contract | None, schema: pa.Schema) -> None:
    names = tuple(schema.names)
    folded = {name.casefold() for name in names}
    if LOAD_ID in folded:
        raise SourceMalformed(
            f"The source of {table.source}.{table.name} has a column '{LOAD_ID}', a name that raw tables need.",
            place=table.place,
            next_step="Rename it where the data are made.",
        )
    for name in (*table.key, *([table.cursor] if table.cursor else [])):
        if name.casefold() not in folded:
            near = nearest(name, names)
            raise SourceMalformed(
                f"The source of {table.source}.{table.name} has no column '{name}', which is its key or cursor.",
                place=table.place,
                next_step=f"Did you mean '{near}'?" if near else f"It has: {', '.join(names[:8])}.",
            )
    # A product's contract may require columns that its model computes; one of the source itself may not.
    if contract is not None and contract.relation == raw_relation(table.source, table.name):
        for column in contract.columns:
            if column.required and column.name.casefold() not in folded:
                near = nearest(column.name, names)
                raise SchemaDrift(
                    f"The source of {table.source}.{table.name} has no column '{column.name}', which its contract"
                    " requires.",
                    place=column.place,
                    next_step=f"Did you mean '{near}'?" if near else f"It has: {', '.join(names[:8])}.",
                )


def _landing_types(
    table: SourceTable,
    contract: Contract | None,
    source_types: Mapping[str, str],
    kept: Drift,
    landed: Mapping[str, str] | None,
) -> dict[str, str]:
    """Return name and type of each column that comes from the source today.

    ``kept`` is drift that the policy ignores: its new columns stay out, its retyped ones keep the landed type.
    """
    declared = {column.name.casefold(): column for column in contract.columns} if contract else {}
    retyped = {name for name, _, _ in kept.retyped}
    types = {}
    for name, engine_type in source_types.items():
        if name in kept.new:
            continue
        if column := declared.get(name.casefold()):
            types[column.name] = column.type
        elif landed is not None and name in retyped:
            types[name] = landed[name]
        else:
            types[name] = engine_type
    if not types:
        raise ProjectError(f"{table.source}.{table.name} has no columns.", place=table.place)
    return types


def _absent(contract: Contract | None, types: Mapping[str, str]) -> dict[str, str]:
    """Return the contract's optional columns that the source does not have today: they land as NULL."""
    return {c.name: c.type for c in (contract.columns if contract else ()) if not c.required and c.name not in types}


def _columns(
    types: Mapping[str, str], schema: pa.Schema, absent: Mapping[str, str], landed: Mapping[str, str]
) -> tuple[LandingColumn, ...]:
    """Return the raw table's columns: those that landed before, in their order, then new ones."""
    sources = {name.casefold(): name for name in schema.names}
    every = {**landed, **types, **absent}
    every.pop(LOAD_ID, None)
    return tuple(
        LandingColumn(name, type_, sources[name.casefold()] if name in types else None) for name, type_ in every.items()
    )


def _landing_name(name: str, types: Mapping[str, str]) -> str:
    return next(known for known in types if known.casefold() == name.casefold())
