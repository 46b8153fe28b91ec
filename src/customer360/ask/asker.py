"""Answer questions in plain language: read them, ask the semantic layer, and say how they were read."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from customer360.ask.describe import Words
from customer360.ask.edition import Edition, indexed, open_edition
from customer360.ask.interpret import Interpretation
from customer360.ask.lower import checked_reading
from customer360.ask.metadata import Metadata, as_reply
from customer360.ask.metaforms import Asked as MetaAsked
from customer360.ask.metaforms import meta_question, perhaps_meta
from customer360.ask.reading import Problem, Reading
from customer360.ask.reply import Choice, Reason, Reply
from customer360.ask.scope import foreign_matter, is_order, names_a_person
from customer360.ask.sentences import sentence
from customer360.ask.shares import with_label
from customer360.ask.subject import subject_of
from customer360.ask.words import LONGEST, tokens
from customer360.ask.wrapping import unwrapped
from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.semantic.answer import answer
from customer360.semantic.policies import seen_as
from customer360.semantic.principal import OWNER, Principal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from customer360.ask.meaning import Draft
    from customer360.ask.verified import Recognised
    from customer360.engines.base import Engine, Session
    from customer360.project.spec import Project
    from customer360.semantic.answer import Answer
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import MetricQuery

_KEPT = 4
"""Editions (snapshot and principal) whose vocabulary stays in memory."""
_TWO = 2
MOST_BEFORE = 12
"""Questions before one that are looked at."""


@dataclass(frozen=True)
class _Asked:
    """One question on its way."""

    text: str
    edition: Edition
    session: Session
    principal: Principal
    context: tuple[str, ...] = ()


class Seen(Protocol):
    """A session as whoever asks may see it."""

    session: Session
    principal: Principal

    def answered(self, sql: str, rows: int) -> None:
        """Take note of what was answered."""
        ...

    def refused(self, error: NotPermitted) -> None:
        """Take note of what was refused."""
        ...


class Asker:
    """The question space of one project. Safe to use from several threads."""

    def __init__(self, project: Project, engine: Engine, model: SemanticModel) -> None:
        self._project = project
        self._engine = engine
        self._model = model
        self._editions: OrderedDict[tuple[str, date, str], Edition] = OrderedDict()
        self._lock = Lock()

    def ask(
        self,
        text: str,
        *,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
        context: Sequence[str] = (),
        settled: MetricQuery | None = None,
        seen: Callable[[Session], AbstractContextManager[Seen]] | None = None,
    ) -> Reply:
        """Return the answer to a question, choices when it can be read in several ways, or why there is none.

        ``context`` are the questions before it, oldest first, as the reply to the last of them gave them; ``settled``
        is the reading that a person has picked. ``seen`` gives the session as whoever asks may see it; without it the
        principal asks on the session as it is.
        Errors: WarehouseError when there is no warehouse. A question never raises.
        """
        from customer360.models.as_of import published_as_of

        with self._engine.read(at_snapshot=at_snapshot) as session:
            day = as_of or published_as_of(session, self._project)
            before = tuple(context)[-MOST_BEFORE:]
            if seen is None:
                return self._asked(text, session, day, principal or OWNER, before, settled)
            with seen(session) as view:
                reply = self._asked(text, view.session, day, view.principal, before, settled)
                if reply.reason == "not_permitted":
                    view.refused(NotPermitted(reply.text))
                else:
                    view.answered(reply.sql or "", 0 if reply.table is None else reply.table.num_rows)
                return reply

    def _asked(
        self,
        text: str,
        session: Session,
        day: date,
        principal: Principal,
        before: tuple[str, ...],
        settled: MetricQuery | None,
    ) -> Reply:
        asked = _Asked(text, self.edition(session, day, principal), session, principal, before)
        if settled is not None:
            return self._settled(asked, settled)
        try:
            return self._answer(asked)
        except NotPermitted as error:
            barred = _refusal(asked, "not_permitted", error.what, error.next_step, Interpretation("impossible"))
            return replace(barred, port=error.port)

    def _settled(self, asked: _Asked, query: MetricQuery) -> Reply:
        """Answer a reading that a person picked or edited; it may name anything, so it is checked first."""
        problem = checked_reading(asked.edition.interpreter.ground, Reading(query))
        if isinstance(problem, Problem):
            return _refusal(asked, "impossible", problem.what, problem.next_step, Interpretation("impossible"))
        return self._run(asked, Reading(query), Interpretation("read"))

    def index(self) -> None:
        """Keep the values of the newest state for the processes that will ask; nothing is done when they are kept.

        Errors: WarehouseError.
        """
        from customer360.models.as_of import published_as_of

        with self._engine.read() as session:
            day, dialect = published_as_of(session, self._project), self._engine.dialect
            indexed(self._model, session, as_of=day, principal=OWNER, dialect=dialect, root=self._project.root)

    def edition(self, session: Session, as_of: date, principal: Principal = OWNER) -> Edition:
        """Return the words and values of a state of the data, made when they are first needed."""
        key = (session.state, as_of, seen_as(self._model, principal))
        with self._lock:
            known = self._editions.get(key)
            if known is not None:
                self._editions.move_to_end(key)
                return known
        opened = open_edition(
            self._model,
            session,
            as_of=as_of,
            principal=principal,
            dialect=self._engine.dialect,
            root=self._project.root,
        )
        with self._lock:
            self._editions[key] = opened
            while len(self._editions) > _KEPT:
                self._editions.popitem(last=False)
        return opened

    def _answer(self, asked: _Asked) -> Reply:
        if is_order(asked.text):
            barred = "Questions are answered with figures; nothing is sent or changed by asking."
            instead = "Audiences choose people and send them on."
            return _refusal(asked, "out_of_scope", barred, instead, Interpretation("impossible"))
        said = tokens(asked.text[:LONGEST])
        verified = asked.edition.verified.recognised(asked.text)
        if verified is not None:
            return self._verified(asked, verified)
        about = meta_question(said) or meta_question(tokens(unwrapped(asked.text[:LONGEST])))
        if about is not None:
            return self._about(asked, about)
        found, context = self._interpreted(asked)
        asked = replace(asked, context=context)
        foreign = foreign_matter(asked.text, asked.edition.vocabulary, asked.edition.values)
        if not asked.context[:-1] and foreign is None and not names_a_person(asked.text):
            found = self._beside(asked, found)
        if found.outcome in ("unclear", "unknown"):
            for form in perhaps_meta(said):
                told = Metadata(self._project, asked.edition, asked.session).told(form)
                if told is not None:
                    return as_reply(asked.text, told, asked.edition, asked.session)
        is_personal = foreign is not None and foreign[0] == "personal_data"
        if found.outcome == "read" and not is_personal:
            return self._run(asked, found.readings[0], found)
        if (found.outcome != "ambiguous" or is_personal) and foreign is not None:
            reason, what, step = foreign
            return _refusal(asked, reason, what, step, found)
        words = asked.edition.words
        if found.outcome == "ambiguous":
            choices = tuple(_choice(words, reading) for reading in found.readings)
            return _reply(asked, "clarify", found.what, reason="ambiguous", choices=choices, corrected=found.corrected)
        reasons: dict[str, Reason] = {"unknown": "unknown_concept", "impossible": "impossible"}
        return _refusal(asked, reasons.get(found.outcome, "not_understood"), found.what, found.next_step, found)

    def _verified(self, asked: _Asked, found: Recognised) -> Reply:
        if found.query is None:
            reason: Any = found.question.refuse
            return _refusal(asked, reason, str(found.question.text), None, Interpretation("impossible"))
        problem = checked_reading(asked.edition.interpreter.ground, Reading(found.query))
        if isinstance(problem, Problem):
            return _refusal(asked, "impossible", problem.what, problem.next_step, Interpretation("impossible"))
        reply = self._run(asked, Reading(found.query), Interpretation("read"))
        return replace(reply, trust="verified question") if reply.status == "answered" else reply

    def _about(self, asked: _Asked, about: MetaAsked) -> Reply:
        told = Metadata(self._project, asked.edition, asked.session).told(about)
        if told is not None:
            return as_reply(asked.text, told, asked.edition, asked.session)
        named = " ".join(about.words)
        if subject_of(asked.edition, about.words).is_known:
            return _refusal(
                asked, "impossible", f"That cannot be said of '{named}'.", None, Interpretation("impossible")
            )
        near = tuple((word, like) for word in about.words for like in asked.edition.interpreter.near.like(word))[:3]
        step = f"Did you mean {' or '.join(repr(like) for _, like in near)}?" if near else None
        found = Interpretation("unknown", unknown=about.words, near=near)
        return _refusal(asked, "unknown_concept", f"I do not know '{named}'.", step, found)

    def _interpreted(self, asked: _Asked) -> tuple[Interpretation, tuple[str, ...]]:
        """Return what a question means, and the questions that one after it would follow on."""
        interpreter = asked.edition.interpreter
        before: Draft | None = None
        chain: tuple[str, ...] = ()
        for text in (*asked.context, asked.text):
            found = interpreter.read(text)
            follows = None
            if before is not None and (found.outcome != "read" or interpreter.is_marked(text)):
                follows = interpreter.follow(text, before)
            if follows is not None and follows.outcome in ("read", "ambiguous", "impossible"):
                found, chain = follows, (*chain, text)
            else:
                chain = (text,) if found.draft is not None else chain
            before = found.draft or before
        return found, chain

    def _beside(self, asked: _Asked, found: Interpretation) -> Interpretation:
        """Return what a question means when a language model reads it too: where the two differ, both are shown."""
        settings = self._project.settings.llm
        if settings is None or found.outcome not in ("read", "ambiguous", "unclear", "unknown"):
            return found
        from customer360.ask.llm import LanguageModel

        reading = LanguageModel(settings).proposal(asked.text, asked.edition).reading
        if reading is None or reading.key in {each.key for each in found.readings}:
            return found
        return replace(
            found,
            outcome="ambiguous",
            readings=(*found.readings, reading),
            what="A language model reads the question otherwise."
            if found.readings
            else "The words are not all known; a language model proposes this.",
        )

    def _run(self, asked: _Asked, reading: Reading, found: Interpretation) -> Reply:
        edition = asked.edition
        try:
            missing = edition.missing_days(asked.session, reading.query)
            if missing is not None:
                return _refusal(asked, "no_data", missing, None, found, reading)
            made = answer(
                asked.session,
                edition.model,
                reading.query,
                as_of=edition.as_of,
                principal=asked.principal,
                dialect=self._engine.dialect,
            )
        except NotPermitted as error:
            barred = _refusal(asked, "not_permitted", error.what, error.next_step, found, reading)
            return replace(barred, port=error.port)
        except QueryError as error:
            return _refusal(asked, "impossible", error.what, error.next_step, found, reading)
        return self._told(asked, reading, found, made)

    def _told(self, asked: _Asked, reading: Reading, found: Interpretation, made: Answer) -> Reply:
        edition = asked.edition
        table, columns = with_label(made, reading, edition.words)
        rows = table.to_pylist()
        figures = [each.name for each in made.columns if each.kind == "metric"]
        figures = [name for name in figures if name.endswith("_share")] if reading.part is not None else figures
        is_none = not rows and _may_be_none(reading)
        if not is_none and (not rows or all(row[name] is None for row in rows for name in figures)):
            return _refusal(asked, "no_data", edition.nothing_found(reading), None, found, reading)
        notes = (*reading.notes, *edition.partial_days(asked.session, reading.query))
        notes += tuple(f"'{typed}' was read as '{known}'." for typed, known in found.corrected)
        return _reply(
            asked,
            "answered",
            edition.words.none(reading) if is_none else sentence(reading, edition.words, made.columns, rows),
            reading=edition.words.sentence(reading),
            chips=edition.words.chips(reading),
            notes=notes,
            table=table,
            columns=columns,
            sql=made.sql,
            query=reading.query,
            chart=chart_of(reading, rows),
            corrected=found.corrected,
            definitions=edition.definitions(reading.query.metrics),
            trust="governed metrics",
            rows_behind=edition.rows_behind(asked.session, reading.query),
        )


def _may_be_none(reading: Reading) -> bool:
    """Say whether no row is an answer: nothing fulfils a condition on figures."""
    return reading.query.having is not None


def chart_of(reading: Reading, rows: list[dict[str, Any]]) -> str:
    """Return the kind of chart that shows an answer of this shape."""
    query = reading.query
    shown = [each for each in query.dimensions if query.summary is None or each.name != query.summary.over]
    if not shown:
        return "kpi"
    if reading.part is not None:
        return "table"
    if query.order and len(query.metrics) > 1:
        return "table"
    if any(each.grain for each in shown):
        return "line" if len(shown) <= _TWO else "table"
    if len(shown) > 1 or len(rows) > 30:  # noqa: PLR2004 -- more bars than a reader compares
        return "table"
    return "pie" if query.shares else "bar"


def _choice(words: Words, reading: Reading) -> Choice:
    """Return a way to read a question; notes say when a language model proposed it."""
    return Choice(
        " ".join([words.sentence(reading), *(f"({note.rstrip('.')})" for note in reading.notes if "language" in note)]),
        reading.query,
    )


def _reply(asked: _Asked, status: Any, text: str, **more: Any) -> Reply:
    return Reply(
        asked.text,
        status,
        text,
        as_of=asked.edition.as_of,
        snapshot=asked.session.snapshot,
        context=asked.context,
        **more,
    )


def _refusal(
    asked: _Asked, reason: Reason, what: str, step: str | None, found: Interpretation, reading: Reading | None = None
) -> Reply:
    words = asked.edition.words
    return _reply(
        asked,
        "refused",
        f"{what} {step}" if step else what,
        reason=reason,
        reading=words.sentence(reading) if reading else None,
        chips=words.chips(reading) if reading else (),
        query=reading.query if reading else None,
        not_understood=found.unknown,
        corrected=found.corrected,
        suggestions=tuple(dict.fromkeys(word for _, word in found.near)),
        choices=tuple(_choice(words, each) for each in found.readings) if reading is None else (),
    )


__all__ = ["Asker", "C360Error", "Words", "chart_of"]
