"""Compare pairs and weigh them with Splink (Fellegi and Sunter 1969, A Theory for Record Linkage).

Makes ``compared`` from ``rep`` and ``pair``. Runs in the caller's in-memory connection. What two records weigh depends
on them and the model alone, so pairs that were compared with this model before are taken over.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.errors import ExtensionMissing
from customer360.identity import words
from customer360.identity.comparisons import COMPARISONS, Comparison, usable
from customer360.identity.model import NAMED, Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PART = 1_500_000
"""Pairs compared at a time."""
RARE = 2
"""Records that a name not kept in the model counts for, as frequency: two, or no pair could agree on it."""
GAMMAS = tuple(f"gamma_{c.name}" for c in COMPARISONS)
PAIRS_SCHEMA = pa.schema(
    [
        ("record_a", pa.int64()),
        ("record_b", pa.int64()),
        *((name, pa.int8()) for name in GAMMAS),
        ("weight", pa.float64()),
        ("model", pa.string()),
    ]
)
"""Pairs to remember: fingerprints (of one record twice: it was looked at), levels, bits without the prior."""


def compare(connection: DuckDBPyConnection, model: Model) -> None:
    """Make ``compared`` of those of ``pair`` that are not in ``known_pair``: l, r (the lower number), weight, gammas.

    Weights are without the prior. ``record_a`` and ``record_b`` are the two fingerprints, the smaller first.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE rest AS
        SELECT l, r FROM (
          SELECT l, r, least(a.fingerprint, b.fingerprint) AS record_a,
            greatest(a.fingerprint, b.fingerprint) AS record_b
          FROM pair JOIN rep AS a ON a.rid = l JOIN rep AS b ON b.rid = r
        ) ANTI JOIN known_pair USING (record_a, record_b)
        """
    )
    predict(connection, present_comparisons(connection), model, "rest", "new_compared")
    connection.execute("DROP TABLE rest")
    keep(connection)


def keep(connection: DuckDBPyConnection) -> None:
    """Make ``compared`` of ``new_compared``."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE compared AS
        SELECT least(l, r) AS l, greatest(l, r) AS r, weight, {", ".join(GAMMAS)},
          least(a.fingerprint, b.fingerprint) AS record_a, greatest(a.fingerprint, b.fingerprint) AS record_b
        FROM new_compared JOIN rep AS a ON a.rid = l JOIN rep AS b ON b.rid = r
        """
    )
    connection.execute("DROP TABLE new_compared")


def know(connection: DuckDBPyConnection, pairs: pa.Table | None, model: Model | None) -> None:
    """Make ``known_pair``: the pairs that were compared with this very model (none without one)."""
    connection.register("given_pairs", pairs if pairs is not None else PAIRS_SCHEMA.empty_table())
    connection.execute(
        "CREATE OR REPLACE TABLE known_pair AS SELECT * EXCLUDE (model) FROM given_pairs WHERE model = $1",
        [model.digest if model else ""],
    )
    connection.unregister("given_pairs")


def remembered(connection: DuckDBPyConnection, model: Model) -> pa.Table:
    """Return all pairs by fingerprints, and every record that was looked at, to know them next time; in no order."""
    gammas, none = ", ".join(GAMMAS), ", ".join(["-1"] * len(GAMMAS))
    there = "(SELECT fingerprint AS record_{0} FROM rep)"
    return (
        connection.execute(
            f"""
            SELECT record_a, record_b, {gammas}, weight, $1 AS model FROM compared
            UNION ALL SELECT record_a, record_b, {gammas}, weight, $1
            FROM (FROM known_pair WHERE record_a <> record_b) SEMI JOIN {there.format("a")} USING (record_a)
            SEMI JOIN {there.format("b")} USING (record_b)
            UNION ALL SELECT fingerprint, fingerprint, {none}, 0, $1 FROM rep
            """,
            [model.digest],
        )
        .to_arrow_table()
        .cast(PAIRS_SCHEMA)
    )


def present_comparisons(connection: DuckDBPyConnection) -> tuple[Comparison, ...]:
    """Return the comparisons for which ``rep`` has data."""
    columns = ("first", "last", "born", "mail", "phone_end", "street", "city", "postcode", "national")
    counts = connection.execute(f"SELECT {', '.join(f'count({c})' for c in columns)} FROM rep").fetchone() or ()
    return usable({column for column, count in zip(columns, counts, strict=True) if count})


def predict(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, pairs: str, into: str
) -> None:
    """Let Splink compare and weigh given pairs, with a prior of one half, so many at a time as memory likes.

    Splink yields levels only together with the compared values, so each part is cut down to numbers at once. The record
    with the smaller fingerprint is left: some measures of likeness are not quite symmetric.
    """
    found_columns = answered(present)
    typed = ", ".join(f"{name} TINYINT" for name in GAMMAS)
    connection.execute(f"CREATE OR REPLACE TABLE {into} (l INTEGER, r INTEGER, weight DOUBLE, {typed})")
    number = count(connection, pairs)
    if not number or not present:
        return
    connection.execute(f"CREATE OR REPLACE TABLE side AS SELECT l AS rid FROM {pairs} UNION SELECT r FROM {pairs}")
    with quiet():
        linker, api = splink_linker(connection, present, model, "side")
        for part in range(math.ceil(number / PART)):
            connection.execute(
                f"""
                CREATE OR REPLACE TABLE blocked AS
                SELECT '0' AS match_key,
                  CASE WHEN a.fingerprint <= b.fingerprint THEN l ELSE r END AS join_key_l,
                  CASE WHEN a.fingerprint <= b.fingerprint THEN r ELSE l END AS join_key_r
                FROM (SELECT l, r FROM {pairs} WHERE rowid >= {part * PART} AND rowid < {(part + 1) * PART})
                JOIN rep AS a ON a.rid = l JOIN rep AS b ON b.rid = r
                """
            )
            linker.table_management.register_blocked_pairs_for_predict(
                api.register("blocked", table_name=f"blocked_{part}")
            )
            found = linker.inference.predict(warning_mode="never")
            connection.execute(f"INSERT INTO {into} SELECT {found_columns} FROM {found.physical_name}")
            found.drop_table_from_database_and_remove_from_cache()
    connection.execute("DROP TABLE IF EXISTS blocked")
    connection.execute("DROP TABLE side")


def answered(present: tuple[Comparison, ...]) -> str:
    """Return SQL of what is kept of Splink's answer: both numbers, the weight, the level of every comparison."""
    there = {c.name for c in present}
    gammas = (
        f"CAST({f'gamma_{c.name}' if c.name in there else '-1'} AS TINYINT) AS gamma_{c.name}" for c in COMPARISONS
    )
    return ", ".join(("unique_id_l AS l", "unique_id_r AS r", "match_weight AS weight", *gammas))


def splink_linker(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, members: str, *, prior: float = 0.5
) -> tuple[Any, Any]:
    """Return Splink's linker over the records numbered in table ``members``, and its door to the connection."""
    try:
        from splink import DuckDBAPI, Linker
    except ImportError as error:
        raise ExtensionMissing(
            "Finding people across systems needs the Python package splink.",
            next_step='Install it: pip install "customer360[identity]".',
        ) from error

    join_names(connection, model, members)
    api = DuckDBAPI(connection)
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": prior,
        "comparisons": [c.splink(model.m[c.name], model.u[c.name]) for c in present],
        "blocking_rules_to_generate_predictions": ["l.mail = r.mail"],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "em_convergence": 0.001,
        "max_iterations": 15,
    }
    linker = Linker(api.register("to_compare"), settings, log_level=None, validate_settings=False)
    for column, name in NAMED.items():
        if name in {c.name for c in present}:
            linker.table_management.register_term_frequency_lookup(api.register(f"tf_of_{column}"), column)
    return linker, api


def join_names(connection: DuckDBPyConnection, model: Model, members: str, columns: str = "*") -> None:
    """Make ``to_compare``: records (``columns`` of ``rep``) with the full names their first name may stand for.

    Beside them, how common their names are.
    """
    roots = words.name_roots()
    connection.register(
        "root_map", pa.table({"short": list(roots), "roots": pa.array(list(roots.values()), pa.list_(pa.string()))})
    )
    for column in NAMED:
        counts = model.names[column]
        connection.register(
            "counted",
            pa.table({"name": pa.array(list(counts), pa.string()), "n": pa.array(list(counts.values()), pa.int64())}),
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE common_{column} AS FROM counted")
        connection.unregister("counted")
        share = f"greatest(coalesce(n, {RARE}), {RARE}) / {max(model.named[column], RARE)}"
        connection.execute(
            f"CREATE OR REPLACE TABLE tf_of_{column} AS SELECT {column}, least(1.0, {share}) AS tf_{column}"
            f" FROM (SELECT DISTINCT {column} FROM rep SEMI JOIN {members} USING (rid) WHERE {column} IS NOT NULL)"
            f" LEFT JOIN common_{column} ON name = {column}"
        )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE to_compare AS
        SELECT rep.*, rid AS unique_id, m.roots, coalesce(f.n, 1) AS first_count, coalesce(g.n, 1) AS last_count
        FROM (SELECT {columns} FROM rep SEMI JOIN {members} USING (rid)) AS rep
        LEFT JOIN root_map AS m ON m.short = rep.first
        LEFT JOIN common_first AS f ON f.name = rep.first LEFT JOIN common_last AS g ON g.name = rep.last
        ORDER BY rid
        """
    )
    connection.unregister("root_map")


def count(connection: DuckDBPyConnection, what: str) -> int:
    """Return how many rows a table (with a condition, maybe) has."""
    row = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Splink's advice to people who train by hand from being printed or raised."""
    import logging

    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
