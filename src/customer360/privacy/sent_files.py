"""Take a person out of the files of this project that audiences and dashboards were written to: all of `exports`.

Rows leave tables; pictures cannot be searched, so all of them go, and are made anew when they are due.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from customer360.names import DASHBOARD_FILES, EXPORTS
from customer360.privacy.failures import PrivacyError
from customer360.privacy.search import pattern_of

if TYPE_CHECKING:
    import re

    from customer360.privacy.subject import Subject
    from customer360.project.spec import Project

_KINDS = frozenset({"csv", "parquet"})
_DELIMITERS = ",;\t|"
_NO_TABLE = (ValueError, csv.Error, pa.ArrowException)
"""Bytes that are no UTF-8, no CSV, no Parquet."""
_PICTURES = frozenset({".png", ".pdf", ".svg"})


def drop_pictures(project: Project) -> int:
    """Delete every picture of a dashboard and return how many there were. Errors: PrivacyError."""
    number = 0
    for path in sorted((project.root / DASHBOARD_FILES).rglob("*")):
        if path.suffix.lower() in _PICTURES and path.is_file():
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise PrivacyError(
                    f"The picture {path.name} of a dashboard cannot be deleted ({type(error).__name__}).",
                    place=str(path),
                    next_step="Delete it.",
                ) from None
            number += 1
    return number


def clean(project: Project, subject: Subject) -> Iterator[tuple[str, int]]:
    """Rewrite each file without the person's rows; yield files with how many went.

    What is no table is left as it is (``naming`` tells of it). A file that cannot be opened or written stops no other,
    and then it is said. Errors: PrivacyError.
    """
    pattern, closed = pattern_of(subject), []
    for path in _files(project):
        try:
            rows = _csv_without(path, pattern) if _is_csv(path) else _parquet_without(path, pattern)
        except _NO_TABLE:
            continue
        except OSError as error:
            closed.append(f"{_place(project, path)} ({type(error).__name__})")
            continue
        if rows:
            yield _place(project, path), rows
    if closed:
        raise PrivacyError(
            f"Files that were written for audiences or dashboards cannot be cleaned: {', '.join(closed)}.",
            next_step="Make them writable, or delete them.",
        )


@dataclass(frozen=True)
class Named:
    """Where files still name the person, with how many rows do, and which files are no tables that can be searched."""

    rows: dict[str, int]
    unread: tuple[str, ...]


def naming(project: Project, subject: Subject) -> Named:
    """Look for the person in every file; what is no table is looked through as text, which proves nothing."""
    pattern, found, unread = pattern_of(subject), {}, []
    for path in _files(project):
        place = _place(project, path)
        try:
            rows = _csv_rows(path) if _is_csv(path) else (list(row.values()) for row in _parquet(path).to_pylist())
            number = sum(_names(row, pattern) for row in rows)
        except _NO_TABLE:
            unread.append(place)
            number = len(pattern.findall(path.read_bytes().decode("utf-8", errors="replace")))
        if number:
            found[place] = number
    return Named(found, tuple(unread))


def _place(project: Project, path: Path) -> str:
    return str(path.relative_to(project.root.resolve()))


def _files(project: Project) -> list[Path]:
    root = project.root.resolve()
    named = {
        (root / str(destination.options["path"])).resolve()
        for audience in project.audiences.values()
        for destination in audience.destinations.values()
        if destination.kind in _KINDS
    }
    # An audience may have been written elsewhere before, and people write into the folder themselves.
    named |= {path.resolve() for path in (root / EXPORTS).rglob("*") if path.suffix.lower()[1:] in _KINDS}
    return sorted(path for path in named if path.is_relative_to(root) and path.is_file())


def _names(row: Iterable[object], pattern: re.Pattern[str]) -> bool:
    return any(isinstance(cell, str) and pattern.search(cell) for cell in row)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() != ".parquet"


def _csv_rows(path: Path) -> Iterator[list[str]]:
    return (row for row, _ in _csv_records(path))


def _csv_records(path: Path) -> Iterator[tuple[list[str], str]]:
    """Yield rows with their text as it stands in the file, whoever wrote it."""
    with path.open(encoding="utf-8", newline="") as file:
        head = file.readline()
        delimiter = max(_DELIMITERS, key=head.count)  # a person's row must be seen whole, with line ends in its quotes
        file.seek(0)
        read: list[str] = []

        def lines() -> Iterator[str]:
            for line in file:
                read.append(line)
                yield line

        for row in csv.reader(lines(), delimiter=delimiter):
            yield row, "".join(read)
            read.clear()


def _csv_without(path: Path, pattern: re.Pattern[str]) -> int:
    records = list(_csv_records(path))
    kept = [text for row, text in records if not _names(row, pattern)]
    if len(kept) < len(records):
        draft = _draft(path)
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.writelines(kept)
        draft.replace(path)
    return len(records) - len(kept)


def _parquet(path: Path) -> pa.Table:
    return pq.ParquetFile(path).read()


def _parquet_without(path: Path, pattern: re.Pattern[str]) -> int:
    table = _parquet(path)
    stays = [not _names(row.values(), pattern) for row in table.to_pylist()]
    if not all(stays):
        draft = _draft(path)
        pq.write_table(table.filter(pa.array(stays, pa.bool_())), draft)
        draft.replace(path)
    return stays.count(False)


def _draft(path: Path) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    return draft
