"""What a publish wrote reaches the disk before its commit; a flush ahead that fails is not forgotten."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from customer360.engines import flush
from customer360.engines.flush import FlushAhead, flush_to_disk


@pytest.fixture
def lake(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of data files and the mark that stands since before they were written."""
    mark, data = tmp_path / "unfinished", tmp_path / "data"
    mark.touch()
    data.mkdir()
    return data, mark


def wait_for(ahead: FlushAhead) -> None:
    time.sleep(flush.EVERY * 1.1)
    ahead.tell("file written")


def test_moments_are_passed_on(lake: tuple[Path, Path]) -> None:
    heard: list[str] = []
    with FlushAhead(partial(flush_to_disk, lake[0], newer_than=lake[1]), tell=heard.append) as ahead:
        for moment in ("file written", "before commit"):
            ahead.tell(moment)
        ahead.finish()
    assert heard == ["file written", "before commit"]


def test_a_failed_flush_is_raised_in_the_end(lake: tuple[Path, Path]) -> None:
    data, mark = lake
    (data / "table.parquet").write_bytes(b"rows")
    with FlushAhead(partial(flush_to_disk, data, newer_than=mark), tell=print) as ahead:
        mark.unlink()
        mark.symlink_to(mark)  # a loop: neither there nor missing
        wait_for(ahead)
        with pytest.raises(OSError, match="symbolic links"):
            ahead.finish()


def test_a_file_that_went_meanwhile_is_no_failure(lake: tuple[Path, Path]) -> None:
    data, mark = lake
    with FlushAhead(partial(flush_to_disk, data, newer_than=mark), tell=print) as ahead:
        mark.unlink()
        wait_for(ahead)
        ahead.finish()
