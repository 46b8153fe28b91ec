"""Check a semantic model beyond what reading it checks: names, words, units, paths, and with a session its data."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from customer360.errors import QueryError, nearest
from customer360.semantic.compile import compile_query
from customer360.semantic.expression import references
from customer360.semantic.findings import Finding
from customer360.semantic.lint_data import data_findings
from customer360.semantic.measure import Formula
from customer360.semantic.paths import all_paths, edges_from, without_detours
from customer360.semantic.query import parse_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.engines.base import Session
    from customer360.errors import Place
    from customer360.semantic.elements import Metric, Relationship
    from customer360.semantic.extensions import Extension
    from customer360.semantic.model import SemanticModel


_SOME_DAY = date(2000, 1, 1)
"""Stands in for the as-of date where a query is only compiled."""


def lint(
    model: SemanticModel, session: Session | None = None, *, as_of: date | None = None, dialect: str = "duckdb"
) -> list[Finding]:
    """Return what is wrong or doubtful, errors first; with a session also what the data contradict.

    ``as_of`` is needed to run the check SQL of the metrics.
    """
    found = [
        *_unknown_keys(model),
        *_cycles(model),
        *_ambiguous_pairs(model),
        *_key_targets(model),
        *_role_names(model),
        *_bridges(model),
        *_time_axes(model),
        *(finding for metric in model.metrics.values() for finding in _metric_findings(model, metric)),
        *_shared_words(model),
        *_negated_values(model),
        *_unreadable(model),
        *_verified_questions(model, as_of or _SOME_DAY),
    ]
    if session is not None:
        found += list(data_findings(model, session, as_of=as_of, dialect=dialect))
    return sorted(found, key=lambda finding: finding.severity != "error")


def _unknown_keys(model: SemanticModel) -> Iterator[Finding]:
    elements: list[tuple[str, Extension, Place]] = [("the model", model.c360, model.place)]
    elements += [(dataset.name, dataset.c360, dataset.place) for dataset in model.datasets.values()]
    elements += [(field.qualified, field.c360, field.place) for field in model.directory.all_fields()]
    elements += [(r.name, r.c360, r.place) for r in model.relationships.values()]
    elements += [(metric.name, metric.c360, metric.place) for metric in model.metrics.values()]
    for name, extension, place in elements:
        for key in extension.model_extra or {}:
            hint = nearest(key, list(type(extension).model_fields))
            step = f"Did you mean '{hint}'?" if hint else None
            yield Finding(
                "OSSIE-EXT", "warning", f"The C360 extension of {name} has an unknown key '{key}'.", place, step
            )


def _cycles(model: SemanticModel) -> Iterator[Finding]:
    """Report ways along unnamed relationships that come back to where they start."""
    seen: set[frozenset[str]] = set()
    for start in model.datasets:
        for path in _loops(model, start, (start,)):
            if frozenset(path) not in seen:
                seen.add(frozenset(path))
                shown = " -> ".join((*path, start))
                step = "Give one of the relationships a role_name, or drop it."
                place = model.datasets[start].place
                yield Finding("OSSIE-CYCLE", "error", f"Relationships run in a circle: {shown}.", place, step)


def _loops(model: SemanticModel, start: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for edge in edges_from(model.directory, path[-1]):
        if edge.backward or edge.relationship.role is not None:
            continue
        if edge.target == start:
            yield path
        elif edge.target not in path:
            yield from _loops(model, start, (*path, edge.target))


def _ambiguous_pairs(model: SemanticModel) -> Iterator[Finding]:
    pairs: dict[tuple[str, str], list[Relationship]] = {}
    for relationship in model.relationships.values():
        pairs.setdefault((relationship.source, relationship.target), []).append(relationship)
    for (source, target), rivals in pairs.items():
        defaults = [r for r in rivals if r.c360.default]
        unnamed = [r for r in rivals if r.role is None and not r.c360.default]
        if len(rivals) > 1 and (len(defaults) > 1 or unnamed):
            names = ", ".join(r.name for r in rivals)
            yield Finding(
                "OSSIE-AMBIG",
                "error",
                f"{source} and {target} have {len(rivals)} relationships ({names}) that cannot be told apart.",
                rivals[-1].place,
                "Give each a role_name, and at most one `default: true`.",
            )
    for source in model.datasets:
        for target in model.datasets:
            yield from _ambiguous_ways(model, source, target)


def _ambiguous_ways(model: SemanticModel, source: str, target: str) -> Iterator[Finding]:
    paths = without_detours(all_paths(model.directory, source, target)) if source != target else []
    if len(paths) < 2 or any(len(path) == 1 for path in paths):  # noqa: PLR2004 -- a direct way wins
        return
    yield Finding(
        "OSSIE-AMBIG",
        "warning",
        f"There are {len(paths)} ways from {source} to {target}; queries must name a role.",
        model.datasets[source].place,
        "Relate the two directly if one way is meant.",
    )


def _key_targets(model: SemanticModel) -> Iterator[Finding]:
    for relationship in model.relationships.values():
        target = model.datasets[relationship.target]
        if not any(set(key) == set(relationship.target_columns) for key in target.keys):
            yield Finding(
                "OSSIE-KEY",
                "warning",
                f"Relationship '{relationship.name}' does not point at a declared key of {target.name}.",
                relationship.place,
                "Declare the columns as primary_key or in unique_keys: if they repeat, rows are doubled.",
            )


def _role_names(model: SemanticModel) -> Iterator[Finding]:
    for relationship in model.relationships.values():
        role = relationship.role
        if role in model.datasets and role != relationship.target:
            what = f"Role '{role}' of '{relationship.name}' has the name of a dataset."
            yield Finding("OSSIE-ROLE", "error", what, relationship.place, "Choose another role_name.")


def _bridges(model: SemanticModel) -> Iterator[Finding]:
    for dataset in model.datasets.values():
        link = dataset.c360.bridge
        for name in (link.left, link.right) if link else ():
            if model.relationships[name].source != dataset.name:
                what = f"Bridge {dataset.name} names relationship '{name}', which does not start at it."
                yield Finding("OSSIE-BRIDGE", "error", what, dataset.place, "Name the relationships from the bridge.")


def _time_axes(model: SemanticModel) -> Iterator[Finding]:
    bases = {atom.base for formula in model.formulas.values() for atom in formula.atoms.values() if not atom.time_field}
    for dataset in model.datasets.values():
        if dataset.name in bases and dataset.c360.role == "fact":
            what = f"{dataset.name} is a fact without a time axis: its metrics cannot be asked for by `time`."
            yield Finding("OSSIE-TIME", "warning", what, dataset.place, "Give it a time_field.")


def _metric_findings(model: SemanticModel, metric: Metric) -> Iterator[Finding]:
    missing = {"description": metric.description, "unit": metric.c360.unit, "check_sql": metric.c360.check_sql}
    for name, value in missing.items():
        if not value:
            yield Finding("OSSIE-METRIC", "warning", f"Metric '{metric.name}' has no {name}.", metric.place)
    formula = model.formulas[metric.name]
    for atom in formula.atoms.values():
        for tree in (atom.aggregate, *atom.filters):
            for reference in references(tree):
                if model.directory.field(reference.table, reference.name) is None:
                    what = (
                        f"Metric '{metric.name}' uses the column {reference.table}.{reference.name}, which is no field."
                    )
                    yield Finding("OSSIE-METRIC-COLUMN", "warning", what, metric.place, "Declare it as a field.")
    yield from _false_claims(metric, formula)
    yield from _mean_of_what(model, metric, formula)


def _false_claims(metric: Metric, formula: Formula) -> Iterator[Finding]:
    if (
        metric.c360.additivity == "additive"
        and not Formula(_undeclared(metric), formula.outer, formula.atoms).is_additive
    ):
        what = f"Metric '{metric.name}' says that it is additive, but its values do not add up."
        yield Finding(
            "OSSIE-ADDITIVE", "error", what, metric.place, "Write non_additive, or semi_additive for a balance."
        )


def _undeclared(metric: Metric) -> Metric:
    return replace(metric, c360=metric.c360.model_copy(update={"additivity": None, "non_additive_over": ()}))


_PER = re.compile(r"\bper (order|customer|basket|session|ticket|household)\b(?! (?:line|item))", re.IGNORECASE)


def _mean_of_what(model: SemanticModel, metric: Metric, formula: Formula) -> Iterator[Finding]:
    claimed = _PER.search(metric.description or "")
    for atom in formula.atoms.values():
        if claimed is None or not isinstance(atom.aggregate, exp.Avg):
            continue
        dataset = model.datasets[atom.base]
        if claimed[1].lower() not in re.findall(r"[a-z]+", dataset.grain.lower())[-1:]:
            yield Finding(
                "OSSIE-AVG",
                "warning",
                f"Metric '{metric.name}' says 'per {claimed[1].lower()}' but averages rows of {dataset.name} "
                f"({dataset.grain}).",
                metric.place,
                "Write it as a ratio: a sum over a distinct count.",
            )


def _shared_words(model: SemanticModel) -> Iterator[Finding]:
    """Report words that mean two metrics, or two dimensions: a question that uses them cannot be understood."""
    metrics = [(metric.name, metric.synonyms, metric.place) for metric in model.metrics.values()]
    fields = [(f.qualified, f.synonyms, f.place) for f in model.directory.all_fields() if f.is_dimension]
    found = [*_collisions(metrics, "metrics"), *_collisions(fields, "dimensions")]
    wanted = {word.casefold() for word in model.c360.asked_back}
    yield from (finding for word, finding in found if word not in wanted)
    for word in sorted(wanted - {word for word, _ in found}):
        what = f"'{word}' is asked back (`asked_back`), and it does not mean two things."
        yield Finding("OSSIE-SYNONYM", "warning", what, model.place, "Take it out.")


_NEGATED = re.compile(r"(?:not|no|never)\b", re.IGNORECASE)


def _negated_values(model: SemanticModel) -> Iterator[Finding]:
    """Report words for a value that negate another: what is not one of three values is not always the second."""
    for field in model.directory.all_fields():
        for value, words in field.c360.value_words.items():
            for word in filter(_NEGATED.match, words):
                what = f"'{word}' stands for {field.qualified} = '{value}', but a negation leaves more than one value."
                yield Finding("OSSIE-NEGATED", "error", what, field.place, "Take it out: questions can say 'not'.")


_READ_AS = {"ANSI_SQL": "duckdb", "SNOWFLAKE": "snowflake", "DATABRICKS": "databricks", "BIGQUERY": "bigquery"}


def _unreadable(model: SemanticModel) -> Iterator[Finding]:
    """Report expressions for other engines that are not SQL; those we never run are not looked at."""
    elements = [(metric.name, metric.expression, metric.place) for metric in model.metrics.values()]
    elements += [(field.qualified, field.expression, field.place) for field in model.directory.all_fields()]
    for name, expression, place in elements:
        for dialect, text in expression.dialects:
            try:
                if dialect in _READ_AS:
                    parse_one(text, dialect=_READ_AS[dialect])
            except SqlglotError as error:
                what = f"The {dialect} expression of {name} is not SQL: {str(error).splitlines()[0]}"
                yield Finding("OSSIE-SQL", "warning", what, place)


def _verified_questions(model: SemanticModel, as_of: date) -> Iterator[Finding]:
    for question in model.c360.verified_questions:
        try:
            compile_query(model, parse_query(question.query), as_of=as_of)
        except QueryError as error:
            what = f"The verified question '{question.id}' cannot be answered: {error.what}"
            yield Finding("OSSIE-QUESTION", "error", what, model.place, error.next_step)


def _collisions(named: Iterable[tuple[str, tuple[str, ...], Place]], kind: str) -> Iterator[tuple[str, Finding]]:
    owners: dict[str, str] = {}
    for name, synonyms, place in named:
        own_words = {name.rpartition(".")[2].replace("_", " "), *synonyms} if kind == "metrics" else set(synonyms)
        for word in sorted(own_words, key=str.casefold):
            known = owners.setdefault(word.casefold(), name)
            if known != name and known.rpartition(".")[2] != name.rpartition(".")[2]:
                what = f"'{word}' means two {kind}: {known} and {name}."
                step = "Leave it to one of them, or name it in the model's `asked_back`."
                yield word.casefold(), Finding("OSSIE-SYNONYM", "warning", what, place, step)
