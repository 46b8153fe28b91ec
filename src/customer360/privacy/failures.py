"""Name what can go wrong while somebody is erased or shown what is known about them."""

from __future__ import annotations

from customer360.errors import C360Error


class PrivacyError(C360Error):
    """A request of a person cannot be carried out as asked."""


class ErasureIncomplete(PrivacyError):
    """Something of the person would have stayed, so nothing was changed."""


class CertificateBroken(PrivacyError):
    """A certificate is not what was signed here."""
