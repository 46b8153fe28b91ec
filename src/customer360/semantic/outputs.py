"""Say which columns an answer has, what each means, and how its value is made of the atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.query import Share
    from customer360.semantic.question import Figure, GroupBy, Question

Kind = Literal["dimension", "time", "metric"]
Form = Literal["value", "compared", "change", "change_rate", "share", "part"]

_RATE = "percent_0_1"
_RATE_FORMAT = ".1%"


@dataclass(frozen=True)
class OutputColumn:
    """A column of the answer. ``asked`` is the name in the query, ``name`` the column's own."""

    name: str
    asked: str
    label: str
    kind: Kind
    unit: str | None = None
    format: str | None = None
    datatype: str | None = None
    grain: str | None = None
    description: str | None = None
    members: tuple[str, ...] = ()
    """Values in the order of their own that the model gives them; none: it gives them none."""
    is_sorted: bool = False
    """Whether rows come in an order of members that another field tells."""


@dataclass(frozen=True)
class Output:
    """A figure of the answer in one of its forms: itself, what it is compared with, the change, its share or part."""

    name: str
    figure: Figure
    form: Form
    within: tuple[str, ...] = ()
    """Share: the dimensions the total keeps, as the query names them."""
    share: Share | None = None
    """The share as the query asks for it; None when the metric itself is one."""

    @property
    def has_part(self) -> bool:
        """Whether it is the share of a part that a filter tells, in the row's own figure."""
        return self.share is not None and self.share.part is not None


def outputs(question: Question) -> Iterator[Output]:
    """Yield the figures of an answer in column order."""
    shares = {share.metric: share for share in question.query.shares}
    for figure in question.figures:
        yield Output(figure.name, figure, "share" if figure.formula.metric.c360.of_total else "value")
        compare = question.query.compare
        if compare is not None:
            yield Output(f"{figure.name}_{compare.name}", figure, "compared")
            yield Output(f"{figure.name}_change", figure, "change")
            yield Output(f"{figure.name}_change_rate", figure, "change_rate")
        if figure.name in shares:
            asked = shares[figure.name]
            yield Output(f"{figure.name}_share", figure, "share", asked.within, asked)
            if asked.part is not None and asked.with_part:
                yield Output(f"{figure.name}_part", figure, "part", share=asked)


def output_names(question: Question) -> list[str]:
    """Return the names of all figures of an answer."""
    return [output.name for output in outputs(question)]


def columns(question: Question) -> Iterator[OutputColumn]:
    """Yield what each column of the answer means."""
    for group in question.groups:
        yield _dimension(group, is_sorted=not question.query.order)
    for output in outputs(question):
        yield _figure(question, output)


def _dimension(group: GroupBy, *, is_sorted: bool) -> OutputColumn:
    field = group.field
    is_time = group.asked.grain is not None or (field is not None and field.is_time)
    return OutputColumn(
        name=group.column,
        asked=group.asked.name,
        label=field.title if field else "Time",
        kind="time" if is_time else "dimension",
        unit=field.c360.unit if field else None,
        format=field.c360.format if field else None,
        datatype="Date" if group.asked.grain else (field.datatype if field else None),
        grain=group.asked.grain,
        description=field.description if field else None,
        members=tuple(str(each.value) for each in field.c360.values) if field and field.c360.ordered else (),
        is_sorted=bool(is_sorted and field and field.c360.sort_by),
    )


def _figure(question: Question, output: Output) -> OutputColumn:
    metric = output.figure.formula.metric
    label = output.figure.label
    is_itself = output.name == output.figure.name
    is_rate = output.form in ("change_rate", "share") and not is_itself
    against = question.query.compare.name.replace("_", " ") if question.query.compare else ""
    labels = {
        "value": label,
        "compared": f"{label}, {against}",
        "change": f"{label}, change",
        "change_rate": f"{label}, rate of change",
        "share": f"{label}, share",
        "part": f"{label}, part",
    }
    return OutputColumn(
        name=output.name,
        asked=metric.name,
        label=label if is_itself else labels[output.form],
        kind="metric",
        unit=_RATE if is_rate else metric.c360.unit,
        format=_RATE_FORMAT if is_rate else metric.c360.format,
        datatype="Float" if is_rate else metric.datatype,
        description=metric.description if is_itself else None,
    )
