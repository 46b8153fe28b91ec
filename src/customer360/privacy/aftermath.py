"""Take an erased person out of what lies beside the warehouse, once the warehouse is without them.

Decisions, overrides, the state's files and files that audiences were written to are changed after the publication,
never before: a commit that fails costs nothing. What has to be done is kept with the erasure until it is done, so
that ``finish`` goes on where a process stopped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from customer360.ask.kept import clear
from customer360.errors import C360Error
from customer360.identity.overrides import STATE_FILE, Override, SqliteStore
from customer360.names import DASHBOARD_FILES
from customer360.privacy import search, sent_files
from customer360.privacy.consent import ConsentStore
from customer360.privacy.failures import PrivacyError
from customer360.privacy.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.engines.base import Engine
    from customer360.privacy.ledger import Ledger
    from customer360.project.spec import Project

TO_DO = "to_do"
"""Under which name the facts of an erasure hold what is left to do: it names the person, and goes when it is done."""


@dataclass(frozen=True)
class Recalled:
    """Which destinations dropped a person at once, and which the next export tells; as ``audience to destination``."""

    told: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()


Recall = Callable[[Sequence[str]], Recalled]
"""Tells the destinations of audiences to drop customers, by their ids. C360Error when it must be done again."""


@dataclass(frozen=True)
class ToDo:
    """Whom to take out of the state, which overrides name them, and the one that keeps their anonymised records one."""

    subject: Subject
    overrides: tuple[int, ...]
    merge: Override | None

    def written(self) -> dict[str, Any]:
        """Return it as facts of an erasure hold it."""
        merge = self.merge
        return {
            "customers": list(self.subject.customers),
            "records": [list(record) for record in self.subject.records],
            "values": list(self.subject.values),
            "overrides": list(self.overrides),
            "merge": merge
            and {"a": merge.records_a, "b": merge.records_b, "why": merge.why, "at": merge.at.isoformat()},
        }

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> ToDo:
        """Return what facts hold."""
        records = tuple((system, record) for system, record in facts["records"])
        subject = Subject(tuple(facts["customers"]), records, values=tuple(facts["values"]))
        merge = facts["merge"]
        return cls(
            subject, tuple(facts["overrides"]), together(merge["a"], merge["b"], **_rest(merge)) if merge else None
        )


def together(first: tuple[str, ...], second: tuple[str, ...], *, why: str, at: datetime) -> Override:
    """Return the decision that keeps records one customer that an erasure left without their names."""
    return Override("merge", tuple(first), tuple(second), who="erasure", why=why, at=at)


def _rest(merge: Mapping[str, Any]) -> dict[str, Any]:
    return {"why": merge["why"], "at": datetime.fromisoformat(merge["at"])}


def settle(project: Project, ledger: Ledger, number: int, recall: Recall | None = None) -> Mapping[str, Any]:
    """Do what is left to do of an erasure and return its facts, which name nobody then.

    Errors: PrivacyError when a file cannot be changed now; the next call goes on there.
    """
    facts = dict(ledger.named(number).facts)
    if TO_DO not in facts:
        return facts
    to_do = ToDo.read(facts[TO_DO])
    removed, sent_to = list(facts["removed"]), facts.get("sent_to")
    try:
        if sent_to is None:
            sent_to = search.destinations(project.root, to_do.subject)
            facts["sent_to"] = sent_to
            ledger.advance(number, "removed", facts)
        if recall is not None and sent_to:
            recalled = recall(to_do.subject.customers)
            facts["told"] = sorted({*facts.get("told", ()), *recalled.told})
            facts["owed"] = list(recalled.owed)
            ledger.advance(number, "removed", facts)
        for place, action, rows in _emptied(project, to_do):
            if rows:
                removed.append({"place": place, "action": action, "rows": rows})
                facts["removed"] = removed
                ledger.advance(number, "removed", facts)
        named = sent_files.naming(project, to_do.subject)
        left = {**search.in_files(project.root, to_do.subject), **named.rows}
    except (C360Error, sqlite3.Error) as error:
        said = error.what if isinstance(error, C360Error) else f"A file of the state cannot be used: {error}."
        raise PrivacyError(
            f"The person is erased from the warehouse, but not yet from all that lies beside it. {said}",
            place=getattr(error, "place", None),
            next_step=f"When nothing else uses it: c360 privacy finish {number}",
        ) from error
    del facts[TO_DO]
    own = str(ledger.suppressed.path.relative_to(project.root))
    facts["left"] = {place: times for place, times in left.items() if place != own}  # it named the person until now
    facts["unread"] = list(named.unread)
    ledger.advance(number, "removed", facts)
    return facts


def _emptied(project: Project, to_do: ToDo) -> Iterator[tuple[str, str, int]]:
    """Yield each place with what was done there and to how many rows, as it is done; doing it again changes nothing."""
    store = SqliteStore(project.root / STATE_FILE)
    theirs = {each.number for each in store.all()}.intersection(to_do.overrides)
    store.forget(theirs)
    if to_do.merge is not None and not any(each.why == to_do.merge.why for each in store.all()):
        store.add(to_do.merge)
    yield f"{STATE_FILE.name}: identity_override", "deleted", len(theirs)
    consents = ConsentStore(project.root)
    yield f"{consents.path.name}: consent", "deleted", consents.forget(to_do.subject.records)
    for place, rows in sent_files.clean(project, to_do.subject):
        yield place, "deleted", rows
    yield f"{DASHBOARD_FILES}: pictures", "deleted", sent_files.drop_pictures(project)
    for place, rows in search.scrub_state(project.root, to_do.subject):
        yield place, "emptied", rows
    for place, rows in search.scrub_texts(project.root, to_do.subject).items():
        yield place, "emptied", rows
    clear(project.root)  # values of the data, made anew by the next question


def purge(engine: Engine, root: Path) -> Mapping[str, int]:
    """Delete older states from disk, and then what was made of them: nobody reads one that could be kept again.

    Errors: WarehouseError while older states are being read, PrivacyError.
    """
    gone = engine.maintain(purge=True)
    try:
        clear(root)
    except OSError as error:
        raise PrivacyError(f"A file that is made of the data cannot be deleted: {error}.") from error
    return gone
