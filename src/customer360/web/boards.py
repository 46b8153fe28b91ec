"""Fill dashboards once per published state and choice of filters, and keep them in memory for the next reader."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from customer360.clock import stopwatch
from customer360.dashboards.fill import Vocabulary, choices_of, fill_dashboard
from customer360.dashboards.filters import NO_FILTERS
from customer360.dashboards.locales import written_as
from customer360.dashboards.own import OwnBoards
from customer360.dashboards.vocabulary import vocabulary_of
from customer360.errors import C360Error, UnknownName, WarehouseMissing
from customer360.governance.asking import asking
from customer360.governance.reading import note_again
from customer360.semantic.policies import seen_as

if TYPE_CHECKING:
    from collections.abc import Hashable
    from contextlib import AbstractContextManager
    from datetime import date

    from customer360.answering import Ask
    from customer360.dashboards.fill import Source
    from customer360.dashboards.filled import Choices, FilledDashboard
    from customer360.dashboards.filters import Filters
    from customer360.engines.base import Snapshot
    from customer360.governance.reading import Answered
    from customer360.project.spec import Dashboard
    from customer360.web.rooms import Rooms

KEPT = 48
"""Filled dashboards kept; the least recently read goes first."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether something new was published: a page is at most so far behind."""

HOME = "executive"
"""Dashboard shown at ``/`` when the project has one of this name; else its first."""


@dataclass(frozen=True)
class Edition:
    """One published state: what every figure of a page belongs to."""

    snapshot: Snapshot
    as_of: date
    vocabulary: Vocabulary
    others: dict[str, Vocabulary] = field(default_factory=dict)
    """Vocabularies of further semantic models, by name; made when first needed."""
    choices: dict[tuple[Hashable, str], tuple[Choices, ...]] = field(default_factory=dict)
    """What filters offer, by dashboard and what the asker may see; asked once."""


@dataclass(frozen=True)
class _Kept:
    """A filled dashboard, and what was read for it: for everybody who is shown it, that is written down."""

    page: FilledDashboard
    answers: tuple[Answered, ...]

    def of(self, only: str | None) -> tuple[Answered, ...]:
        """Return what was read for the page, or for one widget of it."""
        if only is None or len(self.page.widgets) == 1:
            return self.answers
        asked = {widget.sql for widget in self.page.widgets if widget.name == only}
        return tuple(each for each in self.answers if each[0] in asked)


class Boards:
    """The dashboards of a project, filled on demand. Safe to use from several threads."""

    def __init__(self, rooms: Rooms, *, look_every: float = LOOK_EVERY) -> None:
        self._rooms = rooms
        self.own = OwnBoards(rooms.project.root)
        self._look_every = look_every
        self._looked = 0.0
        self._edition: Edition | None = None
        self._filled: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._busy: dict[Hashable, Lock] = {}
        self._lock = Lock()
        self._choosing = Lock()

    @property
    def all(self) -> tuple[Dashboard, ...]:
        """Every dashboard of the project, the home page first, the others by their ``order``."""
        found = self._rooms.project.dashboards.values()
        return tuple(sorted(found, key=lambda board: (board.name != HOME, board.order, board.name)))

    def named(self, name: str) -> Dashboard:
        """Return a dashboard of the project, or one that somebody made. Errors: UnknownName."""
        return self._found(name)[0]

    def _found(self, name: str) -> tuple[Dashboard, Hashable]:
        """Return a dashboard with a text that changes when it does."""
        boards = self._rooms.project.dashboards
        if name in boards:
            return boards[name], name
        own = self.own.find(name)
        if own is None:
            raise UnknownName("dashboard", name, list(boards))
        return own.dashboard(), (name, own.version, own.at)

    def edition(self) -> Edition:
        """Return the newest published state and forget what was filled from older ones. Errors: WarehouseMissing."""
        with self._lock:
            if self._edition is not None and stopwatch() - self._looked < self._look_every:
                return self._edition
        history = self._rooms.history()
        if not history:
            raise WarehouseMissing("Nothing has been built in this project yet.", next_step="Run `c360 run` first.")
        with self._lock:
            self._looked = stopwatch()
            if self._edition is not None and self._edition.snapshot.id == history[0].id:
                return self._edition
        as_of = self._rooms.as_of(at_snapshot=history[0].id)  # whatever is published meanwhile
        edition = Edition(history[0], as_of, self._vocabulary(as_of))
        with self._lock:
            self._edition = edition
            self._filled.clear()
        return edition

    def _vocabulary(self, as_of: date) -> Vocabulary:
        """Return what the semantic model knows; nothing where the project has none."""
        if not self._rooms.project.semantics:
            return Vocabulary({}, lambda _: False, {})
        return vocabulary_of(self._rooms.semantic_model(), as_of=as_of)

    def filled(
        self, name: str, filters: Filters, *, only: str | None = None, edition: Edition | None = None
    ) -> FilledDashboard:
        """Return a dashboard with figures (of one widget with ``only``), all of one state: the newest by default.

        Errors: UnknownName, WarehouseError.
        """
        board, version = self._found(name)
        if only is not None and only not in {widget.name for widget in board.widgets}:
            raise UnknownName("widget", only, [widget.name for widget in board.widgets])
        edition = edition or self.edition()
        whole = (edition.snapshot.id, version, filters, None, self._sees())
        key = whole if only is None else (*whole[:3], only, whole[4])
        with self._lock:
            found = self._filled.get(whole) or self._filled.get(key)
            busy = self._busy.setdefault(key, Lock())
        if found is None:
            with busy:  # readers who ask for the same page meanwhile wait for the one filling of it
                found = self._filled.get(key)
                if found is None:
                    found = self._fill(board, filters, only, edition)
                    self._keep(key, found, edition)  # before the next of them looks
                    return found.page
        self._keep(key, found, edition)
        note_again(self._rooms.governance, "metrics", found.of(only))
        return found.page

    def _sees(self) -> str:
        """Return a text that differs whenever what the asker may see differs. Errors: NotPermitted."""
        models = map(self._rooms.semantic_model, self._rooms.project.semantics)
        return "/".join([self._rooms.sees(), *(seen_as(each, asking()) for each in models)])

    def _keep(self, key: Hashable, found: _Kept, edition: Edition) -> None:
        """Remember a page for the next reader, unless something newer was published meanwhile."""
        with self._lock:
            self._busy.pop(key, None)
            if self._edition is edition:
                self._filled[key] = found
                self._filled.move_to_end(key)
            while len(self._filled) > KEPT:
                self._filled.popitem(last=False)

    def shown(self, board: Dashboard) -> FilledDashboard:
        """Return any dashboard with figures of the newest state; it is not kept. Errors: WarehouseError."""
        return self._fill(board, NO_FILTERS, None, self.edition()).page

    def choices(self, name: str, *, edition: Edition | None = None) -> tuple[Choices, ...]:
        """Return what the filters of a dashboard offer. Errors: UnknownName, WarehouseError."""
        (board, version), edition = self._found(name), edition or self.edition()
        key = (version, self._sees())
        with self._choosing:
            found = edition.choices.get(key)
            if found is None:
                with self._asking(edition) as ask:
                    found = edition.choices[key] = choices_of(board, ask, edition.vocabulary)
            return found

    def warm(self) -> None:
        """Fill the home page before somebody asks for it; what is wrong with it, its reader will be told."""
        with suppress(C360Error), written_as(self._rooms.project.settings.locale):
            for board in self.all[:1]:
                self.choices(board.name)
                self.filled(board.name, NO_FILTERS)

    def _fill(self, board: Dashboard, filters: Filters, only: str | None, edition: Edition) -> _Kept:
        answers: list[Answered] = []
        with self._asking(edition, answers) as ask:
            page = fill_dashboard(
                board,
                ask,
                vocabulary=edition.vocabulary,
                as_of=edition.as_of,
                currency=self._rooms.project.settings.currency,
                filters=filters,
                only=only,
                others={name: self._source(name, ask, edition) for name in {w.model for w in board.widgets if w.model}},
            )
        return _Kept(page, tuple(answers))

    def _source(self, name: str, ask: Ask, edition: Edition) -> Source:
        """Return what answers queries of another semantic model. Errors: UnknownName."""
        if name not in edition.others:
            edition.others[name] = vocabulary_of(self._rooms.semantic_model(name), as_of=edition.as_of)
        return partial(ask, model=name), edition.others[name]

    def _asking(self, edition: Edition, answers: list[Answered] | None = None) -> AbstractContextManager[Ask]:
        """Give what answers queries from this edition, even when something newer is published meanwhile."""
        return self._rooms.desk.open(as_of=edition.as_of, at_snapshot=edition.snapshot.id, answers=answers)
