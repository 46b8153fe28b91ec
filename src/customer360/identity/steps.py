"""Make the tables of identity in a pipeline: one step a table, each reading what the one before it made.

identity_record (normalised, read again only when it changed) -> identity_model (learned once) -> identity_pair
(compared once) -> identity_edge (decided anew in each build) -> customer_xref -> the rest. What people decided comes as
parameter ``overrides`` and what identity.yaml says as ``settings`` and ``mapping`` (see ``configured``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.identity import answers
from customer360.identity.blocking import block
from customer360.identity.guard import guard
from customer360.identity.linking import judge, link
from customer360.identity.model import Model
from customer360.identity.normalise import normalise, normalised, number_records
from customer360.identity.overrides import NO_OVERRIDES, Overrides
from customer360.identity.resolution import in_memory, run
from customer360.identity.roles import roles_of
from customer360.identity.scoring import PAIRS_SCHEMA, compare, know, remembered
from customer360.identity.settings import Settings
from customer360.identity.spread import block_on, compare_on
from customer360.identity.tables import (
    Tables,
    model_of,
    model_table,
    named,
    normalised_of,
    pairs_apart,
    people_of,
    record_table,
)
from customer360.identity.training import train

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from customer360.engines.base import Cluster

GROWTH = 2
"""The model is learned again when there are so many times as many records as it was learned from."""
MAPPING = {
    "first_name": "first_name",
    "last_name": "last_name",
    "full_name": "full_name",
    "date_of_birth": "date_of_birth",
    "email": "email",
    "phone_number": "phone",
    "street": "street",
    "city": "city",
    "region": "region",
    "postcode": "postcode",
    "country": "country",
    "national_id": "national_id",
}
"""Columns of conformed.person_record -> roles; those that a project leaves out are passed over."""


def identity_records(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per record as it is compared: in one form, placeholders emptied.

    Inputs ``records`` (conformed.person_record) and ``previous`` (the table itself). Parameters: ``settings`` (see
    Settings), ``mapping`` (column -> role).
    """
    rows = named(inputs["records"])
    previous = inputs.get("previous")
    with in_memory() as connection:
        normalise(
            connection,
            rows,
            roles_of(rows, _mapping(parameters, rows)),
            Settings.of(parameters.get("settings")),
            normalised_of(previous) if previous is not None else None,
        )
        return record_table(normalised(connection).sort_by("record_id"))


def identity_model(
    inputs: Tables, parameters: Mapping[str, Any], *, as_of: date, cluster: Cluster | None = None
) -> pa.Table:
    """Return what is known about the data: how telling each level of each comparison is, which names are common.

    Inputs ``records`` (identity.identity_record) and ``previous`` (the table itself): it stays as it is until there are
    twice as many records. Parameters: ``settings``, ``model`` (a kept one, which then counts). A ``cluster`` chooses
    the pairs that rules are counted on.
    """
    kept = parameters.get("model")
    if kept:
        return model_table(Model.of(kept))
    previous = inputs.get("previous")
    before = model_of(previous) if previous is not None else None
    if before and before.records * GROWTH > inputs["records"].num_rows:
        return model_table(before)
    settings = _settings(parameters, as_of)
    with in_memory() as connection:
        _start(connection, inputs["records"], settings)
        know(connection, None, None)
        block_on(cluster, connection, settings) if cluster else block(connection, settings)
        return model_table(train(connection, settings))


def identity_pairs(
    inputs: Tables, parameters: Mapping[str, Any], *, as_of: date, cluster: Cluster | None = None
) -> pa.Table:
    """Return every pair of records that was compared: the level that each comparison found, and their weight in bits.

    Inputs ``records``, ``model`` and ``previous`` (the table itself). Parameters: ``settings``, ``overrides``. A
    ``cluster`` chooses and compares them, with the same outcome.
    """
    settings, model = _settings(parameters, as_of), model_of(inputs["model"])
    if model is None:
        return PAIRS_SCHEMA.empty_table()
    with in_memory() as connection:
        _start(connection, inputs["records"], settings, Overrides.read(parameters.get("overrides")))
        know(connection, inputs.get("previous"), model)
        if cluster:
            compare_on(cluster, connection, model, settings)
        else:
            block(connection, settings)
            compare(connection, model)
        return remembered(connection, model).sort_by([("record_a", "ascending"), ("record_b", "ascending")])


def identity_edges(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return one row per pair of records that was linked, cut or is in doubt, with the evidence.

    Inputs ``records`` (identity.identity_record), ``model``, ``pairs`` and ``previous`` (the table itself); or only
    ``records``, then as they are in conformed.person_record, which are read, compared and decided at once. Parameters:
    ``settings``, ``overrides``, and in the second case ``mapping`` and ``model``. Columns: system_a, record_id_a,
    system_b, record_id_b, kind (deterministic, probabilistic, manual, doubt), rule, probability, weight, evidence,
    is_kept.
    """
    settings, overrides = _settings(parameters, as_of), Overrides.read(parameters.get("overrides"))
    if "pairs" not in inputs:
        rows, kept = named(inputs["records"]), parameters.get("model")
        found = run(
            rows,
            mapping=_mapping(parameters, rows),
            settings=settings,
            overrides=overrides,
            model=Model.of(kept) if kept else None,
        )
        return _with_doubts(found.edges, found.review)
    model = model_of(inputs["model"]) or Model()
    with in_memory() as connection:
        _start(connection, inputs["records"], settings, overrides)
        know(connection, inputs["pairs"], model)
        connection.execute("CREATE OR REPLACE TABLE pair (l INTEGER, r INTEGER)")
        compare(connection, model)
        judge(connection, model, settings)
        before = inputs.get("previous")
        link(connection, model, settings, overrides, None if before is None else lambda: people_of(before))
        return _with_doubts(answers.edges(connection, model, settings), answers.review(connection, model, settings))


def _with_doubts(edges: pa.Table, review: pa.Table) -> pa.Table:
    """Return links that stand and pairs in doubt as one table."""
    doubts = pa.table(
        {
            "record_a": review["record_a"],
            "record_b": review["record_b"],
            "kind": pa.array(["doubt"] * review.num_rows, pa.string()),
            "rule": review["reason"],
            "probability": review["probability"],
            "weight": review["weight"],
            "evidence": review["evidence"],
            "is_kept": pa.array([False] * review.num_rows, pa.bool_()),
        }
    )
    return pairs_apart(pa.concat_tables([edges.filter(edges["is_kept"]), doubts.cast(edges.schema)]))


def _mapping(parameters: Mapping[str, Any], records: pa.Table) -> Mapping[str, str]:
    return parameters.get("mapping") or {c: role for c, role in MAPPING.items() if c in records.column_names}


def _settings(parameters: Mapping[str, Any], as_of: date) -> Settings:
    return Settings.of({"as_of": as_of, **parameters.get("settings", {})})


def _start(
    connection: DuckDBPyConnection, records: pa.Table, settings: Settings, overrides: Overrides = NO_OVERRIDES
) -> None:
    """Make ``record`` and ``rep`` of identity.identity_record."""
    connection.register("kept_records", normalised_of(records))
    number_records(connection, "kept_records", settings)
    connection.unregister("kept_records")
    guard(connection, settings, overrides)
