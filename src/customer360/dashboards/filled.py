"""Hold a dashboard with its figures: what pages, API, images and reports draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.dashboards.theme import Mode, Spec, paint

if TYPE_CHECKING:
    from datetime import date

    from customer360.dashboards.frame import Frame
    from customer360.dashboards.layout import Spans

State = Literal["ok", "empty", "no_data_source", "not_permitted", "error"]


@dataclass(frozen=True)
class Definition:
    """What a metric means, as the semantic model states it."""

    name: str
    label: str
    description: str | None = None
    formula: str | None = None
    unit: str | None = None
    better: Literal["up", "down", "none"] | None = None
    owner: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Trend:
    """How a figure moved against the period before. ``is_good`` is None when neither direction is better."""

    text: str
    direction: Literal["up", "down", "level"]
    is_good: bool | None
    against: str
    """The period compared with: ``1 Jan - 31 Mar 2024``."""


@dataclass(frozen=True)
class Figure:
    """One number at a glance (``compact``), in full, and its trend."""

    compact: str
    full: str
    trend: Trend | None = None


@dataclass(frozen=True)
class Drawn:
    """What a chart kind makes of a frame."""

    alt: str
    """One sentence with the figure, for people who do not see the chart."""
    spec: Spec | None = None
    """Vega-Lite with colour tokens; None when the widget is text (a table, a figure alone)."""
    figure: Figure | None = None
    notes: tuple[str, ...] = ()
    """What the reader must know: sampled points, an incomplete month."""
    picks: str | None = None
    """The dimension, as the query names it, whose value a mark stands for (its field ``c``)."""


@dataclass(frozen=True)
class FilledWidget:
    """One tile. Unless ``state`` is ok, ``message`` says in words why there is no figure."""

    name: str
    title: str
    chart: str
    state: State
    spans: Spans
    message: str | None = None
    next_step: str | None = None
    alt: str = ""
    frame: Frame | None = None
    spec: Spec | None = None
    figure: Figure | None = None
    notes: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    sql: str | None = None
    picks: str | None = None
    """The filter of the page that a click on a mark sets; None where it sets none."""
    port: str | None = None
    """What may be asked for where ``state`` is not_permitted."""

    def chart_spec(self, mode: Mode = "light") -> Spec | None:
        """Return the complete Vega-Lite specification in one mode's colours, or None when nothing is drawn."""
        return None if self.spec is None else paint(self.spec, mode)


@dataclass(frozen=True)
class Choices:
    """What a filter of the page may be set to."""

    name: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class FilledDashboard:
    """A dashboard with figures as of a day."""

    name: str
    title: str
    description: str | None
    as_of: date
    widgets: tuple[FilledWidget, ...]

    def widget(self, name: str) -> FilledWidget | None:
        """Return a widget by name, or None."""
        return next((w for w in self.widgets if w.name == name), None)
