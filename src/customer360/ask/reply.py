"""Hold what a person gets for a question: figures with all that is needed to trust them, choices, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pyarrow as pa

    from customer360.ask.describe import Chip
    from customer360.semantic.outputs import OutputColumn
    from customer360.semantic.query import MetricQuery

Status = Literal["answered", "clarify", "refused"]
Reason = Literal[
    "unknown_concept",
    "not_understood",
    "ambiguous",
    "impossible",
    "out_of_scope",
    "not_permitted",
    "no_data",
    "personal_data",
]
Trust = Literal["verified question", "governed metrics", "metadata"]


@dataclass(frozen=True)
class Choice:
    """One way in which a question can be read."""

    text: str
    query: MetricQuery | None = None


@dataclass(frozen=True)
class Definition:
    """What a metric or dimension means, and where it comes from."""

    name: str
    label: str
    description: str | None
    formula: str | None = None
    unit: str | None = None
    tables: tuple[str, ...] = ()
    owner: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Reply:
    """An answer, or one of the kinds of non-answer. ``text`` is a whole sentence in each case."""

    question: str
    status: Status
    text: str
    reason: Reason | None = None
    port: str | None = None
    """What may be asked for where the reason is not_permitted."""
    reading: str | None = None
    chips: tuple[Chip, ...] = ()
    notes: tuple[str, ...] = ()
    table: pa.Table | None = None
    columns: tuple[OutputColumn, ...] = ()
    sql: str | None = None
    query: MetricQuery | None = None
    chart: str | None = None
    not_understood: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    suggestions: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    trust: Trust | None = None
    as_of: date | None = None
    snapshot: int | None = None
    rows_behind: int | None = None
    """Rows of the facts in the warehouse that the figures come from, before filters."""
    context: tuple[str, ...] = ()
    """The questions that a follow-up needs, this one the last; to be handed in with it."""

    def document(self) -> Mapping[str, Any]:
        """Return the reply as plain JSON values."""
        from customer360.ask.document import document_of

        return document_of(self)
