"""Open the engine that a project names: one line per engine."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from customer360.engines.base import Engine
from customer360.errors import UnknownName
from customer360.project.spec import Settings

ENGINES: Mapping[str, str] = {
    "duckdb": "customer360.engines.duckdb:DuckLakeEngine",
    "postgres": "customer360.engines.postgres:PostgresEngine",
    "spark": "customer360.engines.spark:SparkEngine",
}
"""Where each engine is; only the one that a project names is imported."""


def open_engine(settings: Settings, root: Path, *, warm: bool = False) -> Engine:
    """Open a project's warehouse; UnknownName for an engine that customer360 does not have (yet).

    ``warm`` begins in the background with what its first reader needs.
    """
    found = ENGINES.get(settings.engine.name)
    if found is None:
        raise UnknownName("engine", settings.engine.name, tuple(ENGINES), place=settings.place)
    module, _, name = found.partition(":")
    opened: Engine = getattr(import_module(module), name).open(settings, root)
    if warm:
        opened.warm()
    return opened
