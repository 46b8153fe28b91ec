"""Run the command line as ``python -m customer360``."""

from __future__ import annotations

from customer360.cli import main

main()
