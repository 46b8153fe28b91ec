"""Answer questions in plain language as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from customer360.semantic.query import parse_query
from customer360.web.api.problems import RESPONSES

if TYPE_CHECKING:
    from customer360.web.rooms import Rooms


class QuestionIn(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=2_000, description="The question, in plain English.")
    context: list[str] = Field(
        default_factory=list, max_length=24, description="The questions before it: `context` of the reply before."
    )
    model: str | None = Field(default=None, max_length=63, description="A semantic model; the first when left out.")
    query: dict[str, Any] | None = Field(
        default=None, description="The reading that was picked or edited: `query` of a choice, `without` of a chip."
    )


class AnswerOut(BaseModel):
    """An answer, choices, or the reason why there is no answer: `status` and `reason` say which."""

    question: str
    status: str = Field(description="answered, clarify or refused.")
    reason: str | None = Field(
        description="Why there is no answer: unknown_concept, not_understood, ambiguous, impossible, out_of_scope, "
        "not_permitted, no_data or personal_data."
    )
    text: str = Field(description="The answer or refusal in one sentence.")
    reading: str | None = Field(description="How the question was read, in words.")
    chips: list[dict[str, Any]] = Field(
        description="The parts of the reading, each with its key in the query and the query without it."
    )
    notes: list[str] = Field(description="What was decided for you, and what to know about the data.")
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    row_count: int
    query: dict[str, Any] | None = Field(description="The metric query; `POST /api/v1/metrics/query` runs it too.")
    sql: str | None
    chart: str | None
    not_understood: list[str]
    corrected: list[dict[str, str]]
    choices: list[dict[str, Any]] = Field(description="The ways to read it, each with its metric query.")
    suggestions: list[str] = Field(description="Known names near the unknown words.")
    definitions: list[dict[str, Any]]
    trust: str | None
    as_of: str | None
    snapshot: int | None
    rows_behind: int | None = Field(description="Rows of the facts that the figures come from, before filters.")
    context: list[str] = Field(description="What a follow-up hands in as its `context`.")


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoint."""
    routes = APIRouter(prefix="/ask", tags=["ask"], responses=RESPONSES)

    @routes.post("")
    def ask(question: QuestionIn) -> AnswerOut:
        """Answer a question, ask back when it can be read in several ways, or say why there is no answer."""
        settled = parse_query(question.query) if question.query is not None else None
        reply = rooms.ask(question.text, model=question.model, context=question.context, settled=settled)
        return AnswerOut.model_validate(reply.document())

    return routes
