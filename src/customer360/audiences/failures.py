"""Name the situations in which an audience cannot be refreshed or sent."""

from __future__ import annotations

from customer360.errors import C360Error


class AudienceError(C360Error):
    """An audience cannot do what was asked."""


class NotRefreshed(AudienceError):
    """Nobody has worked out yet who is in this audience."""


class ExportFailed(AudienceError):
    """A destination did not take the members, or not all of them; what it took is remembered."""


class ExportBusy(AudienceError):
    """Another process sends members to this destination just now."""
