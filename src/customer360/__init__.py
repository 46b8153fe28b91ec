"""customer360: from the systems where customers live to governed data products, metrics and answers."""

from __future__ import annotations

__version__ = "0.1.0"
