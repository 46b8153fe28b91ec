"""Write the metrics of a model as MetricFlow knows them: filters inside the aggregates, arithmetic outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.semantic.expression import all_of, references
from customer360.semantic.formats.physical import DoesNotFit, Physical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.semantic.formats.exported import Losses
    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel

_AGGREGATIONS = {
    "sum": "sum",
    "count": "count",
    "distinct": "count_distinct",
    "min": "min",
    "max": "max",
    "average": "average",
}
_CHOICES = {"last": "max", "first": "min"}


class Metrics:
    """Writes the metrics of one model; measures gather by dataset as they are needed."""

    def __init__(self, model: SemanticModel, losses: Losses, times: Mapping[str, str | None]) -> None:
        self._model = model
        self._losses = losses
        self._times = times
        self._measures: dict[str, dict[str, dict[str, Any]]] = {}
        self._metrics: dict[str, dict[str, Any]] = {}
        self._by_atom: dict[str, str] = {}

    def measures_of(self, dataset: str) -> list[dict[str, Any]]:
        """Return the measures of a dataset."""
        return list(self._measures.get(dataset, {}).values())

    def written(self) -> list[dict[str, Any]]:
        """Return the metrics, those made of one aggregate first. What does not fit becomes a loss."""
        formulas = sorted(self._model.formulas.values(), key=lambda formula: formula.sole_atom is None)
        for formula in formulas:
            metric = formula.metric
            if metric.c360.of_total:
                self._losses.add(f"metric {metric.name}", "it is a share of a total over the query")
                continue
            try:
                document = self._simple(formula) if formula.sole_atom is not None else self._compound(formula)
            except DoesNotFit as why:
                self._losses.add(f"metric {metric.name}", str(why))
                continue
            document = {"name": metric.name, "label": metric.title, "description": metric.description, **document}
            self._metrics[metric.name] = {key: value for key, value in document.items() if value is not None}
            if metric.synonyms or metric.c360.unit:
                self._losses.add(f"metric {metric.name}", "its synonyms, unit and format")
        return list(self._metrics.values())

    def _simple(self, formula: Formula) -> dict[str, Any]:
        atom = formula.sole_atom
        assert atom is not None  # noqa: S101 -- the caller looked
        measure = self._measure(atom, formula.metric.name)
        if atom.window is None:
            self._by_atom.setdefault(atom.key, formula.metric.name)
            return {"type": "simple", "type_params": {"measure": {"name": measure}}}
        window: dict[str, Any] = {}
        if atom.window.kind == "trailing":
            if atom.window.unit is None:
                why = "its window has no unit of its own"
                raise DoesNotFit(why)
            window = {"window": f"{atom.window.count} {atom.window.unit}s"}
        elif atom.window.kind == "period_to_date":
            window = {"grain_to_date": atom.window.unit}
        params: dict[str, Any] = {"measure": {"name": measure}}
        if window:
            params["cumulative_type_params"] = window
        return {"type": "cumulative", "type_params": params}

    def _compound(self, formula: Formula) -> dict[str, Any]:
        parts = formula.metric.c360.parts
        if parts and parts.numerator in self._metrics and parts.denominator in self._metrics:
            return {
                "type": "ratio",
                "type_params": {"numerator": {"name": parts.numerator}, "denominator": {"name": parts.denominator}},
            }
        names = {key: self._input(atom, formula, number) for number, (key, atom) in enumerate(formula.atoms.items(), 1)}

        def replaced(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column) or node.name not in names:
                return node
            value: exp.Expr = exp.column(names[node.name])
            if formula.atoms[node.name].kind in ("count", "distinct"):
                value = exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
            return value

        inputs = [{"name": name} for name in dict.fromkeys(names.values())]
        text = formula.outer.transform(replaced).sql(dialect="duckdb")
        return {"type": "derived", "type_params": {"expr": text, "metrics": inputs}}

    def _input(self, atom: Atom, formula: Formula, number: int) -> str:
        """Return the metric that is an atom by itself, made when there is none."""
        known = self._by_atom.get(atom.key)
        if known is not None:
            return known
        if atom.window is not None:
            why = "it is made of running figures"
            raise DoesNotFit(why)
        name = f"{formula.metric.name}_part_{number}"
        measure = self._measure(atom, name)
        label = f"{formula.metric.title}, part {number}"
        params = {"measure": {"name": measure}}
        self._metrics[name] = {"name": name, "label": label, "type": "simple", "type_params": params}
        self._by_atom[atom.key] = name
        return name

    def _measure(self, atom: Atom, name: str) -> str:
        time = self._times.get(atom.base)
        if time is None:
            why = f"{atom.base} has no time axis, which MetricFlow needs for every measure"
            raise DoesNotFit(why)
        measure: dict[str, Any] = {"name": f"{name}_measure", **self._aggregation(atom)}
        if atom.semi_additive is not None:
            choice = _CHOICES.get(atom.semi_additive.take)
            if choice is None:
                why = f"a balance cannot take the {atom.semi_additive.take} of a period"
                raise DoesNotFit(why)
            measure["non_additive_dimension"] = {"name": time, "window_choice": choice}
            self._losses.add(f"metric {name}", "MetricFlow picks the day of a balance by its own rule")
        removable = [f.rule.name for f in atom.default_filters if f.rule.removable]
        for each in removable:
            self._losses.add(f"metric {name}", f"its filter '{each}' can no longer be lifted")
        self._measures.setdefault(atom.base, {})[measure["name"]] = measure
        return str(measure["name"])

    def _aggregation(self, atom: Atom) -> dict[str, Any]:
        call = atom.aggregate
        physical = Physical(self._model, atom.base, lambda _path: ())
        trees = [call, *atom.filters, *(f.predicate for f in atom.default_filters)]
        for tree in trees:
            for used in references(tree):
                if physical.path(used.table):
                    why = f"it reads {used.table}, and a measure reads its own table only"
                    raise DoesNotFit(why)
        filters = [physical.logical(tree) for tree in trees[1:]]
        if atom.kind == "percentile":
            share = 0.5 if isinstance(call, exp.Median) else float(call.expression.name)
            discrete = isinstance(call, exp.PercentileDisc)
            params = {"percentile": share, "use_discrete_percentile": discrete}
            return {
                "agg": "percentile",
                "expr": self._cased(physical.logical(call.this), filters),
                "agg_params": params,
            }
        if atom.kind not in _AGGREGATIONS:
            why = f"MetricFlow has no aggregate {call.sql(dialect='duckdb')}"
            raise DoesNotFit(why)
        inner = call.this
        if isinstance(inner, exp.Distinct):
            if len(inner.expressions) != 1:
                why = "it counts combinations of columns"
                raise DoesNotFit(why)
            inner = inner.expressions[0]
        value = exp.Literal.number(1) if isinstance(inner, exp.Star) else physical.logical(inner)
        if physical.uses_as_of:
            self._losses.add(f"metric {atom.label}", "as_of() became the day it is asked")
        return {"agg": _AGGREGATIONS[atom.kind], "expr": self._cased(value, filters)}

    @staticmethod
    def _cased(value: exp.Expr, filters: list[exp.Expr]) -> str:
        if filters:
            value = exp.Case(ifs=[exp.If(this=all_of(filters), true=value)])
        return value.sql(dialect="duckdb")
