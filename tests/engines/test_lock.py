"""One writer at a time, and whoever comes second learns who is first."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from tests.engines.conftest import start

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lock import WriterLock
from customer360.errors import WarehouseError, WriterBusy


def test_a_busy_lock_names_its_holder(tmp_path: Path, engine: DuckLakeEngine) -> None:
    holder = start("hold.py", tmp_path / "warehouse", "nightly load")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    with pytest.raises(WriterBusy) as refusal, engine.publish(note="build"):
        pass
    message = str(refusal.value)
    assert f"process {holder.pid} on {socket.gethostname()}" in message
    assert "hold.py" in message
    assert "nightly load" in message
    assert "since 2" in message
    assert str(tmp_path) not in message, "arguments of the command may be personal"
    holder.communicate()
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")


def test_waiting_gets_the_lock_when_it_is_freed(tmp_path: Path, engine: DuckLakeEngine) -> None:
    holder = start("hold.py", tmp_path / "warehouse", "load")
    assert holder.stdout is not None
    holder.stdout.readline()
    assert holder.stdin is not None
    threading.Timer(0.3, holder.stdin.close).start()
    with engine.publish(note="build", wait=60) as publication:
        publication.create_schema("gold")
        assert publication.snapshot_before > 0, "the holder's publish went first"
    holder.wait()
    holder.stdout.close()


def test_a_publish_within_a_publish_is_busy_and_names_this_process(engine: DuckLakeEngine) -> None:
    with (
        engine.publish(note="outer"),
        pytest.raises(WriterBusy, match=f"process {os.getpid()} .*outer"),
        engine.publish(note="inner"),
    ):
        pass


def test_maintenance_and_rollback_take_the_lock_too(tmp_path: Path, engine: DuckLakeEngine) -> None:
    with engine.publish(note="first") as publication:
        publication.create_schema("gold")
    holder = start("hold.py", tmp_path / "warehouse", "load")
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(WriterBusy):
        engine.maintain()
    with pytest.raises(WriterBusy):
        engine.rollback(1)
    with engine.read() as session:
        assert session.snapshot == 1, "readers are not affected"
    holder.communicate()


def test_a_lock_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "no such folder" / "writer.lock")
    with pytest.raises(WarehouseError, match="lock file cannot be opened: No such file"), lock.hold("build"):
        pass


def test_the_holder_of_a_free_lock_is_nobody(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "writer.lock")
    assert lock.holder() is None
    with lock.hold("build") as holder:
        assert lock.holder() == holder
        assert holder.purpose == "build"
    assert lock.holder() is None
