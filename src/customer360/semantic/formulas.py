"""Turn the metrics of a model into formulas: parts followed, filters and windows handed down, bases settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import C360Error, ModelError, Place, ProjectError, UnknownName
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.expression import has_aggregate, outer_aggregates, parse_expression, references
from customer360.semantic.measure import Atom, Formula, LiftableFilter, adjusted, atom_reference
from customer360.semantic.paths import reachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.semantic.elements import Dataset, Metric
    from customer360.semantic.extensions import DefaultFilter
    from customer360.semantic.names import Directory

_DIALECTS = {
    "duckdb": ("ANSI_SQL", "Ossie_SQL_2026"),
    "postgres": ("ANSI_SQL", "Ossie_SQL_2026"),
    "spark": ("DATABRICKS", "ANSI_SQL", "Ossie_SQL_2026"),
}
_NULL_TYPES = {
    "String": "VARCHAR",
    "Date": "DATE",
    "Time": "TIME",
    "DateTime": "TIMESTAMP",
    "DateTimeTz": "TIMESTAMPTZ",
}
_FAN_OUT_SAFE = ("distinct", "min", "max")


class Formulas:
    """Builds the formula of each metric once; gathers errors instead of stopping at the first."""

    def __init__(self, directory: Directory, metrics: dict[str, Metric], engine: str = "duckdb") -> None:
        self._directory = directory
        self._metrics = metrics
        self.engine = engine
        self._done: dict[str, Formula | None] = {}
        self.errors: list[C360Error] = []

    def build(self) -> dict[str, Formula]:
        """Return the formula of every metric that has one; see ``errors`` for the others."""
        for name in self._metrics:
            self._of(name, ())
        return {name: formula for name, formula in self._done.items() if formula is not None}

    def _of(self, name: str, path: tuple[str, ...]) -> Formula | None:
        if name in self._done:
            return self._done[name]
        metric = self._metrics[name]
        if name in path:
            cycle = " -> ".join((*path[path.index(name) :], name))
            raise ProjectError(f"Metrics are made of each other: {cycle}.", place=metric.place)
        try:
            self._done[name] = self._adjusted(metric, self._raw(metric, (*path, name)))
        except C360Error as error:
            self.errors.append(error)
            self._done[name] = None
        return self._done[name]

    def _raw(self, metric: Metric, path: tuple[str, ...]) -> Formula:
        parts = metric.c360.parts
        if parts is None:
            return self._from_expression(metric)
        if parts.numerator and parts.denominator:
            outer: exp.Expr = parse_expression("numerator / denominator", metric.place)
            inputs = {"numerator": parts.numerator, "denominator": parts.denominator}
        elif parts.inputs and parts.expression:
            outer = parse_expression(parts.expression, metric.place)
            inputs = parts.inputs
        else:
            raise ProjectError(
                f"`parts` of metric '{metric.name}' is incomplete.",
                place=metric.place,
                next_step="Give numerator and denominator, or inputs and expression.",
            )
        return self._combined(metric, outer, {alias: self._part(metric, name, path) for alias, name in inputs.items()})

    def _part(self, metric: Metric, name: str, path: tuple[str, ...]) -> Formula:
        if name not in self._metrics:
            raise UnknownName("metric", name, list(self._metrics), place=metric.place)
        formula = self._of(name, path)
        if self._metrics[name].c360.of_total:
            raise ModelError(
                f"Metric '{metric.name}' needs '{name}', which is a share of a total.",
                place=metric.place,
                next_step="Make it of the figure that is shared out.",
            )
        if formula is None:
            raise ProjectError(f"Metric '{metric.name}' needs '{name}', which has an error itself.", place=metric.place)
        return formula

    def _combined(self, metric: Metric, outer: exp.Expr, inputs: dict[str, Formula]) -> Formula:
        atoms: dict[str, Atom] = {}
        for formula in inputs.values():
            atoms |= formula.atoms

        def replaced(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column):
                return node
            if node.name not in inputs:
                raise UnknownName("input", node.name, list(inputs), place=metric.place)
            inner = inputs[node.name].outer.copy()
            return inner if isinstance(inner, exp.Column) else exp.Paren(this=inner)

        return Formula(metric, outer.transform(replaced), atoms)

    def _from_expression(self, metric: Metric) -> Formula:
        text, dialect = metric_text(metric, self.engine)
        tree = parse_expression(text, metric.place, dialect=dialect)
        base = metric.c360.base
        if base is not None and base not in self._directory.datasets:
            raise UnknownName("dataset", base, list(self._directory.datasets), place=metric.place)
        tree = self._directory.qualify(tree, metric.place, prefer=[base] if base else ())
        if not has_aggregate(tree):
            raise ModelError(
                f"Metric '{metric.name}' has no aggregate.",
                place=metric.place,
                next_step="Write SUM(...), COUNT(...) or another one.",
            )
        atoms: dict[str, Atom] = {}
        calls = list(outer_aggregates(tree))
        outer = tree
        for number, call in enumerate(calls, start=1):
            label = metric.name if len(calls) == 1 else f"{metric.name}_{number}"
            atom = self._atom(metric, call, label)
            atoms[atom.key] = atom
            reference = atom_reference(atom.key)
            if call is outer:
                outer = reference
            else:
                call.replace(reference)
        self._no_rows_outside(metric, outer, atoms)
        return Formula(metric, outer, atoms)

    def _no_rows_outside(self, metric: Metric, outer: exp.Expr, atoms: dict[str, Atom]) -> None:
        loose = [column.sql() for column in references(outer) if column.name not in atoms]
        if loose:
            raise ModelError(
                f"`{loose[0]}` in metric '{metric.name}' stands outside any aggregate.", place=metric.place
            )

    def _atom(self, metric: Metric, call: exp.Expr, label: str) -> Atom:
        filters: tuple[exp.Expr, ...] = ()
        if isinstance(call, exp.Filter):
            filters = (call.expression.this.copy(),)
            call = call.this
        atom = Atom(label, "", call.copy(), filters)
        base = self._base(metric, atom)
        dataset = self._directory.datasets[base]
        return Atom(
            label=label,
            base=base,
            aggregate=call.copy(),
            filters=filters,
            default_filters=self._default_filters(dataset.c360.default_filters, base, dataset.place),
            time_field=self._time_field(metric, dataset),
            is_integer=self._is_integer(call),
            null_type=self._null_type(call),
        )

    def _base(self, metric: Metric, atom: Atom) -> str:
        owners = {self._dataset(reference.table) for reference in references(atom.aggregate)}
        declared = metric.c360.base
        if declared and owners <= reachable(self._directory, declared):
            one_sided = owners and declared not in owners and atom.kind not in _FAN_OUT_SAFE
            if not one_sided:
                return declared
        if not owners:
            return self._base_of_count(metric)
        bases = [owner for owner in sorted(owners) if owners <= reachable(self._directory, owner)]
        if len(bases) != 1:
            raise ModelError(
                f"`{atom.aggregate.sql()}` in metric '{metric.name}' mixes rows of {', '.join(sorted(owners))}, of "
                "which none leads to the others.",
                place=metric.place,
                next_step="Aggregate each on its own and combine the results.",
            )
        return bases[0]

    def _base_of_count(self, metric: Metric) -> str:
        datasets = list(self._directory.datasets)
        targets = {relationship.target for relationship in self._directory.relationships.values()}
        roots = [name for name in datasets if name not in targets]
        if len(datasets) == 1 or len(roots) == 1:
            return (datasets if len(datasets) == 1 else roots)[0]
        raise ModelError(
            f"COUNT(*) in metric '{metric.name}' does not say whose rows it counts.",
            place=metric.place,
            next_step='Add "base": "<dataset>" to its C360 extension.',
        )

    def _dataset(self, owner: str) -> str:
        dataset = self._directory.dataset_of(owner)
        return dataset.name if dataset else owner

    def _time_field(self, metric: Metric, dataset: Dataset) -> tuple[str, str] | None:
        balance = metric.c360.semi_additive
        over = balance.over if balance and balance.over != "$time" else metric.c360.time_field
        for text, place in ((over, metric.place), (dataset.c360.time_field, dataset.place)):
            if text is None:
                continue
            owner, name = self._directory.resolve(text if "." in text else f"{dataset.name}.{text}", place=place)
            if self._dataset(owner) in reachable(self._directory, dataset.name):
                return owner, name
        own = [field.name for field in dataset.fields.values() if field.is_time and field.datatype in CUTTABLE]
        return (dataset.name, own[0]) if len(own) == 1 else None

    def _is_integer(self, call: exp.Expr) -> bool:
        if isinstance(call, exp.Count):
            return True
        inner = call.this
        if not isinstance(call, exp.Sum) or not isinstance(inner, exp.Column):
            return False
        found = self._directory.field(inner.table, inner.name)
        return found is not None and found.datatype == "Integer"

    def _null_type(self, call: exp.Expr) -> str:
        """Return what MIN and MAX of dates and texts have for a type; everything else is a number."""
        inner = call.this
        if not isinstance(call, exp.Min | exp.Max) or not isinstance(inner, exp.Column):
            return "INT"
        found = self._directory.field(inner.table, inner.name)
        return _NULL_TYPES.get(found.datatype or "", "INT") if found else "INT"

    def _default_filters(
        self, rules: Iterable[DefaultFilter], base: str | None, place: Place
    ) -> tuple[LiftableFilter, ...]:
        return tuple(LiftableFilter(rule, self._predicate(rule.expression, base, place)) for rule in rules)

    def _predicate(self, text: str, base: str | None, place: Place) -> exp.Expr:
        tree = parse_expression(text, place)
        if has_aggregate(tree):
            raise ModelError(
                f"The filter `{text}` aggregates.", place=place, next_step="Filters are about single rows."
            )
        return self._directory.qualify(tree, place, prefer=[base] if base else ())

    def _adjusted(self, metric: Metric, formula: Formula) -> Formula:
        base = metric.c360.base or next((atom.base for atom in formula.atoms.values()), None)
        filters = tuple(self._predicate(text, base, metric.place) for text in metric.c360.filters)
        for atom in formula.atoms.values():
            self._check_filters(metric, atom, filters)
        return adjusted(
            formula,
            filters=filters,
            default_filters=self._default_filters(metric.c360.default_filters, base, metric.place),
            semi_additive=metric.c360.semi_additive,
            window=metric.c360.window,
        )

    def _check_filters(self, metric: Metric, atom: Atom, filters: Iterable[exp.Expr]) -> None:
        near = reachable(self._directory, atom.base)
        for tree in filters:
            for reference in references(tree):
                if self._dataset(reference.table) not in near:
                    raise ModelError(
                        f"The filter `{tree.sql()}` of metric '{metric.name}' does not reach {atom.base}, whose rows "
                        "it counts.",
                        place=metric.place,
                        next_step=f"Filter by fields of {', '.join(sorted(near))}.",
                    )


def metric_text(metric: Metric, engine: str) -> tuple[str, str]:
    """Return the expression that an engine runs and the dialect it is written in. Raises ModelError without one."""
    own = (metric.c360.sql or {}).get(engine)
    if own:
        return own, engine
    for dialect in _DIALECTS[engine]:
        text = metric.expression.text(dialect)
        if text is not None:
            return text, "databricks" if dialect == "DATABRICKS" else "duckdb"
    raise ModelError(
        f"Metric '{metric.name}' has no expression that {engine} can run.",
        place=metric.place,
        next_step="Add one for ANSI_SQL.",
    )
