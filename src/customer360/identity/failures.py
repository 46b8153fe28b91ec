"""Name the situations in which identity resolution stops."""

from __future__ import annotations

from customer360.errors import C360Error


class IdentityError(C360Error):
    """Root of errors of identity resolution."""


class RecordsMalformed(IdentityError):
    """The table of records lacks an id, repeats one, or has no column that tells people apart."""


class OverrideRefused(IdentityError):
    """An override names nobody, contradicts another one or was undone before."""
