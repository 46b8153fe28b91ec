"""Fill a dashboard: ask each widget's metric query, draw its chart, and say in words where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from customer360.dashboards.charts import CHARTS, Canvas, Chart
from customer360.dashboards.filled import Choices, Definition, FilledDashboard, FilledWidget
from customer360.dashboards.filters import NO_FILTERS, TIME, Filters, Narrowed, narrowed
from customer360.dashboards.frame import Frame, frame_of
from customer360.dashboards.layout import COLUMNS, Room, Spans, packed
from customer360.errors import NotPermitted, ProjectError, QueryError, UnknownName
from customer360.semantic.answer import Answer
from customer360.semantic.query import Dimension, MetricQuery

if TYPE_CHECKING:
    from datetime import date

    from customer360.project.spec import Dashboard, Widget

Ask = Callable[[MetricQuery], Answer]
MAX_CHOICES = 200


@dataclass(frozen=True)
class Vocabulary:
    """What the semantic model says about metrics and dimensions, as far as a dashboard needs it."""

    definitions: Mapping[str, Definition] = field(default_factory=dict)
    accepts: Callable[[MetricQuery], bool] = lambda _query: True
    """Whether a query can be answered: its filters reach every metric in it."""
    dimension_labels: Mapping[str, str] = field(default_factory=dict)


Source = tuple[Ask, Vocabulary]
"""What answers queries of a semantic model, and what the model knows."""
NO_OTHERS: Mapping[str, Source] = {}


def fill_dashboard(
    dashboard: Dashboard,
    ask: Ask,
    *,
    vocabulary: Vocabulary,
    as_of: date,
    currency: str = "USD",
    filters: Filters = NO_FILTERS,
    only: str | None = None,
    others: Mapping[str, Source] = NO_OTHERS,
) -> FilledDashboard:
    """Return the dashboard with figures; ``only`` fills a single widget. ``others`` answer widgets of other models.

    A widget that cannot be answered carries its reason and leaves the others alone. Errors: WarehouseMissing and other
    WarehouseErrors, because then no widget can be filled.
    """
    first = _Filling(ask, vocabulary, as_of, currency, filters, frozenset(dashboard.filters))
    fillings = {name: replace(first, ask=ask_, vocabulary=words) for name, (ask_, words) in others.items()}
    widgets = zip(dashboard.widgets, _spans(dashboard.widgets), strict=True)
    return FilledDashboard(
        dashboard.name,
        dashboard.title,
        dashboard.description,
        as_of,
        tuple(
            fillings.get(widget.model or "", first).widget(widget, spans)
            for widget, spans in widgets
            if only in (None, widget.name)
        ),
    )


@dataclass(frozen=True)
class _Filling:
    ask: Ask
    vocabulary: Vocabulary
    as_of: date
    currency: str
    filters: Filters
    choosable: frozenset[str]
    """What the page can be filtered by."""

    def widget(self, widget: Widget, spans: Spans) -> FilledWidget:
        """Return one tile, whatever becomes of its query."""
        chart = CHARTS.get(widget.chart)
        blank = FilledWidget(widget.name, widget.title, widget.chart, "error", spans)
        try:
            if chart is None:
                raise UnknownName("chart kind", widget.chart, list(CHARTS), place=widget.place)
            query = _parsed(widget)
            blank = replace(blank, definitions=self._definitions(query))
            missing = [name for name in query.metrics if name not in self.vocabulary.definitions]
            if missing and "no_data_source" in widget.options:
                return replace(blank, state="no_data_source", message=str(widget.options["no_data_source"]))
            return self._answered(widget, chart, query, blank)
        except NotPermitted as error:
            step, port = error.next_step, error.port
            return replace(blank, state="not_permitted", message=error.what, next_step=step, port=port)
        except (QueryError, ProjectError) as error:
            return replace(blank, message=error.what, next_step=error.next_step)

    def _answered(self, widget: Widget, chart: Chart, query: MetricQuery, blank: FilledWidget) -> FilledWidget:
        narrow = self._narrowed(query)
        answer = self.ask(narrow.query)
        frame = frame_of(answer)
        few = (f"Groups of too few people are withheld: {answer.withheld}.",) if answer.withheld else ()
        blank = replace(blank, frame=frame, sql=answer.sql, notes=(*few, *self._unreached(narrow)))
        if not frame.has_figures:
            return self._without_figures(widget, blank)
        drawn = chart.draw(frame, self._canvas(widget, query))
        return replace(
            blank,
            state="ok",
            alt=drawn.alt,
            spec=drawn.spec,
            figure=drawn.figure,
            notes=_sentences(*drawn.notes, *blank.notes),
            picks=drawn.picks if drawn.picks in self.choosable else None,
        )

    def _without_figures(self, widget: Widget, blank: FilledWidget) -> FilledWidget:
        if "no_data_source" in widget.options:
            return replace(blank, state="no_data_source", message=str(widget.options["no_data_source"]), notes=())
        if self.filters.has_time or self.filters.values:
            step = "Choose a longer period or fewer filters."
            return replace(blank, state="empty", message="Nothing matches the filters of this page.", next_step=step)
        return replace(blank, state="empty", message="There are no figures for this yet.")

    def _canvas(self, widget: Widget, query: MetricQuery) -> Canvas:
        def again(dimension: Dimension | None, filters: Filters) -> Frame | None:
            """Answer the widget's query once more, by another dimension or for another period."""
            asked = query if dimension is None else query.model_copy(update={"dimensions": (dimension,)})
            narrow = _narrow(asked, filters, self.vocabulary)
            return None if narrow.unreached else frame_of(self.ask(narrow.query))

        return Canvas(
            title=widget.title,
            options=widget.options,
            as_of=self.as_of,
            currency=self.currency,
            filters=self.filters,
            definitions=self._definitions(query),
            again=again,
        )

    def _narrowed(self, query: MetricQuery) -> Narrowed:
        return _narrow(query, self.filters, self.vocabulary)

    def _unreached(self, narrow: Narrowed) -> tuple[str, ...]:
        if not narrow.unreached:
            return ()
        return (f"Not filtered by {' or '.join(narrow.unreached)}.",)

    def _definitions(self, query: MetricQuery) -> tuple[Definition, ...]:
        known = self.vocabulary.definitions
        return tuple(known[name] for name in query.metrics if name in known)


def _sentences(*notes: str) -> tuple[str, ...]:
    """Return notes as they stand one after another: each ends like a sentence, one alone as it is."""
    if len(notes) == 1:
        return notes
    return tuple(note if note[-1:] in ".!?" else f"{note}." for note in notes)


def choices_of(dashboard: Dashboard, ask: Ask, vocabulary: Vocabulary) -> tuple[Choices, ...]:
    """Return the values each dimension filter of a dashboard offers: those with figures, whatever is chosen now."""
    found = []
    for name in dashboard.filters:
        query = _choosable(dashboard, name, vocabulary)
        if query is not None:
            try:
                column = ask(query).table.column(0).to_pylist()
            except NotPermitted:
                continue  # a filter that the asker may not see the values of is not offered
            values = tuple(sorted({str(v) for v in column if v is not None}, key=str.casefold))
            found.append(Choices(name, vocabulary.dimension_labels.get(name, name), values))
    return tuple(found)


def _choosable(dashboard: Dashboard, dimension: str, vocabulary: Vocabulary) -> MetricQuery | None:
    """Return the first widget's metric that reaches a dimension, grouped by it; None when none does."""
    if dimension == TIME:
        return None
    for widget in (each for each in dashboard.widgets if each.model is None):
        metrics = tuple(widget.query.get("metrics", ()))[:1]
        if metrics and metrics[0] in vocabulary.definitions:
            query = MetricQuery(metrics=metrics, dimensions=(Dimension(name=dimension),), limit=MAX_CHOICES)
            if vocabulary.accepts(query):
                return query
    return None


def _narrow(query: MetricQuery, filters: Filters, vocabulary: Vocabulary) -> Narrowed:
    return narrowed(query, filters, vocabulary.accepts, vocabulary.dimension_labels)


def _parsed(widget: Widget) -> MetricQuery:
    try:
        return MetricQuery.model_validate(widget.query)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProjectError(
            f"The query of widget '{widget.name}' is not a metric query: {where}: {first['msg']}.", place=widget.place
        ) from error


def _spans(widgets: Sequence[Widget]) -> list[Spans]:
    """Return how wide each widget is; ``options.span`` fixes it for wide screens."""
    wide, medium = [], []
    for widget in widgets:
        chart = CHARTS.get(widget.chart, CHARTS["table"])
        asked: Any = widget.options.get("span")
        is_asked = isinstance(asked, int) and 1 <= asked <= COLUMNS
        wide.append(Room.exactly(asked) if is_asked else chart.wide)
        medium.append(chart.medium)
    return [Spans(*both) for both in zip(packed(wide), packed(medium), strict=True)]
