"""Send members somewhere: one file a kind of destination, one line each here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.audiences.destinations.files import send_file
from customer360.audiences.destinations.postgres import send_postgres
from customer360.audiences.destinations.webhook import send_webhook

if TYPE_CHECKING:
    from customer360.audiences.delivery import Send

SENDERS: dict[str, Send] = {
    "csv": send_file,
    "parquet": send_file,
    "webhook": send_webhook,
    "postgres": send_postgres,
}
"""How each kind of destination takes a delivery."""
