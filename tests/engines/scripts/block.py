"""Hold SQLite's write lock on a file, as a curious person's database browser does, until standard input closes.

block.py CATALOGUE
"""

from __future__ import annotations

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("blocking", flush=True)
sys.stdin.read()
connection.close()
