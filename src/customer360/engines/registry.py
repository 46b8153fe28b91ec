"""Open the engine that a project names: one line per engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from customer360.engines.base import Engine
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.postgres import PostgresEngine
from customer360.engines.spark import SparkEngine
from customer360.errors import UnknownName
from customer360.project.spec import Settings

ENGINES: Mapping[str, Callable[[Settings, Path], Engine]] = {
    "duckdb": DuckLakeEngine.open,
    "postgres": PostgresEngine.open,
    "spark": SparkEngine.open,
}


def open_engine(settings: Settings, root: Path) -> Engine:
    """Open a project's warehouse; UnknownName for an engine that customer360 does not have (yet)."""
    factory = ENGINES.get(settings.engine.name)
    if factory is None:
        raise UnknownName("engine", settings.engine.name, tuple(ENGINES), place=settings.place)
    return factory(settings, root)
