"""Make the tables that others read: who is whom with history, aliases, figures, golden customers.

All stand on identity.identity_edge and their own last state, so they cost little and cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.identity import stable_ids
from customer360.identity.cluster import components
from customer360.identity.evaluate import figures, with_run
from customer360.identity.survivorship import survive
from customer360.identity.tables import Tables, names_at, names_of


def customer_xref(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per record and time: which customer it belongs to.

    Inputs ``records``, ``edges`` and ``previous`` (the table itself). Columns: source, source_id, customer_id,
    match_rule, confidence, valid_from, valid_to (NULL: now), and system, record_id: the first two by the names that
    conformed.person_record has for them. Ids stay: see ``stable_ids``.
    """
    import duckdb

    names = names_of(inputs["records"])
    edges = inputs["edges"].filter(inputs["edges"]["is_kept"])
    left, right = (pc.index_in(names_at(edges, side), value_set=names).to_numpy() for side in ("a", "b"))
    label = components(len(names), left.astype(np.int64), right.astype(np.int64))
    previous = inputs.get("previous")
    with duckdb.connect() as connection:
        connection.register("previous_rows", previous if previous is not None else _EMPTY_XREF)
        known = connection.execute(
            "SELECT system || ':' || record_id AS record_id, customer_id AS person_id,"
            " bool_or(valid_to IS NULL) AS is_current"
            " FROM previous_rows GROUP BY ALL"
        ).to_arrow_table()
        given, _ = stable_ids.assign(pa.table({"record_id": names, "label": label}), known)
        connection.register("people", pa.table({"name": names, "label": label}))
        connection.register("records", inputs["records"].select(["system", "record_id"]))
        connection.register("edges", edges)
        connection.register("ids", given.rename_columns(["label", "customer_id"]))
        return connection.execute(_XREF, {"as_of": as_of}).to_arrow_table()


def identity_alias(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per customer id that is no more: old_id, new_id (of most of its records), valid_from.

    Input ``xref``: identity.customer_xref with its history.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("xref", inputs["xref"])
        return connection.execute(_ALIAS).to_arrow_table()


def identity_figures(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per run and figure: what the last hundred runs that changed something found.

    Inputs ``edges``, ``xref`` and ``previous`` (the table itself).
    """
    return with_run(inputs.get("previous"), figures(inputs["edges"], inputs["xref"]), as_of=as_of)


def golden_customer(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per customer: values that survive, ``records``, ``identity_confidence`` (the least sure record's).

    Parameters: ``source_priority``, ``rules`` by attribute.
    """
    golden, _ = _survived(inputs, parameters)
    current = _current(inputs["xref"])
    sums = current.group_by("customer_id").aggregate([("confidence", "min"), ("record_id", "count")])
    sums = sums.rename_columns(["customer_id", "identity_confidence", "records"])
    return golden.join(sums, "customer_id").sort_by("customer_id")


def golden_origin(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - a step
    """Return one row per customer and attribute: the record whose value survived, and the rule."""
    return _survived(inputs, parameters)[1]


def _survived(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any]) -> tuple[pa.Table, pa.Table]:
    return survive(
        inputs["records"],
        _current(inputs["xref"]),
        priority=parameters.get("source_priority", ()),
        rules=parameters.get("rules"),
    )


def _current(xref: pa.Table) -> pa.Table:
    return xref.filter(pc.is_null(xref["valid_to"])) if "valid_to" in xref.column_names else xref


_EMPTY_XREF = pa.table(
    {
        "system": pa.array([], pa.string()),
        "record_id": pa.array([], pa.string()),
        "customer_id": pa.array([], pa.string()),
        "match_rule": pa.array([], pa.string()),
        "confidence": pa.array([], pa.float64()),
        "valid_from": pa.array([], pa.date32()),
        "valid_to": pa.array([], pa.date32()),
    }
)

_XREF = """
WITH ends AS (
  SELECT system_a || ':' || record_id_a AS name, rule, kind, probability FROM edges
  UNION ALL SELECT system_b || ':' || record_id_b, rule, kind, probability FROM edges
), best AS (
  SELECT name, arg_max(rule, (kind = 'manual', kind = 'deterministic', probability, rule)) AS match_rule,
    max(CASE WHEN kind = 'probabilistic' THEN probability ELSE greatest(probability, 0.95) END) AS confidence
  FROM ends GROUP BY name
), now AS (
  SELECT r.system, r.record_id, i.customer_id, coalesce(b.match_rule, 'own record') AS match_rule,
    coalesce(b.confidence, 1.0) AS confidence
  FROM people AS p JOIN records AS r ON r.system || ':' || r.record_id = p.name
  JOIN ids AS i USING (label) LEFT JOIN best AS b USING (name)
), held AS (
  SELECT system, record_id, customer_id, match_rule, confidence, valid_from FROM previous_rows WHERE valid_to IS NULL
), period AS (
  SELECT n.system, n.record_id, n.customer_id, n.match_rule, n.confidence,
  CAST(CASE WHEN h.customer_id = n.customer_id THEN h.valid_from ELSE $as_of END AS DATE) AS valid_from,
  CAST(NULL AS DATE) AS valid_to
FROM now AS n LEFT JOIN held AS h USING (system, record_id)
UNION ALL
SELECT DISTINCT ON (c.system, c.record_id, c.customer_id, c.valid_from) c.*
FROM (
  SELECT h.system, h.record_id, h.customer_id, h.match_rule, h.confidence, h.valid_from,
    CAST($as_of AS DATE) AS valid_to
  FROM held AS h LEFT JOIN now AS n USING (system, record_id) WHERE n.customer_id IS DISTINCT FROM h.customer_id
  UNION ALL
  SELECT system, record_id, customer_id, match_rule, confidence, valid_from, valid_to
  FROM previous_rows WHERE valid_to IS NOT NULL
) AS c LEFT JOIN now AS n USING (system, record_id)
WHERE c.valid_from < c.valid_to OR n.customer_id IS DISTINCT FROM c.customer_id
)
SELECT system AS source, record_id AS source_id, * FROM period ORDER BY system, record_id, valid_from
"""

_ALIAS = """
WITH alive AS (SELECT DISTINCT customer_id FROM xref WHERE valid_to IS NULL),
moved AS (
  SELECT old.customer_id AS old_id, cur.customer_id AS new_id, count(DISTINCT (old.system, old.record_id)) AS records,
    max(old.valid_to) AS valid_from
  FROM xref AS old JOIN xref AS cur ON cur.system = old.system AND cur.record_id = old.record_id
    AND cur.valid_to IS NULL
  WHERE old.valid_to IS NOT NULL AND old.customer_id NOT IN (FROM alive)
  GROUP BY ALL
)
SELECT old_id, new_id, valid_from FROM moved
QUALIFY row_number() OVER (PARTITION BY old_id ORDER BY records DESC, new_id) = 1 ORDER BY old_id
"""
