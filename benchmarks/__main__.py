"""Run every benchmark, or those named on the command line, and print the bench page.

python -m benchmarks [small_models complete_journey ...]
python -m benchmarks ask questions.yaml        scores that set, by class with 95 % intervals
"""

from __future__ import annotations

import importlib
import os
import platform
import sys

PAGES = (
    "small_models",
    "complete_journey",
    "shopflow",
    "command_line",
    "postgres_load",
    "mongo_load",
    "generator",
    "metrics",
    "beside_metricflow",
    "identity",
    "identity_on_spark",
    "science",
    "erasure",
    "ask",
    "policies",
    "web",
    "pages",
    "scale",
)


def main() -> None:
    wanted = [name for name in sys.argv[1:] if not name.endswith(".yaml")] or PAGES
    print(f"# Benchmarks\n\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for name in wanted:
        print(importlib.import_module(f"benchmarks.{name}").page() + "\n", flush=True)


if __name__ == "__main__":
    main()
