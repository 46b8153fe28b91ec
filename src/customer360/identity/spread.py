"""Let a cluster choose and compare the pairs: the same keys, comparisons and weights, by DuckDB on each machine.

Records go there as Parquet files, pairs come back as a few bytes each. Learning and clustering stay here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from customer360.identity.blocking import HASHES, KEYS, WHOLE, largest, look
from customer360.identity.comparisons import Comparison
from customer360.identity.failures import IdentityError
from customer360.identity.model import NAMED, Model
from customer360.identity.scoring import GAMMAS, answered, keep, present_comparisons, quiet, splink_linker
from customer360.names import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from customer360.engines.base import Cluster
    from customer360.identity.settings import Settings

_SIDES, _REST = "blocked_with_cols", "__splink__df_comparison_vectors"
"""Parts of Splink's query: two records side by side, and the first that reads them."""
_KEYED = ("first", "last", "born", "mail", "mail_name", "phone_end", "street", "city", "postcode", "national")
"""Columns that keys read."""


def block_on(cluster: Cluster, connection: DuckDBPyConnection, settings: Settings) -> None:
    """Make ``pair`` as ``block`` does."""
    _choose(cluster, connection, settings)
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT least(x.rid, y.rid) AS l, greatest(x.rid, y.rid) AS r"
        f" FROM {_read(cluster.files('pair'))} AS p"
        " JOIN rep AS x ON x.fingerprint = p.a JOIN rep AS y ON y.fingerprint = p.b"
    )


def compare_on(cluster: Cluster, connection: DuckDBPyConnection, model: Model, settings: Settings) -> None:
    """Make ``compared`` as ``block`` and ``compare`` do."""
    present = present_comparisons(connection)
    typed = {"l": "INTEGER", "r": "INTEGER", "weight": "DOUBLE", **dict.fromkeys(GAMMAS, "TINYINT")}
    connection.execute(f"CREATE OR REPLACE TABLE new_compared ({', '.join(f'{c} {t}' for c, t in typed.items())})")
    if present:
        _choose(cluster, connection, settings)
        columns, sql = _comparing(cluster, connection, present, model)
        sides = (
            f"{side}.{quoted(c)} AS {quoted(f'{c}_{to}')}" for c in columns for side, to in (("x", "l"), ("y", "r"))
        )
        cluster.query(
            "side_by_side",
            f"SELECT {', '.join(sides)}, '0' AS match_key FROM pair AS p"
            " JOIN to_compare AS x ON x.fingerprint = p.a JOIN to_compare AS y ON y.fingerprint = p.b",
        )
        cluster.in_parts("weighed", "side_by_side", sql, typed)
        connection.execute(f"INSERT INTO new_compared BY NAME SELECT * FROM {_read(cluster.files('weighed'))}")
    keep(connection)
    connection.execute(
        "CREATE OR REPLACE TABLE compared AS FROM compared ANTI JOIN known_pair USING (record_a, record_b)"
    )


def _choose(cluster: Cluster, connection: DuckDBPyConnection, settings: Settings) -> None:
    """Let ``pair`` (a, b: fingerprints, the smaller first) stand there for the pairs worth comparing.

    Groups are made by the hash that DuckDB gives a key's value, as here.
    """
    look(connection)
    columns = ", ".join(quoted(column) for column in _KEYED)
    rows = f"SELECT fingerprint, l.rid IS NULL AS is_new, {columns} FROM rep LEFT JOIN looked_at AS l USING (rid)"
    cluster.show("to_block", [_written(cluster, connection, "to_block", rows)])
    connection.execute("DROP TABLE looked_at")
    hashes = ", ".join(f"CAST(CAST({each} AS HUGEINT) - 9223372036854775808 AS BIGINT)" for each in HASHES)
    cluster.in_parts(
        "keyed",
        "to_block",
        f"SELECT * FROM (SELECT fingerprint, is_new, unnest({list(range(len(KEYS)))}::TINYINT[]) AS k,"
        f" unnest([{hashes}]) AS h FROM (SELECT *, {WHOLE} FROM part)) WHERE h IS NOT NULL",
        {"fingerprint": "BIGINT", "is_new": "BOOLEAN", "k": "TINYINT", "h": "BIGINT"},
    )
    most = " ".join(f"WHEN {number} THEN {largest(name, settings)}" for number, name in enumerate(KEYS))
    cluster.query(
        "grouped",
        f"SELECT k, h, fingerprint, is_new FROM (SELECT *, count(*) OVER (PARTITION BY k, h) AS n,"
        " max(CASE WHEN is_new THEN 1 ELSE 0 END) OVER (PARTITION BY k, h) AS touched FROM keyed) AS counted"
        f" WHERE touched = 1 AND n >= 2 AND n <= CASE k {most} END",
    )
    cluster.show("key_of", cluster.files("grouped"))  # read twice, made once
    cluster.query(
        "pair",
        "SELECT DISTINCT x.fingerprint AS a, y.fingerprint AS b FROM key_of AS x"
        " JOIN key_of AS y ON x.k = y.k AND x.h = y.h AND x.fingerprint < y.fingerprint AND (x.is_new OR y.is_new)",
    )


def _comparing(
    cluster: Cluster, connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model
) -> tuple[Sequence[str], str]:
    """Show ``to_compare`` there; return its columns that are compared, and Splink's own SQL over ``part``."""
    connection.execute("CREATE OR REPLACE TABLE blocked (match_key VARCHAR, join_key_l INTEGER, join_key_r INTEGER)")
    connection.execute("CREATE OR REPLACE TEMP VIEW everyone AS SELECT rid FROM rep")
    with quiet():
        linker, api = splink_linker(connection, present, model, "everyone")
        linker.table_management.register_blocked_pairs_for_predict(api.register("blocked", table_name="blocked_none"))
        found = linker.inference.predict(warning_mode="never")
        text = found.sql_used_to_create
        found.drop_table_from_database_and_remove_from_cache()
    head, between, rest = text.partition(f"{_REST} as (")
    sides = [c for c in sqlglot.parse_one(text, read="duckdb").find_all(exp.CTE) if c.alias == _SIDES]
    if not between or len(sides) != 1 or _SIDES not in head:
        raise IdentityError("This version of Splink writes its query in another way.", next_step="Install splink 5.0.")
    names = [name.removesuffix("_l") for name in sides[0].this.named_selects if name.endswith("_l")]
    joined = " ".join(f"LEFT JOIN tf_of_{column} USING ({quoted(column)})" for column in NAMED)
    listed = ", ".join(quoted(name) for name in names)
    rows = f"SELECT fingerprint, {listed} FROM to_compare {joined}"
    cluster.show("to_compare", [_written(cluster, connection, "to_compare", rows)])
    for table in ("to_compare", "blocked"):
        connection.execute(f"DROP TABLE {table}")
    query = f"WITH {_SIDES} AS (SELECT * FROM part), {between}{rest}"
    return names, f"SELECT {answered(present)} FROM ({query})"


def _written(cluster: Cluster, connection: DuckDBPyConnection, name: str, rows: str) -> Path:
    """Write rows where the cluster reads them."""
    file = cluster.folder / f"{name}.parquet"
    connection.execute(f"COPY ({rows}) TO {text_literal(file)} (FORMAT parquet, COMPRESSION snappy)")
    return file


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(text_literal, files))}])"
