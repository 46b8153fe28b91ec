"""Judge a resolution: against labels where there are some, against the last run, and by its own figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.identity.answers import BETWEEN
from customer360.identity.cluster import components

_PAIRS = """
WITH j AS (SELECT f.person_id AS p, t.label AS q FROM found AS f JOIN labels AS t USING (record_id))
SELECT
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM j GROUP BY p, q)) AS hits,
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM j GROUP BY p)) AS found,
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM j GROUP BY q)) AS real,
  (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM j GROUP BY p HAVING count(DISTINCT q) > 1)) AS wrong,
  (SELECT count(*) FROM j) AS labelled
"""


@dataclass(frozen=True)
class Quality:
    """Pairs found against pairs that labels say belong together.

    ``largest_wrong``: records of the largest cluster of several people.
    """

    precision: float | None
    recall: float | None
    pairs_found: int
    pairs_real: int
    pairs_hit: int
    largest_wrong: int
    records_labelled: int


def against_labels(found: pa.Table, labels: pa.Table) -> Quality:
    """Compare ``found`` (record_id, person_id) with ``labels`` (record_id, label) over the labelled records.

    Precision is None when no pair was found, recall when there is none to find.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("found", found)
        connection.register("labels", labels)
        row = connection.execute(_PAIRS).fetchone() or (0, 0, 0, 0, 0)
    hits, made, real, wrong, labelled = (int(value) for value in row)
    return Quality(hits / made if made else None, hits / real if real else None, made, real, hits, wrong, labelled)


THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)


def threshold_curve(edges: pa.Table, labels: pa.Table) -> pa.Table:
    """Return what other thresholds would give: threshold, links, precision, recall over the labelled records.

    ``edges``: record_a, record_b, kind, rule, probability, is_kept. Links by rule and by hand stand at every threshold,
    links by weight from theirs on; pairs that a veto or a conflict keeps apart stay apart.
    """
    names = pa.chunked_array([edges["record_a"], edges["record_b"], labels["record_id"]]).unique()
    left, right = (pc.index_in(edges[side], value_set=names).to_numpy() for side in ("record_a", "record_b"))
    kind, kept = edges["kind"].to_numpy(zero_copy_only=False), edges["is_kept"].to_numpy(zero_copy_only=False)
    always = kept & np.isin(kind, ["deterministic", "manual"])
    by_weight = (kept & (kind == "probabilistic")) | (edges["rule"].to_numpy(zero_copy_only=False) == BETWEEN)
    probability = edges["probability"].to_numpy(zero_copy_only=False)
    rows = []
    for threshold in THRESHOLDS:
        used = always | (by_weight & (probability >= threshold))
        person = components(len(names), left[used].astype(np.int64), right[used].astype(np.int64))
        quality = against_labels(pa.table({"record_id": names, "person_id": person}), labels)
        rows.append(
            {
                "threshold": threshold,
                "links": int(used.sum()),
                "precision": quality.precision,
                "recall": quality.recall,
            }
        )
    kinds = [("threshold", pa.float64()), ("links", pa.int64()), ("precision", pa.float64()), ("recall", pa.float64())]
    return pa.Table.from_pylist(rows, pa.schema(kinds))


FIGURES_SCHEMA = pa.schema(
    [("run", pa.int64()), ("as_of", pa.date32()), ("figure", pa.string()), ("value", pa.float64())]
)
"""One row per run and figure; run 1 is the first that was kept."""
RUNS_KEPT = 100


def figures(edges: pa.Table, xref: pa.Table) -> pa.Table:
    """Return the figures of a run as rows: figure, value.

    Records and people, links by how they were made (shares), histogram of records per person, open doubts, and the
    share of records whose customer became another on the newest day of a change.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("edges", edges)
        connection.register("xref", xref)
        return connection.execute(_FIGURES).to_arrow_table()


def with_run(previous: pa.Table | None, now: pa.Table, *, as_of: date) -> pa.Table:
    """Return the figures of all runs that are kept, this one added unless nothing changed since the last."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("before", previous if previous is not None else FIGURES_SCHEMA.empty_table())
        connection.register("found", now)
        return connection.execute(_WITH_RUN, {"as_of": as_of, "kept": RUNS_KEPT}).to_arrow_table().cast(FIGURES_SCHEMA)


def drift(runs: pa.Table) -> pa.Table:
    """Return the figures of the last run beside those of the one before: figure, value, before, change."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("runs", runs)
        return connection.execute(_DRIFT).to_arrow_table()


_WITH_RUN = """
WITH last AS (SELECT figure, value FROM before WHERE run = (SELECT max(run) FROM before)),
changed AS (
  SELECT count(*) > 0 OR (SELECT count(*) FROM before) = 0 AS yes FROM last FULL JOIN found USING (figure)
  WHERE last.value IS DISTINCT FROM found.value
), every AS (
  SELECT run, as_of, figure, value FROM before
  UNION ALL
  SELECT coalesce((SELECT max(run) FROM before), 0) + 1, CAST($as_of AS DATE), figure, value
  FROM found, changed WHERE yes
)
SELECT * FROM every WHERE run > (SELECT max(run) FROM every) - $kept ORDER BY run, figure
"""

_DRIFT = """
WITH newest AS (SELECT max(run) AS run FROM runs),
now AS (SELECT figure, value FROM runs SEMI JOIN newest USING (run)),
old AS (SELECT figure, value FROM runs WHERE run = (SELECT run FROM newest) - 1)
SELECT figure, now.value, old.value AS before, now.value - old.value AS change
FROM now LEFT JOIN old USING (figure)
UNION ALL
SELECT figure, 0, value, -value FROM old ANTI JOIN now USING (figure)
ORDER BY figure
"""

_FIGURES = """
WITH now AS (SELECT * FROM xref WHERE valid_to IS NULL),
sizes AS (SELECT customer_id, count(*) AS n FROM now GROUP BY customer_id),
kinds AS (SELECT kind, count(*) AS n FROM edges WHERE is_kept GROUP BY kind),
newest AS (SELECT max(valid_to) AS day FROM xref)
SELECT * FROM (
  SELECT 1 AS place, 'records' AS figure, CAST(count(*) AS DOUBLE) AS value FROM now
  UNION ALL SELECT 2, 'people', count(*) FROM sizes
  UNION ALL SELECT 3, 'share of links: ' || kind, n / (SELECT sum(n) FROM kinds) FROM kinds
  UNION ALL SELECT 4, 'people with ' ||
      CASE WHEN n >= 6 THEN '6 or more' ELSE CAST(n AS VARCHAR) END || ' records', count(*)
    FROM sizes GROUP BY 2
  UNION ALL SELECT 5, 'doubts to review', count(*) FROM edges WHERE kind = 'doubt'
  UNION ALL SELECT 6, 'share of records moved by the last change',
    (SELECT count(DISTINCT (system, record_id)) FROM xref, newest WHERE valid_to = newest.day)
      / greatest(count(*), 1) FROM now
) ORDER BY place, figure
"""
