"""Carry out what a person may ask for: be shown, be erased; and say, signed, what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from customer360.clock import now
from customer360.errors import WarehouseError
from customer360.identity.configured import configured
from customer360.identity.overrides import STATE_FILE as OVERRIDES_FILE
from customer360.identity.overrides import Override, Overrides, SqliteStore
from customer360.models.build import build_within
from customer360.privacy import certificate, removal, search
from customer360.privacy.aftermath import TO_DO, Recall, ToDo, purge, settle, together
from customer360.privacy.certificate import Certificate
from customer360.privacy.failures import ErasureIncomplete, PrivacyError
from customer360.privacy.ledger import Erasure, Ledger
from customer360.privacy.officer import check_engine, check_officer, note
from customer360.privacy.places import Places
from customer360.privacy.removal import Mode, Removed
from customer360.privacy.stand_in import StandIn, stand_ins
from customer360.privacy.subject import Subject, find
from customer360.privacy.traces import CHECK_LOG, Trace, columns_of, count, traces
from customer360.progress import Progress, Silent
from customer360.raw.suppressed import Suppressed, digest

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.engines.base import Engine, Publication
    from customer360.governance.office import Governance
    from customer360.governance.records import Actor
    from customer360.names import Relation
    from customer360.project.spec import Project

SUBJECT = "customer"
"""Under which name the digest of a customer id stands in a certificate."""
_STEPS = 6


def _note_of(number: int) -> str:
    """Return under which note the publication of an erasure stands in the history."""
    return f"erasure {number}"


@dataclass(frozen=True)
class Found:
    """What is there of a person: rows by table."""

    subject: Subject
    rows: Mapping[Relation, int]
    kinds: Mapping[Relation, str]


@dataclass(frozen=True)
class _Erased:
    """What one publication took out."""

    subject: Subject
    removed: tuple[Removed, ...]
    overrides: tuple[int, ...]
    merge: Override | None
    tables: int


class PrivacyOffice:
    """The privacy office of one project: for privacy officers, and for who sits at the machine."""

    def __init__(
        self, engine: Engine, project: Project, governance: Governance, *, recall: Recall | None = None
    ) -> None:
        self._engine = engine
        self._project = project
        self._governance = governance
        self._recall = recall
        self._ledger = Ledger(project.root)

    @property
    def _root(self) -> Path:
        return self._project.root

    @cached_property
    def _places(self) -> Places:
        return Places(self._project)

    def find(self, key: str, *, by: Actor) -> Found:
        """Say how many rows of which tables are a person's; change nothing.

        Errors: NotPermitted, CustomerMissing, QueryError, WarehouseMissing, PrivacyError.
        """
        check_officer(by)
        check_engine(self._engine)
        with self._engine.read() as session:
            subject = find(session, self._places, key)
            found = traces(self._places, subject, columns_of(session))
            rows = count(session, found)
        note(self._governance, by, "privacy.find", "person", tables=sum(n > 0 for n in rows.values()))
        return Found(subject, rows, {trace.relation: trace.kind for trace in found})

    def erase(
        self, key: str, *, mode: Mode, by: Actor, reason: str | None = None, progress: Progress | None = None
    ) -> Certificate:
        """Erase a person everywhere here, prove it, and return the certificate.

        ``delete`` takes rows out; ``anonymise`` leaves those that count, under ids that are nobody's. Raw tables, all
        models and the proof are one publication: all of it, or nothing. Then older states are deleted from disk.
        Errors: NotPermitted, CustomerMissing, QueryError, ErasureIncomplete, WriterBusy, those of a build; PrivacyError
        when the person is gone but older states are being read, see ``finish``.
        """
        check_officer(by)
        check_engine(self._engine)
        with self._engine.read() as session:
            find(session, self._places, key)  # whoever is not there needs no lock and no build
        number = self._ledger.begin(now(), by.name, mode)
        watch = progress or Silent()
        watch.start("erase", _STEPS)
        try:
            with self._engine.publish(note=_note_of(number)) as publication:
                erasing = _Erasing(self._engine, self._project, self._places, publication, watch)
                facts = self._facts(number, erasing.run(key, number, mode), reason)
                self._ledger.advance(number, "begun", facts)  # a process that dies after the commit can be finished
        except BaseException:  # also Ctrl-C: then nothing was erased, unless it was published
            if not self._is_published(number):  # so nothing is kept out either
                self._ledger.withdraw(number)
            raise
        else:
            self._ledger.advance(number, "removed", facts)
            watch.step("erase", "published")
            note(self._governance, by, "privacy.erase", f"erasure {number}", mode=mode)
            return self.finish(number, by=by)
        finally:
            watch.finish("erase")

    def finish(self, number: int, *, by: Actor) -> Certificate:
        """Do what is left of an erasure: empty the state, delete older states from disk, write the certificate.

        Errors: NotPermitted, PrivacyError.
        """
        check_officer(by)
        erasure = self._ledger.named(number)
        died = erasure.status == "begun" and self._is_published(number)
        if erasure.status != "removed" and not died:
            raise PrivacyError(f"Erasure {number} does not wait for anything: it is {erasure.status}.")
        facts = settle(self._project, self._ledger, number, self._recall)
        try:
            gone = purge(self._engine, self._root)
        except WarehouseError as error:
            raise PrivacyError(
                f"The person is erased from the present state, but older ones are still on disk. {error.what}",
                next_step=f"Stop the programs that read the warehouse, then: c360 privacy finish {number}",
            ) from error
        finished = now()
        made = certificate.write(self._root, number, self._document(erasure, facts, gone, finished.isoformat()))
        self._ledger.advance(number, "complete", facts, at=finished)
        note(self._governance, by, "privacy.certificate", f"erasure {number}", digest=made.digest)
        return made

    def erasures(self, *, by: Actor) -> tuple[Erasure, ...]:
        """Return every erasure, newest first. Errors: NotPermitted."""
        check_officer(by)
        return self._ledger.all()

    def verify(self, path: Path) -> Certificate:
        """Return a certificate of this project that nobody changed. Errors: CertificateBroken."""
        noted = [event for event in self._governance.state.history() if event.action == "privacy.certificate"]
        return certificate.verify(self._root, path, [str(event.detail["digest"]) for event in noted])

    def certificate(self, number: int, *, by: Actor) -> Certificate:
        """Return the certificate of a complete erasure. Errors: NotPermitted, PrivacyError, CertificateBroken."""
        check_officer(by)
        if self._ledger.named(number).status != "complete":
            raise PrivacyError(f"Erasure {number} is not complete, so it has no certificate.")
        return self.verify(self._root / certificate.FOLDER / f"erasure-{number:04d}.json")

    def _is_published(self, number: int) -> bool:
        return _note_of(number) in {each.note for each in self._engine.history()}

    def _facts(self, number: int, erased: _Erased, reason: str | None) -> dict[str, Any]:
        """Return what the certificate will say of the warehouse, and what is left to do beside it."""
        return {
            "removed": [{"place": str(r.relation), "action": r.action, "rows": r.rows} for r in erased.removed],
            "records": dict(sorted(Counter(system for system, _ in erased.subject.records).items())),
            "suppressed": self._ledger.suppressed.count(number),
            "tables": erased.tables,
            "reason": reason,
            "subject": digest(self._ledger.suppressed.salt(), SUBJECT, erased.subject.customer),
            TO_DO: ToDo(erased.subject, erased.overrides, erased.merge).written(),
        }

    def _document(
        self, erasure: Erasure, facts: Mapping[str, Any], gone: Mapping[str, int], finished: str
    ) -> dict[str, Any]:
        return {
            "number": erasure.id,
            "project": self._project.settings.name,
            "mode": erasure.mode,
            "by": erasure.actor,
            "reason": facts["reason"],
            "started_at": erasure.started_at.isoformat(),
            "finished_at": finished,
            "subject": facts["subject"],
            "records": facts["records"],
            "removed": facts["removed"],
            "suppressed": facts["suppressed"],
            "verified": {
                "tables_searched": facts["tables"],
                "rows_found": 0,
                "still_named_in": facts["left"],
                "not_searched": facts.get("unread") or [],
            },
            "sent_to": facts.get("sent_to") or [],
            "told": facts.get("told") or [],
            "owed": facts.get("owed") or [],
            "older_states": dict(gone),
            "limits": certificate.limits_of(erasure.mode),
        }


class _Erasing:
    """One erasure inside its publication."""

    def __init__(
        self, engine: Engine, project: Project, places: Places, publication: Publication, progress: Progress
    ) -> None:
        self._engine = engine
        self._project = project
        self._places = places
        self._publication = publication
        self._progress = progress
        self._suppressed = Suppressed(project.root)

    def run(self, key: str, number: int, mode: Mode) -> _Erased:
        """Find, remove, build, prove."""
        publication = self._publication
        build_within(publication, self._engine, configured(self._project))
        self._progress.step("erase", "up to date")
        columns = columns_of(publication)
        subject = find(publication, self._places, key)
        found = traces(self._places, subject, columns)
        before = count(publication, found)
        self._progress.step("erase", "found")
        stands = stand_ins(publication, self._places, subject, columns) if mode == "anonymise" else ()
        self._suppress(subject, found, stands, number)
        removed = self._remove(subject, found, stands)
        self._progress.step("erase", "removed")
        decided, overrides, merge = self._decisions(subject, stands, number)
        build_within(publication, self._engine, configured(self._project, overrides=decided))
        self._progress.step("erase", "built")
        tables = self._prove(subject)
        self._progress.step("erase", "proved")
        made = [Removed(t.relation, "rebuilt without", before[t.relation]) for t in found if t.kind == "made"]
        return _Erased(subject, tuple(removal.merged([*removed, *made])), overrides, merge, tables)

    def _suppress(self, subject: Subject, found: tuple[Trace, ...], stands: tuple[StandIn, ...], number: int) -> None:
        store, columns = self._suppressed, columns_of(self._publication)
        listing = removal.entries(self._publication, self._places, subject, found, stands, store.salt())
        store.screen_columns(removal.screened(self._places, columns))
        store.add(listing, erasure=number)

    def _remove(self, subject: Subject, found: tuple[Trace, ...], stands: tuple[StandIn, ...]) -> list[Removed]:
        publication, columns = self._publication, columns_of(self._publication)
        if stands:
            done = removal.anonymise(publication, self._places, found, stands, columns)
        else:
            done = removal.delete(publication, found)
        done += removal.unname(publication, self._places, found, stands, columns)
        done += removal.forget(publication, found)
        samples = removal.forget_samples(publication, subject, columns)
        removal.note_change(publication, self._landed(found))
        return [*done, Removed(CHECK_LOG, "emptied", samples)]

    def _landed(self, found: tuple[Trace, ...]) -> set[Relation]:
        return {trace.relation for trace in found if trace.relation in self._places.raw}

    def _decisions(
        self, subject: Subject, stands: tuple[StandIn, ...], number: int
    ) -> tuple[Overrides, tuple[int, ...], Override | None]:
        """Return decisions as they will hold, those that name the person, and one that keeps its records together."""
        names = set(subject.names)
        decided = SqliteStore(self._project.root / OVERRIDES_FILE).all()
        theirs = [each for each in decided if names.intersection((*each.records_a, *each.records_b))]
        rest = [each for each in decided if each not in theirs]
        merge = None
        if len(stands) > 1:
            records = tuple(f"{stand.system}:{stand.replacement}" for stand in stands)
            why = f"Erasure {number} left these records of one person without their names."
            merge = together(records[:1], records[1:], why=why, at=now())
        holding = Overrides.of([*rest, *([merge] if merge else [])])
        return holding, tuple(each.number for each in theirs), merge

    def _prove(self, subject: Subject) -> int:
        """Look for the person again in all tables and return how many. Errors: ErasureIncomplete."""
        columns = columns_of(self._publication)
        again = traces(self._places, replace(subject, keys={}), columns)  # a key may have been given anew
        left = {str(relation): rows for relation, rows in count(self._publication, again).items() if rows}
        named = search.in_tables(self._publication, self._project, subject, columns)
        left |= {str(relation): rows for relation, rows in named.items()}
        if left:
            places = ", ".join(f"{place} ({rows:,})" for place, rows in sorted(left.items()))
            raise ErasureIncomplete(
                f"Rows of the person would stay in {places}, so nothing was changed.",
                next_step="A contract must say which columns hold ids of people: see docs/how-to/privacy.md.",
            )
        return len(columns)
