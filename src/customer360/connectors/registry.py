"""Find the connector that a source's ``kind`` names."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import cast

from customer360.connectors.base import Connector
from customer360.errors import UnknownName
from customer360.project.spec import Source

CONNECTORS = {
    "files": "customer360.connectors.files:FilesConnector",
    "http_api": "customer360.connectors.http_api:HttpApiConnector",
    "mongodb": "customer360.connectors.mongodb:MongoConnector",
    "postgres": "customer360.connectors.postgres:PostgresConnector",
}
"""Class of each kind of source; imported when first used, so that its driver is only needed then."""


def open_connector(source: Source, root: Path) -> Connector:
    """Return an opened connector for a source; relative locations start at ``root``.

    Raises UnknownName (no such kind), SettingMissing and, where opening already reaches the source, SourceUnreachable.
    """
    if source.kind not in CONNECTORS:
        raise UnknownName("kind of source", source.kind, tuple(CONNECTORS), place=source.place)
    module, name = CONNECTORS[source.kind].split(":")
    connector = getattr(importlib.import_module(module), name)
    return cast("Connector", connector(source, root))
