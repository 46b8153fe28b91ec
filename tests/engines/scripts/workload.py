"""What the writers of these tests write, and how a reader sees that it is whole: publish ``k`` writes k everywhere."""

from __future__ import annotations

import pyarrow as pa

from customer360.engines.base import Column, Publication, Session
from customer360.names import Relation

A, B, V, LOG = (Relation("gold", "a"), Relation("gold", "b"), Relation("gold", "v"), Relation("c360", "load_log"))
ROWS = 3000


def write(publication: Publication, k: int) -> None:
    publication.create_schema("gold")
    publication.create_schema("c360")
    if LOG not in publication.relations():
        publication.create_table(LOG, [Column("k", "INTEGER")])
    publication.insert_arrow(LOG, pa.table({"k": pa.array([k], pa.int32())}))
    publication.create_table_as(A, f"SELECT range AS id, {k} AS k FROM range({ROWS})")
    publication.create_table_as(B, f"SELECT id, k FROM {A.sql}")
    publication.create_view(V, f"SELECT count(*) AS rows, {k} AS k FROM {B.sql}")


def state(session: Session) -> int:
    """Return the k of a session; AssertionError when it sees parts of two publishes."""
    seen = [
        session.query(f"SELECT min(k) AS low, max(k) AS high, count(*) AS n FROM {relation.sql}").to_pylist()[0]
        for relation in (A, B)
    ]
    view = session.query(f"FROM {V.sql}").to_pylist()[0]
    log = session.query(f"SELECT k FROM {LOG.sql} ORDER BY k").column("k").to_pylist()
    k = view["k"]
    assert seen == [{"low": k, "high": k, "n": ROWS}] * 2, (seen, view)
    assert view["rows"] == ROWS, view
    assert log == list(range(k + 1)), (log, k)
    return k
