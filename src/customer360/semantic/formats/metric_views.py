"""Write a model as Databricks metric views: one a fact, with the dimensions it leads to as joins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from sqlglot import exp

from customer360.semantic.expression import all_of
from customer360.semantic.formats.exported import Exported, Losses
from customer360.semantic.formats.metric_view_shape import MetricView
from customer360.semantic.formats.physical import DoesNotFit, Physical, paths_from, spark_text
from customer360.semantic.formats.query_sources import spark_source, uses_as_of
from customer360.semantic.scope import path_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.semantic.elements import Dataset, Metric, SemanticField
    from customer360.semantic.measure import Formula, LiftableFilter
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.paths import Path
    from customer360.semantic.scope import PathKey

_MOST_SYNONYMS = 10
_LONGEST = 255
_DIGITS = re.compile(r"\.(\d+)[f%]")


def metric_views(model: SemanticModel, *, catalog: str = "main", schema: str | None = None) -> Exported:
    """Return ``<fact>.yaml`` and ``<fact>.sql`` for every dataset that metrics count, checked against the shape."""
    losses = Losses()
    files: dict[str, str] = {}
    for base, formulas in _by_base(model, losses).items():
        view = _View(model, base, catalog, losses)
        document = view.document(formulas)
        if document is None:
            continue
        MetricView.model_validate(document)
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
        files[f"metric_views/{base}.yaml"] = text
        where = schema or _schema_of(model.datasets[base])
        name = ".".join(part for part in (catalog, where, f"{base}_metrics") if part)
        files[f"metric_views/{base}.sql"] = (
            f"CREATE OR REPLACE VIEW {name}\nWITH METRICS LANGUAGE YAML AS $$\n{text}$$;\n"
        )
    for policy in model.c360.row_policies:
        losses.add(f"row policy {policy.id}", "metric views have none: set row filters on the tables")
    for dataset in model.datasets.values():
        if dataset.c360.bridge:
            losses.add(f"bridge {dataset.name}", "a metric view would take the first match of many")
    return Exported(files, losses.listed())


def _by_base(model: SemanticModel, losses: Losses) -> dict[str, list[Formula]]:
    found: dict[str, list[Formula]] = {}
    for formula in model.formulas_for("spark").values():
        bases = {atom.base for atom in formula.atoms.values()}
        if formula.metric.c360.of_total:
            losses.add(f"metric {formula.metric.name}", "it is a share of a total over the query")
        elif len(bases) == 1:
            found.setdefault(bases.pop(), []).append(formula)
        else:
            losses.add(f"metric {formula.metric.name}", f"it counts rows of several facts: {', '.join(sorted(bases))}")
    return found


def _schema_of(dataset: Dataset) -> str | None:
    parts = dataset.source.split(".")
    return parts[-2] if not dataset.is_query and len(parts) > 1 else None


@dataclass
class _Joined:
    """A join of the view: how columns name it, its YAML, and the path that leads to it."""

    alias: tuple[str, ...]
    document: dict[str, Any]
    path: Path
    children: list[_Joined] = field(default_factory=list)


class _View:
    """One metric view in the making."""

    def __init__(self, model: SemanticModel, base: str, catalog: str, losses: Losses) -> None:
        self._model = model
        self._base = base
        self._catalog = catalog
        self._losses = losses
        self._joined: dict[PathKey, _Joined] = {}
        self._physical = Physical(model, base, self._alias)
        self._names: set[str] = set()
        self._times: dict[tuple[str, str], str] = {}
        self._joins = self._join_all()

    def document(self, formulas: Sequence[Formula]) -> dict[str, Any] | None:
        """Return the YAML document; None when none of the metrics fits."""
        dataset = self._model.datasets[self._base]
        always = self._always(formulas)
        dimensions = self._dimensions()
        measures = [found for formula in formulas if (found := self._measure(formula, always)) is not None]
        if not measures:
            return None
        where = self._sql(all_of(self._physical.logical(f.predicate) for f in always)) if always else None
        document = {
            "version": "1.1",
            "source": self._source(dataset),
            "comment": dataset.description or f"{dataset.grain[:1].upper()}{dataset.grain[1:]}.",
            "filter": where,
            "joins": [self._nested(joined) for joined in self._joins],
            "dimensions": dimensions,
            "measures": measures,
        }
        if self._physical.uses_as_of:
            self._losses.add(f"view {self._base}", "as_of() became current_date()")
        return {key: value for key, value in document.items() if value}

    def _source(self, dataset: Dataset) -> str:
        if uses_as_of(dataset):
            self._losses.add(f"dataset {dataset.name}", "as_of() became current_date()")
        return spark_source(dataset, self._catalog)

    # ---- joins ------------------------------------------------------------------------------------------------

    def _alias(self, path: Path) -> tuple[str, ...]:
        if not path:
            return ()
        joined = self._joined.get(path_key(path))
        if joined is None:
            why = f"the view does not join {path[-1].target}"
            raise DoesNotFit(why)
        return joined.alias

    def _join_all(self) -> list[_Joined]:
        top: list[_Joined] = []
        for path in paths_from(self._model, self._base):
            parent = self._joined.get(path_key(path[:-1]))
            if len(path) > 1 and parent is None:
                continue  # its parent did not fit
            joined = self._join(path, parent)
            if joined is not None:
                self._joined[path_key(path)] = joined
                (parent.children if parent else top).append(joined)
        return top

    def _join(self, path: Path, parent: _Joined | None) -> _Joined | None:
        edge = path[-1]
        relationship, target = edge.relationship, self._model.datasets[edge.target]
        taken = {each.alias[-1] for each in self._joined.values()}
        name = relationship.role or target.name
        if name in taken or name == "source":
            name = relationship.name
        alias = (*(parent.alias if parent else ()), name)
        try:
            on = self._physical.condition(edge, (parent.alias[-1],) if parent else ("source",), (name,))
        except DoesNotFit as why:
            self._losses.add(f"relationship {relationship.name}", str(why))
            return None
        if relationship.c360.join == "inner":
            self._losses.add(f"relationship {relationship.name}", "its inner join became a left join")
        document = {"name": name, "source": self._source(target), "on": self._sql(on)}
        return _Joined(alias, document, path)

    def _nested(self, joined: _Joined) -> dict[str, Any]:
        children = [self._nested(child) for child in joined.children]
        return {**joined.document, "joins": children} if children else joined.document

    # ---- columns ----------------------------------------------------------------------------------------------

    def _dimensions(self) -> list[dict[str, Any]]:
        places: list[tuple[Path, Dataset, str]] = [((), self._model.datasets[self._base], "")]
        places += [(j.path, self._model.datasets[j.path[-1].target], j.alias[-1]) for j in self._joined.values()]
        found = []
        for path, dataset, alias in places:
            for each in dataset.fields.values():
                if each.is_dimension and each.c360.role != "key":
                    found.append(self._dimension(each, path, alias))
        return found

    def _dimension(self, each: SemanticField, path: Path, alias: str) -> dict[str, Any]:
        name = self._unused(each.name, alias)
        self._times[".".join((str(path_key(path)), each.dataset)), each.name] = name
        if each.c360.mask:
            self._losses.add(f"mask of {each.qualified}", "metric views have none: set column masks on the tables")
        column = {"name": name, "expr": self._sql(self._physical.field(each, path)), "comment": each.description}
        return self._described(
            column,
            each.title if not alias else f"{each.title} ({alias.replace('_', ' ')})",
            each.synonyms,
            each.qualified,
        )

    def _measure(self, formula: Formula, always: Sequence[LiftableFilter]) -> dict[str, Any] | None:
        metric = formula.metric
        try:
            expr = self._sql(self._physical.formula(formula, without=always))
            window = self._window(formula)
        except DoesNotFit as why:
            self._losses.add(f"metric {metric.name}", str(why))
            return None
        removable = {f.rule.name for a in formula.atoms.values() for f in a.default_filters if f.rule.removable}
        for name in sorted(removable):
            self._losses.add(f"metric {metric.name}", f"its filter '{name}' can no longer be lifted")
        column = {"name": self._unused(metric.name, "measure"), "expr": expr, "comment": metric.description}
        column = self._described(column, metric.title, metric.synonyms, metric.name)
        shown = _format(metric, self._model.c360.currency)
        return column | ({"format": shown} if shown else {}) | ({"window": window} if window else {})

    def _window(self, formula: Formula) -> list[dict[str, Any]] | None:
        atoms = list(formula.atoms.values())
        special = [atom for atom in atoms if atom.semi_additive or atom.window]
        if not special:
            return None
        if len(atoms) > 1:
            why = "only plain aggregates can be balances or windows"
            raise DoesNotFit(why)
        atom = special[0]
        order = self._time_of(atom.time_field)
        if atom.semi_additive is not None:
            if atom.semi_additive.take not in ("first", "last"):
                why = f"a balance cannot take the {atom.semi_additive.take} of a period"
                raise DoesNotFit(why)
            return [{"order": order, "range": "current", "semiadditive": atom.semi_additive.take}]
        assert atom.window is not None  # noqa: S101 -- special says so
        if atom.window.kind == "period_to_date" or (atom.window.kind == "trailing" and atom.window.unit is None):
            why = f"a window of the kind {atom.window.kind} has no counterpart"
            raise DoesNotFit(why)
        reach = (
            f"trailing {atom.window.count} {atom.window.unit} inclusive"
            if atom.window.kind == "trailing"
            else "cumulative"
        )
        return [{"order": order, "range": reach, "semiadditive": "last"}]

    def _time_of(self, time_field: tuple[str, str] | None) -> str:
        if time_field is None:
            why = "it has no time axis"
            raise DoesNotFit(why)
        path = self._physical.path(time_field[0])
        dataset = path[-1].target if path else self._base
        found = self._times.get((".".join((str(path_key(path)), dataset)), time_field[1]))
        if found is None:
            why = "its time axis is no dimension of the view"
            raise DoesNotFit(why)
        return found

    def _always(self, formulas: Sequence[Formula]) -> list[LiftableFilter]:
        """Return the filters that no query can lift and that every metric has: they are the view's own."""
        atoms = [atom for formula in formulas for atom in formula.atoms.values()]
        shared = {f.predicate.sql(): f for f in atoms[0].default_filters if not f.rule.removable}
        for atom in atoms[1:]:
            here = {f.predicate.sql() for f in atom.default_filters}
            shared = {key: value for key, value in shared.items() if key in here}
        return list(shared.values())

    def _described(self, column: dict[str, Any], title: str, synonyms: Sequence[str], of: str) -> dict[str, Any]:
        words = [word for word in synonyms if len(word) <= _LONGEST][:_MOST_SYNONYMS]
        if len(words) < len(synonyms):
            self._losses.add(of, f"{len(synonyms) - len(words)} synonyms do not fit")
        column |= {"display_name": title[:_LONGEST], "synonyms": words}
        return {key: value for key, value in column.items() if value}

    def _unused(self, wanted: str, prefix: str) -> str:
        name = wanted
        if name.casefold() in self._names and prefix:
            name = f"{prefix}_{wanted}"
        number = 2
        while name.casefold() in self._names:
            name, number = f"{wanted}_{number}", number + 1
        self._names.add(name.casefold())
        return name

    @staticmethod
    def _sql(tree: exp.Expr) -> str:
        return spark_text(tree)


def _format(metric: Metric, currency: str | None) -> dict[str, Any] | None:
    unit, shown = metric.c360.unit or "", metric.c360.format or ""
    digits = _DIGITS.search(shown)
    places = {"decimal_places": {"type": "exact", "places": min(int(digits[1]), 10)}} if digits else {}
    if unit == "percent_0_1":
        return {"type": "percentage", **places}
    if re.fullmatch(r"[A-Z]{3}", unit) and unit in (currency, unit):
        return {"type": "currency", "currency_code": unit, **places}
    return {"type": "number", **places} if digits or unit else None
