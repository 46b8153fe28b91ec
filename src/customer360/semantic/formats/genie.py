"""Write a model as a Databricks Genie space: tables, joins, snippets of SQL, sample questions and benchmarks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.compile import compile_query
from customer360.semantic.formats.exported import Exported, Losses
from customer360.semantic.formats.genie_shape import MARKERS, MOST_MATCHED, MOST_SNIPPETS, MOST_TABLES, Space
from customer360.semantic.formats.physical import DoesNotFit, Physical, spark_text
from customer360.semantic.formats.query_sources import under_catalog
from customer360.semantic.paths import is_one_to_one
from customer360.semantic.query import parse_query
from customer360.semantic.scope import physical_column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from customer360.semantic.elements import Dataset, Metric, SemanticField
    from customer360.semantic.extensions import VerifiedQuestion
    from customer360.semantic.measure import Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.paths import Path

_BENCHMARK_EACH = 2
"""Of the verified questions every second is a benchmark: what is taught cannot be what is tested."""


def genie_space(
    model: SemanticModel,
    *,
    as_of: date,
    catalog: str = "main",
    warehouse_id: str = "",
    questions: Iterable[VerifiedQuestion] = (),
) -> Exported:
    """Return ``<model>.json``, the space, and ``<model>.request.json``, the body that makes it; checked.

    ``questions`` are taught and asked as benchmarks beside the model's own verified questions.
    """
    known = (*model.c360.verified_questions, *questions)
    model = replace(model, c360=model.c360.model_copy(update={"verified_questions": known}))
    losses = Losses()
    document = _Writer(model, catalog, as_of, losses).space()
    Space.model_validate(document)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    request = {
        "title": model.name.replace("_", " ").title(),
        "description": model.description or "",
        "warehouse_id": warehouse_id,
        "serialized_space": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
    }
    files = {
        f"genie/{model.name}.json": text + "\n",
        f"genie/{model.name}.request.json": json.dumps(request, ensure_ascii=False, indent=2) + "\n",
    }
    return Exported(files, losses.listed())


class _Writer:
    """Writes one space."""

    def __init__(self, model: SemanticModel, catalog: str, as_of: date, losses: Losses) -> None:
        self._model = model
        self._catalog = catalog
        self._as_of = as_of
        self._losses = losses
        self._tables = self._chosen()

    def space(self) -> dict[str, Any]:
        """Return the document."""
        for policy in self._model.c360.row_policies:
            self._losses.add(f"row policy {policy.id}", "Genie has none: set row filters on the tables")
        examples, benchmarks = self._verified()
        snippets = {"filters": self._filters(), "measures": self._measures()}
        instructions = {
            "text_instructions": self._instructions(),
            "example_question_sqls": examples,
            "join_specs": self._joins(),
            "sql_snippets": {key: value for key, value in snippets.items() if value},
        }
        document = {
            "version": 2,
            "config": {"sample_questions": self._samples()},
            "data_sources": {"tables": self._table_list()},
            "instructions": {key: value for key, value in instructions.items() if value},
            "benchmarks": {"questions": benchmarks},
        }
        return {
            key: value for key, value in document.items() if value not in ({"sample_questions": []}, {"questions": []})
        }

    # ---- tables and joins -------------------------------------------------------------------------------------

    def _chosen(self) -> dict[str, Dataset]:
        found: dict[str, Dataset] = {}
        for name, dataset in self._model.datasets.items():
            if dataset.is_query:
                self._losses.add(f"dataset {name}", "it is a query, not a table")
            elif len(found) == MOST_TABLES:
                self._losses.add(f"dataset {name}", f"a space has at most {MOST_TABLES} tables")
            else:
                found[name] = dataset
        return found

    def _table_list(self) -> list[dict[str, Any]]:
        matched = 0
        tables: dict[str, dict[str, Any]] = {}
        for dataset in self._tables.values():
            columns: dict[str, dict[str, Any]] = {}
            for each in dataset.fields.values():
                column = self._column(each)
                if column is None:
                    continue
                if column.get("enable_entity_matching"):
                    matched += 1
                    if matched > MOST_MATCHED:
                        del column["enable_entity_matching"]
                        self._losses.add(each.qualified, f"a space matches at most {MOST_MATCHED} columns")
                columns.setdefault(column["column_name"], column)
            identifier = under_catalog(dataset, self._catalog)
            if identifier in tables:
                self._losses.add(f"dataset {dataset.name}", f"{identifier} is in the space already")
                continue
            text = dataset.description or dataset.grain
            tables[identifier] = {
                "identifier": identifier,
                "description": [f"{text}\n"],
                "column_configs": [columns[name] for name in sorted(columns)],
            }
        return [tables[identifier] for identifier in sorted(tables)]

    def _column(self, each: SemanticField) -> dict[str, Any] | None:
        tree = self._model.field_trees[each.dataset, each.name]
        if not isinstance(tree, exp.Column):
            self._losses.add(f"field {each.qualified}", "it is computed: Genie knows columns")
            return None
        if each.c360.mask:
            self._losses.add(f"mask of {each.qualified}", "Genie has none: set column masks on the tables")
        if each.c360.role == "hidden":
            return {"column_name": tree.name, "exclude": True}
        matches = bool(each.c360.values) or (each.c360.value_index is True and each.datatype == "String")
        column = {
            "column_name": tree.name,
            "description": [f"{each.description}\n"] if each.description else None,
            "synonyms": list(each.synonyms),
            "enable_format_assistance": True if each.is_dimension else None,
            "enable_entity_matching": True if matches and each.is_dimension else None,
        }
        return {key: value for key, value in column.items() if value}

    def _joins(self) -> list[dict[str, Any]]:
        found = []
        for relationship in self._model.relationships.values():
            if not {relationship.source, relationship.target} <= set(self._tables):
                continue
            source, target = self._tables[relationship.source], self._tables[relationship.target]
            if len(relationship.source_columns) > 1:
                self._losses.add(f"relationship {relationship.name}", "its key has several columns: one join a pair")
            temporal = relationship.c360.temporal
            if temporal is not None and temporal.mode != "version_key":
                self._losses.add(
                    f"relationship {relationship.name}", f"its version ({temporal.mode}) is only said in words"
                )
            right = relationship.role or target.name
            kind = "ONE_TO_ONE" if is_one_to_one(self._model.directory, relationship) else "MANY_TO_ONE"
            for a, b in zip(relationship.source_columns, relationship.target_columns, strict=True):
                one, other = (physical_column(self._model, d, c) for d, c in ((source, a), (target, b)))
                spec = {
                    "id": _id("join", f"{relationship.name}.{a}"),
                    "left": {"identifier": under_catalog(source, self._catalog), "alias": source.name},
                    "right": {"identifier": under_catalog(target, self._catalog), "alias": right},
                    "sql": [f"`{source.name}`.`{one}` = `{right}`.`{other}`", MARKERS[kind]],
                }
                words = [f"Role: {relationship.c360.role_name}.\n"] if relationship.c360.role_name else []
                found.append(spec | ({"instruction": words} if words else {}))
        return _by_id(found)

    # ---- figures ----------------------------------------------------------------------------------------------

    def _measures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for formula in self._model.formulas_for("spark").values():
            metric = formula.metric
            try:
                sql = self._measure_sql(formula)
            except DoesNotFit as why:
                self._losses.add(f"metric {metric.name}", str(why))
                continue
            if len(found) == MOST_SNIPPETS - len(self._filter_rules()):
                self._losses.add(f"metric {metric.name}", f"a space has at most {MOST_SNIPPETS} snippets")
                continue
            snippet = {
                "id": _id("measure", metric.name),
                "alias": metric.name,
                "display_name": metric.title,
                "sql": [sql],
                "synonyms": list(metric.synonyms),
                "instruction": [f"{text}\n" for text in _warnings(formula)],
                "comment": [f"{metric.description}\n"] if metric.description else [],
            }
            found.append({key: value for key, value in snippet.items() if value})
        return _by_id(found)

    def _measure_sql(self, formula: Formula) -> str:
        if formula.metric.c360.of_total:
            why = "it is a share of a total over the query"
            raise DoesNotFit(why)
        bases = sorted({atom.base for atom in formula.atoms.values()})
        if len(bases) > 1:
            why = f"it counts rows of several facts: {', '.join(bases)}"
            raise DoesNotFit(why)
        if bases[0] not in self._tables:
            why = f"its dataset {bases[0]} is no table of the space"
            raise DoesNotFit(why)
        for atom in formula.atoms.values():
            if atom.semi_additive or atom.window:
                why = "a balance or a window is more than one expression"
                raise DoesNotFit(why)
        return spark_text(self._physical(bases[0]).formula(formula))

    def _physical(self, base: str) -> Physical:
        def alias(path: Path) -> tuple[str, ...]:
            if not path:
                return (base,)
            return (path[-1].relationship.role or path[-1].target,)

        return Physical(self._model, base, alias)

    def _filter_rules(self) -> list[tuple[str, Any]]:
        return [(d.name, rule) for d in self._tables.values() for rule in d.c360.default_filters]

    def _filters(self) -> list[dict[str, Any]]:
        found = []
        for base, rule in self._filter_rules():
            tree = next(
                each.predicate
                for formula in self._model.formulas.values()
                for atom in formula.atoms.values()
                for each in atom.default_filters
                if atom.base == base and each.rule == rule
            )
            snippet = {
                "id": _id("filter", f"{base}.{rule.name}"),
                "display_name": rule.name.capitalize(),
                "sql": [spark_text(self._physical(base).logical(tree))],
                "comment": [f"{rule.reason}\n"] if rule.reason else [],
            }
            found.append({key: value for key, value in snippet.items() if value})
        return _by_id(found)

    # ---- words and questions ----------------------------------------------------------------------------------

    def _instructions(self) -> list[dict[str, Any]]:
        c360, lines = self._model.c360, []
        given = self._model.ai_context
        text = given.get("instructions") if isinstance(given, Mapping) else given
        if text:
            lines.append(str(text))
        lines.append(f"Weeks start on {c360.week_start}. Times are {c360.timezone}. The data stand on {self._as_of}.")
        if c360.fiscal_year_start_month > 1:
            lines.append(f"Fiscal years start in month {c360.fiscal_year_start_month}.")
        lines += [
            f"Always apply the filter '{rule.name}' to {base}."
            for base, rule in self._filter_rules()
            if not rule.removable
        ]
        for dataset in self._tables.values():
            scd2 = dataset.c360.scd2
            if scd2 is not None:
                current = f"; {scd2.is_current} marks the current one" if scd2.is_current else ""
                lines.append(f"{dataset.name} keeps versions from {scd2.valid_from} to {scd2.valid_to}{current}.")
                self._losses.add(f"history of {dataset.name}", "it is only said in words")
        lines += [f"{f.metric.name}: {text}" for f in self._model.formulas.values() for text in _warnings(f)]
        return [{"id": _id("text", self._model.name), "content": [f"{line}\n" for line in lines]}]

    def _samples(self) -> list[dict[str, Any]]:
        questions = dict.fromkeys(
            text
            for context in (self._model.ai_context, *(metric.ai_context for metric in self._model.metrics.values()))
            if isinstance(context, Mapping)
            for text in context.get("examples") or ()
        )
        if not questions:
            questions = dict.fromkeys(_question(metric) for metric in list(self._model.metrics.values())[:5])
        return _by_id([{"id": _id("sample", text), "question": [text]} for text in questions])

    def _verified(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        examples, benchmarks = [], []
        there = _under(self._model, self._catalog)
        for number, each in enumerate(self._model.c360.verified_questions):
            try:
                sql = compile_query(there, parse_query(each.query), as_of=self._as_of, dialect="spark").sql
            except QueryError as error:
                self._losses.add(f"question {each.id}", error.what)
                continue
            lines = [f"{line}\n" for line in sql.splitlines()]
            if "relative" in json.dumps(each.query):
                self._losses.add(f"question {each.id}", f"its dates are those of {self._as_of}")
            if number % _BENCHMARK_EACH:
                answer = [{"format": "SQL", "content": lines}]
                benchmarks.append({"id": _id("benchmark", each.id), "question": [each.question], "answer": answer})
            else:
                examples.append({"id": _id("example", each.id), "question": [each.question], "sql": lines})
        return _by_id(examples), _by_id(benchmarks)


def _under(model: SemanticModel, catalog: str) -> SemanticModel:
    """Return the model over the tables of a catalogue."""
    datasets = {name: replace(d, source=under_catalog(d, catalog)) for name, d in model.datasets.items()}
    return replace(model, datasets=datasets)


def _question(metric: Metric) -> str:
    return f"What is the {metric.title.lower()} by month?"


def _warnings(formula: Formula) -> list[str]:
    if formula.is_additive:
        return []
    if any(atom.semi_additive for atom in formula.atoms.values()):
        return ["a balance: never add its values over time."]
    return ["never add or average its values: compute it anew for each group."]


def _id(kind: str, name: str) -> str:
    """Return an id that a later export of the same object gets again."""
    return hashlib.sha256(f"c360:{kind}:{name}".encode()).hexdigest()[:32]


def _by_id(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: str(item["id"]))
