"""Write ShopFlow's support tickets into a MongoDB-wire server: collection ``shopflow.support_tickets``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import C360Error, SourceUnreachable
from customer360.progress import Progress, Silent
from customer360.synthetic.columns import plain
from customer360.synthetic.support import CLOSED_AFTER_DAYS
from customer360.synthetic.written import TASK, Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.synthetic.shopflow import ShopFlow

URL_VARIABLE = "C360_MONGO_URL"
DATABASE, COLLECTION = "shopflow", "support_tickets"
BATCH = 10_000
PATIENCE_MILLISECONDS = 5_000


def write_mongo(
    shopflow: ShopFlow,
    url: str,
    *,
    database: str = DATABASE,
    replace: bool = False,
    since: date | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write the tickets with their documented fields; dates are BSON dates, absent values are null.

    ``replace`` drops the collection first. ``since`` adds tickets from that day on and renews older ones that may
    have changed by then; each keeps its ``_id``. With neither, a collection that holds tickets is an error.
    Errors: SourceUnreachable, C360Error.
    """
    from pymongo import MongoClient
    from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError

    progress = progress or Silent()
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=PATIENCE_MILLISECONDS)
        with client:
            collection = client[database][COLLECTION]
            tickets = plain(shopflow.tickets.table())
            progress.start(TASK, tickets.num_rows)
            count = _write(collection, tickets, replace=replace, since=since, progress=progress)
            progress.finish(TASK)
    except (InvalidURI, ConfigurationError) as error:
        raise SourceUnreachable(
            f"The environment variable {URL_VARIABLE} does not hold a MongoDB URL.",
            next_step="Write it as mongodb://user:password@host:27017.",
        ) from error
    except PyMongoError as error:
        raise _explained(error, url) from error
    return [Written("support", COLLECTION, count)]


def _write(collection: Any, tickets: pa.Table, *, replace: bool, since: date | None, progress: Progress) -> int:
    from pymongo import ReplaceOne

    if replace:
        collection.drop()
    elif since is None and collection.find_one({}, {"_id": 1}) is not None:
        raise C360Error(
            f"The collection {collection.full_name} holds tickets already.",
            next_step="Pass --replace to write it anew, or --since DATE to add the days from then on.",
        )
    for name, unique in (("ticket_id", True), ("customer_id", False), ("created_date", False)):
        collection.create_index(name, unique=unique)
    rows = tickets if since is None or replace else tickets.filter(_may_have_changed(tickets, since))
    for documents in _documents(rows):
        if since is None or replace:
            collection.insert_many(documents, ordered=False)
        else:
            renewed = [ReplaceOne({"ticket_id": each["ticket_id"]}, each, upsert=True) for each in documents]
            collection.bulk_write(renewed, ordered=False)
        progress.step(TASK, COLLECTION, len(documents))
    return int(rows.num_rows)


def _may_have_changed(tickets: pa.Table, since: date) -> pa.ChunkedArray:
    """Say which tickets were created from ``since`` on, or were not closed yet the day before."""
    kind = tickets.schema.field("created_date").type
    first, closed = (
        pa.scalar(day, pa.date32()).cast(kind) for day in (since, since - timedelta(days=CLOSED_AFTER_DAYS))
    )
    late = pc.fill_null(pc.greater_equal(tickets["resolved_date"], closed), True)
    return pc.or_(pc.greater_equal(tickets["created_date"], first), late)


def _documents(tickets: pa.Table) -> Iterator[list[dict[str, Any]]]:
    for batch in tickets.to_batches(max_chunksize=BATCH):
        yield batch.to_pylist()


def _explained(error: Exception, url: str) -> C360Error:
    """Return our error: which server, what is wrong, never the password."""
    from pymongo.errors import BulkWriteError, OperationFailure, ServerSelectionTimeoutError

    host = urlsplit(url).netloc.rpartition("@")[2]
    if isinstance(error, ServerSelectionTimeoutError):
        step = f"Start the server, or correct host and port in {URL_VARIABLE}."
        return SourceUnreachable(f"MongoDB at {host} does not answer.", next_step=step)
    if isinstance(error, BulkWriteError):
        return C360Error(
            f"MongoDB at {host} refused tickets: some are there already.", next_step="Pass --replace or --since DATE."
        )
    if isinstance(error, OperationFailure):
        step = f"Correct user, password and rights in {URL_VARIABLE}."
        return SourceUnreachable(f"MongoDB at {host} refused (code {error.code}).", next_step=step)
    return SourceUnreachable(f"MongoDB at {host} ended the conversation.", next_step="Run it again when it is up.")
