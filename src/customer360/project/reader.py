"""Read a whole project folder into one frozen object, or say everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.errors import Place
from customer360.names import IDENTIFIER, QUARANTINE_SCHEMA, RAW_PREFIX, STATE_SCHEMA, Relation, raw_relation
from customer360.project import products, settings
from customer360.project.audiences import Audience, read_audience
from customer360.project.cases import read_cases
from customer360.project.contracts import DraftContract, read_contracts
from customer360.project.dashboards import read_dashboard
from customer360.project.glossary import check_glossary, read_glossary
from customer360.project.identity import read_identity
from customer360.project.links import check_links
from customer360.project.models import read_model, read_step, read_union
from customer360.project.parameters import filled
from customer360.project.problems import Problems, in_file_order
from customer360.project.references import resolved
from customer360.project.semantics import files_of, read_semantics
from customer360.project.settings import read_settings
from customer360.project.sources import read_source
from customer360.project.spec import (
    CONFORMED_SCHEMA,
    Case,
    Dashboard,
    Model,
    Product,
    Project,
    SemanticDocument,
    Source,
)
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_YAML = (".yaml", ".yml")
_CONTRACT = (".odcs.yaml", ".odcs.yml")
_STEP = (".step.yaml", ".step.yml")
_RESERVED = (STATE_SCHEMA, QUARANTINE_SCHEMA, "main", "information_schema", "pg_catalog", "public", "temp")


def read_project(root: Path) -> Project:
    """Return the project under ``root`` (the folder of c360.yaml).

    Raises ProjectErrors with everything that is wrong, in file order. What is only doubtful is in ``warnings``.
    """
    root = root.resolve()
    problems = Problems()
    reading = _Reading(root, problems)
    own = read_settings(root, problems)
    if not (root / settings.FILE_NAME).exists():
        problems.finish()
    reading.read_sources()
    reading.read_products()
    reading.read_rest()
    contracts = resolved(reading.drafts, problems)
    models = reading.finished_models(contracts_by_relation={c.relation: c.granularity for c in contracts.values()})
    if not problems.is_broken("settings", settings.FILE_NAME):
        models = filled(models, own, problems)
    project = Project(
        root=root,
        settings=own,
        sources=reading.sources,
        products=reading.products,
        models=models,
        contracts=contracts,
        semantics=reading.semantics,
        dashboards=reading.dashboards,
        audiences=reading.audiences,
        cases=tuple(reading.cases),
        identity=read_identity(root, problems),
        glossary=read_glossary(root, problems),
    )
    check_links(project, reading.drafts, reading.settings_file(), problems)
    check_glossary(project, problems)
    problems.finish()
    return replace(project, warnings=tuple(in_file_order(problems.warnings)))


class _Reading:
    """Walks the folders of a project once."""

    def __init__(self, root: Path, problems: Problems) -> None:
        self._root = root
        self._problems = problems
        self.sources: dict[str, Source] = {}
        self.products: dict[str, Product] = {}
        self.models: dict[Relation, Model] = {}
        self.drafts: list[DraftContract] = []
        self.semantics: dict[str, SemanticDocument] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self.audiences: dict[str, Audience] = {}
        self.cases: list[Case] = []

    def settings_file(self) -> YamlFile | None:
        """Return c360.yaml for looking lines up, or None when it is broken (which is noted already)."""
        if self._problems.is_broken("settings", settings.FILE_NAME):
            return None
        return read_yaml(self._root / settings.FILE_NAME, self._root)

    def _files(self, folder: str) -> Iterator[Path]:
        return files_of(self._root, folder, self._problems)

    def _place(self, path: Path) -> Place:
        return Place(path.relative_to(self._root).as_posix())

    def _not_read(self, path: Path, endings: str) -> None:
        if path.suffix in (*_YAML, ".sql"):
            self._problems.add(
                "The file is not read: its name fits nothing here.", self._place(path), f"Files here are {endings}."
            )

    def read_sources(self) -> None:
        """Read sources/*.yaml and the contracts beside them."""
        for path in self._files("sources"):
            table = _stem(path, _CONTRACT)
            if table is not None:
                source, _, name = table.partition(".")
                if not name:
                    self._not_read(path, "<source>.yaml and <source>.<table>.odcs.yaml")
                    continue
                self.drafts += read_contracts(path, self._root, raw_relation(source, name), self._problems)
            elif path.suffix in _YAML:
                found = read_source(path, self._root, self._problems)
                if found is None:
                    self._problems.broken("source", path.stem)
                else:
                    self.sources[found.name] = found
            else:
                self._not_read(path, "<source>.yaml and <source>.<table>.odcs.yaml")

    def read_products(self) -> None:
        """Read every folder of products/: one product, one schema."""
        for folder in self._files("products"):
            if not folder.is_dir():
                self._not_read(folder, "folders, one per schema")
            elif not IDENTIFIER.match(folder.name) or folder.name in _RESERVED or folder.name.startswith(RAW_PREFIX):
                self._problems.add(
                    f"'{folder.name}' cannot name a schema.",
                    self._place(folder),
                    f"Use lower-case letters, digits and _; not {', '.join(_RESERVED[:2])} or {RAW_PREFIX}*.",
                )
            else:
                self._read_product(folder)

    def _read_product(self, folder: Path) -> None:
        schema = folder.name
        paths = list(self._files(f"products/{schema}"))
        own = next((p for p in paths if p.name in products.FILE_NAMES), None)
        if own is None and paths:
            self._problems.warn(
                "The folder has no product.odps.yaml, so nobody owns its tables.",
                self._place(folder),
                "Write one: id, domain, owner, ports.",
            )
        elif own is not None:
            product = products.read_product(own, self._root, self._problems)
            if product is not None:
                self.products[schema] = product
        for path in paths:
            if path != own:
                self._read_member(schema, path)

    def _read_member(self, schema: str, path: Path) -> None:
        """Read one file (or, in the conformed product, folder) of a product."""
        table, step = _stem(path, _CONTRACT), _stem(path, _STEP)
        if path.is_dir():
            self._read_entity(schema, path)
        elif table is not None:
            if self._named(table, path):
                relation = Relation(schema, table)
                drafts = read_contracts(path, self._root, relation, self._problems)
                self.drafts += drafts
                if schema == CONFORMED_SCHEMA:
                    self._declare(relation, self._place(path))
        elif step is not None:
            if self._named(step, path):
                self._keep(read_step(path, self._root, Relation(schema, step), self._problems))
        elif path.suffix == ".sql":
            if self._named(path.stem, path):
                self._keep(read_model(path, self._root, Relation(schema, path.stem), self._problems))
        else:
            self._not_read(path, "product.odps.yaml, <table>.sql, <table>.step.yaml and <table>.odcs.yaml")

    def _read_entity(self, schema: str, folder: Path) -> None:
        parts = [p for p in self._files(f"products/{schema}/{folder.name}") if p.suffix == ".sql"]
        if schema != CONFORMED_SCHEMA:
            if parts:
                self._problems.add(
                    f"Tables in folders belong to products/{CONFORMED_SCHEMA} only.",
                    self._place(folder),
                    f"Move the .sql files to products/{schema}.",
                )
            return
        relation = Relation(schema, folder.name)
        if self._named(folder.name, folder):
            self._keep(read_union(parts, self._root, relation, self._place(folder), self._problems))

    def _declare(self, relation: Relation, place: Place) -> None:
        """Make the empty table of a conformed entity, unless a system feeds it."""
        table = self._root / "products" / relation.schema / relation.table
        alone = [table.with_name(relation.table + ending) for ending in (".sql", *_STEP)]
        if not table.is_dir() and not any(path.exists() for path in alone):
            self.models[relation] = Model(relation=relation, grain="", place=place, is_union=True)

    def _named(self, table: str, path: Path) -> bool:
        if not IDENTIFIER.match(table):
            self._problems.add(
                f"'{table}' cannot name a table.",
                self._place(path),
                "Use lower-case letters, digits and _; start with a letter.",
            )
            return False
        return True

    def _keep(self, model: Model | None) -> None:
        if model is None:
            return
        twin = self.models.get(model.relation)
        if twin is not None:
            self._problems.add(
                f"The table {model.relation} is already made in {twin.place}.", model.place, "Remove one of them."
            )
        self.models[model.relation] = model

    def finished_models(self, *, contracts_by_relation: dict[Relation, str | None]) -> dict[Relation, Model]:
        """Return the models; the grain of a conformed entity is its contract's."""
        made = {}
        for relation, model in self.models.items():
            grain = contracts_by_relation.get(relation)
            made[relation] = replace(model, grain=grain) if model.is_union and grain else model
        return made

    def read_rest(self) -> None:
        """Read semantic/, dashboards/, audiences/ and tests/."""
        self.semantics = read_semantics(self._root, self._problems)
        for path in self._files("dashboards"):
            if path.suffix in _YAML:
                dashboard = read_dashboard(path, self._root, self._problems)
                if dashboard is not None:
                    self.dashboards[dashboard.name] = dashboard
        for path in self._files("audiences"):
            if path.suffix in _YAML:
                audience = read_audience(path, self._root, self._problems)
                if audience is not None:
                    self.audiences[audience.name] = audience
        for path in self._files("tests"):
            if path.suffix in _YAML:
                self.cases += read_cases(path, self._root, self._problems)


def _stem(path: Path, endings: tuple[str, ...]) -> str | None:
    """Return a file's name without one of these endings, or None when it has none of them."""
    return next((path.name[: -len(ending)] for ending in endings if path.name.endswith(ending)), None)
