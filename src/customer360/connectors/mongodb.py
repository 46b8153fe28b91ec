"""Read collections of a MongoDB-wire server: wanted fields, from the cursor on, as text for the contract to type."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa

from customer360.connectors.base import CursorValue, Extract
from customer360.connectors.documents import batches_of, field_paths, text_schema
from customer360.connectors.options import checked_options, table_options
from customer360.errors import (
    ExtensionMissing,
    ProjectError,
    SettingMissing,
    SourceError,
    SourceMalformed,
    SourceUnreachable,
    UnknownName,
    nearest,
)
from customer360.project.spec import Source, SourceTable

if TYPE_CHECKING:
    from pymongo import MongoClient

_SCHEMES = ("mongodb://", "mongodb+srv://")
_FETCH_DOCUMENTS = 5_000
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_WRONG_CREDENTIALS = frozenset({18, 8000})
_NOT_ALLOWED = 13


@dataclass(frozen=True)
class MongoOptions:
    """How long to look for the server, how long it may be silent while it reads; ``database``: for URLs without."""

    timeout_seconds: float = 10.0
    read_timeout_seconds: float = 300.0
    database: str = ""


@dataclass(frozen=True)
class MongoTableOptions:
    """``fields``: path of each column that is not a top-level field of its name (``{city: address.city}``)."""

    fields: Mapping[str, Any] = field(default_factory=dict)


class MongoConnector:
    """One MongoDB database. Connects when first asked; its URL comes from the environment only."""

    def __init__(self, source: Source, root: Path) -> None:  # noqa: ARG002 - every connector is opened this way
        self._source = source
        self._options = checked_options(source.options, MongoOptions, source.place)
        self._url, self._variable = _url_of(source)
        parts = urlsplit(self._url.split(",", 1)[0])
        self._where = f"MongoDB at {parts.hostname or 'localhost'}:{_port(self._url)}"
        self._database = urlsplit(self._url).path.lstrip("/") or self._options.database
        self._opened: MongoClient[dict[str, Any]] | None = None

    def schema(self, table: SourceTable, fields: Sequence[str] = ()) -> pa.Schema:
        """Return the columns named, each as text; without a contract every top-level field of any document."""
        declared = table_options(table, MongoTableOptions).fields
        self._check_collection(table)
        if not fields:
            with self._explaining(table):
                collection = self._collection(table)
                found: dict[str, None] = {}
                for document in collection.find({}, batch_size=_FETCH_DOCUMENTS):
                    found.update(dict.fromkeys(document))
            fields = tuple(found)
        return text_schema(field_paths(table, fields, declared))

    def read(self, extract: Extract) -> pa.RecordBatchReader:
        """Stream the documents; fields and cursor filter are the server's work."""
        declared = table_options(extract.table, MongoTableOptions).fields
        names = extract.columns if extract.columns is not None else tuple(self.schema(extract.table).names)
        paths = field_paths(extract.table, names, {k: v for k, v in declared.items() if k in names})
        return pa.RecordBatchReader.from_batches(text_schema(paths), self._batches(extract, paths))

    def fingerprint(self, table: SourceTable) -> None:
        """Return nothing: MongoDB does not say cheaply whether a collection changed."""

    def may_stream(self, table: SourceTable) -> bool:  # noqa: ARG002 - part of the protocol
        """Say no: turning documents into rows takes longer than the warehouse should stay locked."""
        return False

    def close(self) -> None:
        """Give back the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _batches(self, extract: Extract, paths: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        projection = dict.fromkeys(_outermost(paths.values()), True)
        projection.setdefault("_id", False)
        where = _condition(extract, paths)
        with self._explaining(extract.table):
            documents = self._collection(extract.table).find(where, projection, batch_size=_FETCH_DOCUMENTS)
            yield from batches_of(documents, paths)

    @property
    def _client(self) -> MongoClient[dict[str, Any]]:
        if self._opened is None:
            pymongo = _pymongo()
            milliseconds = int(self._options.timeout_seconds * 1000)
            try:
                self._opened = pymongo.MongoClient(
                    self._url,
                    serverSelectionTimeoutMS=milliseconds,
                    connectTimeoutMS=milliseconds,
                    socketTimeoutMS=int(self._options.read_timeout_seconds * 1000),
                    uuidRepresentation="standard",
                    datetime_conversion="DATETIME_AUTO",
                    tz_aware=False,
                )
            except (pymongo.errors.ConfigurationError, ValueError):
                raise _no_url(self._variable, self._source) from None
        return self._opened

    def _collection(self, table: SourceTable) -> Any:
        from bson.binary import UuidRepresentation
        from bson.codec_options import CodecOptions, DatetimeConversion

        database, name = self._names(table)
        options: CodecOptions[dict[str, Any]] = CodecOptions(
            uuid_representation=UuidRepresentation.STANDARD, datetime_conversion=DatetimeConversion.DATETIME_AUTO
        )
        return self._client[database].get_collection(name, codec_options=options)

    def _names(self, table: SourceTable) -> tuple[str, str]:
        if self._database:
            return self._database, table.location
        database, dot, name = table.location.partition(".")
        if not dot:
            raise ProjectError(
                f"It is not said in which database the collection {table.location} lies.",
                place=table.place,
                next_step=f"Add the database to the URL in {self._variable}, or write `options: {{database: ...}}`.",
            )
        return database, name

    def _check_collection(self, table: SourceTable) -> None:
        database, name = self._names(table)
        with self._explaining(table):
            known = self._client[database].list_collection_names()
        if name not in known:
            near = nearest(name, known)
            listed = ", ".join(sorted(known)[:8]) or "none"
            raise SourceMalformed(
                f"{self._where} has no collection {name} in database '{database}'.",
                place=table.place,
                next_step=f"Did you mean '{near}'?" if near else f"It has: {listed}.",
            )

    @contextmanager
    def _explaining(self, table: SourceTable) -> Iterator[None]:
        errors = _pymongo().errors
        try:
            yield
        except errors.PyMongoError as error:
            raise self._explained(error, table) from None

    def _explained(self, error: Exception, table: SourceTable) -> SourceError:
        """Return our error for the driver's, whose own words may hold values."""
        errors, name = _pymongo().errors, f"{table.source}.{table.name}"
        code = getattr(error, "code", None)
        if code in _WRONG_CREDENTIALS:
            what, step = "refused user and password", f"Correct them in {self._variable}."
        elif code == _NOT_ALLOWED:
            what, step = f"does not let this user read {table.location}", "Ask its administrator for the role `read`."
        elif isinstance(error, errors.ServerSelectionTimeoutError):
            what, step = "does not answer", f"Start the server, or correct host and port in {self._variable}."
        elif isinstance(error, errors.NetworkTimeout):
            what = f"was silent for {self._options.read_timeout_seconds:g} seconds while {name} was read"
            step = "Nothing was landed; run it again, or raise `options: {read_timeout_seconds: ...}` of the source."
        elif isinstance(error, errors.ConnectionFailure):
            what = f"ended the connection while {name} was read"
            step = "Nothing was landed; run it again when the server is up."
        else:
            what = f"answered with an error ({type(error).__name__}{f', code {code}' if code else ''}) for {name}"
            step = "The server's log has the whole message."
        return SourceUnreachable(f"{self._where} {what}.", place=table.place, next_step=step)


def _condition(extract: Extract, paths: Mapping[str, str]) -> dict[str, Any]:
    """Return the filter for documents from ``since`` on. MongoDB compares within one type only, so each may match.

    It may let some earlier ones through: reading a row again is harmless.
    """
    since, cursor = extract.since, extract.table.cursor
    if since is None or cursor is None:
        return {}
    path = paths.get(cursor, cursor)
    return {"$or": [*({path: {"$gte": value}} for value in _comparable(since)), {path: None}]}


def _comparable(since: CursorValue) -> list[Any]:
    if isinstance(since, str):
        from bson import ObjectId

        return [since, ObjectId(since)] if _OBJECT_ID.fullmatch(since) else [since]
    if isinstance(since, date):
        moment = since if isinstance(since, datetime) else datetime.combine(since, time(), UTC)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return [utc, utc.date().isoformat()]  # texts are read from the start of that day
    if isinstance(since, Decimal):
        from bson.decimal128 import Decimal128

        return [Decimal128(since), math.nextafter(float(since), -math.inf)]  # not every server knows Decimal128
    return [since]


def _outermost(paths: Any) -> list[str]:
    """Return paths without those inside another one: MongoDB refuses ``a`` beside ``a.b``."""
    every = set(paths)
    return [path for path in every if not any(path.startswith(f"{other}.") for other in every)]


def _url_of(source: Source) -> tuple[str, str]:
    setting = source.connection.get("url")
    if not isinstance(setting, Mapping) or not isinstance(setting.get("env"), str):
        raise ProjectError(
            f"The source {source.name} does not name the environment variable that holds its URL.",
            place=source.place,
            next_step="Write `connection: {url: {env: C360_MONGO_URL}}`; a URL holds a password: not in files.",
        )
    unknown = [key for key in source.connection if key != "url"]
    if unknown:
        raise UnknownName("connection setting", unknown[0], ("url",), place=source.place)
    url = os.environ.get(setting["env"], "")
    if not url:
        raise SettingMissing(setting["env"], purpose=f"the MongoDB URL of source {source.name}", place=source.place)
    if not url.startswith(_SCHEMES):
        raise _no_url(setting["env"], source)
    return url, setting["env"]


def _no_url(variable: str, source: Source) -> ProjectError:
    return ProjectError(
        f"The environment variable {variable} does not hold a MongoDB URL.",
        place=source.place,
        next_step="Write it as mongodb://user:password@host:27017/database (special characters percent-encoded).",
    )


def _port(url: str) -> int:
    found = re.search(r"@?[^@/,]+:(\d+)(?:[,/?]|$)", url.split("://", 1)[-1].rsplit("@", 1)[-1])
    return int(found[1]) if found else 27017


def _pymongo() -> Any:
    try:
        import pymongo
        import pymongo.errors
    except ImportError:
        raise ExtensionMissing(
            "Reading MongoDB needs the Python package pymongo.",
            next_step='Install it: pip install "customer360[mongo]".',
        ) from None
    return pymongo
