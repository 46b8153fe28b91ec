"""Split a metric into atoms: aggregates that each count rows of one dataset, and the arithmetic around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.semantic.elements import Metric
    from customer360.semantic.extensions import DefaultFilter, SemiAdditive, Window

Kind = Literal["sum", "count", "distinct", "min", "max", "average", "percentile", "other"]

_KINDS: tuple[tuple[type[exp.Expr], Kind], ...] = (
    (exp.Sum, "sum"),
    (exp.Min, "min"),
    (exp.Max, "max"),
    (exp.Avg, "average"),
    (exp.Median, "percentile"),
    (exp.PercentileCont, "percentile"),
    (exp.PercentileDisc, "percentile"),
    (exp.ApproxDistinct, "distinct"),
)


@dataclass(frozen=True)
class LiftableFilter:
    """A default filter with its parsed predicate over logical references."""

    rule: DefaultFilter
    predicate: exp.Expr


@dataclass(frozen=True)
class Atom:
    """One aggregate over the rows of ``base``. References in ``aggregate`` and ``filters`` are ``dataset.field``."""

    label: str
    base: str
    aggregate: exp.Expr
    filters: tuple[exp.Expr, ...] = ()
    default_filters: tuple[LiftableFilter, ...] = ()
    time_field: tuple[str, str] | None = None
    """Owner and field of the default time axis."""
    semi_additive: SemiAdditive | None = None
    window: Window | None = None
    is_integer: bool = False
    null_type: str = "INT"
    """The SQL type of an empty value: the smallest number, which gives way to any other, or that of a MIN or MAX."""

    @cached_property
    def key(self) -> str:
        """Equal atoms have equal keys, whatever metric they come from."""
        filters = sorted(f.sql() for f in self.filters)
        lifted = sorted(f.predicate.sql() for f in self.default_filters)
        return repr(
            (self.base, self.aggregate.sql(), filters, lifted, self.time_field, self.semi_additive, self.window)
        )

    @property
    def kind(self) -> Kind:
        """What sort of aggregate it is."""
        if isinstance(self.aggregate, exp.Count):
            return "distinct" if isinstance(self.aggregate.this, exp.Distinct) else "count"
        if isinstance(self.aggregate.this, exp.Distinct):
            return "other"
        return next((kind for cls, kind in _KINDS if isinstance(self.aggregate, cls)), "other")

    @property
    def is_additive(self) -> bool:
        """Whether values of disjoint groups of rows may be summed."""
        return self.kind in ("sum", "count") and self.semi_additive is None


@dataclass(frozen=True)
class Formula:
    """A metric, compiled as far as it goes without a query: ``outer`` refers to atoms by key."""

    metric: Metric
    outer: exp.Expr
    atoms: Mapping[str, Atom]

    @property
    def sole_atom(self) -> Atom | None:
        """The atom when the metric is nothing but one aggregate."""
        return self.atoms[self.outer.name] if isinstance(self.outer, exp.Column) else None

    @property
    def is_additive(self) -> bool:
        """Whether values of the metric may be summed over disjoint groups."""
        if self.metric.c360.additivity is not None:
            return self.metric.c360.additivity == "additive"
        atom = self.sole_atom
        return atom is not None and atom.is_additive and not self.metric.c360.non_additive_over


def atom_reference(key: str) -> exp.Column:
    """Return the placeholder of an atom inside ``outer``."""
    return exp.column(exp.to_identifier(key, quoted=True))


def adjusted(
    formula: Formula,
    *,
    filters: tuple[exp.Expr, ...] = (),
    default_filters: tuple[LiftableFilter, ...] = (),
    semi_additive: SemiAdditive | None = None,
    window: Window | None = None,
) -> Formula:
    """Return the formula with more filters, a balance rule or a window on each of its atoms."""
    if not (filters or default_filters or semi_additive or window):
        return formula
    atoms: dict[str, Atom] = {}
    names: dict[str, str] = {}
    for key, atom in formula.atoms.items():
        changed = replace(
            atom,
            filters=atom.filters + filters,
            default_filters=atom.default_filters + default_filters,
            semi_additive=atom.semi_additive or semi_additive,
            window=atom.window or window,
        )
        names[key] = changed.key
        atoms[changed.key] = changed

    def renamed(node: exp.Expr) -> exp.Expr:
        return atom_reference(names[node.name]) if isinstance(node, exp.Column) else node

    return replace(formula, outer=formula.outer.transform(renamed), atoms=atoms)


def nothing_is_zero(formula: Formula) -> bool:
    """Say whether a metric of no rows is 0: sums and counts are, ratios and means are not."""
    kinds = {atom.kind for atom in formula.atoms.values()}
    return kinds <= {"sum", "count", "distinct"} and formula.outer.find(exp.Div) is None
