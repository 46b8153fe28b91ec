"""Publish again and again from ``k`` on; with a moment, kill this process at its nth occurrence.

write.py FOLDER K HOW_MANY [MOMENT NTH]
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from workload import write

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake

folder, first, many = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
deadly, nth = (sys.argv[4], int(sys.argv[5])) if len(sys.argv) > 4 else ("", 0)
heard: list[str] = []


def listen(moment: str) -> None:
    heard.append(moment)
    if moment == deadly and heard.count(deadly) == nth:
        os.kill(os.getpid(), signal.SIGKILL)


engine = DuckLakeEngine(Lake(Path(folder)), keep_snapshots=3, listener=listen)
for k in range(first, first + many):
    with engine.publish(note=f"publish {k}") as publication:
        write(publication, k)
    print(k, flush=True)
