"""Serve audiences: sizes, refreshes, differences, exports and lift. Ids of members leave through destinations only."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from customer360.audiences.room import audiences_of
from customer360.semantic.segment_query import Segment
from customer360.web.api.problems import RESPONSES, problems

if TYPE_CHECKING:
    from customer360.audiences.book import Export, Refresh
    from customer360.audiences.delivery import Delivery
    from customer360.audiences.lift import Arm, Measured
    from customer360.audiences.room import Preview, Status
    from customer360.web.rooms import Rooms

_MORE: dict[int | str, dict[str, Any]] = {
    **RESPONSES,
    409: problems("The audience is not refreshed, or too small, or sent just now."),
    502: problems("The destination did not take the members."),
}
Name = Annotated[str, Field(max_length=63)]
Metric = Annotated[str, Query(max_length=100, description="A sum or a count.")]


class RefreshOut(BaseModel):
    """One time that an audience was worked out."""

    id: int
    at: datetime
    by: str
    as_of: date
    members: int
    held_out: int
    joined: int
    left: int

    @classmethod
    def of(cls, refresh: Refresh) -> RefreshOut:
        """Describe a refresh."""
        return cls(**{name: getattr(refresh, name) for name in cls.model_fields})


class AudienceOut(BaseModel):
    """An audience. ``is_fresh`` is null before its first refresh."""

    name: str
    label: str
    description: str | None
    purpose: str
    channel: str | None
    consent: str
    hold_out: float
    owners: list[str]
    destinations: list[str]
    refresh: RefreshOut | None
    is_fresh: bool | None
    last_export_at: datetime | None
    refused: str | None = Field(default=None, description="Why you may not know how many are in it.")

    @classmethod
    def of(cls, status: Status) -> AudienceOut:
        """Describe an audience."""
        audience = status.audience
        return cls(
            name=audience.name,
            label=audience.label,
            description=audience.description,
            purpose=audience.purpose,
            channel=audience.channel,
            consent=audience.consent,
            hold_out=audience.hold_out,
            owners=list(audience.owners),
            destinations=list(audience.destinations),
            refresh=RefreshOut.of(status.refresh) if status.refresh else None,
            is_fresh=status.is_fresh,
            last_export_at=status.last_export.at if status.last_export else None,
            refused=status.refused,
        )


class StepOut(BaseModel):
    """How many are left after a condition."""

    condition: str
    left: int


class PreviewOut(BaseModel):
    """How many would be in an audience."""

    everybody: int
    steps: list[StepOut]
    members: int
    held_out: int
    as_of: date

    @classmethod
    def of(cls, preview: Preview) -> PreviewOut:
        """Describe a preview."""
        steps = [StepOut(condition=words, left=left) for words, left in preview.steps]
        return cls(
            everybody=preview.everybody,
            steps=steps,
            members=preview.members,
            held_out=preview.held_out,
            as_of=preview.as_of,
        )


class ExportIn(BaseModel):
    """What to send where."""

    destination: str = Field(max_length=63, description="A destination of the audience.")
    dry_run: bool = Field(default=False, description="Count, and send nothing.")


class ExportOut(BaseModel):
    """How many were sent, or would be; ``id`` is that of the log, null for a dry run."""

    id: int | None
    destination: str
    members: int
    added: int
    changed: int
    removed: int
    withheld: int
    query: str | None

    @classmethod
    def of(cls, made: Export | None, delivery: Delivery) -> ExportOut:
        """Describe an export."""
        return cls(
            id=made.id if made else None,
            destination=delivery.destination.name,
            members=len(delivery.upserts),
            added=len(delivery.added),
            changed=len(delivery.changed),
            removed=len(delivery.removed),
            withheld=delivery.withheld,
            query=made.query if made else None,
        )


class ExportLineOut(BaseModel):
    """An entry of the export log."""

    id: int
    destination: str
    at: datetime
    by: str
    refresh: int
    as_of: date
    mode: str
    added: int
    changed: int
    removed: int
    withheld: int
    outcome: str
    query: str


class OverlapOut(BaseModel):
    """How many are in each of two audiences and in both."""

    first: int
    second: int
    both: int
    jaccard: float


class DiffOut(BaseModel):
    """How many joined and left."""

    joined: int
    left: int


class ArmOut(BaseModel):
    """One group of a measured audience."""

    members: int
    mean: float
    share_with_any: float

    @classmethod
    def of(cls, arm: Arm) -> ArmOut:
        """Describe a group."""
        return cls(members=arm.members, mean=arm.mean, share_with_any=arm.share_with_any)


class LiftOut(BaseModel):
    """Treated against held out: difference of means, its 95 % interval, two-sided p-value (Welch)."""

    metric: str
    start: date
    end: date
    treated: ArmOut
    held_out: ArmOut
    difference: float
    low: float
    high: float
    p_value: float
    relative: float | None
    gained: float

    @classmethod
    def of(cls, measured: Measured) -> LiftOut:
        """Describe a lift."""
        found = measured.lift
        return cls(
            metric=measured.metric,
            start=measured.start,
            end=measured.end,
            treated=ArmOut.of(found.treated),
            held_out=ArmOut.of(found.held_out),
            **{name: getattr(found, name) for name in ("difference", "low", "high", "p_value", "relative", "gained")},
        )


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints. Sizes are counted and members sent as whoever asks may see them."""
    routes = APIRouter(prefix="/audiences", tags=["audiences"], responses=_MORE)
    _add_views(routes, rooms)
    _add_measures(routes, rooms)
    _add_acts(routes, rooms)
    return routes


def _add_views(routes: APIRouter, rooms: Rooms) -> None:
    @routes.get("")
    def list_audiences() -> list[AudienceOut]:
        """List the audiences with size, freshness and last export."""
        return [AudienceOut.of(each) for each in audiences_of(rooms).list()]

    @routes.get("/{name}/preview")
    def preview_audience(name: Name) -> PreviewOut:
        """Count how many each condition leaves; nothing is kept."""
        return PreviewOut.of(audiences_of(rooms).preview(name))

    @routes.get("/{name}/diff")
    def compare_refreshes(
        name: Name,
        destination: Annotated[str | None, Query(max_length=63, description="Since its last export.")] = None,
    ) -> DiffOut:
        """Count who joined and left since the last export to a destination, else since the refresh before."""
        joined, left = audiences_of(rooms).diff(name, destination)
        return DiffOut(joined=len(joined), left=len(left))

    @routes.get("/{name}/exports")
    def list_exports(name: Name) -> list[ExportLineOut]:
        """List what was sent: when, by whom, how many, from which query."""
        return [
            ExportLineOut(**{field: getattr(each, field) for field in ExportLineOut.model_fields})
            for each in audiences_of(rooms).log(name)
        ]


def _add_measures(routes: APIRouter, rooms: Rooms) -> None:
    @routes.get("/{name}/overlap")
    def compare_audiences(
        name: Name, other: Annotated[str, Query(max_length=63, description="Another audience.")]
    ) -> OverlapOut:
        """Count who is in two audiences, as they were last refreshed."""
        found = audiences_of(rooms).overlap(name, other)
        return OverlapOut(first=found.first, second=found.second, both=found.both, jaccard=found.jaccard)

    @routes.get("/{name}/lift")
    def measure_lift(
        name: Name, metric: Metric = "revenue", start: date | None = None, end: date | None = None
    ) -> LiftOut:
        """Compare what the treated did since they were sent with what those held out did."""
        return LiftOut.of(audiences_of(rooms).lift(name, metric, start=start, end=end))


def _add_acts(routes: APIRouter, rooms: Rooms) -> None:
    @routes.post("/preview")
    def preview_conditions(segment: Segment) -> PreviewOut:
        """Count whom any conditions choose, before they stand in a file."""
        return PreviewOut.of(audiences_of(rooms).preview_of(segment))

    @routes.post("/{name}/refresh")
    def refresh_audience(name: Name) -> RefreshOut:
        """Work out who is in an audience and keep it; its owners may."""
        return RefreshOut.of(audiences_of(rooms).refresh(name)[0])

    @routes.post("/{name}/exports", status_code=201)
    def export_audience(name: Name, asked: ExportIn) -> ExportOut:
        """Send the members of the last refresh to a destination; its owners may."""
        made, delivery = audiences_of(rooms).export(name, asked.destination, dry_run=asked.dry_run)
        return ExportOut.of(made, delivery)
