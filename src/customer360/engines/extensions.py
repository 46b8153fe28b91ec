"""Load DuckDB extensions from their Python wheels, or from DuckDB's own repository where no wheel is installed.

DuckDB takes the name of an extension's entry point from its file name, and the sqlite and postgres wheels call their
files differently; those two are copied once, under the right name, to a folder of the user's.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from customer360.errors import ExtensionMissing

ENTRY_POINTS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}
"""Extensions whose file must bear another name than the wheel gives it."""

_files: dict[str, Path | None] = {}
_lock = threading.Lock()


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make an extension (``ducklake``, ``sqlite``, ``postgres``) usable in a connection's DuckDB instance.

    Raises ExtensionMissing with the package to install.
    """
    path = _extension_file(name)
    try:
        if path is None:
            _install(connection, name)
        else:
            connection.execute(f"LOAD '{_escaped(path)}'")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ExtensionMissing(
            f"The DuckDB extension {name} can neither be loaded from its package nor downloaded ({reason}).",
            next_step=f"Run: pip install duckdb-extension-{name}=={duckdb.__version__}",
        ) from error


def _extension_file(name: str) -> Path | None:
    """Return the file to load, the same one for the whole process, or None when no wheel is installed.

    The same one matters: two copies of the sqlite extension in one process would each bring their own SQLite, and
    POSIX file locks of one process do not hold between them.
    """
    with _lock:
        if name not in _files:
            wheel = _wheel_file(name)
            right_name = f"{ENTRY_POINTS.get(name, name)}.duckdb_extension"
            _files[name] = wheel if wheel is None or wheel.name == right_name else _copied(wheel, right_name)
        return _files[name]


def _wheel_file(name: str) -> Path | None:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
    file = folder / f"{name}.duckdb_extension"
    return file if file.exists() else None


def _install(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load what DuckDB installed earlier, else download it; a read-only home is no obstacle."""
    try:
        connection.execute(f"LOAD {name}")
    except duckdb.Error:
        if not os.access(Path.home(), os.W_OK):
            connection.execute(f"SET extension_directory = '{_escaped(next(_cache_folders()))}'")
        connection.execute(f"INSTALL {name}")
        connection.execute(f"LOAD {name}")


def _copied(source: Path, name: str) -> Path:
    """Return a copy of a file under another name in the first folder that takes it."""
    reasons = []
    for folder in _cache_folders():
        target = folder / name
        try:
            if not target.exists() or target.stat().st_size != source.stat().st_size:
                _copy_whole(source, target)
        except OSError as error:
            reasons.append(f"{folder}: {error.strerror}")
            continue
        return target
    raise ExtensionMissing(
        f"The DuckDB extension file {source.name} must be copied once, and no folder takes it ({'; '.join(reasons)}).",
        next_step="Make one of them writable or set XDG_CACHE_HOME or TMPDIR.",
    )


def _copy_whole(source: Path, target: Path) -> None:
    """Copy so that no other process ever sees half a file."""
    handle, partial = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    os.close(handle)
    try:
        shutil.copyfile(source, partial)
        Path(partial).replace(target)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise


def _cache_folders() -> Iterator[Path]:
    """Yield folders of this user's to keep copies in: the cache, else the temporary folder."""
    version = f"duckdb-{duckdb.__version__}"
    for folder in (_user_cache() / "customer360" / version, Path(tempfile.gettempdir()) / _own_name() / version):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            foreign = hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()
        except OSError:
            continue
        if not foreign and os.access(folder, os.W_OK):
            yield folder
    yield Path(tempfile.mkdtemp(prefix="customer360-"))


def _own_name() -> str:
    return f"customer360-{os.getuid()}" if hasattr(os, "getuid") else "customer360"


def _user_cache() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
