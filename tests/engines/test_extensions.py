"""Extensions load from their wheels, wherever a home can or cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.engines.conftest import SOURCES

from customer360.engines.extensions import load_extension
from customer360.errors import ExtensionMissing

PROGRAM = """
import duckdb
from customer360.engines.extensions import load_extension
connection = duckdb.connect(config={"autoinstall_known_extensions": False})
for name in ("ducklake", "sqlite", "postgres"):
    load_extension(connection, name)
rows = connection.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1").fetchall()
print(*(row[0] for row in rows))
"""


def load_in_new_process(**environment: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key not in {"XDG_CACHE_HOME", "TMPDIR", "HOME"}}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**kept, "PYTHONPATH": str(SOURCES), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_files_are_copied_once_to_the_cache_of_the_user(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        loaded = load_in_new_process(HOME=str(tmp_path / "home"), XDG_CACHE_HOME=str(cache))
        assert {"ducklake", "sqlite_scanner", "postgres_scanner"} <= set(loaded.split())
        files = {file.name: file.stat().st_mtime_ns for file in cache.rglob("*") if file.is_file()}
        assert set(files) == {"sqlite_scanner.duckdb_extension", "postgres_scanner.duckdb_extension"}
        first = locals().get("first", files)
        assert files == first, "not copied again"
    assert not (tmp_path / "home").exists()


def test_a_copy_that_is_not_whole_is_replaced(tmp_path: Path) -> None:
    load_in_new_process(HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    [copy] = (tmp_path / "cache").rglob("sqlite_scanner.duckdb_extension")
    whole = copy.stat().st_size
    copy.write_bytes(b"half")
    load_in_new_process(HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert copy.stat().st_size == whole


def test_without_a_usable_home_the_temporary_folder_serves(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, so nothing can be made below it")
    (tmp_path / "tmp").mkdir()
    load_in_new_process(HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "tmp"))
    assert len(list((tmp_path / "tmp").rglob("*.duckdb_extension"))) == 2


def test_an_extension_that_is_nowhere_names_the_package(tmp_path: Path) -> None:
    connection = duckdb.connect(config={"extension_directory": str(tmp_path)})
    with pytest.raises(ExtensionMissing) as missing:
        load_extension(connection, "nosuchthing")
    assert missing.value.next_step == f"Run: pip install duckdb-extension-nosuchthing=={duckdb.__version__}"
    connection.close()
