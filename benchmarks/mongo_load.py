"""Read a collection of support tickets as rows, against what the server itself yields to a client that decodes nothing.

C360_BENCH_DOCUMENTS chooses how many (default 300,000). The server is the one of the test extra, far slower than
MongoDB, so the connector is also timed on the same bytes without a server: decoding and turning documents into columns.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.timing import paired

VARIABLE = "C360_BENCH_MONGO"
BATCH = 5_000


def page() -> str:
    """Measure and describe."""
    from pymongo import MongoClient

    from customer360.synthetic.embedded import running_mongo
    from customer360.synthetic.shopflow import ShopFlow
    from customer360.synthetic.to_mongo import write_mongo

    wanted = int(os.environ.get("C360_BENCH_DOCUMENTS", "300000"))
    with tempfile.TemporaryDirectory() as folder, running_mongo(Path(folder)) as url:
        os.environ[VARIABLE] = f"{url}/shopflow"
        write_mongo(ShopFlow.of(max(1_000, int(wanted / 0.26))), url)
        with MongoClient[dict[str, Any]](url) as client:
            raw = list(client["shopflow"]["support_tickets"].find_raw_batches({}, batch_size=BATCH))
            count = sum(1 for _ in _decoded(raw))
            pair = paired(_read, lambda: _scan(client), rounds=3)
        alone = paired(lambda: _columns(raw), lambda: sum(map(len, raw)), rounds=3)
    return (
        f"## MongoDB, {count:,} support tickets of 15 fields\n\n"
        f"The test server's own scan, nothing decoded: {count / pair.baseline:,.0f} documents/s\n"
        f"the connector reading from it: {count / pair.measured:,.0f} documents/s"
        f" ({pair.baseline / pair.measured:.0%} of the scan)\n"
        f"the connector on the same bytes without the server: {count / alone.measured:,.0f} documents/s"
        " (wanted: 100,000 where the server allows)\n"
    )


def _scan(client: Any) -> int:
    return sum(map(len, client["shopflow"]["support_tickets"].find_raw_batches({}, batch_size=BATCH)))


def _read() -> int:
    from customer360.connectors.base import Extract
    from customer360.connectors.mongodb import MongoConnector
    from customer360.errors import Place
    from customer360.project.spec import Source, SourceTable
    from customer360.web.tickets import FIELDS

    place = Place("sources/support.yaml", 1)
    source = Source("support", "mongodb", place, {}, connection={"url": {"env": VARIABLE}})
    connector = MongoConnector(source, Path())
    try:
        table = SourceTable("support", "support_tickets", "support_tickets", place)
        return sum(batch.num_rows for batch in connector.read(Extract(table, None, FIELDS)))
    finally:
        connector.close()


def _decoded(raw: list[bytes]) -> Iterator[Any]:
    import bson

    for batch in raw:
        yield from bson.decode_all(batch)


def _columns(raw: list[bytes]) -> int:
    from customer360.connectors.documents import batches_of
    from customer360.web.tickets import FIELDS

    return sum(batch.num_rows for batch in batches_of(_decoded(raw), dict(zip(FIELDS, FIELDS, strict=True))))


if __name__ == "__main__":
    print(page())
