"""Decide which pairs are links: by rule, by probability unless vetoed, by hand; then make clusters without conflict."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.identity.cluster import MANUAL, Links
from customer360.identity.comparisons import EMAIL, NATIONAL
from customer360.identity.conflict import SURE, Clusters, clusters
from customer360.identity.model import Model
from customer360.identity.overrides import Overrides
from customer360.identity.rules import rule_number, vetoes_of
from customer360.identity.scoring import count
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAME_IDENTIFIER = (
    f"(gamma_{EMAIL.name} = {EMAIL.number('exact')} OR gamma_{NATIONAL.name} = {NATIONAL.number('exact')})"
)
"""Pairs that share what one person has few of: worth a look even where they are kept apart."""
_SLACK = 0.001
"""Bits below the least weight that are kept, so that rounding decides nothing."""
MOST_LIKELY = 60
"""Bits beyond which a probability is 1 (or 0) to the last digit."""


def judge(connection: DuckDBPyConnection, model: Model, settings: Settings) -> None:
    """Make ``scored`` of ``compared`` and ``known_pair``: the number of rule and veto that hold, and the probability.

    Of those pairs only that may be linked or looked at: most of the compared are neither.
    """
    vetoes = vetoes_of(settings.vetoes, twins=model.twins, namesakes=model.namesakes)
    bits = f"least(greatest(weight + {model.shift}, -{MOST_LIKELY}), {MOST_LIKELY})"
    least = math.log2(settings.review_probability / (1 - settings.review_probability)) - model.shift - _SLACK
    wanted = (
        f"(SELECT *, {rule_number(settings.rules)} AS rule FROM {{0}})"
        f" WHERE (weight >= {least} OR rule > 0 OR {SAME_IDENTIFIER})"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE scored AS
        SELECT * EXCLUDE (record_a, record_b) REPLACE (weight + {model.shift} AS weight),
          {rule_number(vetoes)} AS veto, 1 / (1 + pow(2.0, -{bits})) AS probability
        FROM (
          SELECT * FROM {wanted.format("compared")}
          UNION ALL BY NAME
          SELECT least(a.rid, b.rid) AS l, greatest(a.rid, b.rid) AS r, k.*
          FROM (SELECT * FROM {wanted.format("known_pair")} AND record_a <> record_b) AS k
          JOIN rep AS a ON a.fingerprint = record_a JOIN rep AS b ON b.fingerprint = record_b
        )
        """
    )


def link(
    connection: DuckDBPyConnection,
    model: Model,
    settings: Settings,
    overrides: Overrides,
    before: Callable[[], pa.Table] | None = None,
) -> Clusters:
    """Make ``link`` (numbered, ranked) from ``scored`` and overrides, and ``rep_place``; return the clusters.

    ``before`` returns record_id and person_id of the last run: asked only where clusters are in conflict.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE rep_place AS SELECT rid, row_number() OVER (ORDER BY rid) - 1 AS place FROM rep"
    )
    _register(connection, overrides)
    connection.execute(_links_sql(settings, least=_least(connection, settings)))
    table = connection.execute(
        "SELECT a.place AS l, b.place AS r, rank FROM link JOIN rep_place AS a ON a.rid = l"
        " JOIN rep_place AS b ON b.rid = r ORDER BY number"
    ).to_arrow_table()
    left, right, rank = (table[name].to_numpy() for name in ("l", "r", "rank"))
    links = Links(left, right, rank, np.zeros(len(rank), dtype=np.bool_))
    never = connection.execute(
        "SELECT DISTINCT a.place, b.place FROM kept_apart"
        " JOIN rep_place AS a ON a.rid = l JOIN rep_place AS b ON b.rid = r ORDER BY ALL"
    ).fetchall()
    apart = [(int(one), int(other)) for one, other in never]
    found = clusters(connection, count(connection, "rep"), links, apart, model, settings, before)
    _keep(connection, found)
    return found


def _least(connection: DuckDBPyConnection, settings: Settings) -> float:
    """Return the probability that links: one that nothing reaches where records are too few to be weighed."""
    return settings.link_probability if count(connection, "record") >= settings.probabilistic_from else 2.0


def _links_sql(settings: Settings, *, least: float) -> str:
    return f"""
        CREATE OR REPLACE TABLE link AS
        WITH accepted AS (
          SELECT l, r, rule, weight, probability,
            CASE WHEN rule > 0 THEN {SURE} + {len(settings.rules)} - rule + least(greatest(weight, 0), 99) / 100
              ELSE least(weight, 99) END AS rank
          FROM scored WHERE veto = 0 AND (rule > 0 OR probability >= {least})
        ), by_hand AS (
          SELECT DISTINCT least(l, r) AS l, greatest(l, r) AS r, -1 AS rule, NULL AS weight,
            1.0 AS probability, {MANUAL} AS rank
          FROM manual
        )
        SELECT row_number() OVER (ORDER BY l, r, rank DESC) - 1 AS number, *
        FROM (FROM accepted UNION ALL BY NAME FROM by_hand)
        """


def _register(connection: DuckDBPyConnection, overrides: Overrides) -> None:
    """Make ``manual`` and ``kept_apart`` of representatives' numbers; records that are gone are passed over."""
    for name, pairs in (("manual", overrides.merged), ("kept_apart", overrides.apart)):
        left, right = [one for one, _ in pairs], [other for _, other in pairs]
        connection.register(
            "given_pairs", pa.table({"a": pa.array(left, pa.string()), "b": pa.array(right, pa.string())})
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT DISTINCT p.rep AS l, q.rep AS r FROM given_pairs AS g"
            " JOIN record AS x ON x.record_id = g.a JOIN record AS y ON y.record_id = g.b"
            " JOIN repeat AS p ON p.rid = x.rid JOIN repeat AS q ON q.rid = y.rid WHERE p.rep <> q.rep"
        )
        connection.unregister("given_pairs")


def _keep(connection: DuckDBPyConnection, found: Clusters) -> None:
    """Make ``member_of`` (every record with its cluster) and ``cut_link``."""
    connection.register("labelled", pa.table({"place": np.arange(len(found.label)), "label": found.label}))
    connection.execute(
        "CREATE OR REPLACE TABLE member_of AS SELECT record.rid, record_id, label, rep FROM record"
        " JOIN repeat USING (rid) JOIN rep_place ON rep_place.rid = rep JOIN labelled USING (place)"
    )
    connection.unregister("labelled")
    connection.register("cut", pa.table({"number": found.cut}))
    connection.execute("CREATE OR REPLACE TABLE cut_link AS SELECT * FROM cut")
    connection.unregister("cut")
