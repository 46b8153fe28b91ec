"""Data files are written in Parquet's second version; a lake that began with the first goes over to it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import ENCODING, LAKE, Lake
from customer360.names import Relation

NUMBERS = Relation("a", "numbers")


def written(folder: Path) -> set[tuple[str, str]]:
    """Compression and encodings of the columns in all data files."""
    found = set()
    for path in folder.rglob("*.parquet"):
        group = pq.ParquetFile(path).metadata.row_group(0)
        found |= {(group.column(n).compression, ",".join(group.column(n).encodings)) for n in range(group.num_columns)}
    return found


def publish(lake: Lake) -> None:
    engine = DuckLakeEngine(lake)
    with engine.publish(note="numbers") as publication:
        publication.create_schema("a")
        publication.register("incoming", pa.table({"n": range(10_000)}))
        publication.create_table_as(NUMBERS, "SELECT * FROM incoming")
    with engine.read() as session:
        assert session.query(f"SELECT sum(n) AS s FROM {NUMBERS.sql}")["s"][0].as_py() == 49_995_000
    engine.close()


def test_whole_numbers_are_kept_as_differences(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "warehouse")
    publish(lake)
    ((compression, encoding),) = written(lake.data / "a")
    assert compression in {"LZ4", "LZ4_RAW"}
    assert encoding == "DELTA_BINARY_PACKED"


def test_a_lake_of_an_older_version_goes_over(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "warehouse")
    lake.prepare()
    with lake.instance() as old:
        lake.attach(old, read_only=False)
    publish(lake)
    with lake.instance() as now:
        lake.attach(now, read_only=True)
        chosen = dict(now.execute(f"SELECT option_name, value FROM {LAKE}.options()").fetchall())
    assert chosen["parquet_version"] == "V2"
    assert chosen["parquet_compression"] == ENCODING["parquet_compression"]


def test_a_choice_of_its_own_stays(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "warehouse")
    lake.prepare()
    connection: duckdb.DuckDBPyConnection
    with lake.instance() as connection:
        lake.attach(connection, read_only=False)
        connection.execute(f"CALL {LAKE}.set_option('parquet_compression', 'zstd')")
    publish(lake)
    assert {compression for compression, _ in written(lake.data / "a")} == {"ZSTD"}
