"""Hold a segment: which members of one dataset fulfil conditions on attributes, on metrics and on events in time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customer360.errors import QueryError
from customer360.semantic.query import Condition, Filter, MetricCondition, TimeRange


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Following(_Closed):
    """Rows of a dataset, some of them."""

    event: str = Field(description="A dataset of the model.")
    where: Filter | None = Field(default=None, description="Which rows count.")


class EventCondition(_Closed):
    """How often something happened to a member in time, and what did not follow it."""

    event: str = Field(description="A dataset of the model: each row is one event.")
    where: Filter | None = Field(default=None, description="Which rows count.")
    time: TimeRange | None = Field(default=None, description="Which days count.")
    at_least: int | None = Field(default=None, ge=0, description="How often at least; without at_most 1.")
    at_most: int | None = Field(default=None, ge=0, description="How often at most.")
    not_followed_by: Following | None = Field(
        default=None, description="What did not happen on the day of the last one or later."
    )


class AllMembers(_Closed):
    """Every one of these holds."""

    all: tuple[SegmentFilter, ...] = Field(min_length=1, description="Conditions that must all hold.")


class AnyMembers(_Closed):
    """At least one of these holds."""

    any: tuple[SegmentFilter, ...] = Field(min_length=1, description="Conditions of which one must hold.")


class NotMembers(_Closed):
    """This does not hold."""

    negate: SegmentFilter = Field(alias="not", description="The condition that must not hold.")


SegmentFilter = Annotated[
    Condition | MetricCondition | EventCondition | AllMembers | AnyMembers | NotMembers,
    Field(union_mode="left_to_right"),
]


class Rank(_Closed):
    """Only the first of those who fulfil the conditions; ties by the member's id."""

    by: str = Field(description="A number of the member, or a metric.")
    top: int | None = Field(default=None, ge=1, description="How many to keep.")
    share: float | None = Field(default=None, gt=0, le=1, description="Which share to keep.")
    ascending: bool = Field(default=False, description="True: smallest first.")


class Segment(_Closed):
    """Who is asked for. ``must`` are conditions outside the members' own, such as consent."""

    subject: str | None = Field(default=None, description="dataset.field of the member's id; default: the profile's.")
    members: SegmentFilter = Field(description="Who belongs to it.")
    rank: Rank | None = Field(default=None, description="Only the first of those.")
    must: tuple[Condition, ...] = Field(default=(), description="Conditions that hold for everybody in it.")

    def digest(self) -> str:
        """Return a hash that changes with what is asked for."""
        document = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def parts(self) -> tuple[SegmentFilter, ...]:
        """Return the conditions that must all hold, in their order."""
        return self.members.all if isinstance(self.members, AllMembers) else (self.members,)


for _model in (AllMembers, AnyMembers, NotMembers, Segment):
    _model.model_rebuild()

Kind = Literal["field", "metric", "event", "group"]


def parse_segment(given: Mapping[str, Any]) -> Segment:
    """Return a segment given as JSON. Raises QueryError saying where it is wrong."""
    try:
        return Segment.model_validate(given)
    except ValidationError as error:
        part = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in part["loc"] if not str(step)[:1].isupper())
        step = "A condition has field, metric, event, all, any or not; docs/how-to/audiences.md shows each."
        raise QueryError(f"The audience's `{where}` is wrong: {part['msg'].lower()}.", next_step=step) from error
