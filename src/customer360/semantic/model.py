"""Hold a semantic model: datasets, relationships and metrics of an Ossie document, resolved and checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from customer360.errors import C360Error, ModelError, Place, ProjectError, ProjectErrors, UnknownName
from customer360.semantic.expression import has_aggregate, parse_expression, refuse_impure
from customer360.semantic.formulas import Formulas
from customer360.semantic.names import Directory
from customer360.semantic.read import read_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.project.spec import SemanticDocument
    from customer360.semantic.elements import Dataset, Metric, RawExtension, Relationship, SemanticField
    from customer360.semantic.extensions import ModelExtension, RowPolicy
    from customer360.semantic.measure import Formula
    from customer360.semantic.rollups import RollupTable


@dataclass(frozen=True)
class SemanticModel:
    """Everything a metric query can ask about. Make one with ``from_document``."""

    name: str
    place: Place
    datasets: Mapping[str, Dataset]
    relationships: Mapping[str, Relationship]
    metrics: Mapping[str, Metric]
    c360: ModelExtension
    description: str | None = None
    ai_context: Any = None
    extensions: tuple[RawExtension, ...] = ()

    @classmethod
    def from_document(cls, document: SemanticDocument) -> SemanticModel:
        """Read, resolve and check an Ossie model. Raises ProjectErrors with all errors, each with file and line."""
        parts = read_parts(document)
        model = cls(
            name=parts.name,
            place=parts.place,
            datasets=parts.datasets,
            relationships=parts.relationships,
            metrics=parts.metrics,
            c360=parts.c360,
            description=parts.description,
            ai_context=parts.ai_context,
            extensions=parts.extensions,
        )
        errors = list(_problems(model))
        if errors:
            raise ProjectErrors(errors)
        return model

    @cached_property
    def directory(self) -> Directory:
        """Names of the model, ready to be looked up."""
        return Directory(self.datasets, self.relationships)

    @cached_property
    def formulas(self) -> Mapping[str, Formula]:
        """The formula of each metric as DuckDB and PostgreSQL run it."""
        return self.formulas_for("duckdb")

    def formulas_for(self, engine: str) -> Mapping[str, Formula]:
        """Return the formula of each metric for an engine. Raises ProjectErrors."""
        if engine not in self._built:
            formulas = Formulas(self.directory, dict(self.metrics), engine)
            self._built[engine] = formulas.build()
            if formulas.errors:
                raise ProjectErrors(formulas.errors)
        return self._built[engine]

    @cached_property
    def _built(self) -> dict[str, Mapping[str, Formula]]:
        """Formulas by engine, as they are asked for."""
        return {}

    @cached_property
    def rolled(self) -> dict[str, dict[str, RollupTable]]:
        """Resolved roll-ups by engine and name, as they are asked for (see rollups.py)."""
        return {}

    @cached_property
    def atom_names(self) -> Mapping[str, str]:
        """The name of the metric that an atom is, for those that are a metric by themselves."""
        atoms = ((formula.sole_atom, name) for name, formula in reversed(list(self.formulas.items())))
        return {atom.key: name for atom, name in atoms if atom is not None}

    @cached_property
    def field_trees(self) -> Mapping[tuple[str, str], exp.Expr]:
        """The expression of each field over the columns of its own table."""
        return {(f.dataset, f.name): _field_tree(f) for f in self.directory.all_fields()}

    @cached_property
    def policies(self) -> tuple[tuple[RowPolicy, exp.Expr], ...]:
        """Row policies with their predicates over logical references; ``user.<attribute>`` stays open."""
        return tuple((policy, self.policy_predicate(policy)) for policy in self.c360.row_policies)

    def policy_predicate(self, policy: RowPolicy) -> exp.Expr:
        """Return the predicate of a policy. Raises ProjectError when its dataset or a field does not exist."""
        if policy.dataset not in self.datasets:
            raise UnknownName("dataset", policy.dataset, list(self.datasets), place=self.place)
        tree = parse_expression(policy.expression, self.place)
        return self.directory.qualify(tree, self.place, prefer=[policy.dataset], allow_user=True, physical=False)

    @cached_property
    def digest(self) -> str:
        """A hash that changes with anything in the model."""
        from customer360.semantic.write import to_document

        text = json.dumps(to_document(self), sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _field_tree(field: SemanticField) -> exp.Expr:
    text = field.expression.text("ANSI_SQL") or field.expression.text("DATABRICKS")
    if text is None:
        raise ProjectError(
            f"Field {field.qualified} has no expression that can be run.",
            place=field.place,
            next_step="Add one for ANSI_SQL.",
        )
    tree = parse_expression(text, field.place)
    if has_aggregate(tree):
        raise ProjectError(
            f"Field {field.qualified} aggregates.",
            place=field.place,
            next_step="A field is about one row; make it a metric.",
        )
    for column in tree.find_all(exp.Column):
        if column.table and column.table.casefold() != field.dataset.casefold():
            raise ProjectError(
                f"Field {field.qualified} refers to another dataset: `{column.sql()}`.",
                place=field.place,
                next_step="Relate the datasets and use the other field in the query.",
            )
    return tree


def _problems(model: SemanticModel) -> list[C360Error]:
    errors: list[C360Error] = []
    for relationship in model.relationships.values():
        errors += _relationship_problems(model, relationship)
    if errors:
        return errors
    for field in model.directory.all_fields():
        errors += _caught(lambda field=field: _field_tree(field))
    for dataset in model.datasets.values():
        errors += _dataset_problems(model, dataset)
    for policy in model.c360.row_policies:
        errors += _caught(lambda policy=policy: model.policy_predicate(policy))
    errors += _profile_problems(model)
    formulas = Formulas(model.directory, dict(model.metrics))
    model._built[formulas.engine] = formulas.build()
    errors += formulas.errors
    return errors or _rollup_problems(model)


def _relationship_problems(model: SemanticModel, relationship: Relationship) -> list[C360Error]:
    errors: list[C360Error] = [
        UnknownName("dataset", end, list(model.datasets), place=relationship.place)
        for end in (relationship.source, relationship.target)
        if end not in model.datasets
    ]
    if len(relationship.source_columns) != len(relationship.target_columns):
        errors.append(
            ProjectError(
                f"Relationship '{relationship.name}' has {len(relationship.source_columns)} from_columns and "
                f"{len(relationship.target_columns)} to_columns.",
                place=relationship.place,
                next_step="Pair them one to one.",
            )
        )
    return errors


def _dataset_problems(model: SemanticModel, dataset: Dataset) -> list[C360Error]:
    errors: list[C360Error] = [
        UnknownName(f"field of {dataset.name}", field.c360.sort_by, list(dataset.fields), place=field.place)
        for field in dataset.fields.values()
        if field.c360.sort_by is not None and field.c360.sort_by not in dataset.fields
    ]
    if dataset.is_query:
        errors += _caught(lambda: _check_source(dataset))
    if dataset.c360.time_field:
        text = dataset.c360.time_field
        qualified = text if "." in text else f"{dataset.name}.{text}"
        errors += _caught(lambda: model.directory.resolve(qualified, place=dataset.place))
    if dataset.c360.bridge:
        errors += [
            UnknownName("relationship", name, list(model.relationships), place=dataset.place)
            for name in (dataset.c360.bridge.left, dataset.c360.bridge.right)
            if name not in model.relationships
        ]
    return errors


def _profile_problems(model: SemanticModel) -> list[C360Error]:
    declared = model.c360.profile
    if declared is None:
        return []
    dataset = model.datasets.get(declared.dataset)
    if dataset is None:
        return [UnknownName("dataset", declared.dataset, list(model.datasets), place=model.place)]
    if declared.key not in dataset.fields:
        return [UnknownName(f"field of {dataset.name}", declared.key, list(dataset.fields), place=model.place)]
    return []


def _rollup_problems(model: SemanticModel) -> list[C360Error]:
    from customer360.semantic.rollups import rollup_tables  # it compiles, for which the model must be whole

    return _caught(lambda: rollup_tables(model)) if model.c360.rollups else []


def _check_source(dataset: Dataset) -> None:
    """Refuse a source that is no query or depends on when it runs."""
    try:
        tree = parse_one(dataset.source, dialect="duckdb")
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"The source of {dataset.name} is not SQL: {first}", place=dataset.place) from error
    if not isinstance(tree, exp.Query):
        raise ModelError(f"The source of {dataset.name} is no query.", place=dataset.place)
    refuse_impure(tree, dataset.source, dataset.place)


def _caught(check: Any) -> list[C360Error]:
    try:
        check()
    except C360Error as error:
        return [error]
    return []
