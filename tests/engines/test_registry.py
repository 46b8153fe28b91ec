"""A project's engine is opened by its name and its own options."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from customer360.engines.registry import ENGINES, open_engine
from customer360.errors import Place, UnknownName
from customer360.names import Relation
from customer360.project.spec import EngineSettings, Settings


def settings(engine: EngineSettings, **more: int) -> Settings:
    return Settings(name="acme", place=Place("c360.yaml", 4), label="Acme", engine=engine, **more)


def test_the_default_engine_lives_in_the_folder_warehouse(tmp_path: Path) -> None:
    engine = open_engine(settings(EngineSettings(), keep_snapshots=2), tmp_path)
    assert not (tmp_path / "warehouse").exists(), "opening touches nothing"
    for number in range(4):
        with engine.publish(note=str(number)) as publication:
            publication.create_schema("gold")
            publication.create_table_as(Relation("gold", "t"), f"SELECT {number} AS x")
    assert (tmp_path / "warehouse" / "catalog.sqlite").exists()
    assert [entry.note for entry in engine.history()] == ["3", "2"]
    engine.close()


def test_options_choose_folder_memory_and_threads(tmp_path: Path) -> None:
    options = {"folder": "lake", "memory_limit": "300MB", "threads": 1}
    engine = open_engine(settings(EngineSettings("duckdb", options)), tmp_path)
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
    with engine.read() as session:
        row = session.query("SELECT current_setting('threads') AS t, current_setting('memory_limit') AS m").to_pylist()
    assert row == [{"t": 1, "m": "286.1 MiB"}]
    assert (tmp_path / "lake").exists()
    engine.close()


def test_every_engine_that_a_project_may_name_is_there(tmp_path: Path) -> None:
    assert set(ENGINES) == set(get_args(get_type_hints(EngineSettings)["name"]))
    with pytest.raises(
        UnknownName, match=r"No engine is named 'oracle'. In c360.yaml:4. Known: duckdb, postgres, spark."
    ):
        open_engine(settings(EngineSettings("oracle")), tmp_path)


def test_an_unknown_option_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"'foldr'. In c360.yaml:4. Did you mean 'folder'\?"):
        open_engine(settings(EngineSettings("duckdb", {"foldr": "x"})), tmp_path)
