"""Read until standard input closes; complain of every mix, every step back and every error.

read.py FOLDER
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from workload import state

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.errors import C360Error

engine = DuckLakeEngine(Lake(Path(sys.argv[1])))
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
newest, sessions = -1, 0
stopping = False
while not stopping:
    stopping = stop.is_set()  # then once more: what was published last is seen
    try:
        with engine.read() as session:
            before = state(session)
            time.sleep(0.02)
            after = state(session)
    except (AssertionError, C360Error) as error:
        print("BAD", type(error).__name__, error, flush=True)
        continue
    if not newest <= before == after:
        print("BAD", newest, before, after, flush=True)
    newest = after
    sessions += 1
    if sessions == 1:
        print("reading", flush=True)
    stop.wait(0.3)
print("sessions", sessions, "newest", newest, flush=True)
