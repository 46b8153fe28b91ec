"""Say who carries out what people ask about their data, and write down that they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.errors import NotPermitted
from customer360.privacy.failures import PrivacyError

if TYPE_CHECKING:
    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.governance.records import Actor

OFFICER = "privacy_officer"


def check_officer(by: Actor) -> None:
    """Raise NotPermitted unless it is a privacy officer, or who sits at the machine."""
    if not by.is_operator and OFFICER not in by.roles:
        raise NotPermitted(
            "Only privacy officers carry out what people ask about their data.",
            next_step="At this machine use `c360 privacy`, or `c360 serve --show-personal`; else ask for the role.",
        )


def check_engine(engine: Engine) -> None:
    """Raise PrivacyError for a warehouse that would keep traces of what is deleted."""
    if not engine.capabilities.leaves_no_trace:
        raise PrivacyError(
            f"People cannot be looked for and erased in a warehouse of the kind '{engine.name}' yet.",
            next_step="Move it first (`c360 migrate --to duckdb`) and drop the old one: it keeps the person, whatever a"
            " certificate says. For now nothing was changed. Consent holds in any.",
        )


def note(governance: Governance, by: Actor, action: str, subject: str, **detail: Any) -> None:
    """Write an entry of the history: numbers, nothing of the person."""
    with governance.state.writing() as writing:
        writing.note(by.name, action, subject, **detail)
