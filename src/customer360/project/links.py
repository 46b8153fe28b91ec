"""Check that the names in one file of a project exist in another."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from customer360.errors import Place
from customer360.names import RAW_PREFIX, Relation, raw_relation
from customer360.project.product_links import check_products
from customer360.project.yamlfile import YamlFile, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from customer360.project.contracts import DraftContract
    from customer360.project.problems import Problems
    from customer360.project.spec import Project, SourceTable

_TABLE_NAME = re.compile(r'"?([A-Za-z_]\w*)"?(?:\."?([A-Za-z_]\w*)"?){1,2}')
_COLUMN_PARTS = 3  # <source>.<table>.<column>


def check_links(
    project: Project, drafts: Sequence[DraftContract], settings_file: YamlFile | None, problems: Problems
) -> None:
    """Note every name that leads nowhere."""
    relations = known_relations(project)
    _check_models(project, problems)
    _check_sources(project, problems)
    _check_as_of(project, settings_file, problems)
    _check_steps(project, relations, problems)
    _check_cases(project, relations, problems)
    _check_semantics(project, relations, problems)
    check_products(project, problems)
    domains = [domain.name for domain in project.settings.domains]
    if problems.is_broken("settings", "c360.yaml"):
        return
    for draft in drafts:
        if draft.domain is not None and draft.domain not in domains:
            place = Place(draft.contract.place.file, _line(draft, "domain"))
            problems.unknown("domain", draft.domain, domains, place)
    for product in project.products.values():
        if product.domain is not None and product.domain not in domains:
            place = Place(product.place.file, line_of(product.document, ("domain",)))  # type: ignore[arg-type]  # read from YAML
            problems.unknown("domain", product.domain, domains, place)


def _line(draft: DraftContract, key: str) -> int:
    return line_of(draft.contract.document, (key,))  # type: ignore[arg-type]  # documents are read from YAML


def known_relations(project: Project) -> frozenset[Relation]:
    """Return every table that a model may read: models, and the raw tables of sources."""
    raw = {raw_relation(source.name, table) for source in project.sources.values() for table in source.tables}
    return frozenset(project.models) | raw


def _check_models(project: Project, problems: Problems) -> None:
    contracted = {contract.relation: contract for contract in project.contracts.values()}
    for relation, model in project.models.items():
        if relation not in contracted and not problems.is_broken("relation", str(relation)):
            near = get_close_matches(
                str(relation),
                [str(r) for r in contracted if r not in project.models and not r.schema.startswith(RAW_PREFIX)],
                n=1,
            )
            hint = f"The contract of {near[0]} has no model: is it this one?" if near else None
            problems.add(
                f"The model {relation} has no contract.",
                model.place,
                hint or f"Write products/{relation.schema}/{relation.table}.odcs.yaml: its columns, types and key.",
            )
    for relation, contract in contracted.items():
        if relation.schema.startswith(RAW_PREFIX):
            _check_raw_contract(relation, contract.place, project, problems)
        elif relation not in project.models and not problems.is_broken("model", str(relation)):
            near = get_close_matches(str(relation), [str(r) for r in project.models if r not in contracted], n=1)
            hint = f"The model {near[0]} has no contract: is it this one?" if near else None
            problems.add(
                f"The contract of {relation} has no model.",
                contract.place,
                hint or f"Write products/{relation.schema}/{relation.table}.sql or .step.yaml, or remove the contract.",
            )
            problems.broken("model", str(relation))


def _check_raw_contract(relation: Relation, place: Place, project: Project, problems: Problems) -> None:
    name = relation.schema.removeprefix(RAW_PREFIX)
    if problems.is_broken("source", name):
        return
    if name not in project.sources:
        problems.unknown("source", name, list(project.sources), place)
    elif relation.table not in project.sources[name].tables:
        problems.unknown(f"table of source '{name}'", relation.table, list(project.sources[name].tables), place)


def _check_sources(project: Project, problems: Problems) -> None:
    for source in project.sources.values():
        for table in source.tables.values():
            if table.contract is None or problems.is_broken("contract", table.contract):
                continue
            contract = project.contracts.get(table.contract)
            relation = raw_relation(source.name, table.name)
            if contract is None:
                if not problems.is_broken("relation", str(relation)):
                    problems.unknown("contract", table.contract, list(project.contracts), table.place)
                continue
            _check_columns(table, [column.name for column in contract.columns], problems)


def _check_columns(table: SourceTable, columns: Sequence[str], problems: Problems) -> None:
    for word in [*table.key, *([table.cursor] if table.cursor else [])]:
        if word not in columns:
            problems.unknown(f"column of {table.contract}", word, columns, table.place)


def _check_as_of(project: Project, file: YamlFile | None, problems: Problems) -> None:
    settings = project.settings
    place = settings.place if file is None else file.place("as_of")
    if file is not None and project.sources and settings.as_of == "latest" and not settings.as_of_columns:
        problems.add(
            "'as_of' is latest, but 'as_of_columns' names no column to look at.",
            place,
            "List columns there, each <source>.<table>.<column>, or write a date.",
        )
    for position, text in enumerate(settings.as_of_columns):
        place = settings.place if file is None else file.place("as_of_columns", position)
        parts = text.split(".")
        if len(parts) != _COLUMN_PARTS:
            problems.add(f"'{text}' names no column of a source.", place, "Write <source>.<table>.<column>.")
            continue
        _check_source_column(parts, place, project, problems)


def _check_source_column(parts: Sequence[str], place: Place, project: Project, problems: Problems) -> None:
    source, table, column = parts
    if problems.is_broken("source", source):
        return
    if source not in project.sources:
        problems.unknown("source", source, list(project.sources), place)
    elif table not in project.sources[source].tables:
        problems.unknown(f"table of source '{source}'", table, list(project.sources[source].tables), place)
    else:
        contract = project.contracts.get(project.sources[source].tables[table].contract or "")
        if contract is not None and column not in [c.name for c in contract.columns]:
            problems.unknown(f"column of {source}.{table}", column, [c.name for c in contract.columns], place)


def _check_steps(project: Project, relations: Iterable[Relation], problems: Problems) -> None:
    for model in project.models.values():
        if model.step is not None:
            for relation in model.step.inputs.values():
                _check_relation(relation, model.step.place, relations, problems)


def _check_relation(relation: Relation, place: Place, known: Iterable[Relation], problems: Problems) -> bool:
    if relation in set(known):
        return True
    raw_source = relation.schema.removeprefix(RAW_PREFIX) if relation.schema.startswith(RAW_PREFIX) else None
    broken = problems.is_broken("model", str(relation)) or (raw_source and problems.is_broken("source", raw_source))
    if not broken:
        problems.unknown("table", str(relation), sorted(map(str, known)), place)
    return False


def _check_cases(project: Project, relations: frozenset[Relation], problems: Problems) -> None:
    for case in project.cases:
        if case.model not in project.models:
            if not problems.is_broken("model", str(case.model)):
                problems.unknown("model", str(case.model), sorted(map(str, project.models)), case.place)
        else:
            _check_rows(case.model, case.expect, case.place, project, problems)
        for relation, rows in case.given.items():
            if _check_relation(relation, case.place, relations, problems):
                _check_rows(relation, rows, case.place, project, problems)


def _check_rows(
    relation: Relation, rows: Sequence[Mapping[str, Any]], place: Place, project: Project, problems: Problems
) -> None:
    contract = project.contract_of(relation)
    if contract is None:
        return
    known = [column.name for column in contract.columns]
    for row in rows:
        for name in row:
            if name not in known:
                where = Place(place.file, getattr(row, "lines", {}).get(name, place.line))
                problems.unknown(f"column of {relation}", name, known, where)


def _check_semantics(project: Project, relations: frozenset[Relation], problems: Problems) -> None:
    for document in project.semantics.values():
        for dataset in document.document["semantic_model"][0]["datasets"]:
            source = dataset["source"].strip()
            if not _TABLE_NAME.fullmatch(source):
                continue  # a query
            relation = Relation(*[part.strip('"') for part in source.split(".")][-2:])
            place = Place(document.place.file, dataset.lines["source"])
            _check_relation(relation, place, relations, problems)
