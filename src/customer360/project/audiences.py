"""Read ``audiences/*.yaml``: who belongs to an audience, what for, on which channel, and where it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from customer360.names import IDENTIFIER
from customer360.project.problems import Problems, Shape
from customer360.project.secrets import refuse_secrets
from customer360.project.timerange import TimeShape
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.errors import Place

Consent = Literal["required", "not_required"]
Mode = Literal["full", "diff"]

_OPERATORS = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "is null", "is not null", "contains", "starts with"
]
_LEAVES = ("field", "metric", "event")
_GROUPS = ("all", "any", "not")
_KEYS = {
    "field": {"op", "value"},
    "metric": {"op", "value", "where", "time"},
    "event": {"where", "time", "at_least", "at_most", "not_followed_by"},
}
"""What may stand beside each kind of condition."""

_NEEDS = {"csv": "path", "parquet": "path", "webhook": "url", "postgres": "table"}
_MAY = {
    "csv": {"path"},
    "parquet": {"path"},
    "webhook": {"url", "secret", "batch", "retries", "first_pause_seconds"},
    "postgres": {"url", "table"},
}
_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Destination:
    """Where members are sent. ``consent`` and ``channel`` are those of the audience unless it has its own."""

    name: str
    kind: Literal["csv", "parquet", "webhook", "postgres"]
    place: Place
    columns: tuple[str, ...] = ()
    mode: Mode = "full"
    channel: str | None = None
    consent: Consent = "required"
    suppress: tuple[str, ...] = ()
    """Audiences whose members are left out."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only this kind has: path; url, secret, batch, retries, first_pause_seconds; table."""


@dataclass(frozen=True)
class Audience:
    """``audiences/<name>.yaml``. ``members`` is the condition in its canonical JSON form."""

    name: str
    label: str
    purpose: str
    channel: str | None
    place: Place
    members: Mapping[str, Any]
    description: str | None = None
    owners: tuple[str, ...] = ()
    subject: str | None = None
    consent: Consent = "required"
    hold_out: float = 0.0
    rank: Mapping[str, Any] | None = None
    destinations: Mapping[str, Destination] = field(default_factory=dict)


class FollowShape(Shape):
    """What must not have happened on the day of the last event or later."""

    event: str = Field(description="A dataset of the semantic model whose rows are events: sales.")
    where: dict[str, Any] | None = Field(None, description="Which of its rows count; a filter of metric queries.")


class ConditionShape(Shape):
    """One condition (`field`, `metric` or `event`), or a group of them (`all`, `any`, `not`)."""

    all: list[ConditionShape] | None = Field(None, description="Conditions that must all hold.")
    any: list[ConditionShape] | None = Field(None, description="Conditions of which one must hold.")
    negated: ConditionShape | None = Field(None, alias="not", description="The condition that must not hold.")
    field: str | None = Field(None, description="An attribute of the customer: customer_360.value_tier.")
    metric: str | None = Field(None, description="A metric, computed for each customer: order_count.")
    event: str | None = Field(None, description="A dataset whose rows are events, counted for each customer: cart.")
    op: _OPERATORS | None = Field(None, description="How the field or metric is compared; default `=`.")
    value: Any = Field(None, description="What it is compared with; a list for in, not in and between.")
    where: dict[str, Any] | None = Field(None, description="Metric, event: which rows count.")
    time: TimeShape | None = Field(None, description="Metric, event: which days count; default: all.")
    at_least: Annotated[int, Field(ge=0)] | None = Field(None, description="Event: how often at least; default 1.")
    at_most: Annotated[int, Field(ge=0)] | None = Field(None, description="Event: how often at most.")
    not_followed_by: FollowShape | None = Field(
        None, description="Event: what did not happen on the day of the last one or later."
    )


class RankShape(Shape):
    """Only the first of those who fulfil the conditions."""

    by: str = Field(description="A number of the customer, or a metric, that ranks them; empty ones are left out.")
    top: Annotated[int, Field(ge=1)] | None = Field(None, description="How many to keep.")
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(None, description="Which share to keep: 0.15.")
    ascending: bool = Field(False, description="true: smallest first.")


class DestinationShape(Shape):
    """Where members are sent."""

    kind: Literal["csv", "parquet", "webhook", "postgres"] = Field(description="What it is.")
    columns: list[str] = Field(
        default_factory=list, description="Fields and metrics beside the customer's id: customer_360.email."
    )
    mode: Literal["full", "diff"] | None = Field(
        None, description="All members, or what changed since the last export. Default: full for files, else diff."
    )
    channel: str | None = Field(None, description="Channel whose consent counts here; default: the audience's.")
    consent: Consent | None = Field(None, description="not_required: send without; default: as the audience says.")
    suppress: list[str] = Field(default_factory=list, description="Audiences whose members are not sent.")
    path: str | None = Field(None, description="csv, parquet: the file, from the project's folder.")
    url: dict[str, str] | None = Field(None, description="webhook, postgres: {env: NAME} of the address.")
    secret: dict[str, str] | None = Field(None, description="webhook: {env: NAME} of the key that signs each call.")
    batch: Annotated[int, Field(ge=1, le=10_000)] = Field(500, description="webhook: members a call.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(5, description="webhook: how often to try again.")
    first_pause_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        0.5, description="webhook: the pause before the second try; each one after it is twice as long."
    )
    table: str | None = Field(None, description="postgres: <schema>.<table>, made when it is not there.")


class AudienceShape(Shape):
    """``audiences/<name>.yaml``: customers who are chosen for one purpose on one channel."""

    label: str = Field(description="The name that people see.")
    description: str | None = Field(None, description="Who is in it and why.")
    purpose: str = Field(description="What the members are chosen for, in a word or two.")
    channel: str | None = Field(None, description="How they are addressed: a channel that c360.yaml knows.")
    consent: Consent = Field("required", description="not_required: members need not have consented to the channel.")
    owners: list[str] = Field(default_factory=list, description="Accounts and groups that refresh and export it.")
    subject: str | None = Field(None, description="The customer's id; default: as c360.yaml says.")
    members: ConditionShape = Field(description="Who belongs to it.")
    rank: RankShape | None = Field(None, description="Only the first of those.")
    hold_out: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Share of the members who are never sent anywhere, to measure what the others' treatment did."
    )
    destinations: dict[str, DestinationShape] = Field(default_factory=dict, description="Where it is sent, by name.")


def read_audience(path: Path, root: Path, problems: Problems) -> Audience | None:
    """Return one audience, or None after noting what is wrong."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(AudienceShape, file)
        if shape is None:
            return None
        if not IDENTIFIER.match(path.stem):
            what = f"'{path.stem}' cannot name an audience."
            problems.add(what, file.place(), "Use lower-case letters, digits and _ for the file's name.")
        _check_condition(shape.members, ("members",), file, problems)
        _check_rank(shape, file, problems)
        refuse_secrets(file.root, (), file, problems)
        return Audience(
            name=path.stem,
            label=shape.label,
            purpose=shape.purpose,
            channel=shape.channel,
            place=file.place(),
            members=file.root["members"],
            description=shape.description,
            owners=tuple(shape.owners),
            subject=shape.subject,
            consent=shape.consent,
            hold_out=shape.hold_out,
            rank=file.root.get("rank"),
            destinations={
                name: _destination(name, each, shape, file, problems) for name, each in shape.destinations.items()
            },
        )
    return None


def _check_condition(shape: ConditionShape, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    given = shape.model_fields_set
    kinds = [key for key in (*_LEAVES, *_GROUPS) if ("negated" if key == "not" else key) in given]
    if len(kinds) != 1:
        what = f"A condition holds {' and '.join(kinds)}" if kinds else "A condition says nothing"
        step = "Give each exactly one of field, metric, event, all, any, not."
        problems.add(f"{what}.", file.place(*path), step)
        return
    (kind,) = kinds
    for key in sorted(given - {kind, "negated"} - _KEYS.get(kind, set())):
        known = ", ".join(sorted(_KEYS.get(kind, ()))) or "nothing"
        problems.add(f"'{key}' does not belong to '{kind}'.", file.place(*path, key), f"Beside it: {known}.")
    if kind in ("field", "metric") and "op" not in given and "value" not in given:
        problems.add(f"The condition on '{kind}' compares with nothing.", file.place(*path), "Add op and value.")
    for group, inner in (("all", shape.all), ("any", shape.any)):
        for position, each in enumerate(inner or ()):
            _check_condition(each, (*path, group, position), file, problems)
        if inner == []:
            problems.add(f"'{group}' is empty.", file.place(*path, group), "Give at least one condition.")
    if shape.negated is not None:
        _check_condition(shape.negated, (*path, "not"), file, problems)


def _check_rank(shape: AudienceShape, file: YamlFile, problems: Problems) -> None:
    if shape.rank is not None and (shape.rank.top is None) == (shape.rank.share is None):
        problems.add("'rank' must say how many to keep.", file.place("rank"), "Add either top: 500 or share: 0.15.")


def _destination(
    name: str, shape: DestinationShape, audience: AudienceShape, file: YamlFile, problems: Problems
) -> Destination:
    path = ("destinations", name)
    needed, may = _NEEDS[shape.kind], _MAY[shape.kind]
    if getattr(shape, needed) is None:
        problems.add(f"The {shape.kind} destination '{name}' lacks '{needed}'.", file.place(*path), f"Add {needed}.")
    if shape.kind == "postgres" and shape.url is None:
        problems.add(f"The postgres destination '{name}' lacks 'url'.", file.place(*path), "Add url: {env: NAME}.")
    own = {key for keys in _MAY.values() for key in keys}
    for key in sorted((shape.model_fields_set & own) - may):
        problems.add(
            f"'{key}' does not belong to a {shape.kind}.", file.place(*path, key), f"It has {', '.join(sorted(may))}."
        )
    if shape.table is not None and not _TABLE.fullmatch(shape.table):
        problems.add(f"'{shape.table}' names no table.", file.place(*path, "table"), "Write <schema>.<table>.")
    for key in ("url", "secret"):
        if (value := getattr(shape, key)) is not None and set(value) != {"env"}:
            problems.add(f"'{key}' must name a variable.", file.place(*path, key), "Write {env: NAME}.")
    return Destination(
        name=name,
        kind=shape.kind,
        place=file.place(*path),
        columns=tuple(shape.columns),
        mode=shape.mode or ("full" if shape.kind in ("csv", "parquet") else "diff"),
        channel=shape.channel or audience.channel,
        consent=shape.consent or audience.consent,
        suppress=tuple(shape.suppress),
        options={key: getattr(shape, key) for key in may if getattr(shape, key) is not None},
    )
