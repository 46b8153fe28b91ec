"""Hold a question as its address carries it, and write the addresses that ask it otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from customer360.ask.edits import without_each
from customer360.errors import QueryError
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
        return urlencode({**pairs, "r": self.reading} if self.reading else pairs, doseq=True)

    @property
    def address(self) -> str:
        """The page that answers it."""
        return f"/ask?{self.query}"

    def answered(self, rooms: Rooms) -> Reply:
        """Return the answer. Errors: QueryError for a reading that is none."""
        return rooms.ask(self.text, context=self.context, settled=self.settled)


def address_of(reply: Reply, query: MetricQuery) -> str:
    """Return the page that answers the same question as this query."""
    return Question(reply.question, tuple(reply.context[:-1]), query.canonical()).address


def choices(reply: Reply) -> list[tuple[str, str | None]]:
    """Return the ways to read a question, each with the address that answers it so."""
    return [(each.text, address_of(reply, each.query) if each.query else None) for each in reply.choices]


def chips(reply: Reply) -> list[tuple[str, str, str | None]]:
    """Return the parts of the reading, each with the address of the answer without it."""
    left = without_each(reply.query) if reply.query is not None else ()
    return [
        (chip.kind, chip.text, address_of(reply, query) if query is not None else None)
        for chip, query in zip(reply.chips, left, strict=False)
    ]


def again(reply: Reply) -> list[tuple[str, str]]:
    """Return the words offered for an unknown one, each with the address of the question that has it instead."""
    if len(reply.not_understood) != 1:
        return []
    unknown = reply.not_understood[0]
    return [
        (word, Question(reply.question.replace(unknown, word), tuple(reply.context)).address)
        for word in reply.suggestions
    ]
