"""Keep the pairs that people should look at: worst first while they are open, and what became of them after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from customer360.identity.overrides import Overrides
from customer360.identity.tables import Tables

BY_MERGE, BY_SPLIT = "one person, say people", "two people, say people"
BY_EVIDENCE, BY_REMOVAL, BY_CHANGE = "one person, says new evidence", "a record is gone", "no doubt any more"
_SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        *((name, pa.string()) for name in ("system_a", "record_id_a", "customer_id_a")),
        *((name, pa.string()) for name in ("system_b", "record_id_b", "customer_id_b", "reason")),
        ("probability", pa.float64()),
        ("evidence", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("outcome", pa.string()),
    ]
)


def identity_review(inputs: Tables, parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return one row per doubt and time, open ones first, worst first.

    Inputs ``edges``, ``xref`` and ``previous`` (the table itself). Parameters: ``overrides``. Columns: rank (NULL when
    it is gone), both records and customers, reason, probability, evidence, valid_from (the as-of date when it was first
    seen), valid_to (when it was decided or gone; NULL: it is open), outcome (what became of it).
    """
    import duckdb

    overrides = Overrides.read(parameters.get("overrides"))
    with duckdb.connect() as connection:
        connection.register("edges", inputs["edges"])
        connection.register("xref", inputs["xref"])
        connection.register("previous_rows", _previous(inputs.get("previous"), as_of))
        connection.register("parted", _pairs(overrides.apart))
        teams = {record: one for one, other in overrides.merged for record in (one, other)}
        connection.register("joined", _table({"name": list(teams), "team": list(teams.values())}))
        return connection.execute(_REVIEW, {"as_of": as_of}).to_arrow_table().cast(_SCHEMA)


def _previous(rows: pa.Table | None, as_of: date) -> pa.Table:
    """Return the table's last state; what was written before it had a history counts as first seen today."""
    if rows is None:
        return _SCHEMA.empty_table()
    absent = [field for field in _SCHEMA if field.name not in rows.column_names]
    for field in absent:
        value = pa.scalar(as_of if field.name == "valid_from" else None, field.type)
        rows = rows.append_column(field.name, pa.repeat(value, rows.num_rows))
    return rows.select(_SCHEMA.names).cast(_SCHEMA)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> pa.Table:
    """Return both orders of pairs of record names."""
    both = sorted({*pairs, *((other, one) for one, other in pairs)})
    return _table({"a": [one for one, _ in both], "b": [other for _, other in both]})


def _table(columns: Mapping[str, list[str]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


_REVIEW = f"""
WITH now AS (
  SELECT system || ':' || record_id AS name, customer_id FROM xref WHERE valid_to IS NULL
), half AS MATERIALIZED (
  SELECT system_a, record_id_a, customer_id AS customer_id_a, system_b, record_id_b,
    rule AS reason, probability, evidence
  FROM edges JOIN xref ON system = system_a AND record_id = record_id_a AND valid_to IS NULL
  WHERE kind = 'doubt'
), doubt AS (
  SELECT system_a, record_id_a, customer_id_a, system_b, record_id_b, customer_id AS customer_id_b,
    reason, probability, evidence
  FROM half JOIN xref ON system = system_b AND record_id = record_id_b AND valid_to IS NULL
  WHERE customer_id_a <> customer_id
), held AS (
  SELECT * FROM previous_rows WHERE valid_to IS NULL
), open AS (
  SELECT CAST(row_number() OVER (ORDER BY NOT starts_with(d.reason, 'conflict'), d.probability DESC,
      system_a, record_id_a, system_b, record_id_b) AS BIGINT) AS rank,
    d.*, coalesce(h.valid_from, CAST($as_of AS DATE)) AS valid_from, CAST(NULL AS DATE) AS valid_to,
    CAST(NULL AS VARCHAR) AS outcome
  FROM doubt AS d LEFT JOIN held AS h USING (system_a, record_id_a, system_b, record_id_b)
), gone AS (
  SELECT h.* REPLACE (CAST(NULL AS BIGINT) AS rank, CAST($as_of AS DATE) AS valid_to,
    CASE WHEN p.customer_id IS NULL OR q.customer_id IS NULL THEN '{BY_REMOVAL}'
      WHEN p.customer_id = q.customer_id THEN
        CASE WHEN one.team = other.team THEN '{BY_MERGE}' ELSE '{BY_EVIDENCE}' END
      WHEN apart.a IS NOT NULL THEN '{BY_SPLIT}' ELSE '{BY_CHANGE}' END AS outcome)
  FROM held AS h ANTI JOIN doubt USING (system_a, record_id_a, system_b, record_id_b)
  LEFT JOIN now AS p ON p.name = h.system_a || ':' || h.record_id_a
  LEFT JOIN now AS q ON q.name = h.system_b || ':' || h.record_id_b
  LEFT JOIN joined AS one ON one.name = h.system_a || ':' || h.record_id_a
  LEFT JOIN joined AS other ON other.name = h.system_b || ':' || h.record_id_b
  LEFT JOIN parted AS apart
    ON apart.a = h.system_a || ':' || h.record_id_a AND apart.b = h.system_b || ':' || h.record_id_b
), past AS (
  FROM gone UNION ALL FROM previous_rows WHERE valid_to IS NOT NULL
)
FROM open UNION ALL BY NAME
SELECT past.* FROM past ANTI JOIN open USING (system_a, record_id_a, system_b, record_id_b, valid_from)
ORDER BY rank NULLS LAST, valid_to DESC, valid_from DESC, system_a, record_id_a, system_b, record_id_b
"""
"""A doubt that comes back on the day it first came is open again, not twice there.

``half`` is materialised, or DuckDB may first pair every record with all others: with 5,350 of them that took 4.6 GB.
"""
