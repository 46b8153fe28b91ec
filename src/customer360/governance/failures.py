"""Name what goes wrong when people sign in, ask for access and decide about it."""

from __future__ import annotations

from customer360.errors import C360Error


class NotSignedIn(C360Error):
    """Nobody is signed in, or the name, password or key is wrong; which of them stays unsaid."""


class TooManyAttempts(C360Error):
    """Too many wrong passwords; nobody may try again for a while."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = max(1, round(seconds / 60))
        super().__init__(
            "There were too many wrong passwords.",
            next_step=f"Wait {minutes} minute{'s' if minutes > 1 else ''} and try again.",
        )


class AccountRefused(C360Error):
    """An account, group, key or password cannot be as asked."""


class AccessRefused(C360Error):
    """A request or decision about access breaks a rule: four eyes, ownership, duration, state."""


class HistoryBroken(C360Error):
    """The history of accounts and access was changed from outside."""
