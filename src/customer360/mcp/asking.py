"""Offer questions in plain language to assistants: the same reading and the same refusals as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from customer360.mcp.desk import Desk

_ROWS = 100


class Spoken(BaseModel):
    """An answer, choices, or the reason why there is no answer."""

    status: Literal["answered", "clarify", "refused"]
    reason: str | None = Field(default=None, description="Kind of non-answer.")
    text: str = Field(description="The answer or refusal in whole sentences.")
    reading: str | None = Field(default=None, description="How the question was read.")
    rows: list[dict[str, Any]] = []
    row_count: int = 0
    query: dict[str, Any] | None = Field(default=None, description="The metric query, for query_metrics.")
    choices: list[dict[str, Any]] = Field(default=[], description="Ways to read it, each with its metric query.")
    not_understood: list[str] = []
    suggestions: list[str] = Field(default=[], description="Known names near the unknown words.")
    notes: list[str] = []
    sql: str | None = None
    trust: str | None = None
    as_of: str | None = None
    context: list[str] = Field(default=[], description="Hand this in with a follow-up.")


def ask_for(desk: Desk) -> Callable[..., Spoken]:
    """Return the tool ``ask``."""

    def ask(
        question: Annotated[str, Field(min_length=1, max_length=2_000, description="One question in plain English.")],
        context: Annotated[
            list[str] | None, Field(description="`context` of the reply before, for follow-ups.")
        ] = None,
    ) -> Spoken:
        """Answer a question about figures, definitions or data; ambiguous ones are asked back, never guessed."""
        reply = desk.workspace.ask(question, principal=desk.principal, context=context or ())
        document = dict(reply.document())
        document["rows"] = document["rows"][:_ROWS]
        return Spoken.model_validate(document)

    return ask
