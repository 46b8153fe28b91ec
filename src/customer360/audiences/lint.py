"""Check audiences against the semantic model: every field, metric and event must exist and be about the customer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer360.audiences.delivery import check_names
from customer360.errors import C360Error, Place, QueryError, UnknownName
from customer360.project.yamlfile import Block, line_of
from customer360.semantic.findings import Finding
from customer360.semantic.query import Condition
from customer360.semantic.segment import check_part, columns_table, members_table, subject_of
from customer360.semantic.segment_query import (
    AllMembers,
    AnyMembers,
    NotMembers,
    Segment,
    SegmentFilter,
    parse_segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.project.audiences import Audience
    from customer360.project.spec import Settings
    from customer360.semantic.model import SemanticModel

_SOME_DAY = date(2000, 1, 1)
"""Stands in for the as-of date: the queries are only compiled."""
RULE = "AUDIENCE"


def segment_of(audience: Audience, settings: Settings) -> Segment:
    """Return who an audience asks for, consent included. Raises QueryError when its channel is not known."""
    given: dict[str, Any] = {"members": audience.members, "subject": audience.subject or settings.subject}
    if audience.rank is not None:
        given["rank"] = audience.rank
    if audience.consent == "required":
        given["must"] = [{"field": consent_field(settings, audience.channel, audience.purpose), "value": True}]
    return parse_segment(given)


def consent_field(settings: Settings, channel: str | None, purpose: str) -> str:
    """Return the field that says who consented to a channel for a purpose. Raises QueryError when none does."""
    known = sorted(settings.consent)
    if channel is None:
        raise QueryError(
            "The audience names no channel, so nobody can have consented to it.",
            next_step=f"Add channel: {known[0] if known else 'email'}, or consent: not_required.",
        )
    found = settings.consent.get(f"{channel}/{purpose}") or settings.consent.get(channel)
    if found is None:
        error = UnknownName("channel", channel, [name for name in known if "/" not in name])
        more = "Say in c360.yaml which field holds the consent: audiences: {consent: {email: ...}}."
        raise QueryError(f"{error.what} in audiences.consent.", next_step=error.next_step or more)
    return found


def lint_audiences(audiences: Iterable[Audience], settings: Settings, model: SemanticModel) -> list[Finding]:
    """Return the errors of all audiences, each with its line and the nearest right word."""
    every = {audience.name: audience for audience in audiences}
    return [finding for audience in every.values() for finding in _of_audience(audience, every, settings, model)]


def _of_audience(
    audience: Audience, every: dict[str, Audience], settings: Settings, model: SemanticModel
) -> Iterator[Finding]:
    def finding(error: C360Error, place: Place) -> Finding:
        what = f"The audience '{audience.name}' cannot be worked out: {error.what}"
        return Finding(RULE, "error", what, place, error.next_step)

    subject = audience.subject or settings.subject
    try:
        subject_of(model, subject)
        segment = segment_of(audience, settings)
    except C360Error as error:
        yield finding(error, audience.place)
        return
    found = False
    for path, part in _leaves(segment.members, ()):
        if wrong := check_part(model, subject, part, as_of=_SOME_DAY):
            found = True
            yield finding(wrong, _place(audience.place, audience.members, path))
    if not found:
        yield from (finding(wrong, audience.place) for wrong in _whole(segment, model))
    yield from _of_destinations(audience, every, settings, model)


def _whole(segment: Segment, model: SemanticModel) -> Iterator[C360Error]:
    try:
        members_table(model, segment, as_of=_SOME_DAY)
    except C360Error as error:
        yield error


def _of_destinations(
    audience: Audience, every: dict[str, Audience], settings: Settings, model: SemanticModel
) -> Iterator[Finding]:
    subject = audience.subject or settings.subject
    for name, destination in audience.destinations.items():
        errors: list[C360Error] = [
            UnknownName("audience", other, [each for each in every if each != audience.name])
            for other in destination.suppress
            if other not in every
        ]
        try:
            must: tuple[Condition, ...] = ()
            if destination.consent == "required":
                must = (Condition(field=consent_field(settings, destination.channel, audience.purpose), value=True),)
            check_names(destination, subject_of(model, subject).name)
            anybody = Segment(subject=subject, members=_anybody(model, subject), must=must)
            columns_table(model, anybody, destination.columns, as_of=_SOME_DAY)
        except C360Error as error:
            errors.append(error)
        for wrong in errors:
            what = f"The audience '{audience.name}' cannot be sent to '{name}': {wrong.what}"
            yield Finding(RULE, "error", what, destination.place, wrong.next_step)


def _anybody(model: SemanticModel, subject: str | None) -> Condition:
    return Condition(field=subject_of(model, subject).qualified, op="is not null")


def _leaves(given: SegmentFilter, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], SegmentFilter]]:
    if isinstance(given, NotMembers):
        yield from _leaves(given.negate, (*path, "not"))
    elif isinstance(given, AllMembers | AnyMembers):
        key, parts = ("all", given.all) if isinstance(given, AllMembers) else ("any", given.any)
        for position, part in enumerate(parts):
            yield from _leaves(part, (*path, key, position))
    else:
        yield path, given


def _place(whole: Place, members: object, path: tuple[str | int, ...]) -> Place:
    return Place(whole.file, line_of(members, path)) if isinstance(members, Block) else whole
