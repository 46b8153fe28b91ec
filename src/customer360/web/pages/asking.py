"""Hold a question as its address carries it, and write the addresses that ask it otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from customer360.ask.edits import without_each
from customer360.errors import QueryError
from customer360.semantic.labels import things
from customer360.semantic.query import parse_query

if TYPE_CHECKING:
    from customer360.ask.reply import Reply
    from customer360.semantic.query import MetricQuery
    from customer360.web.rooms import Rooms


@dataclass(frozen=True)
class Question:
    """A question, those before it, and how it is to be read (a metric query as JSON, empty: as it is understood)."""

    text: str
    context: tuple[str, ...] = ()
    reading: str = ""
    model: str = ""
    """The semantic model that is asked; empty: the first."""

    @property
    def settled(self) -> MetricQuery | None:
        """The reading that an address carries. Errors: QueryError."""
        if not self.reading:
            return None
        try:
            return parse_query(json.loads(self.reading))
        except ValueError as error:
            raise QueryError("The reading in the address is no JSON.", next_step="Ask the question again.") from error

    @property
    def query(self) -> str:
        """The part of an address after ``?``."""
        pairs: dict[str, object] = {"q": self.text, "c": self.context}
        more = {"r": self.reading, "m": self.model}
        return urlencode({**pairs, **{key: value for key, value in more.items() if value}}, doseq=True)

    @property
    def address(self) -> str:
        """The page that answers it."""
        return f"/ask?{self.query}"

    def answered(self, rooms: Rooms) -> Reply:
        """Return the answer. Errors: QueryError for a reading that is none, UnknownName for a model."""
        return rooms.ask(self.text, model=self.model or None, context=self.context, settled=self.settled)

    def read_as(self, reply: Reply, query: MetricQuery) -> str:
        """Return the page that answers the question as this query."""
        before = tuple(reply.context[:-1])
        return replace(self, text=reply.question, context=before, reading=query.canonical()).address

    def choices(self, reply: Reply) -> list[tuple[str, str | None]]:
        """Return the ways to read a question, each with the address that answers it so."""
        return [(each.text, self.read_as(reply, each.query) if each.query else None) for each in reply.choices]

    def chips(self, reply: Reply) -> list[tuple[str, str, str | None]]:
        """Return the parts of the reading, each with the address of the answer without it."""
        left = without_each(reply.query) if reply.query is not None else ()
        return [
            (chip.kind, chip.text, self.read_as(reply, query) if query is not None else None)
            for chip, query in zip(reply.chips, left, strict=False)
        ]

    def again(self, reply: Reply) -> list[tuple[str, str]]:
        """Return the words offered for an unknown one, each with the address of the question that has it instead."""
        if len(reply.not_understood) != 1:
            return []
        unknown, before = reply.not_understood[0], tuple(reply.context)
        texts = [(word, reply.question.replace(unknown, word)) for word in reply.suggestions]
        return [(word, replace(self, text=text, context=before, reading="").address) for word, text in texts]

    def elsewhere(self, rooms: Rooms) -> list[tuple[str, str, bool]]:
        """Return the semantic models that can be asked, each with the address that asks it this, and which is asked."""
        names = list(rooms.project.semantics)
        asked = self.model or next(iter(names), "")
        return [
            (things(name).capitalize(), replace(self, context=(), reading="", model=name).address, name == asked)
            for name in names
            if len(names) > 1
        ]
