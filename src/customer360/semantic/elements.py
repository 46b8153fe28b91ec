"""Hold the parts of a semantic model, frozen: datasets, fields, relationships, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from customer360.semantic.extensions import (
    DatasetExtension,
    FieldExtension,
    MetricExtension,
    RelationshipExtension,
)

if TYPE_CHECKING:
    from customer360.errors import Place

TEMPORAL_TYPES = frozenset({"Date", "Time", "DateTime", "DateTimeTz"})
CUTTABLE = frozenset({"Date", "DateTime", "DateTimeTz"})
"""Types that can be cut to days, months and years."""
DATATYPES = ("String", "Integer", "Decimal", "Float", "Boolean", "Date", "Time", "DateTime", "DateTimeTz", "Opaque")
DIALECTS = ("ANSI_SQL", "SNOWFLAKE", "MDX", "TABLEAU", "DATABRICKS", "MAQL", "BIGQUERY", "Ossie_SQL_2026")

RawExtension = tuple[str, str]
"""Vendor name and JSON text, as they stand in the file."""


@dataclass(frozen=True)
class Expression:
    """One text per dialect, in file order; those we never run are kept for the round trip."""

    dialects: tuple[tuple[str, str], ...]

    def text(self, dialect: str) -> str | None:
        """Return the text written for a dialect, or None."""
        return dict(self.dialects).get(dialect)


@dataclass(frozen=True)
class SemanticField:
    """A row-level attribute of a dataset."""

    dataset: str
    name: str
    expression: Expression
    place: Place
    c360: FieldExtension = field(default_factory=FieldExtension)
    datatype: str | None = None
    dimension: Mapping[str, Any] | None = None
    label: str | None = None
    description: str | None = None
    ai_context: Any = None
    extensions: tuple[RawExtension, ...] = ()

    @property
    def qualified(self) -> str:
        """The field as a query names it: ``customer.segment``."""
        return f"{self.dataset}.{self.name}"

    @property
    def is_time(self) -> bool:
        """Explicit ``dimension.is_time`` wins; else the temporal data types are time."""
        explicit = (self.dimension or {}).get("is_time")
        return bool(explicit) if explicit is not None else self.datatype in TEMPORAL_TYPES

    @property
    def is_dimension(self) -> bool:
        """Whether a query may group by it."""
        if self.c360.role in ("measure_input", "hidden"):
            return False
        return self.dimension is not None or self.c360.role in ("dimension", "key", None)

    @property
    def title(self) -> str:
        """What a person reads above the column."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Other words for it: of ``ai_context`` and the approved ones of the extension."""
        return _synonyms(self.ai_context, self.c360)


@dataclass(frozen=True)
class Dataset:
    """A logical table."""

    name: str
    source: str
    place: Place
    fields: Mapping[str, SemanticField]
    c360: DatasetExtension = field(default_factory=DatasetExtension)
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    description: str | None = None
    ai_context: Any = None
    extensions: tuple[RawExtension, ...] = ()

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Every declared key, the primary one first."""
        return ((self.primary_key,) if self.primary_key else ()) + self.unique_keys

    @property
    def is_query(self) -> bool:
        """Whether the source is a query text rather than a table."""
        return " " in self.source.strip() or "\n" in self.source.strip()

    @property
    def grain(self) -> str:
        """What one row is, in words."""
        grain = self.c360.grain
        if grain and grain.text:
            return grain.text
        key = grain.columns if grain and grain.columns else self.primary_key
        return f"one row per {', '.join(key)}" if key else f"one row of {self.name}"


@dataclass(frozen=True)
class Relationship:
    """Many rows of ``source`` stand for one row of ``target``."""

    name: str
    source: str
    target: str
    source_columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    place: Place
    c360: RelationshipExtension = field(default_factory=RelationshipExtension)
    ai_context: Any = None
    extensions: tuple[RawExtension, ...] = ()

    @property
    def role(self) -> str | None:
        """The role name as a query writes it: ``order date`` becomes ``order_date``."""
        name = self.c360.role_name
        return "_".join(name.lower().split()) if name else None


@dataclass(frozen=True)
class Metric:
    """A figure with a name."""

    name: str
    expression: Expression
    place: Place
    c360: MetricExtension = field(default_factory=MetricExtension)
    description: str | None = None
    datatype: str | None = None
    ai_context: Any = None
    extensions: tuple[RawExtension, ...] = ()

    @property
    def title(self) -> str:
        """What a person reads above the column."""
        return self.c360.label or self.name.replace("_", " ").capitalize()

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Other words for it: of ``ai_context`` and the approved ones of the extension."""
        return _synonyms(self.ai_context, self.c360)


_SHORT = 4  # words: a longer part makes the text an instruction, not a list of synonyms


def _synonyms(ai_context: Any, extension: FieldExtension | MetricExtension) -> tuple[str, ...]:
    words: list[str] = []
    if isinstance(ai_context, str):
        parts = [part.strip() for part in ai_context.split(",") if part.strip()]
        if all(len(part.split()) <= _SHORT for part in parts):
            words += parts
    elif isinstance(ai_context, Mapping):
        words += [str(word) for word in ai_context.get("synonyms") or ()]
    words += [synonym.text for synonym in extension.synonyms if synonym.status == "approved"]
    return tuple(dict.fromkeys(words))
