"""Put PDF files of one page each into one file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def joined(files: Sequence[bytes], title: str) -> bytes:
    """Return the pages of these files as one file of that title."""
    from pypdf import PdfReader, PdfWriter

    whole = PdfWriter()
    for file in files:
        whole.append(PdfReader(io.BytesIO(file)))
    whole.add_metadata({"/Title": title, "/Producer": "customer360"})
    written = io.BytesIO()
    whole.write(written)
    return written.getvalue()
