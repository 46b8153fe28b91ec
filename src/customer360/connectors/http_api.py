"""Read lists of JSON objects from an HTTP API, page by page: by offset, page number, cursor or link."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from customer360.connectors.base import CursorValue, Extract
from customer360.connectors.cursors import kept_from
from customer360.connectors.documents import Document, as_text, batches_of, field_paths, text_schema
from customer360.connectors.http_pages import Api
from customer360.connectors.options import checked_options, table_options
from customer360.errors import ProjectError, SettingMissing, SourceMalformed, UnknownName
from customer360.project.spec import Source, SourceTable

PAGINGS = ("offset", "page", "cursor", "link", "none")


@dataclass(frozen=True)
class HttpOptions:
    """How to treat an API. Pauses double from ``first_pause_seconds``; Retry-After is obeyed, up to a minute."""

    retries: int = 5
    first_pause_seconds: float = 0.5
    requests_per_second: float = 10.0
    timeout_seconds: float = 30.0


@dataclass(frozen=True)
class HttpTableOptions:
    """How a table is paged. Paths (``items``, ``next``) name where something lies in the answer: ``data.items``."""

    paging: str = "offset"
    items: str = "items"
    """Path of the list; empty: the answer is the list."""
    total: str = "total"
    """Path of the number of all objects, where the API says it; without it pages are asked for until one is empty."""
    limit: int = 500
    limit_parameter: str = "limit"
    offset_parameter: str = "offset"
    page_parameter: str = "page"
    first_page: int = 1
    cursor_parameter: str = "cursor"
    next: str = "next"
    """Path of the next cursor, or with paging ``link`` of the next URL; a Link header is seen without it."""
    since_parameter: str = ""
    """Parameter that takes the oldest cursor value wanted; without it all is read and filtered here."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


class HttpApiConnector:
    """One API. Its keys come from the environment only and are sent to its own host only."""

    def __init__(self, source: Source, root: Path) -> None:  # noqa: ARG002 - every connector is opened this way
        options = checked_options(source.options, HttpOptions, source.place)
        url, headers = _settings(source)
        self._api = Api(
            url,
            headers,
            source.place,
            retries=options.retries,
            first_pause_seconds=options.first_pause_seconds,
            requests_per_second=options.requests_per_second,
            timeout_seconds=options.timeout_seconds,
        )

    def schema(self, table: SourceTable, fields: Sequence[str] = ()) -> pa.Schema:
        """Return the columns named, each as text; ProjectError when nothing names them."""
        options = _options(table)
        paths = field_paths(table, fields, options.fields)
        if not paths:
            raise ProjectError(
                f"Nothing says which fields {table.source}.{table.name} has.",
                place=table.place,
                next_step="Give it a contract, or `options: {fields: {column: path}}`.",
            )
        return text_schema(paths)

    def read(self, extract: Extract) -> pa.RecordBatchReader:
        """Stream the objects of all pages."""
        table, options = extract.table, _options(extract.table)
        names = extract.columns if extract.columns is not None else tuple(self.schema(table).names)
        paths = field_paths(table, names, {k: v for k, v in options.fields.items() if k in names})
        schema = text_schema(paths)
        batches = batches_of(self._objects(table, options, extract.since), paths)
        # With a key, whatever the API says is new is news: a ticket of last year that was solved today.
        is_filtered = bool(options.since_parameter and table.key)
        if extract.since is not None and table.cursor in schema.names and not is_filtered:
            batches = kept_from(batches, str(table.cursor), extract.since, schema)
        return pa.RecordBatchReader.from_batches(schema, batches)

    def fingerprint(self, table: SourceTable) -> None:
        """Return nothing: an API does not say whether something changed."""

    def may_stream(self, table: SourceTable) -> bool:  # noqa: ARG002 - part of the protocol
        """Say no: an API is slow, and its pages may repeat what moved meanwhile."""
        return False

    def close(self) -> None:
        """Give back the connection."""
        self._api.close()

    def _objects(self, table: SourceTable, options: HttpTableOptions, since: CursorValue | None) -> Iterator[Document]:
        name = f"{table.source}.{table.name}"
        path: str | None = table.location
        fixed = {**options.parameters, **_since(options, since)}
        parameters = {**fixed, **_first(options)}
        seen: set[str] = set()
        read = pages = 0
        while path is not None:
            body, links = self._api.page(path, parameters, name)
            objects = self._list(body, options, table)
            yield from objects
            read, pages = read + len(objects), pages + 1
            path, step = _next(options, table.location, body, links, read=read, pages=pages, got=len(objects))
            parameters = {} if options.paging == "link" else {**fixed, **step}
            mark = f"{path} {step}"
            if path is not None and mark in seen:
                raise SourceMalformed(
                    f"The API at {self._api.host} leads in a circle: a page of {name} names one before it as the next.",
                    place=table.place,
                    next_step="Correct the table's paging options.",
                )
            seen.add(mark)

    def _list(self, body: Any, options: HttpTableOptions, table: SourceTable) -> list[Document]:
        found = _at(body, options.items) if options.items else body
        if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
            raise SourceMalformed(
                f"The API at {self._api.host} did not answer {table.source}.{table.name} with a list of objects"
                + (f" at '{options.items}'." if options.items else "."),
                place=table.place,
                next_step="Say where it lies: `options: {items: path.to.list}` (empty: the answer itself).",
            )
        return found


def _next(
    options: HttpTableOptions, location: str, body: Any, links: Mapping[str, Any], *, read: int, pages: int, got: int
) -> tuple[str | None, dict[str, Any]]:
    """Return path and parameters of the next page; path None after the last.

    A page may be shorter than asked for (an API has limits of its own), so only an empty one or the total is the end.
    """
    limit = {options.limit_parameter: options.limit}
    if options.paging in {"offset", "page"}:
        total = _at(body, options.total)
        is_last = read >= total if isinstance(total, int) else got == 0
        place = {options.offset_parameter: read}
        if options.paging == "page":
            place = {options.page_parameter: options.first_page + pages}
        return (None if is_last or got == 0 else location), {**limit, **place}
    if options.paging == "cursor":
        token = as_text(_at(body, options.next))
        return (location if token else None), {**limit, options.cursor_parameter: token}
    if options.paging == "link":
        url = links.get("next", {}).get("url") or _at(body, options.next)
        return (str(url) if url else None), {}
    return None, {}


def _first(options: HttpTableOptions) -> dict[str, Any]:
    if options.paging == "none":
        return {}
    start = {"offset": {options.offset_parameter: 0}, "page": {options.page_parameter: options.first_page}}
    return {options.limit_parameter: options.limit, **start.get(options.paging, {})}


def _since(options: HttpTableOptions, since: CursorValue | None) -> dict[str, str]:
    if since is None or not options.since_parameter:
        return {}
    if isinstance(since, datetime):
        moment = since.astimezone(UTC) if since.tzinfo else since.replace(tzinfo=UTC)
        return {options.since_parameter: moment.isoformat().replace("+00:00", "Z")}
    return {options.since_parameter: str(since)}


def _at(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body.get(part) if isinstance(body, Mapping) else None
    return body


def _options(table: SourceTable) -> HttpTableOptions:
    options = table_options(table, HttpTableOptions)
    if options.paging not in PAGINGS:
        raise UnknownName("paging", options.paging, PAGINGS, place=table.place)
    if options.limit < 1:
        raise ProjectError("The option 'limit' must be 1 or more.", place=table.place)
    return options


def _settings(source: Source) -> tuple[str, dict[str, str]]:
    """Return base URL and headers; header values come from the environment only."""
    for key in source.connection:
        if key not in {"url", "headers"}:
            raise UnknownName("connection setting", key, ("url", "headers"), place=source.place)
    given = source.connection.get("url")
    url = _of_environment(given, "the base URL", source) if isinstance(given, Mapping) else str(given or "")
    if urlsplit(url).scheme not in {"http", "https"} or urlsplit(url).username:
        raise ProjectError(
            f"The source {source.name} has no base URL.",
            place=source.place,
            next_step="Write `connection: {url: https://api.example.com, headers: {X-API-Key: {env: API_KEY}}}`.",
        )
    headers = {}
    for name, value in (source.connection.get("headers") or {}).items():
        if not isinstance(value, Mapping):
            raise ProjectError(
                f"The header {name} of source {source.name} must come from the environment.",
                place=source.place,
                next_step=f"Write `headers: {{{name}: {{env: VARIABLE}}}}`.",
            )
        headers[name] = _of_environment(value, f"the header {name}", source)
    return url, headers


def _of_environment(setting: Mapping[str, Any], what: str, source: Source) -> str:
    variable = str(setting.get("env", ""))
    if not os.environ.get(variable):
        raise SettingMissing(variable, purpose=f"{what} of source {source.name}", place=source.place)
    return os.environ[variable]
