"""Try to write and to read a folder without permission, and print both errors as JSON. Root becomes nobody first.

no_permission.py FOLDER
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.errors import C360Error, WarehouseError

folder = Path(sys.argv[1])
for path in (folder, *folder.rglob("*")):
    path.chmod(0o555 if path.is_dir() else 0o444)
if os.geteuid() == 0:
    for parent in folder.parents:  # the way to the folder must be open, the folder itself is not
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.environ["XDG_CACHE_HOME"] = "/nonexistent"
    os.setuid(65534)

said: dict[str, str] = {}
try:
    Lake(folder).instance()
except C360Error as error:
    print(json.dumps({"skip": f"another user cannot load the installed extensions here: {error.what}"}))
    sys.exit()
try:
    with DuckLakeEngine(Lake(folder)).publish(note="forbidden"):
        pass
except WarehouseError as error:
    said["write"] = str(error)
try:
    with DuckLakeEngine(Lake(folder)).read():
        pass
except WarehouseError as error:
    said["read"] = str(error)
print(json.dumps(said))
