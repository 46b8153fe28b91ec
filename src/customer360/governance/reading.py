"""Open a session for whoever asks: as it is for the owner, guarded for everybody else, and written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from customer360.errors import NotPermitted
from customer360.governance.asking import asking
from customer360.governance.guard import GuardedSession

if TYPE_CHECKING:
    from customer360.engines.base import Session
    from customer360.governance.entitlements import Entitlements
    from customer360.governance.office import Governance
    from customer360.names import Relation
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal

Answered = tuple[str, int, "frozenset[Relation]"]
"""What was answered: its SQL, how many rows, and the tables it was read from."""


@dataclass
class Seen:
    """A session as somebody may see it."""

    session: Session
    principal: Principal
    may_remember: bool = True
    """Whether answers may be kept, and roll-ups used: not where rows are hidden or tables are missing."""
    figures_only: frozenset[Relation] = frozenset()
    """Tables of which only figures may be shown."""
    read: set[Relation] = field(default_factory=set)
    """Tables that were read since the last answer."""
    answers: list[Answered] = field(default_factory=list)
    """What was answered, with the tables it was read from."""
    refusals: list[NotPermitted] = field(default_factory=list)
    """What was refused, and whoever asked went on."""

    def answered(self, sql: str, rows: int) -> None:
        """Say what was answered, to be written down."""
        self.answers.append((sql, rows, frozenset(self.read)))
        self.read.clear()

    def refused(self, error: NotPermitted) -> None:
        """Say what was refused, to be written down."""
        self.refusals.append(error)
        self.read.clear()


@contextmanager
def read_as(
    governance: Governance,
    session: Session,
    door: str,
    principal: Principal | None = None,
    model: SemanticModel | None = None,
    *,
    typed: bool = False,
    figures: bool = False,
) -> Iterator[Seen]:
    """Give the session as the principal (else whoever the door says) may see it. Errors: NotPermitted.

    What accounts read, and what they were refused, goes into the history.
    """
    who = principal or asking()
    if who.owns_everything:
        yield Seen(session, who)
        return
    seen = None
    try:
        who = governance.current(who)
        check_scope(who, door)
        seen = _seen(governance, session, who, model, typed=typed, figures=figures)
        yield seen
    except NotPermitted as error:
        if seen is None:
            seen = Seen(session, who)
        if error not in seen.refusals:
            seen.refused(error)
        raise
    finally:
        if seen is not None and not who.reads_all:
            governance.note_readings(who, door, seen.answers, [each.what for each in seen.refusals])


def note_again(governance: Governance, door: str, answers: Sequence[Answered]) -> None:
    """Write down that whoever asks was shown what had been answered before."""
    who = asking()
    if not who.owns_everything and not who.reads_all:
        governance.note_readings(who, door, answers)


def _seen(
    governance: Governance,
    session: Session,
    who: Principal,
    model: SemanticModel | None,
    *,
    typed: bool,
    figures: bool,
) -> Seen:
    entitlements = governance.entitlements(who, figures=figures)
    guarded = GuardedSession(session, entitlements, typed=typed)
    seen = Seen(cast("Session", guarded), _lifted(who, entitlements, model), entitlements.reads_all, read=guarded.seen)
    seen.figures_only = frozenset(each.relation for each in entitlements.readings.values() if each.figures_only)
    return seen


def permitted(governance: Governance, principal: Principal | None = None) -> frozenset[Relation] | None:
    """Return the tables that may be named, None for all. Errors: NotPermitted."""
    who = principal or asking()
    return None if who.owns_everything else governance.entitlements(who).relations


def sight(governance: Governance, principal: Principal | None = None) -> str:
    """Return a text that differs whenever what the asker may see differs. Errors: NotPermitted."""
    who = principal or asking()
    if who.owns_everything:
        return who.digest
    return f"{who.digest}/{sorted(who.scopes or ())}/{governance.entitlements(who, figures=True).digest}"


def check_scope(who: Principal, door: str) -> None:
    """Raise NotPermitted when an API key is limited to other doors."""
    if not who.may_use(door):
        raise NotPermitted(f"This API key may not be used for {door}.", next_step="Make a key with that scope.")


def _lifted(who: Principal, entitlements: Entitlements, model: SemanticModel | None) -> Principal:
    """Return the principal without the model's masks on datasets whose personal columns a grant shows."""
    if model is None or entitlements.reads_all:
        return who
    personal = {str(relation) for relation, reading in entitlements.readings.items() if reading.personal}
    lifted = frozenset(name for name, dataset in model.datasets.items() if dataset.source in personal)
    return replace(who, lifted=lifted) if lifted else who
