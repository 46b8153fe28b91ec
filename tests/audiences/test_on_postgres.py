"""Audiences are the same people where the warehouse is PostgreSQL."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.audiences.conftest import COMPANY

from customer360.audiences.room import audiences_of
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.audiences.room import Audiences

pytestmark = pytest.mark.postgres


def test_members_sizes_and_exports_are_those_of_duckdb(
    room: Audiences, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "company"
    shutil.copytree(COMPANY, root)
    settings = root / "c360.yaml"
    engine = "engine: {name: postgres, url: {env: LIGHTHOUSE_WAREHOUSE}}"
    settings.write_text(settings.read_text().replace("engine: {name: duckdb, folder: warehouse}", engine))
    monkeypatch.setenv("LIGHTHOUSE_WAREHOUSE", postgres.new_database())
    workspace = open_project(root)
    workspace.build()
    with workspace.governance.state.writing() as writing:
        writing.run("INSERT INTO setting VALUES ('salt', 'a secret of this test')")
    there = audiences_of(workspace)
    try:
        assert set(there.all()) == set(room.all())
        for name in room.all():
            assert there.preview(name).steps == room.preview(name).steps, name
            room.refresh(name)
            there.refresh(name)
            assert there.book.members(name) == room.book.members(name), name
        sent, told = (at.export("offer", "letters")[1] for at in (there, room))
        assert {id_: tuple(map(str, row)) for id_, row in sent.rows.items()} == {
            id_: tuple(map(str, row)) for id_, row in told.rows.items()
        }
    finally:
        workspace.close()
