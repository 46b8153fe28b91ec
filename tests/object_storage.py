"""A real S3 over HTTP for tests: moto's server on loopback, started once a session."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

IDENTITY, SECRET = "an-identity-for-tests", "open-sesame-for-tests"
_numbers = count(1)


@dataclass(frozen=True)
class ObjectStorage:
    """A running server; ``port`` is its port on loopback."""

    port: int
    client: Any

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_bucket(self, *, versioned: bool = False) -> str:
        """Make an empty bucket, which keeps what is deleted if ``versioned``, and return its name."""
        name = f"lake-{next(_numbers)}"
        self.client.create_bucket(Bucket=name)
        if versioned:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def keys(self, bucket: str, ending: str = "") -> list[str]:
        """Return the objects that are there now."""
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", ())
        return [each["Key"] for each in found if each["Key"].endswith(ending)]

    def everything(self, bucket: str) -> dict[tuple[str, str], bytes]:
        """Return what the bucket holds in any version, deleted or not, by key and version."""
        versions = self.client.list_object_versions(Bucket=bucket).get("Versions", ())
        return {
            (each["Key"], each["VersionId"]): self.client.get_object(
                Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]
            )["Body"].read()
            for each in versions
        }


@pytest.fixture(scope="session")
def object_storage() -> Iterator[ObjectStorage]:
    """A running server."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield ObjectStorage(
        port,
        boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=IDENTITY,
            aws_secret_access_key=SECRET,
        ),
    )
    server.stop()


@pytest.fixture
def keys_to_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who may use it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", IDENTITY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
