"""Take a person out of the files of this project that audiences and dashboards were written to: all of `exports`.

Rows leave tables; pictures cannot be searched, so all of them go, and are made anew when they are due.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
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
    """Rewrite each file without the person's rows; yield files with how many went. Errors: PrivacyError."""
    pattern = pattern_of(subject)
    for path in _files(project):
        try:
            rows = _csv_without(path, pattern) if _is_csv(path) else _parquet_without(path, pattern)
        except (OSError, ValueError, csv.Error) as error:  # ArrowInvalid is a ValueError
            raise PrivacyError(
                f"The file {path.name}, written for an audience or a dashboard, cannot be cleaned"
                f" ({type(error).__name__}).",
                place=str(path),
                next_step="Correct or delete it.",
            ) from None
        if rows:
            yield str(path.relative_to(project.root.resolve())), rows


def naming(project: Project, subject: Subject) -> dict[str, int]:
    """Return the files that still name the person, with how many rows do."""
    pattern = pattern_of(subject)
    found = {}
    for path in _files(project):
        rows = _csv_rows(path) if _is_csv(path) else (list(row.values()) for row in _parquet(path).to_pylist())
        if number := sum(_names(row, pattern) for row in rows):
            found[str(path.relative_to(project.root.resolve()))] = number
    return found


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
