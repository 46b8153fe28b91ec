"""Find which records are one person, explain why, and undo it."""

from __future__ import annotations

from customer360.identity.model import Model
from customer360.identity.resolution import Memory, Resolution, resolve, run
from customer360.identity.settings import Settings

__all__ = ["Memory", "Model", "Resolution", "Settings", "resolve", "run"]
