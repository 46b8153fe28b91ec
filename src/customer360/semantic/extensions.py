"""Say what the C360 extension of each Ossie object may hold: grain, roles, additivity, units, history, policies."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VENDOR = "C360"

Take = Literal["last", "first", "avg", "min", "max"]
Unit = Literal["day", "week", "month", "quarter", "year"]


class _Part(BaseModel):
    """A closed object inside an extension."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Extension(BaseModel):
    """The top object of an extension: unknown keys are kept and reported as warnings."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)
    v: int = 1


class Synonym(_Part):
    """Another word for a field or metric, with its review status."""

    text: str
    locale: str | None = None
    plural: str | None = None
    status: Literal["approved", "proposed", "rejected"] = "approved"


class DefaultFilter(_Part):
    """A filter that is applied unless a query lifts it; ``removable: false`` cannot be lifted."""

    name: str
    expression: str
    removable: bool = True
    reason: str | None = None


class RowPolicy(_Part):
    """A predicate added to every read of a dataset for principals with one of the roles (no roles: everybody)."""

    id: str
    dataset: str
    roles: tuple[str, ...] = ()
    expression: str
    deny_message: str | None = None


class VerifiedQuestion(_Part):
    """A question and the metric query that it must become."""

    id: str
    question: str
    query: dict[str, Any]


class RollupDimension(_Part):
    """A dimension that a roll-up keeps, its time cut to a grain."""

    name: str
    grain: Unit | None = None


class Rollup(_Part):
    """A table of totals made ahead: metrics of one dataset by some dimensions. Its columns are named as an answer's."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    source: str
    metrics: tuple[str, ...] = Field(min_length=1)
    dimensions: tuple[RollupDimension, ...] = Field(min_length=1)


class ProfileSource(_Part):
    """The dataset with one row per customer, and the field one is looked up by."""

    dataset: str
    key: str


class ModelExtension(Extension):
    """What the whole model adds: calendar, currency, policies, verified questions, roll-ups."""

    timezone: str = "UTC"
    week_start: Literal["monday", "sunday"] = "monday"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    as_of: str | None = None
    currency: str | None = None
    row_policies: tuple[RowPolicy, ...] = ()
    verified_questions: tuple[VerifiedQuestion, ...] = ()
    rollups: tuple[Rollup, ...] = ()
    profile: ProfileSource | None = None
    asked_back: tuple[str, ...] = ()
    """Words that mean two metrics or two dimensions on purpose: a question with one of them is asked back."""
    same_words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What else a word in names of metrics and dimensions is called, in questions: cart is trolley, basket."""


class GrainText(_Part):
    """What one row is: the columns that are unique together, and the words for it."""

    columns: tuple[str, ...] = ()
    text: str | None = None


class Scd2(_Part):
    """How a dataset keeps its history (type 2)."""

    valid_from: str
    valid_to: str
    is_current: str | None = None
    durable_key: tuple[str, ...]
    interval: Literal["[)", "[]"] = "[)"
    open_end: str | None = None


class Bridge(_Part):
    """A many-to-many link: the relationships to both sides, and the share of the measure a row carries."""

    left: str
    right: str
    weight: str | None = None


class DatasetExtension(Extension):
    """What a dataset adds."""

    role: Literal["fact", "dimension", "bridge", "snapshot", "aggregate"] | None = None
    grain: GrainText | None = None
    time_field: str | None = None
    default_filters: tuple[DefaultFilter, ...] = ()
    scd2: Scd2 | None = None
    bridge: Bridge | None = None
    contract: str | None = None
    freshness_field: str | None = None
    unknown_member: int | str | None = None
    """Primary key of the row that stands for what is not known; rankings leave it out."""


class Value(_Part):
    """One allowed value of a field."""

    value: Any
    label: str | None = None
    synonyms: tuple[str, ...] = ()


class Hierarchy(_Part):
    """A field's level in a drill path; level 1 is the top."""

    name: str
    level: int = Field(ge=1)


class FieldExtension(Extension):
    """What a field adds."""

    role: Literal["dimension", "measure_input", "key", "hidden"] | None = None
    unit: str | None = None
    format: str | None = None
    synonyms: tuple[Synonym, ...] = ()
    values: tuple[Value, ...] = ()
    ordered: bool = False
    """The values stand in an order of their own, as listed (Low, Medium, High): answers, charts and tables keep it."""
    unique: bool = False
    """Each row has a value of its own, such as the name of a product: what repeats is warned of."""
    value_words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Further words for values that the data may have, where the list of values is not closed: es is Spanish."""
    value_index: bool | None = None
    hierarchy: Hierarchy | None = None
    sort_by: str | None = None
    classification: str | None = None
    mask: str | None = Field(default=None, pattern=r"^(null|hash|last4|year|bucket:[1-9][0-9]*)$")


class Temporal(_Part):
    """How a relationship meets a dataset with history."""

    mode: Literal["version_key", "as_of", "current"]
    at: str | None = None


class RelationshipExtension(Extension):
    """What a relationship adds."""

    cardinality: Literal["many_to_one", "one_to_one"] | None = None
    role_name: str | None = None
    default: bool = False
    join: Literal["left", "inner"] = "left"
    temporal: Temporal | None = None


class SemiAdditive(_Part):
    """A balance: summed over everything but time, of which one value is taken."""

    over: str = "$time"
    take: Take = "last"


class Window(_Part):
    """A running or rolling figure: everything so far, the last n units, or since the start of a period."""

    kind: Literal["cumulative", "trailing", "period_to_date"]
    count: int | None = Field(default=None, ge=1)
    unit: Unit | None = None
    take: Literal["last"] = "last"


class Parts(_Part):
    """What a ratio or derived metric is made of; recomputed at each grain."""

    numerator: str | None = None
    denominator: str | None = None
    inputs: dict[str, str] | None = None
    expression: str | None = None


class MetricExtension(Extension):
    """What a metric adds."""

    type: Literal["simple", "ratio", "derived", "cumulative", "distinct"] | None = None
    base: str | None = None
    time_field: str | None = None
    additivity: Literal["additive", "semi_additive", "non_additive"] | None = None
    non_additive_over: tuple[str, ...] = ()
    semi_additive: SemiAdditive | None = None
    filters: tuple[str, ...] = ()
    default_filters: tuple[DefaultFilter, ...] = ()
    parts: Parts | None = None
    window: Window | None = None
    of_total: bool = False
    """The figure is a share of its total over all rows of the query: abandonments of a stage / all abandonments."""
    unit: str | None = None
    format: str | None = None
    synonyms: tuple[Synonym, ...] = ()
    label: str | None = None
    plural: str | None = None
    verbs: tuple[str, ...] = ()
    better: Literal["up", "down", "none"] | None = None
    sql: dict[str, str] | None = None
    owner: str | None = None
    status: Literal["draft", "certified", "deprecated"] | None = None
    check_sql: str | None = None
