"""Give chart kinds what they need to draw, and the pieces of a specification that several share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from customer360.dashboards import formats
from customer360.dashboards.filters import Filters
from customer360.dashboards.frame import Column, Frame, plain
from customer360.dashboards.theme import SCHEMA, Spec, config
from customer360.errors import QueryError
from customer360.semantic.query import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from customer360.dashboards.filled import Definition, Drawn
    from customer360.dashboards.layout import Room

HEIGHT = 248
"""Pixels of a chart, the same for all kinds so that rows of widgets line up."""

NO_CATEGORY = "(none)"

_ONE_PERCENT = 0.01

Again = Callable[[Dimension | None, Filters], Frame | None]


@dataclass(frozen=True)
class Canvas:
    """What surrounds a frame: the widget's options, the day, the money, the page's filters."""

    title: str
    as_of: date
    options: Mapping[str, Any] = field(default_factory=dict)
    currency: str = "USD"
    filters: Filters = field(default_factory=Filters)
    definitions: tuple[Definition, ...] = ()
    again: Again = lambda _dimension, _filters: None

    def spec(self, frame: Frame, **parts: Any) -> Spec:
        """Return a whole specification around ``mark``, ``encoding`` or ``layer``."""
        currency = next((c.style.currency for c in frame.metrics if c.style and c.style.currency), self.currency)
        return {
            "$schema": SCHEMA,
            "width": "container",
            "height": HEIGHT,
            "autosize": {"type": "fit", "contains": "padding"},
            "config": config(currency),
            **_on_phones(parts),
            **parts,
        }


def _on_phones(parts: Mapping[str, Any]) -> Spec:
    """Return what changes on a phone: a legend above the chart stands in columns instead of leaving the card."""
    narrow = _legends(parts)
    return {"usermeta": {"narrow": {"height": HEIGHT + 60, **narrow}}} if narrow else {}


def _legends(part: Any) -> Spec:
    """Return, for every legend above a chart, the change that sets it in columns (lists by position)."""
    inside = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
    found = {
        str(key): {"columns": 2} if key == "legend" and value and value.get("orient") == "top" else _legends(value)
        for key, value in inside
        if key != "data"
    }
    return {key: change for key, change in found.items() if change}


class Draw(Protocol):
    """Make a chart of a frame that has figures."""

    def __call__(self, frame: Frame, canvas: Canvas) -> Drawn:
        """Return the drawing."""
        ...


@dataclass(frozen=True)
class Chart:
    """A chart kind: how it draws, and how much room it takes on wide and on medium screens."""

    draw: Draw
    wide: Room
    medium: Room


def one_metric(frame: Frame) -> Column:
    """Return the first metric of a frame."""
    if not frame.metrics:
        raise QueryError("The widget's query names no metric.", next_step="Add one under query.metrics.")
    return frame.metrics[0]


def one_dimension(frame: Frame, kind: str) -> Column:
    """Return the first dimension of a frame. Errors: QueryError when the query groups by nothing."""
    if not frame.dimensions:
        raise QueryError(f"A {kind} chart needs a dimension to group by.", next_step="Add one under query.dimensions.")
    return frame.dimensions[0]


def values(frame: Frame, names: Mapping[str, Column], rows: Sequence[Mapping[str, Any]] | None = None) -> list[Spec]:
    """Return rows under short field names (``x``, ``y``, ``c``): smaller pages, no quoting of dots."""
    taken = frame.rows() if rows is None else rows
    return [{short: plain(row[column.name]) for short, column in names.items()} for row in taken]


def category(value: Any) -> str:
    """Return the name of a category, NULL included."""
    return NO_CATEGORY if value is None or value == "" else str(value)


def in_sentence(label: str) -> str:
    """Return a label as it stands within a sentence; RFM stays RFM."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def missing_note(dimension: Column, names: Iterable[str]) -> tuple[str, ...]:
    """Return what the part without a category is, where one is drawn."""
    return (f"{NO_CATEGORY}: no {in_sentence(dimension.label)} is on record.",) if NO_CATEGORY in names else ()


def tooltip(column: Column, short: str) -> Spec:
    """Return a tooltip line of a figure in its own format."""
    style = column.style
    kind = "quantitative" if style else "nominal"
    line: Spec = {"field": short, "type": kind, "title": column.label}
    return {**line, "format": style.d3} if style else line


def axis(column: Column, **more: Any) -> Spec:
    """Return the axis of a figure: few ticks, short labels, billions written B."""
    style = column.style
    labels = style.axis if style else "~s"
    return {
        "format": labels,
        "labelExpr": _axis_label(labels),
        "tickCount": 5,
        "title": None,
        **more,
    }


def _axis_label(labels: str) -> str:
    """Return the expression of a label: G is written B, and below one there are no milli-units."""
    text = f"replace(format(datum.value, '{labels}'), 'G', 'B')"
    if not labels.endswith("s"):
        return text
    small = labels.removesuffix("s") + "g"
    return f"datum.value !== 0 && abs(datum.value) < 1 ? format(datum.value, '{small}') : {text}"


def share(part: float, whole: float) -> str:
    """Return ``26%``, or ``<1%`` for what is there but small."""
    if whole <= 0:
        return formats.NOTHING
    portion = part / whole
    return "<1%" if 0 < portion < _ONE_PERCENT else f"{portion:.0%}"
