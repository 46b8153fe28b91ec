"""Hold a metric query with every name resolved against a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.errors import MOST_NAMED, C360Error, QueryError, UnknownName
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.labels import dimension_label
from customer360.semantic.paths import connect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.semantic.calendar_units import Calendar
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Dimension, Filter, Grain, MetricQuery
    from customer360.semantic.scope import Setting
    from customer360.semantic.variants import Variant

TIME = "time"
"""The name of each metric's own time axis in a query: revenue by order date beside tickets by creation date."""


@dataclass(frozen=True)
class GroupBy:
    """A dimension of the query. ``owner`` is a dataset, a role, or TIME for the metric's own axis."""

    asked: Dimension
    column: str
    owner: str
    name: str
    field: SemanticField | None = None
    """None for TIME: each fact has its own field."""

    @property
    def is_axis(self) -> bool:
        """Whether each fact puts its own time field here."""
        return self.owner == TIME


@dataclass(frozen=True)
class Figure:
    """A metric to compute, under the name it has in the answer."""

    name: str
    formula: Formula
    label: str


@dataclass(frozen=True)
class Question:
    """A metric query with every name resolved. ``timeline`` is the field its periods apply to, None: each its own."""

    setting: Setting
    query: MetricQuery
    calendar: Calendar
    figures: tuple[Figure, ...]
    """What is asked for: metrics, then windowed metrics."""
    hidden: tuple[Figure, ...]
    """Metrics that only conditions on metrics need."""
    groups: tuple[GroupBy, ...]
    where: tuple[Filter, ...]
    having: tuple[Filter, ...]
    main: Variant
    comparison: Variant | None = None
    timeline: tuple[str, str] | None = None

    @property
    def model(self) -> SemanticModel:
        """The model asked."""
        return self.setting.model

    @property
    def every_figure(self) -> tuple[Figure, ...]:
        """Figures asked for and hidden ones."""
        return self.figures + self.hidden

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas of all figures."""
        return tuple(figure.formula for figure in self.every_figure)

    def axis(self, atom: Atom) -> tuple[str, SemanticField]:
        """Return owner and field of an atom's own time axis. Raises QueryError when it has none."""
        field = self.model.directory.field(*atom.time_field) if atom.time_field else None
        if atom.time_field is None or field is None:
            would_do = [f for f in self.model.directory.all_fields() if self._could_be_axis(atom, f)][:MOST_NAMED]
            names = ", ".join(f.qualified for f in would_do)
            labels = ", ".join(dimension_label(self.model, f) for f in would_do)
            raise QueryError(
                f"{self.title_of(atom)} has no time of its own.",
                next_step=f"Choose another date: {labels}." if would_do else "Ask for it without time.",
                typed=f"{f'Name one in the query ({names}), or give' if would_do else 'Give'} dataset {atom.base} a "
                "time_field.",
            )
        return atom.time_field[0], field

    def title_of(self, atom: Atom) -> str:
        """Return what people call the metric that an atom is of; of a part of several, the part's own text."""
        found = (each.metric.title for each in self.formulas if atom.key in {a.key for a in each.atoms.values()})
        return next(found, atom.label)

    def _could_be_axis(self, atom: Atom, field: SemanticField) -> bool:
        is_day = field.is_dimension and field.is_time and field.datatype in CUTTABLE
        return is_day and _reaches(self.model, atom.base, field.dataset)

    def is_timeline(self, group: GroupBy) -> bool:
        """Say whether a dimension cuts the time that the query's periods apply to."""
        if group.asked.grain is None:
            return False
        return group.is_axis if self.timeline is None else (group.owner, group.name) == self.timeline

    @property
    def timeline_group(self) -> GroupBy | None:
        """The dimension that cuts the query's time. Raises QueryError when there are several."""
        found = [group for group in self.groups if self.is_timeline(group)]
        if len(found) > 1:
            raise QueryError("The query cuts its time at two grains.", next_step="Keep one of them.")
        return found[0] if found else None

    def group_named(self, name: str) -> GroupBy:
        """Return the dimension of the query that a name means. Raises QueryError."""
        for group in self.groups:
            if name in (group.column, group.asked.name, f"{group.owner}.{group.name}"):
                return group
        known = [group.asked.name for group in self.groups]
        raise as_query_error(UnknownName("dimension of the query", name, known))

    @property
    def grain(self) -> Grain | None:
        """The grain of the query's time, None when it is not cut."""
        group = self.timeline_group
        return group.asked.grain if group else None


def is_axis_name(name: str) -> bool:
    """Say whether a name means each metric's own time axis."""
    return name in (TIME, f"${TIME}")


def as_query_error(error: C360Error) -> QueryError:
    """Return an error about a name as one about the query."""
    return QueryError(error.what, next_step=error.next_step)


def locate(model: SemanticModel, text: str, formulas: Iterable[Formula]) -> tuple[str, SemanticField]:
    """Return owner and field of a dimension name; a bare name must be unique among what the metrics reach."""
    directory = model.directory
    if "." not in text:
        bases = {atom.base for formula in formulas for atom in formula.atoms.values()}
        owners = directory.owners_of_field(text)
        near = [owner for owner in owners if all(_reaches(model, base, owner) for base in bases)]
        if len(near) > 1:
            options = ", ".join(f"{owner}.{text}" for owner in near)
            raise QueryError(f"'{text}' is a field of {len(near)} datasets.", next_step=f"Write one of: {options}.")
        if owners:
            text = f"{(near or owners)[0]}.{text}"
    try:
        owner, name = directory.resolve(text)
    except C360Error as error:
        raise as_query_error(error) from error
    field = directory.field(owner, name)
    assert field is not None  # noqa: S101 -- resolve() found it a line ago
    return owner, field


def _reaches(model: SemanticModel, base: str, owner: str) -> bool:
    try:
        return connect(model.directory, base, owner) is not None
    except QueryError:
        return True
