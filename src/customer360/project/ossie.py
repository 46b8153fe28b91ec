"""Say what an Apache Ossie semantic model may hold: 0.2.0.dev0, and the older forms that read the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from customer360.project.problems import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_VERSIONS = ("0.2.0.dev0", "0.1.1", "1.0")

Datatype = Literal[
    "String", "Integer", "Decimal", "Float", "Boolean", "Date", "Time", "DateTime", "DateTimeTz", "Opaque"
]
Dialect = Literal["ANSI_SQL", "SNOWFLAKE", "MDX", "TABLEAU", "DATABRICKS", "MAQL", "BIGQUERY", "Ossie_SQL_2026"]


class AiContext(Shape):
    """Words for people and machines that ask questions. Open: other keys are kept."""

    instructions: str | None = Field(None, description="How to use it.")
    synonyms: list[str] = Field(default_factory=list, description="Other names.")
    examples: list[str] = Field(default_factory=list, description="Questions it answers.")
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


def _context_form(value: Any) -> str:
    return "text" if isinstance(value, str) else "block"


AnyContext = Annotated[Annotated[AiContext, Tag("block")] | Annotated[str, Tag("text")], Discriminator(_context_form)]


class Extension(Shape):
    """What the standard has no word for."""

    vendor_name: str = Field(description="Whose words: C360 for ours.")
    data: str = Field(description="A text that holds JSON.")


class Extended(Shape):
    """What every part may carry."""

    ai_context: AnyContext | None = Field(None, description="Words for people and machines that ask questions.")
    custom_extensions: list[Extension] = Field(default_factory=list, description="What the standard has no word for.")


class DialectExpression(Shape):
    """An expression in one dialect."""

    dialect: Dialect = Field(description="ANSI_SQL for ours.")
    expression: str = Field(description="The text.")


class Expression(Shape):
    """An expression, once per dialect."""

    dialects: list[DialectExpression] = Field(min_length=1, description="The dialects it is written in.")


class Dimension(Shape):
    """Marks a field that one may group by."""

    is_time: bool | None = Field(None, description="true: a time axis.")


class FieldShape(Extended):
    """A column of a dataset, or what a row makes of its columns."""

    name: str = Field(description="Name, unique in the dataset.")
    expression: Expression = Field(description="Row-level SQL, no aggregate.")
    dimension: Dimension | None = Field(None, description="Present: one may group by it.")
    label: str | None = Field(None, description="The name that people see.")
    description: str | None = Field(None, description="What it is.")
    datatype: Datatype | None = Field(None, description="Type in the standard's words.")


class Dataset(Extended):
    """A table that metrics stand on."""

    name: str = Field(description="Name, unique in the model.")
    source: str = Field(description="`schema.table` of the warehouse.")
    primary_key: list[str] = Field(default_factory=list, description="Columns that identify a row.")
    unique_keys: list[list[str]] = Field(default_factory=list, description="Further keys.")
    description: str | None = Field(None, description="What one row is.")
    fields: list[FieldShape] = Field(default_factory=list, description="Its fields.")


class Relationship(Extended):
    """How a dataset (many) finds another (one)."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "description": "Ossie gives relationships no description; use ai_context."
    }

    name: str = Field(description="Name, unique in the model.")
    from_: str = Field(alias="from", description="Dataset on the many side.")
    to: str = Field(description="Dataset on the one side.")
    from_columns: list[str] = Field(min_length=1, description="Foreign key columns.")
    to_columns: list[str] = Field(min_length=1, description="Key columns of the other.")


class Metric(Extended):
    """A number with a name."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "label": "Ossie gives metrics no label; write it in the C360 extension.",
        "unit": "Write it in the C360 extension.",
        "format": "Write it in the C360 extension.",
    }

    name: str = Field(description="Name, unique in the model.")
    expression: Expression = Field(description="SQL with aggregates over dataset.field.")
    description: str | None = Field(None, description="What it counts, its unit, its grain.")
    datatype: Datatype | None = Field(None, description="Type in the standard's words.")


class SemanticModelShape(Extended):
    """Datasets, how they relate, and the metrics over them."""

    name: str = Field(description="Name of the model.")
    description: str | None = Field(None, description="What it is about.")
    datasets: list[Dataset] = Field(min_length=1, description="Tables that metrics stand on.")
    relationships: list[Relationship] = Field(default_factory=list, description="How they find each other.")
    metrics: list[Metric] = Field(default_factory=list, description="Numbers with names.")


class SemanticFile(Shape):
    """``semantic/<name>.yaml``: one Apache Ossie model."""

    version: str | float | None = Field(None, description="Version of the standard, in quotes: 0.2.0.dev0.")
    dialects: list[Any] | None = Field(None, description="Old (0.1.1): read and left aside.")
    vendors: list[Any] | None = Field(None, description="Old (0.1.1): read and left aside.")
    semantic_model: list[SemanticModelShape] = Field(
        min_length=1, max_length=1, description="The model: exactly one a file."
    )
