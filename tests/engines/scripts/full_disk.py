"""Publish while files may not grow beyond a size, and print the error as JSON.

full_disk.py FOLDER data|catalogue
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.errors import WarehouseError
from customer360.names import Relation

folder, where = Path(sys.argv[1]), sys.argv[2]
engine = DuckLakeEngine(Lake(folder))
try:
    with engine.publish(note="too much") as publication:
        if where == "data":
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            publication.create_table_as(Relation("gold", "t"), "SELECT random() AS x FROM range(1000000)")
        else:
            publication.create_table_as(Relation("gold", "t"), "SELECT 2 AS x")
            # the write-ahead log of the catalogue is far smaller than this commit needs
            resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, resource.RLIM_INFINITY))
except WarehouseError as error:
    print(json.dumps({"kind": type(error).__name__, "what": error.what, "next_step": error.next_step}))
