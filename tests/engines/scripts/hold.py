"""Hold the writer lock until standard input closes.

hold.py FOLDER NOTE
"""

from __future__ import annotations

import sys
from pathlib import Path

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake

with DuckLakeEngine(Lake(Path(sys.argv[1]))).publish(note=sys.argv[2]) as publication:
    publication.create_schema("held")
    print("holding", flush=True)
    sys.stdin.read()
