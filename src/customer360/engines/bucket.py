"""Keep a lake's data files in a bucket of object storage that speaks S3.

DuckDB's httpfs reads and writes the files; marks, deleting and what httpfs does not know (earlier versions, uploads
that never ended) go by boto3. A bucket with versioning keeps what is deleted; only ``forget`` takes that away.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb

from customer360.engines.extensions import load_extension
from customer360.errors import ExtensionMissing, ProjectError, SettingMissing, WarehouseError
from customer360.names import text_literal

if TYPE_CHECKING:
    from customer360.errors import Place

log = logging.getLogger(__name__)

NAMED = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[\w=-][\w.=-]*(?:/[\w=-][\w.=-]*)*)/?")
AT_ONCE = 8
"""Deletes that are under way together."""
REGION = "us-east-1"
RIGHTS = (
    "GetObject, PutObject, DeleteObject, DeleteObjectVersion, AbortMultipartUpload on its objects and ListBucket,"
    " ListBucketVersions, ListBucketMultipartUploads, GetBucketVersioning on the bucket"
)


@dataclass(frozen=True)
class Keys:
    """What lets somebody into the storage; never shown."""

    identity: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls, place: Place | None) -> Keys:
        """Read them from the variables that every program for S3 reads. Errors: SettingMissing."""
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            if not os.environ.get(variable):
                raise SettingMissing(variable, purpose="a key to the object storage of the warehouse", place=place)
        identity, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        return cls(identity, secret, os.environ.get("AWS_SESSION_TOKEN", ""))


class Bucket:
    """Everything under one prefix of one bucket; it belongs to the lake."""

    def __init__(self, url: str, keys: Keys, *, region: str = REGION, endpoint: str | None = None) -> None:
        found = NAMED.fullmatch(url)
        if found is None:
            raise ProjectError(
                "The place of the data files must name a bucket and a prefix of its own in it.",
                next_step="Write it under engine: `data: s3://bucket/prefix`.",
            )
        address = urlsplit(endpoint or "")
        if endpoint is not None and not (address.scheme in {"http", "https"} and address.hostname and not address.path):
            raise ProjectError(
                "The endpoint of the object storage must be an address without a path.",
                next_step="Write it under engine: `endpoint: https://storage.example.com:9000`.",
            )
        self._name, self._prefix = found["name"], f"{found['prefix']}/"
        self._keys, self._region, self._endpoint = keys, region, endpoint
        self._client: tuple[int, Any] | None = None

    @classmethod
    def named(cls, options: Mapping[str, Any], *, place: Place) -> Bucket:
        """Return the bucket that a project's engine names. Errors: ProjectError, SettingMissing."""
        endpoint = options.get("endpoint")
        try:
            return cls(
                str(options["data"]),
                Keys.of_environment(place),
                region=str(options.get("region", REGION)),
                endpoint=None if endpoint is None else str(endpoint).rstrip("/"),
            )
        except ProjectError as error:
            error.place = place
            raise

    @property
    def root(self) -> str:
        """The prefix as a URL."""
        return f"s3://{self._name}/{self._prefix}"

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Load httpfs and give it the keys, for this prefix and this instance only."""
        load_extension(connection, "httpfs")
        address = urlsplit(self._endpoint or "")
        options = {
            "SCOPE": self.root,
            "KEY_ID": self._keys.identity,
            "SECRET": self._keys.secret,
            "REGION": self._region,
        }
        if self._keys.token:
            options["SESSION_TOKEN"] = self._keys.token
        if self._endpoint:
            options |= {"ENDPOINT": address.netloc, "URL_STYLE": "path"}
        listed = ", ".join(f"{key} {text_literal(value)}" for key, value in options.items())
        try:
            connection.execute(
                f"CREATE SECRET customer360 (TYPE s3, {listed}, USE_SSL {str(address.scheme != 'http').lower()})"
            )
        except duckdb.Error:
            raise WarehouseError("DuckDB does not take the keys of the object storage.", place=self.root) from None

    def prepare(self) -> None:
        """Look whether the bucket is there; buckets are made by whoever answers for them."""
        with self._asked() as client:
            client.head_bucket(Bucket=self._name)

    def is_marked(self) -> bool:
        """Say whether the mark stands."""
        with self._asked() as client:
            found = client.list_objects_v2(Bucket=self._name, Prefix=self._mark, MaxKeys=1)
        return any(each["Key"] == self._mark for each in found.get("Contents", ()))

    def mark(self) -> None:
        """Set the mark."""
        with self._asked() as client:
            client.put_object(Bucket=self._name, Key=self._mark, Body=b"")

    def unmark(self) -> None:
        """Take the mark away; one that stays lets the next writer look for leftovers, no more."""
        try:
            with self._asked() as client:
                client.delete_object(Bucket=self._name, Key=self._mark)
        except WarehouseError as error:
            log.warning("The mark of unfinished work stays: %s", error.what)

    def flush(self) -> None:
        """Do nothing: an object is kept safe before the storage says that it has it."""

    def delete(self, paths: Iterable[str]) -> Iterator[int]:
        """Delete objects and yield the bytes of each; a bucket with versioning keeps them as earlier versions."""
        keys = [self._key(path) for path in paths]
        if keys:
            with self._asked() as client:
                sizes = {each["Key"]: each["Size"] for each in self._listed(client, "list_objects_v2", "Contents")}
            self._drop((key, None) for key in keys)
            yield from (sizes.get(key, 0) for key in keys)

    def tidy(self) -> None:
        """End uploads that a killed writer began: their parts lie there, and no list of objects shows them."""
        with self._asked() as client:
            for each in self._listed(client, "list_multipart_uploads", "Uploads"):
                client.abort_multipart_upload(Bucket=self._name, Key=each["Key"], UploadId=each["UploadId"])

    def forget(self) -> tuple[int, int]:
        """Delete all earlier versions, and the marks that a bucket with versioning puts in place of deleted objects.

        Errors: WarehouseError when the storage does not let go of one, or has one still afterwards.
        """
        earlier = self._earlier()
        self._drop((each["Key"], each["VersionId"]) for each in earlier)
        if left := self._earlier():
            raise WarehouseError(
                f"The bucket still keeps {len(left)} earlier versions of data files.",
                place=self.root,
                next_step="Look whether a lock or another program keeps them (Object Lock, replication); run again.",
            )
        return len(earlier), sum(each.get("Size", 0) for each in earlier)

    def about(self) -> str | None:
        """Say whether the bucket keeps what is deleted."""
        with self._asked() as client:
            client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1)
            return f"{self.root} answers; {_kept(client, self._name)}"

    @property
    def _mark(self) -> str:
        return f"{self._prefix}unfinished"

    def _key(self, path: str) -> str:
        return path.removeprefix(f"s3://{self._name}/") if path.startswith("s3://") else f"{self._prefix}{path}"

    def _earlier(self) -> list[dict[str, Any]]:
        with self._asked() as client:
            versions = self._listed(client, "list_object_versions", "Versions", "DeleteMarkers")
            return [each for each in versions if not each["IsLatest"] or "Size" not in each]

    def _listed(self, client: Any, operation: str, *kinds: str) -> Iterator[dict[str, Any]]:
        for page in client.get_paginator(operation).paginate(Bucket=self._name, Prefix=self._prefix):
            for kind in kinds:
                yield from page.get(kind, ())

    def _drop(self, objects: Iterable[tuple[str, str | None]]) -> None:
        """Delete one by one, some at a time: not every storage takes a list, and a list may fail in parts."""
        with self._asked() as client, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deleting") as pool:
            done = [
                pool.submit(
                    client.delete_object,
                    Bucket=self._name,
                    Key=key,
                    **({} if version is None else {"VersionId": version}),
                )
                for key, version in objects
            ]
            for each in done:
                each.result()

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        """Lend the client; what it raises becomes an error of ours, which shows no address and no key."""
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise ExtensionMissing(
                "What speaks to object storage is not installed.", next_step="Run: pip install 'customer360[s3]'."
            ) from error
        try:
            yield self._opened()
        except ClientError as error:
            raise self._refused(str(error.response.get("Error", {}).get("Code", "")), error.operation_name) from None
        except BotoCoreError as error:
            raise WarehouseError(
                f"The object storage of the warehouse does not answer ({type(error).__name__}).",
                place=self.root,
                next_step="Look at endpoint and region under engine: in c360.yaml, and run again when it does.",
            ) from None

    def _opened(self) -> Any:
        """Return this process's client; a forked child's sockets are its parent's."""
        if self._client is None or self._client[0] != os.getpid():
            import boto3
            from botocore.config import Config

            client = boto3.client(
                "s3",
                endpoint_url=self._endpoint,
                region_name=self._region,
                aws_access_key_id=self._keys.identity,
                aws_secret_access_key=self._keys.secret,
                aws_session_token=self._keys.token or None,
                config=Config(
                    connect_timeout=10,
                    retries={"max_attempts": 4, "mode": "standard"},
                    request_checksum_calculation="when_required",  # others than Amazon do not all know the new ones
                    s3={"addressing_style": "path"} if self._endpoint else None,
                ),
            )
            self._client = (os.getpid(), client)
        return self._client[1]

    def _refused(self, code: str, operation: str) -> WarehouseError:
        if code in {"NoSuchBucket", "404"}:
            return WarehouseError(
                f"The object storage has no bucket '{self._name}'.",
                place=self.root,
                next_step="Make it, or correct data and endpoint under engine: in c360.yaml.",
            )
        return WarehouseError(
            f"The object storage refuses {operation} ({code}).",
            place=self.root,
            next_step=f"Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The keys need {RIGHTS}.",
        )


def _kept(client: Any, bucket: str) -> str:
    """Say whether a bucket keeps what is deleted; keys that only read need not be allowed to know."""
    from botocore.exceptions import ClientError

    try:
        found = client.get_bucket_versioning(Bucket=bucket).get("Status")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "AccessDenied":
            raise
        return "these keys cannot tell whether old versions are kept (GetBucketVersioning)"
    kept = "no earlier versions" if found is None else "earlier versions, which an erasure deletes too"
    return f"the bucket keeps {kept}"
