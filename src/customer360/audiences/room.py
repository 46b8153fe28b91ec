"""Work audiences out, keep who is in them, send them, and measure what that did: the room behind every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from customer360.audiences.book import Book, Export, Member, Refresh
from customer360.audiences.delivery import Delivery, check_names, difference
from customer360.audiences.destinations import SENDERS
from customer360.audiences.failures import AudienceError, NotRefreshed
from customer360.audiences.grouping import Grouping
from customer360.audiences.holdout import suppression_hash
from customer360.audiences.lift import Measured, days_since, lift
from customer360.audiences.lint import consent_field, segment_of
from customer360.audiences.members import digest, ids, scored
from customer360.audiences.own import OwnAudiences
from customer360.audiences.permit import DOOR, Permit
from customer360.audiences.reach import Reach, current, nobody, receiver
from customer360.audiences.results import Overlap, Preview, Status
from customer360.audiences.words import worded
from customer360.errors import C360Error, NotPermitted, QueryError, UnknownName
from customer360.governance.reading import read_as
from customer360.models.as_of import published_as_of
from customer360.semantic.answer import answer
from customer360.semantic.labels import labels_of
from customer360.semantic.measure import nothing_is_zero
from customer360.semantic.query import Condition, MetricQuery
from customer360.semantic.segment import columns_table, members_table, sizes_table, subject_of
from customer360.semantic.segment_query import Segment

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.governance.reading import Seen
    from customer360.project.audiences import Audience, Destination
    from customer360.project.spec import Project
    from customer360.semantic.model import SemanticModel


class Company(Protocol):
    """An opened project; ``customer360.workspace.Workspace`` is one."""

    project: Project
    engine: Engine

    @property
    def governance(self) -> Governance:
        """Who may see what."""
        ...

    def semantic_model(self) -> SemanticModel:
        """Return the model that conditions are about. Errors: ProjectError."""
        ...


class Audiences:
    """The audiences of one project, as whoever asks may see them."""

    def __init__(
        self, engine: Engine, project: Project, governance: Governance, model: Callable[[], SemanticModel]
    ) -> None:
        self._engine = engine
        self._project = project
        self._governance = governance
        self._model = model
        self._permit = Permit(governance, project)
        self.book = Book(project.root, clock=governance.state.clock)
        self._reach = Reach(engine, project, self.book, self._hash)
        self.own = OwnAudiences(project.root, clock=governance.state.clock)

    def all(self) -> Mapping[str, Audience]:
        """Return the audiences of the project's files, then those that people saved on the page."""
        return {**self._project.audiences, **self.own.all()}

    def named(self, name: str) -> Audience:
        """Return an audience. Errors: UnknownName."""
        known = self.all()
        if name not in known:
            raise UnknownName("audience", name, list(known))
        return known[name]

    def list(self) -> tuple[Status, ...]:
        """Return every audience with its last refresh and export; nobody's id is in it."""
        state = self._state() if self._engine.exists() else ""
        found = []
        for audience in self.all().values():
            try:
                self._check_sizes(audience)
            except NotPermitted as error:
                found.append(Status(audience, None, None, None, error.what, error.port))
                continue
            last = self.book.last_refresh(audience.name)
            sent = next(iter(self.book.exports(audience.name)), None)
            found.append(Status(audience, last, None if last is None else last.state.startswith(state), sent))
        return tuple(found)

    def preview(self, name: str, *, as_of: date | None = None) -> Preview:
        """Count who would be in an audience, without keeping anything. Errors: QueryError, NotPermitted."""
        audience = self.named(name)
        segment = segment_of(audience, self._project.settings)
        return self.preview_of(segment, name=name, hold_out=audience.hold_out, as_of=as_of)

    def preview_of(
        self, segment: Segment, *, name: str = "", hold_out: float = 0.0, as_of: date | None = None
    ) -> Preview:
        """Count whom any segment asks for. Errors: QueryError, NotPermitted."""
        if segment.subject is None:
            segment = segment.model_copy(update={"subject": self._project.settings.subject})
        with self._seen(as_of) as (seen, day, model):
            sizes = sizes_table(model, segment, as_of=day, principal=seen.principal)
            members = members_table(model, segment, as_of=day, principal=seen.principal)
            (counts,) = seen.session.query(sizes.sql).to_pylist()
            found = ids(seen.session.query(members.sql))
            seen.answered(members.sql, len(found))
        labels = labels_of(model)
        words = [worded(part, labels) for part in segment.parts()]
        words += [f"consent: {worded(part, labels)}" for part in segment.must]
        steps = tuple((word, counts[f"after_{number}"]) for number, word in enumerate(words, start=1))
        grouping = self._grouping(name, hold_out)
        held = sum(map(grouping.is_held_out, found))
        return Preview(counts["everybody"], steps, len(found), held, day, members.sql)

    def refresh(self, name: str, *, as_of: date | None = None) -> tuple[Refresh, bool]:
        """Work out who is in an audience and keep it; the second part is False when nothing can have changed.

        Errors: QueryError, NotPermitted.
        """
        audience = self.named(name)
        self._permit.check_keeper(audience)
        segment = segment_of(audience, self._project.settings)
        with self._seen(as_of) as (seen, day, model):
            table = members_table(model, segment, as_of=day, principal=seen.principal)
            query = digest(table.sql, f"{audience.hold_out}")
            state = seen.session.state
            last = self.book.last_refresh(name)
            if last is not None and (last.query, last.state, last.as_of) == (query, state, day):
                return last, False
            rows = seen.session.query(table.sql)
            self._permit.check_whole(seen, model)
            seen.answered(table.sql, rows.num_rows)
        grouping = self._grouping(name, audience.hold_out)
        members = [Member(id_, grouping.is_held_out(id_), score) for id_, score in scored(rows)]
        made = self.book.refresh(name, members, by=self._permit.actor, as_of=day, state=state, query=query)
        self._permit.note("refreshed", name, members=made.members, query=query)
        return made, True

    def diff(self, name: str, destination: str | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return who joined and who left: what an export to a destination would tell, else since the refresh before.

        Errors: UnknownName, NotRefreshed, NotPermitted.
        """
        audience = self.named(name)
        self._permit.check_keeper(audience)
        last = self._refreshed(name)
        if destination is None:
            earlier = [each.id for each in self.book.refreshes(name) if each.id < last.id]
            before = {each.id for each in self.book.members(name, at=earlier[0])} if earlier else set()
            after = {each.id for each in self.book.members(name)}
        else:
            target = replace(self._destination(audience, destination), columns=())
            told = self._delivery(audience, target)[0]
            return tuple(sorted(told.added)), told.removed
        return tuple(sorted(after - before)), tuple(sorted(before - after))

    def overlap(self, name: str, other: str) -> Overlap:
        """Compare two audiences as they were last worked out. Errors: UnknownName, NotRefreshed, NotPermitted."""
        found = []
        for each in (name, other):
            self._check_sizes(self.named(each))
            self._refreshed(each)
            found.append({member.id for member in self.book.members(each)})
        return Overlap(len(found[0]), len(found[1]), len(found[0] & found[1]))

    def export(self, name: str, destination: str, *, dry_run: bool = False) -> tuple[Export | None, Delivery]:
        """Send the members of the last refresh who consent now and are not held out, suppressed or left out.

        A dry run sends and keeps nothing; its first part is None. Errors: NotRefreshed, ExportFailed, ExportBusy,
        NotPermitted, SettingMissing.
        """
        audience = self.named(name)
        (self._permit.check_keeper if dry_run else self._permit.check_sender)(audience)
        target = self._destination(audience, destination)
        if dry_run:
            return None, self._delivery(audience, target)[0]
        with self.book.sending(name, destination):
            delivery, query, last = self._delivery(audience, target)
            outcome, detail = "stopped", None
            try:
                to = receiver(target, self._hash)
                for took in SENDERS[target.kind](delivery, self._project.root):
                    self.book.has_sent(name, destination, took.kept, took.removed, receiver=to)
                outcome = "sent"
            except C360Error as error:
                outcome, detail = "failed", error.what
                raise
            finally:
                made = self.book.note_export(
                    audience=name, destination=destination, by=self._permit.actor, refresh=last.id, as_of=last.as_of,
                    query=query, mode=target.mode, added=len(delivery.added), changed=len(delivery.changed),
                    removed=len(delivery.removed), withheld=delivery.withheld, outcome=outcome, detail=detail,
                )  # fmt: skip
                self._permit.note(
                    "exported", name, destination=destination, rows=len(delivery.upserts), query=query, outcome=outcome
                )
        return made, delivery

    def lift(
        self, name: str, metric: str, *, start: date | None = None, end: date | None = None, refresh: int | None = None
    ) -> Measured:
        """Compare a metric of the treated with that of those held out, over the days after they were sent.

        The groups are those of the refresh that was first exported (else the first one), or of ``refresh``.
        Errors: NotRefreshed, NotEnoughData, QueryError.
        """
        audience = self.named(name)
        self._check_sizes(audience)
        base = self._baseline(name, refresh)
        with self._seen(None) as (seen, day, model):
            if metric in model.formulas and not nothing_is_zero(model.formulas[metric]):
                raise QueryError(
                    f"'{metric}' is a ratio or mean, so it has no value for who did nothing.",
                    next_step="Measure the lift by a sum or a count, such as revenue or order_count.",
                )
            first, last = days_since(base.as_of, day, start, end)
            query = MetricQuery.model_validate(
                {
                    "metrics": [metric],
                    "dimensions": [{"name": self._subject(audience, model)}],
                    "time": {"start": first.isoformat(), "end": last.isoformat()},
                }
            )
            answered = answer(seen.session, model, query, as_of=day, principal=seen.principal)
            self._permit.check_whole(seen, model)
            seen.answered(answered.sql, answered.rows)
        ids, figures = (answered.table.column(number).to_pylist() for number in (0, 1))
        known = {str(id_): float(figure or 0) for id_, figure in zip(ids, figures, strict=True)}
        groups: dict[str, set[bool]] = {}
        members = self.book.members(name, at=base.id)
        goes_by = self._reach.now(each.id for each in members)
        for member in members:
            groups.setdefault(goes_by[member.id], set()).add(member.held_out)
        arms: dict[bool, list[float]] = {True: [], False: []}
        for id_, group in groups.items():
            if len(group) == 1:  # who was in both groups before identity put them together tells nothing
                arms[group.pop()].append(known.get(id_, 0.0))
        return Measured(metric, base, first, last, lift(arms[False], arms[True]))

    def suppress(self, member: str, *, channel: str, reason: str) -> None:
        """Keep a customer out of every export of a channel from now on; ``*`` is all of them.

        Errors: UnknownName, AudienceError for an id that nobody has, NotPermitted.
        """
        self._permit.check_suppressor(self.all().values())
        self._reach.check_channel(channel, self.all().values())
        found = self._hash(self._customer(member))
        self.book.suppress(found, channel=channel, reason=reason, by=self._permit.actor)
        self._permit.note("suppressed", channel)  # the reason is in the book, where an erasure can reach it

    def readmit(self, member: str, *, channel: str, reason: str) -> None:
        """Let a customer be sent again who was suppressed for a channel.

        Errors: UnknownName, AudienceError for who was not suppressed, NotPermitted.
        """
        self._permit.check_suppressor(self.all().values())
        self._reach.check_channel(channel, self.all().values())
        hashes = (self._hash(member), *self._reach.hashes(self._customer(member)))
        if not self.book.readmit(hashes, channel=channel, reason=reason, by=self._permit.actor):
            raise AudienceError(
                f"This customer is not suppressed for '{channel}'.", next_step="Name the channel that was named then."
            )
        self._permit.note("readmitted", channel)

    def log(self, name: str | None = None) -> tuple[Export, ...]:
        """Return the export log (of one audience), newest first. Errors: UnknownName, NotPermitted."""
        for audience in [self.named(name)] if name is not None else self._project.audiences.values():
            self._check_sizes(audience)
        return self.book.exports(name)

    # ---- parts --------------------------------------------------------------------------------------------------

    @contextmanager
    def _seen(self, as_of: date | None) -> Iterator[tuple[Seen, date, SemanticModel]]:
        model = self._model()
        with self._engine.read() as session:
            day = as_of or published_as_of(session, self._project)
            with read_as(self._governance, session, DOOR, None, model) as seen:
                yield seen, day, model

    def day(self) -> date:
        """Return the day that figures stand on."""
        with self._engine.read() as session:
            return published_as_of(session, self._project)

    def _state(self) -> str:
        with self._engine.read() as session:
            return session.state

    def _check_sizes(self, audience: Audience) -> None:
        model = self._model()
        self._permit.check_sizes(audience, model, self._subject(audience, model))

    def _subject(self, audience: Audience, model: SemanticModel) -> str:
        return subject_of(model, audience.subject or self._project.settings.subject).qualified

    def _grouping(self, audience: str, share: float) -> Grouping:
        salt, first = self._governance.state.salt(), self.book.first_refreshes(audience) if share else {}
        return Grouping(audience, salt=salt, share=share, former=self._reach.former() if first else {}, first=first)

    def _hash(self, member: str) -> str:
        return suppression_hash(member, salt=self._governance.state.salt())

    def _customer(self, member: str) -> str:
        """Return the id that a customer goes by now. Errors: AudienceError."""
        model = self._model()
        subject = subject_of(model, self._project.settings.subject).qualified
        with self._engine.read() as session:
            day = published_as_of(session, self._project)
            for id_ in (member, current(session, member)):
                if id_ is None:
                    continue
                theirs = Condition(field=subject, op="=", value=id_)
                sql = members_table(model, Segment(subject=subject, members=theirs), as_of=day).sql
                if session.query(sql).num_rows:
                    return id_
        raise nobody()

    def _refreshed(self, name: str) -> Refresh:
        last = self.book.last_refresh(name)
        if last is None:
            raise NotRefreshed(
                f"Nobody has worked out yet who is in '{name}'.", next_step=f"Run `c360 audience refresh {name}`."
            )
        return last

    def _baseline(self, name: str, refresh: int | None) -> Refresh:
        self._refreshed(name)
        known = {each.id: each for each in self.book.refreshes(name)}
        if refresh is None:
            sent = [each.refresh for each in self.book.exports(name) if each.outcome == "sent"]
            refresh = min(sent or known)
        if refresh not in known:
            raise AudienceError(f"'{name}' has no refresh {refresh}.", next_step="`c360 audience log` lists them.")
        return known[refresh]

    def _destination(self, audience: Audience, name: str) -> Destination:
        if name not in audience.destinations:
            raise UnknownName(f"destination of {audience.name}", name, list(audience.destinations))
        return audience.destinations[name]

    def _delivery(self, audience: Audience, target: Destination) -> tuple[Delivery, str, Refresh]:
        last = self._refreshed(audience.name)
        for other in target.suppress:
            self._refreshed(other)
        found, short, query = self._values(audience, target, last.as_of)
        names = tuple(found.column_names[1:])
        values = zip(*(found.column(name).to_pylist() for name in names), strict=True) if names else iter(())
        consenting = {id_: next(values, ()) for id_ in ids(found)}
        members = self.book.members(audience.name)
        reached = self._reach.sendable(audience, target, members)
        rows = {each.id: consenting[each.id] for each in members if each.id in reached and each.id in consenting}
        sent = self.book.sent(audience.name, target.name, receiver=receiver(target, self._hash))
        added, changed, removed = difference(rows, sent)
        removed = tuple(sorted({*removed, *self.book.owed(audience.name, target.name)} - rows.keys()))
        withheld = len(members) - len(rows)
        types = tuple(found.schema.field(name).type for name in names)
        after = self.book.last_sent(audience.name, target.name)
        facts = (short, names, rows, added, changed, removed, withheld, last.as_of, last.at, types, after)
        return Delivery(audience, target, *facts), query, last

    def _values(self, audience: Audience, target: Destination, as_of: date) -> tuple[pa.Table, str, str]:
        """Return the columns of everybody who consents, the name of the id's column, and the digest of the query."""
        must: tuple[Condition, ...] = ()
        if target.consent == "required":
            consented = consent_field(self._project.settings, target.channel, audience.purpose)
            must = (Condition(field=consented, value=True),)
        with self._seen(as_of) as (seen, day, model):
            subject = self._subject(audience, model)
            short = subject.rpartition(".")[2]
            check_names(target, short)
            self._permit.check_personal(model, target.columns, by=seen.principal)
            segment = Segment(subject=subject, members=Condition(field=subject, op="is not null"), must=must)
            table = columns_table(model, segment, target.columns, as_of=day, principal=seen.principal)
            found = seen.session.query(table.sql)
            self._permit.check_whole(seen, model)
            seen.answered(table.sql, found.num_rows)
        return found, short, digest(table.sql)


def audiences_of(company: Company) -> Audiences:
    """Return the audiences of an opened project."""
    return Audiences(company.engine, company.project, company.governance, company.semantic_model)
