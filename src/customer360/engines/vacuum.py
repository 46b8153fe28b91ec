"""Take what was deleted out of the catalogue's file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from customer360.errors import WarehouseError


def vacuum(catalogue: Path) -> None:
    """Rewrite the catalogue without its free pages and empty its write-ahead log.

    In a process of its own: closing a second SQLite in this one would drop the locks of the first (POSIX).
    """
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], timeout=5, isolation_level=None)\n"
        "connection.execute('VACUUM')\n"
        "busy = connection.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()[0]\n"
        "sys.exit('readers hold the write-ahead log' if busy else 0)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and program, the path is an argument
        [sys.executable, "-I", "-c", program, str(catalogue)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["unknown"]
        raise WarehouseError(
            f"The catalogue could not be purged: {reason[0]}.",
            place=str(catalogue),
            next_step="Stop the programs that read the warehouse (c360 serve) and run again.",
        )
