"""Say what a Bitol ODCS data contract may hold: v3.1.0, with what v3.0 wrote differently and v3.2 added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel

from customer360.project.problems import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_VERSIONS = ("v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0")

Number = float
Bound = float | str | bool
StableId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]+$", description="Stable name of this element, unique in its list.")
]


class OdcsShape(Shape):
    """Base of all parts of a contract: keys in camelCase, unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class CustomProperty(OdcsShape):
    """A property of one's own. Those of customer360 begin with ``c360``."""

    id: StableId | None = None
    property: str = Field(description="Name in camelCase.")
    value: Any = Field(description="Its value.")
    description: str | None = Field(None, description="What it means.")
    vendor: str | None = Field(None, description="Whose property it is (v3.2).")


class Definition(OdcsShape):
    """A link to where something is defined."""

    id: StableId | None = None
    type: str = Field(description="Kind of link, such as businessDefinition or tutorial.")
    url: str = Field(description="Where it is.")
    description: str | None = Field(None, description="What one finds there.")


class Documented(OdcsShape):
    """What most parts may carry."""

    tags: list[str] = Field(default_factory=list, description="Words to find it by; `pii` marks personal data.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")
    authoritative_definitions: list[Definition] = Field(default_factory=list, description="Links to definitions.")


class Description(OdcsShape):
    """What the data is for. Open: other keys are kept."""

    purpose: str | None = Field(None, description="What the data is for.")
    limitations: str | None = Field(None, description="What it must not be used for, or cannot say.")
    usage: str | None = Field(None, description="How to use it.")
    authoritative_definitions: list[Definition] = Field(default_factory=list, description="Links to definitions.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")
    model_config = ConfigDict(extra="allow", strict=True, frozen=True, alias_generator=to_camel)


class Role(OdcsShape):
    """A role that gives access."""

    id: StableId | None = None
    role: str = Field(description="Name of the role.")
    description: str | None = Field(None, description="What the role may do.")
    access: str | None = Field(None, description="Kind of access, such as read.")
    first_level_approvers: str | None = Field(None, description="Who approves first.")
    second_level_approvers: str | None = Field(None, description="Who approves then.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")


class Server(OdcsShape):
    """Where the table lives. Which further keys a type needs and allows is checked by ``servers.py``."""

    id: StableId | None = None
    server: str = Field(description="Name of the server.")
    type: str = Field(description="Kind of server, such as duckdb, postgres, local, custom.")
    description: str | None = Field(None, description="What the server is.")
    environment: str | None = Field(None, description="Such as prod, dev.")
    roles: list[Role] = Field(default_factory=list, description="Roles that may use it.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")
    model_config = ConfigDict(extra="allow", strict=True, frozen=True, alias_generator=to_camel)


class Quality(Documented):
    """One rule: a metric of the library, a SQL query, words, or a foreign tool's check."""

    misplaced: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("pattern", "validValues", "missingValues", "properties"), "Put it under `arguments:`. [ODCS-Q-ARGS]"
    )

    id: StableId | None = None
    name: str | None = Field(None, description="Name of the rule.")
    description: str | None = Field(None, description="What the rule asks for.")
    type: Literal["library", "sql", "text", "custom"] | None = Field(
        None, description="Default: library when a metric stands here."
    )
    metric: str | None = Field(
        None,
        description="Of a column: nullValues, missingValues, invalidValues, duplicateValues; "
        "of a table: duplicateValues, rowCount.",
    )
    rule: str | None = Field(None, description="Old spelling of metric.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="validValues, pattern, missingValues or properties."
    )
    query: str | None = Field(
        None, description="One SELECT that returns one value; {object} and {property} are filled in."
    )
    engine: str | None = Field(None, description="The foreign tool of a custom rule.")
    implementation: str | dict[str, Any] | None = Field(None, description="What the foreign tool is to do.")
    must_be: Any = Field(None, description="The value equals this.")
    must_not_be: Any = Field(None, description="The value differs from this.")
    must_be_greater_than: Number | None = Field(None, description="The value is above this.")
    must_be_greater_or_equal_to: Number | None = Field(None, description="The value is this or above.")
    must_be_less_than: Number | None = Field(None, description="The value is below this.")
    must_be_less_or_equal_to: Number | None = Field(None, description="The value is this or below.")
    must_be_between: list[Number] | None = Field(None, description="The value lies between these two, both included.")
    must_not_be_between: list[Number] | None = Field(None, description="The value lies outside these two.")
    unit: str | None = Field(None, description="rows (default) or percent.")
    severity: str | None = Field(None, description="error (default; stops a publish), warning or info.")
    dimension: (
        Literal["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"] | None
    ) = Field(None, description="Which side of quality it looks at.")
    business_impact: str | None = Field(None, description="What happens when it fails.")
    method: str | None = Field(None, description="Such as reconciliation.")
    scheduler: str | None = Field(None, description="Kind of schedule.")
    schedule: str | None = Field(None, description="When it runs.")


class PropertyRelation(OdcsShape):
    """This column's foreign key. There is no `from` here: it is the column."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "from": "A column's relationship starts at the column; several columns go in the table's `relationships:`."
    }

    id: StableId | None = None
    to: str | list[str] = Field(description="`table.column`, or file.odcs.yaml#/schema/<id>/properties/<id>.")
    type: str | None = Field(None, description="foreignKey.")
    custom_properties: list[CustomProperty] = Field(
        default_factory=list,
        description="Properties of one's own; c360Severity: `warning` lets rows without a match through.",
    )


class TableRelation(OdcsShape):
    """A foreign key of the table, of one column or several."""

    id: StableId | None = None
    from_: str | list[str] = Field(alias="from", description="`table.column`, or a list of them.")
    to: str | list[str] = Field(description="As many `table.column` of the other table.")
    type: str | None = Field(None, description="foreignKey.")
    custom_properties: list[CustomProperty] = Field(
        default_factory=list,
        description="Properties of one's own; c360Severity: `warning` lets rows without a match through.",
    )


class TypeOptions(OdcsShape):
    """Limits of a logical type."""

    min_length: int | None = Field(None, description="string: fewest characters.")
    max_length: int | None = Field(None, description="string: most characters.")
    pattern: str | None = Field(None, description="string: regular expression that must be found in the value.")
    format: str | None = Field(None, description="string, numbers and dates: the standard's format words, such as i32.")
    minimum: Bound | None = Field(None, description="Smallest value.")
    maximum: Bound | None = Field(None, description="Largest value.")
    exclusive_minimum: Bound | None = Field(
        None, description="The value must be above this (true: above minimum, v3.0)."
    )
    exclusive_maximum: Bound | None = Field(
        None, description="The value must be below this (true: below maximum, v3.0)."
    )
    multiple_of: Number | None = Field(None, description="The value is a multiple of this.")
    timezone: bool | None = Field(None, description="timestamp, time: values carry a zone.")
    default_timezone: str | None = Field(None, description="Zone of values without one.")
    min_items: int | None = Field(None, description="array: fewest items.")
    max_items: int | None = Field(None, description="array: most items.")
    unique_items: bool | None = Field(None, description="array: no item twice.")
    min_properties: int | None = Field(None, description="object: fewest properties.")
    max_properties: int | None = Field(None, description="object: most properties.")
    required: list[str] | None = Field(None, description="object: properties that must be there.")


class Element(Documented):
    """What tables and columns share."""

    id: StableId | None = None
    physical_name: str | None = Field(None, description="Name in the database, when it differs.")
    physical_type: str | None = Field(
        None, description="Type in the database, such as DECIMAL(10,2); for tables: table or view."
    )
    description: str | None = Field(None, description="What it is.")
    business_name: str | None = Field(None, description="What people call it.")
    quality: list[Quality] = Field(default_factory=list, description="Rules that must hold.")
    synonyms: list[Any] = Field(default_factory=list, description="Other names (v3.2).")
    deprecated: bool | None = Field(None, description="Not to be used any more (v3.2).")
    context: Any = Field(None, description="Instructions for readers and machines (v3.2).")


class Item(Element):
    """The items of an array."""

    name: str | None = Field(None, description="Name of the column.")
    logical_type: (
        Literal[
            "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map", "vector"
        ]
        | None
    ) = Field(None, description="Type in the standard's words; physicalType wins where both stand.")
    logical_type_options: TypeOptions | None = Field(None, description="Limits of the values.")
    required: bool | None = Field(None, description="true: never NULL.")
    unique: bool | None = Field(None, description="true: no value twice.")
    primary_key: bool | None = Field(None, description="true: part of the primary key.")
    primary_key_position: int | None = Field(None, description="Place in a key of several columns, from 1.")
    partitioned: bool | None = Field(None, description="true: the table is partitioned by it.")
    partition_key_position: int | None = Field(None, description="Place among the partition columns, from 1.")
    classification: str | None = Field(None, description="public, internal, confidential or restricted.")
    encrypted_name: str | None = Field(None, description="Column that holds the encrypted value.")
    transform_source_objects: list[str] = Field(default_factory=list, description="Tables the value comes from.")
    transform_logic: str | None = Field(None, description="How the value is made.")
    transform_description: str | None = Field(None, description="How the value is made, in words.")
    examples: list[Any] = Field(default_factory=list, description="Made-up examples; never real personal data.")
    critical_data_element: bool | None = Field(None, description="true: much depends on it.")
    relationships: list[PropertyRelation] = Field(
        default_factory=list, description="Columns of other tables it points at."
    )
    properties: list[Property] = Field(default_factory=list, description="object: its parts.")
    items: Item | None = Field(None, description="array: what it holds.")
    enum: list[Any] = Field(default_factory=list, description="The values there are (v3.2).")
    semantic_type: str | None = Field(None, description="column, measure or dimension (v3.2).")


class Property(Item):
    """A column."""

    name: str = Field(description="Name of the column.")


class SchemaObject(Element):
    """A table."""

    name: str = Field(description="Name of the table.")
    logical_type: Literal["object"] | None = Field(None, description="object.")
    data_granularity_description: str | None = Field(None, description="What one row is.")
    properties: list[Property] = Field(default_factory=list, description="The columns, in order.")
    relationships: list[TableRelation] = Field(default_factory=list, description="Foreign keys.")


class Member(Documented):
    """Someone in the team."""

    id: StableId | None = None
    username: str = Field(description="User name or e-mail address.")
    name: str | None = Field(None, description="The person's name.")
    description: str | None = Field(None, description="What the person does here.")
    role: str | None = Field(None, description="owner, steward, member or reader.")
    date_in: str | None = Field(None, description="First day.")
    date_out: str | None = Field(None, description="Last day.")
    replaced_by_username: str | None = Field(None, description="Who came after.")


class Team(Documented):
    """Who looks after the data."""

    id: StableId | None = None
    name: str | None = Field(None, description="Name of the team.")
    description: str | None = Field(None, description="What the team does.")
    members: list[Member] = Field(default_factory=list, description="Who is in it.")


class Support(OdcsShape):
    """Where to ask."""

    id: StableId | None = None
    channel: str = Field(description="Name of the channel.")
    url: str | None = Field(None, description="Where it is.")
    description: str | None = Field(None, description="What it is for.")
    tool: str | None = Field(None, description="email, slack, ticket ...")
    scope: str | None = Field(None, description="interactive, announcements or issues.")
    invitation_url: str | None = Field(None, description="How to join.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")


class Price(OdcsShape):
    """What the data costs."""

    id: StableId | None = None
    price_amount: Number | None = Field(None, description="How much.")
    price_currency: str | None = Field(None, description="Of what.")
    price_unit: str | None = Field(None, description="For what.")


class Sla(OdcsShape):
    """One promise about service: freshness, retention, availability."""

    id: StableId | None = None
    property: str = Field(description="latency, frequency, retention, availability ...")
    value: str | float | bool | None = Field(description="How much.")
    value_ext: str | float | bool | None = Field(None, description="A second value.")
    unit: str | None = Field(None, description="d, h, m, s, mo or y.")
    element: str | None = Field(None, description="`table.column` that the promise is measured on.")
    driver: str | None = Field(None, description="regulatory, analytics or operational.")
    description: str | None = Field(None, description="In words.")
    scheduler: str | None = Field(None, description="Kind of schedule.")
    schedule: str | None = Field(None, description="When it is measured.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own (v3.2).")


def _team_form(value: Any) -> str:
    return "list" if isinstance(value, list) else "team"


AnyTeam = Annotated[Annotated[Team, Tag("team")] | Annotated[list[Member], Tag("list")], Discriminator(_team_form)]


class DataContract(Documented):
    """``<table>.odcs.yaml``: what a table promises."""

    api_version: Literal["v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"] = Field(
        description="Version of the standard: v3.1.0."
    )
    kind: Literal["DataContract"] = Field(description="DataContract.")
    id: str = Field(min_length=1, description="What product ports and sources name: c360:<schema>:<table>.")
    version: str = Field(description="Version of the contract, in quotes: a major change breaks readers.")
    status: str | None = Field(None, description="proposed, draft, active, deprecated or retired.")
    name: str | None = Field(None, description="Name that people see.")
    tenant: str | None = Field(None, description="Organisation.")
    domain: str | None = Field(None, description="Domain that owns the data.")
    data_product: str | None = Field(None, description="Old way to name the product; the product file says it now.")
    description: Description | None = Field(None, description="What the data is for.")
    servers: list[Server] = Field(default_factory=list, description="Where the table lives.")
    schema_: list[SchemaObject] = Field(alias="schema", min_length=1, description="The table, with its columns.")
    support: list[Support] = Field(default_factory=list, description="Where to ask.")
    price: Price | None = Field(None, description="What it costs.")
    team: AnyTeam | None = Field(None, description="Who looks after it (a bare list of members is the old form).")
    roles: list[Role] = Field(default_factory=list, description="Roles that give access.")
    sla_default_element: str | None = Field(None, description="Old: column of promises without one.")
    sla_properties: list[Sla] = Field(default_factory=list, description="Promises about service.")
    contract_created_ts: str | None = Field(None, description="When the contract was made, ISO 8601 in quotes.")
    context: Any = Field(None, description="Instructions for readers and machines (v3.2).")
