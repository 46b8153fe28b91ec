"""Describe Databricks Genie's serialized_space, version 2: every key we write, closed, with the rules of its API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(max_length=25_000)]
Texts = Annotated[list[Text], Field(max_length=10_000)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]

MOST_TABLES = 30
MOST_INSTRUCTIONS = 100
MOST_SNIPPETS = 200
MOST_MATCHED = 120
_PAIR = 2


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Question(_Closed):
    """A question shown to people."""

    id: Id
    question: Annotated[list[Text], Field(min_length=1, max_length=1)]


class Config(_Closed):
    """What the space shows at its start."""

    sample_questions: list[Question] = []


class ColumnConfig(_Closed):
    """What Genie should know of a column."""

    column_name: str
    description: Texts | None = None
    synonyms: Texts | None = None
    exclude: bool | None = None
    enable_format_assistance: bool | None = None
    enable_entity_matching: bool | None = None

    @model_validator(mode="after")
    def _matching(self) -> ColumnConfig:
        if self.enable_entity_matching and not self.enable_format_assistance:
            message = f"entity matching of {self.column_name} needs format assistance"
            raise ValueError(message)
        return self


class Table(_Closed):
    """A table or metric view that Genie may read."""

    identifier: str
    description: Texts | None = None
    column_configs: list[ColumnConfig] | None = None


class DataSources(_Closed):
    """What Genie may read."""

    tables: list[Table] = Field(default=[], max_length=MOST_TABLES)
    metric_views: list[Table] = []


class TextInstruction(_Closed):
    """Free text."""

    id: Id
    content: Texts


class Parameter(_Closed):
    """A parameter of an example."""

    name: str
    description: Texts | None = None
    type_hint: str | None = None
    default_value: dict[str, Any] | None = None


class ExampleSql(_Closed):
    """A question with the SQL that answers it."""

    id: Id
    question: Annotated[list[Text], Field(min_length=1, max_length=1)]
    sql: Texts
    usage_guidance: Texts | None = None
    parameters: list[Parameter] | None = None


class Side(_Closed):
    """One side of a join."""

    identifier: str
    alias: str


_TYPES = ("MANY_TO_ONE", "ONE_TO_MANY", "ONE_TO_ONE", "MANY_TO_MANY")
MARKERS = {kind: f"--rt=FROM_RELATIONSHIP_TYPE_{kind}--" for kind in _TYPES}


class JoinSpec(_Closed):
    """How two tables belong together: the condition of one pair of columns, then the kind."""

    id: Id
    left: Side
    right: Side
    sql: Annotated[list[Text], Field(min_length=_PAIR, max_length=_PAIR)]
    instruction: Texts | None = None

    @model_validator(mode="after")
    def _kind(self) -> JoinSpec:
        if self.sql[1] not in MARKERS.values():
            message = f"the second line of a join names its kind, one of {', '.join(_TYPES)}"
            raise ValueError(message)
        return self


class Snippet(_Closed):
    """A named piece of SQL."""

    id: Id
    display_name: str
    sql: Texts
    alias: str | None = None
    synonyms: Texts | None = None
    instruction: Texts | None = None
    comment: Texts | None = None


class Snippets(_Closed):
    """Pieces of SQL by kind."""

    filters: list[Snippet] = []
    expressions: list[Snippet] = []
    measures: list[Snippet] = []

    @model_validator(mode="after")
    def _aliases(self) -> Snippets:
        if any(snippet.alias is None for snippet in (*self.expressions, *self.measures)):
            message = "expressions and measures need an alias"
            raise ValueError(message)
        if len(self.filters) + len(self.expressions) + len(self.measures) > MOST_SNIPPETS:
            message = f"more than {MOST_SNIPPETS} snippets"
            raise ValueError(message)
        return self


class Instructions(_Closed):
    """What Genie is taught."""

    text_instructions: list[TextInstruction] = Field(default=[], max_length=1)
    example_question_sqls: list[ExampleSql] = []
    join_specs: list[JoinSpec] = []
    sql_snippets: Snippets = Snippets()

    @model_validator(mode="after")
    def _number(self) -> Instructions:
        if len(self.example_question_sqls) + len(self.text_instructions) > MOST_INSTRUCTIONS:
            message = f"more than {MOST_INSTRUCTIONS} instructions"
            raise ValueError(message)
        return self


class Expected(_Closed):
    """The answer of a benchmark."""

    format: Literal["SQL"]
    content: Texts


class Benchmark(_Closed):
    """A question with the SQL whose rows are right."""

    id: Id
    question: Annotated[list[Text], Field(min_length=1, max_length=1)]
    answer: Annotated[list[Expected], Field(min_length=1, max_length=1)]


class Benchmarks(_Closed):
    """What the space is measured by."""

    questions: list[Benchmark] = []


class Space(_Closed):
    """A whole space."""

    version: Literal[2]
    config: Config = Config()
    data_sources: DataSources
    instructions: Instructions = Instructions()
    benchmarks: Benchmarks = Benchmarks()

    @model_validator(mode="after")
    def _orders(self) -> Space:
        taught, sources = self.instructions, self.data_sources
        snippets = taught.sql_snippets
        kinds: list[Sequence[Any]] = [
            taught.text_instructions,
            taught.example_question_sqls,
            taught.join_specs,
            snippets.filters,
            snippets.expressions,
            snippets.measures,
        ]
        asked: list[Sequence[Any]] = [self.config.sample_questions, self.benchmarks.questions]
        for each in (*kinds, *asked):
            _sorted([item.id for item in each])
        _unique([item.id for each in kinds for item in each])
        _unique([item.id for each in asked for item in each])
        for tables in (sources.tables, sources.metric_views):
            _sorted([table.identifier for table in tables])
            _unique([table.identifier for table in tables])
            for table in tables:
                _sorted([column.column_name for column in table.column_configs or ()])
        if not sources.tables and not sources.metric_views:
            message = "a space needs a table"
            raise ValueError(message)
        matched = [c for t in sources.tables for c in t.column_configs or () if c.enable_entity_matching]
        if len(matched) > MOST_MATCHED:
            message = f"more than {MOST_MATCHED} columns with entity matching"
            raise ValueError(message)
        return self


def _sorted(keys: list[str]) -> None:
    if keys != sorted(keys):
        message = f"not sorted: {', '.join(keys)}"
        raise ValueError(message)


def _unique(keys: list[str]) -> None:
    if len(keys) != len(set(keys)):
        message = "an id stands twice"
        raise ValueError(message)
