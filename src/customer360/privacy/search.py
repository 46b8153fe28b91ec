"""Look for a person everywhere else: all text of all tables, and the files of the project's state."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.ask.kept import CACHE
from customer360.names import QUARANTINE_SCHEMA, Relation, quoted, text_literal
from customer360.privacy.failures import PrivacyError
from customer360.privacy.places import is_personal
from customer360.privacy.subject import Subject, listed
from customer360.privacy.traces import CHECK_LOG, Columns

if TYPE_CHECKING:
    from customer360.engines.base import Session
    from customer360.project.spec import Project

ERASED = "[erased]"
_IN_TEXT = r"(?<![\w@.:-])(?:{})(?![\w@]|[.-]\w)"
"""Whole words only: lee@mail.example is neither in ashlee@mail.example nor in lee@mail.example.org."""
_IN_TABLES = r"(?:^|[^\pL\pN_@.:-])(?:{})(?:$|[^\pL\pN_@.-]|[.-](?:$|[^\pL\pN_]))"
"""The same for the warehouse, whose patterns cannot look around."""
_BATCH = 40
"""Tables that are searched with one query."""
FOLDERS = ("state", "logs", str(CACHE))
"""Folders of a project, beside the warehouse, where what people did is kept, and what is made of the warehouse."""
GOVERNANCE, AUDIENCES = "governance.sqlite", "audiences.sqlite"
SPARED = frozenset({"erasure", "owed"})
"""Tables that name an erased person until it is done: whom an erasure is about, whom a destination must still drop."""
WRITTEN = frozenset({"purpose", "note", "text"})
"""Columns of governance in which people write what they want, or that repeat it to others."""


def in_tables(session: Session, project: Project, subject: Subject, columns: Columns) -> dict[Relation, int]:
    """Return the tables that hold a text that is the person's, with the number of rows; free text is read through."""
    tokens = listed(subject.telling)
    asked = []
    for relation, types in columns.items():
        texts = [name for name, type_ in types.items() if type_ == "VARCHAR"]
        parts = [f"{quoted(name)} IN ({tokens})" for name in texts]
        if subject.values:
            named = text_literal(_IN_TABLES.format("|".join(map(re.escape, subject.values))))
            parts += [f"regexp_matches({quoted(name)}, {named}, 'i')" for name in _free(project, relation, texts)]
        if parts:
            where = " OR ".join(parts)
            asked.append(f"SELECT {text_literal(relation)} AS place, count(*) AS n FROM {relation.sql} WHERE {where}")
    found = {}
    for start in range(0, len(asked), _BATCH):
        for row in session.query(" UNION ALL ".join(asked[start : start + _BATCH])).to_pylist():
            if row["n"]:
                found[Relation.parse(row["place"])] = row["n"]
    return found


def _free(project: Project, relation: Relation, texts: list[str]) -> list[str]:
    if relation.schema == QUARANTINE_SCHEMA or relation == CHECK_LOG:
        return [name for name in texts if name in {"row_json", "row_key", "sample"}]
    contract = project.contract_of(relation)
    personal = {column.name for column in (contract.columns if contract else ()) if is_personal(column)}
    return [name for name in texts if name in personal]


def pattern_of(subject: Subject) -> re.Pattern[str]:
    """Return the pattern of everything that names the person, as whole words: crm:17 is not in crm:170."""
    texts = sorted({*subject.telling, *subject.names}, key=len, reverse=True)
    return re.compile(_IN_TEXT.format("|".join(map(re.escape, texts))), re.IGNORECASE)


def scrub_state(root: Path, subject: Subject) -> Iterator[tuple[str, int]]:
    """Take the person's names out of every SQLite file of the state; yield rows changed, by file and table.

    A row that is about them (a cell is their id) goes; texts that mention them are emptied of it. Accounts are not
    customers, so of governance only what people wrote is looked at; its history holds no personal values by rule, and
    changing an entry would break the chain that proves it. Errors: PrivacyError; doing it again goes on.
    """
    pattern = pattern_of(subject)
    for path in sorted((root / FOLDERS[0]).glob("*.sqlite")):
        with _opened(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            for name, function in _functions(pattern):
                database.create_function(name, 1, function, deterministic=True)
            found = {table: _scrub(database, path, table) for table in _tables(database) if table not in SPARED}
            if any(found.values()):
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield from ((f"{path.name}: {table}", rows) for table, rows in found.items() if rows)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database:
            yield database
    except sqlite3.Error as error:
        raise PrivacyError(f"The file {path.name} of the state cannot be used: {error}.", place=str(path)) from error


def destinations(root: Path, subject: Subject) -> list[str]:
    """Return where audiences sent the person to, as ``audience to destination``. Errors: PrivacyError."""
    path = root / FOLDERS[0] / AUDIENCES
    if not path.is_file():
        return []
    with _opened(path) as database:
        if "sent" not in _tables(database):
            return []
        marks = ", ".join("?" * len(subject.customers))
        sql = f"SELECT DISTINCT audience, destination FROM sent WHERE member IN ({marks}) ORDER BY 1, 2"
        return [f"{audience} to {name}" for audience, name in database.execute(sql, subject.customers).fetchall()]


def scrub_texts(root: Path, subject: Subject) -> dict[str, int]:
    """Take the person's names out of the JSON files of the state, such as remembered questions; return texts changed.

    A list whose text names them loses it, so that nothing half-said is asked again. Certificates are left alone.
    """
    pattern = pattern_of(subject)
    changed = {}
    for path in sorted((root / FOLDERS[0]).glob("*.json")):
        text = path.read_text(encoding="utf-8")
        number = len(pattern.findall(text))
        if number:
            path.write_text(json.dumps(_without(json.loads(text), pattern), ensure_ascii=False), encoding="utf-8")
            changed[path.name] = number
    return changed


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, list):
        return [_without(each, pattern) for each in value if not (isinstance(each, str) and pattern.search(each))]
    if isinstance(value, dict):
        return {key: _without(each, pattern) for key, each in value.items() if not pattern.search(key)}
    return pattern.sub(ERASED, value) if isinstance(value, str) else value


def _functions(pattern: re.Pattern[str]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    yield "is_them", lambda text: isinstance(text, str) and pattern.fullmatch(text.strip()) is not None
    yield "names_them", lambda text: isinstance(text, str) and pattern.search(text) is not None
    yield "without_them", lambda text: pattern.sub(ERASED, text)


def _tables(database: sqlite3.Connection) -> list[str]:
    rows = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [row[0] for row in rows.fetchall()]


def _scrub(database: sqlite3.Connection, path: Path, table: str) -> int:
    names = [row[1] for row in database.execute(f"PRAGMA table_info({quoted(table)})").fetchall()]
    if path.name == GOVERNANCE:
        return sum(_emptied(database, table, name) for name in names if name in WRITTEN)
    changed = 0
    for name in names:
        with database:
            gone = database.execute(f"DELETE FROM {quoted(table)} WHERE is_them({quoted(name)})")
        changed += max(gone.rowcount, 0) + _emptied(database, table, name)
    return changed


def _emptied(database: sqlite3.Connection, table: str, name: str) -> int:
    column = quoted(name)
    with database:
        done = database.execute(
            f"UPDATE {quoted(table)} SET {column} = without_them({column}) WHERE names_them({column})"
        )
    return max(done.rowcount, 0)


def in_files(root: Path, subject: Subject) -> Mapping[str, int]:
    """Return the files of the state and the logs in which the person is still named, with how often."""
    pattern = pattern_of(subject)
    found = {}
    for path in _files(root):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if number := len(pattern.findall(text)):
            found[str(path.relative_to(root))] = number
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in sorted((root / folder).rglob("*")) if path.is_file())
