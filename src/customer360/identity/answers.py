"""Read out what was decided: who is whom, by which link, with what evidence, and what people should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.identity import evidence
from customer360.identity.linking import SAME_IDENTIFIER
from customer360.identity.model import Model
from customer360.identity.normalise import literals
from customer360.identity.rules import Rule
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BETWEEN = "between the thresholds"
"""Reason of a doubt that a lower threshold would make a link."""


def people(connection: DuckDBPyConnection, settings: Settings) -> pa.Table:
    """Return one row per record: record_id, person_id, records, linked_by, confidence. Reads ``given_ids``."""
    return connection.execute(_PEOPLE.format(names=_names(settings.rules))).to_arrow_table()


def edges(connection: DuckDBPyConnection, model: Model, settings: Settings) -> pa.Table:
    """Return one row per link, also of those that were cut, with its evidence."""
    sql = _EDGES.format(names=_names(settings.rules), evidence=evidence.sql(model))
    return connection.execute(sql).to_arrow_table()


def review(connection: DuckDBPyConnection, model: Model, settings: Settings) -> pa.Table:
    """Return pairs for people to judge: cut links, pairs between the thresholds, vetoed ones that share an id.

    Those that people keep apart have been judged.
    """
    sql = _REVIEW.format(
        names=_names(settings.vetoes),
        evidence=evidence.sql(model),
        least=settings.review_probability,
        identifier=SAME_IDENTIFIER,
        between=BETWEEN,
    )
    return connection.execute(sql).to_arrow_table()


def _names(rules: Sequence[Rule]) -> str:
    return f"[{literals([rule.name for rule in rules])}]"


_PEOPLE = """
WITH best AS (
  SELECT rid, arg_max(rule, (rank, -number)) AS rule, arg_max(probability, (rank, -number)) AS probability FROM (
    SELECT l AS rid, rule, rank, number, probability FROM link ANTI JOIN cut_link USING (number)
    UNION ALL SELECT r, rule, rank, number, probability FROM link ANTI JOIN cut_link USING (number)
  ) GROUP BY rid
), cluster AS (SELECT label, count(*) AS records FROM member_of GROUP BY label),
several AS (SELECT rep FROM repeat GROUP BY rep HAVING count(*) > 1)
SELECT m.record_id, i.person_id, c.records,
  CASE WHEN best.rule = -1 THEN 'manual merge' WHEN best.rule = 0 THEN 'probability'
    WHEN best.rule > 0 THEN {names}[best.rule] WHEN several.rep IS NOT NULL THEN 'repeated record'
    ELSE 'own record' END AS linked_by,
  CASE WHEN best.rule > 0 THEN greatest(best.probability, 0.95) ELSE coalesce(best.probability, 1.0) END AS confidence
FROM member_of AS m JOIN cluster AS c USING (label) JOIN given_ids AS i USING (label)
LEFT JOIN best ON best.rid = m.rep LEFT JOIN several ON several.rep = m.rep
ORDER BY m.rid
"""

_EDGES = """
WITH weighed AS (
  SELECT l, r, {evidence} AS evidence FROM scored SEMI JOIN link ON link.l = scored.l AND link.r = scored.r
),
told AS (
  SELECT link.*, weighed.evidence, c.number IS NOT NULL AS is_cut
  FROM link LEFT JOIN weighed ON weighed.l = link.l AND weighed.r = link.r
  LEFT JOIN cut_link AS c ON c.number = link.number
), reps AS (
  SELECT p.record_id AS record_a, q.record_id AS record_b,
    CASE WHEN rule > 0 THEN 'deterministic' WHEN rule = 0 THEN 'probabilistic' ELSE 'manual' END AS kind,
    CASE WHEN rule > 0 THEN {names}[rule] WHEN rule = 0 THEN 'probability' ELSE 'manual merge' END AS rule,
    probability, weight, coalesce(evidence, '') AS evidence, p.label = q.label AND NOT is_cut AS is_kept
  FROM told JOIN member_of AS p ON p.rid = told.l JOIN member_of AS q ON q.rid = told.r
), repeated AS (
  SELECT x.record_id, y.record_id, 'deterministic', 'repeated record', 1.0, NULL, 'everything: exact', true
  FROM repeat JOIN record AS x ON x.rid = repeat.rep JOIN record AS y ON y.rid = repeat.rid
  WHERE repeat.rid <> repeat.rep
)
FROM reps UNION ALL FROM repeated ORDER BY record_a, record_b, kind
"""

_REVIEW = """
WITH numbered AS (SELECT l, r, max(number) AS number FROM link WHERE rule >= 0 GROUP BY l, r),
doubt AS (
  SELECT scored.*, c.number IS NOT NULL AS is_cut,
    CASE WHEN c.number IS NOT NULL THEN 'conflict: the link was cut'
      WHEN veto > 0 THEN 'kept apart: ' || {names}[veto]
      WHEN probability < {least} THEN 'shared identifier, too little else' ELSE '{between}' END AS reason
  FROM (SELECT * FROM scored WHERE probability >= {least} OR rule > 0 OR {identifier}) AS scored
  LEFT JOIN numbered ON numbered.l = scored.l AND numbered.r = scored.r
  LEFT JOIN cut_link AS c ON c.number = numbered.number
  WHERE c.number IS NOT NULL OR (numbered.number IS NULL AND (veto = 0 OR {identifier}))
), decided AS (
  SELECT l, r FROM kept_apart UNION SELECT r, l FROM kept_apart
)
SELECT p.record_id AS record_a, q.record_id AS record_b, reason, probability, weight, {evidence} AS evidence
FROM doubt ANTI JOIN decided USING (l, r) JOIN member_of AS p ON p.rid = doubt.l JOIN member_of AS q ON q.rid = doubt.r
WHERE p.label <> q.label
ORDER BY NOT is_cut, probability DESC, record_a, record_b
"""
