"""Answer a person and keep promises: show what is kept, take down consent, delete what has outlived its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from customer360.clock import now
from customer360.identity.configured import configured
from customer360.models.as_of import resolve_as_of
from customer360.models.build import build_within
from customer360.names import RAW_PREFIX
from customer360.privacy import consent, removal, retention
from customer360.privacy.aftermath import purge
from customer360.privacy.export import collect, write_zip
from customer360.privacy.officer import check_engine, check_officer, note
from customer360.privacy.places import Places
from customer360.privacy.subject import find
from customer360.privacy.traces import columns_of, count, traces

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.governance.records import Actor
    from customer360.names import Relation
    from customer360.project.spec import Project


_NOTE = "retention"
"""Under which note the deletion of rows stands in the history."""


@dataclass(frozen=True)
class Outlived:
    """Rows that are older than contracts allow, by table, with the day before which; ``gone``: they were deleted."""

    rules: tuple[retention.Rule, ...]
    rows: Mapping[Relation, int]
    as_of: date
    gone: bool


class PrivacyDesk:
    """The desk of one project: for privacy officers, and for who sits at the machine."""

    def __init__(self, engine: Engine, project: Project, governance: Governance) -> None:
        self._engine = engine
        self._project = project
        self._governance = governance

    @cached_property
    def _places(self) -> Places:
        return Places(self._project)

    def export(self, key: str, path: Path, *, by: Actor) -> int:
        """Write everything that is kept about a person into a zip and return the number of tables.

        Errors: NotPermitted, CustomerMissing, QueryError, C360Error when the file cannot be written.
        """
        check_officer(by)
        check_engine(self._engine)
        with self._engine.read() as session:
            subject = find(session, self._places, key)
            shown = collect(session, self._places, traces(self._places, subject, columns_of(session)))
            held = session.query(consent.of_person(session, self._project, subject, events=True)).to_pylist()
        label = self._project.settings.label
        write_zip(path, shown, label=label, person=subject.customer, at=now(), consent=held)
        note(self._governance, by, "privacy.export", "person", tables=len(shown), rows=sum(len(s.rows) for s in shown))
        return len(shown)

    def consent(self, key: str, *, by: Actor, events: bool = False) -> pa.Table:
        """Return what holds for a person by purpose and channel, or every event.

        Errors: NotPermitted, CustomerMissing.
        """
        check_officer(by)
        with self._engine.read() as session:
            subject = find(session, self._places, key)
            return session.query(consent.of_person(session, self._project, subject, events=events))

    def decide(self, key: str, *, purpose: str, channel: str, is_allowed: bool, by: Actor) -> None:
        """Keep what a person said about being contacted. Errors: NotPermitted, CustomerMissing."""
        check_officer(by)
        with self._engine.read() as session:
            subject = find(session, self._places, key)
        made = consent.decided(subject, purpose=purpose, channel=channel, is_allowed=is_allowed, at=now(), who=by.name)
        consent.ConsentStore(self._project.root).add(made)
        note(self._governance, by, "privacy.consent", "person", purpose=purpose, channel=channel, allowed=is_allowed)

    def _waits(self) -> bool:
        """Say whether states from before the last deletion are still on disk, because somebody read them then."""
        notes = [each.note for each in self._engine.history()]  # newest first
        return _NOTE in notes and notes.index(_NOTE) < len(notes) - 1

    def retain(self, *, by: Actor, dry_run: bool = False) -> Outlived:
        """Delete raw rows that are older than their contracts allow, build, and delete older states from disk.

        Errors: NotPermitted, WriterBusy, those of a build, WarehouseError while older states are being read.
        """
        check_officer(by)
        check_engine(self._engine)
        with self._engine.read() as session:
            as_of = resolve_as_of(session, self._project)
            listing = retention.rules(self._places, as_of)
            found = count(session, retention.outlived(self._places, listing, columns_of(session)))
        rows = {relation: number for relation, number in found.items() if number}
        if dry_run or not rows:
            waits = not dry_run and self._waits()
            if waits:
                purge(self._engine, self._project.root)
            return Outlived(listing, rows, as_of, gone=waits)
        with self._engine.publish(note=_NOTE) as publication:
            doomed = retention.outlived(self._places, listing, columns_of(publication))
            done = removal.delete(publication, doomed)
            raw = {each.relation for each in done if each.rows and each.relation.schema.startswith(RAW_PREFIX)}
            removal.note_change(publication, raw)
            build_within(publication, self._engine, configured(self._project), as_of=as_of)
        total: dict[str, Any] = {str(each.relation): each.rows for each in done if each.rows}
        note(self._governance, by, "privacy.retention", "retention", **total)
        purge(self._engine, self._project.root)
        return Outlived(listing, {each.relation: each.rows for each in done if each.rows}, as_of, gone=True)
