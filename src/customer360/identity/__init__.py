"""Find which records are one person, explain why, and undo it."""

from __future__ import annotations

from customer360.identity.resolution import Resolution, resolve, run
from customer360.identity.settings import Settings

__all__ = ["Resolution", "Settings", "resolve", "run"]
