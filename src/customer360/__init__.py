"""customer360: from the systems where customers live to governed data products, metrics and answers.

import customer360
project = customer360.open_project("acme")
project.query(metrics=["revenue"], dimensions=[{"name": "segment"}])   # a pyarrow.Table
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customer360.workspace import Workspace, open_project

__version__ = "0.1.0"
__all__ = ["Workspace", "__version__", "open_project"]


def __getattr__(name: str) -> Any:
    """Import the public names when first used, so that ``c360 --help`` stays fast."""
    if name in {"Workspace", "open_project"}:
        from customer360 import workspace

        return getattr(workspace, name)
    raise AttributeError(f"module 'customer360' has no attribute {name!r}")
