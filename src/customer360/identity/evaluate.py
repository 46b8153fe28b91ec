"""Judge a resolution: against labels where there are some, against the last run, and by its own figures."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

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


def threshold_curve(edges: pa.Table, labels: pa.Table) -> pa.Table:
    """Return per threshold what links at least so likely are worth: threshold, links, precision of the links.

    ``edges``: record_a, record_b, probability, kind; only pairs with both records labelled count.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("edges", edges)
        connection.register("labels", labels)
        return connection.execute(
            """
            WITH judged AS (
              SELECT e.probability, a.label = b.label AS is_right
              FROM edges AS e JOIN labels AS a ON a.record_id = e.record_a JOIN labels AS b ON b.record_id = e.record_b
            )
            SELECT CAST(t AS DOUBLE) AS threshold, count(probability) AS links,
              avg(CAST(is_right AS INTEGER)) AS precision
            FROM (VALUES (0.5), (0.6), (0.7), (0.8), (0.9), (0.95), (0.99), (0.999), (0.9999)) AS s(t)
            LEFT JOIN judged ON probability >= t GROUP BY t ORDER BY t
            """
        ).to_arrow_table()


def figures(edges: pa.Table, xref: pa.Table) -> pa.Table:
    """Return the figures of a run as rows: figure, value.

    Records and people, records in clusters by how they were linked (shares), histogram of records per person, open
    doubts, and drift: share of records whose customer is another than before the last change.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("edges", edges)
        connection.register("xref", xref)
        return connection.execute(_FIGURES).to_arrow_table()


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
