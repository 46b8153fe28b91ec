"""Say what a Bitol ODPS data product may hold: v1.0.0, and v0.9.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from customer360.project.problems import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_VERSIONS = ("v1.0.0", "v0.9.0")


class OdpsShape(Shape):
    """Base of all parts of a product: keys in camelCase, unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class CustomProperty(OdpsShape):
    """A property of one's own. Those of customer360 begin with ``c360``."""

    property: str = Field(description="Name in camelCase.")
    value: Any = Field(description="Its value.")
    description: str | None = Field(None, description="What it means.")


class Definition(OdpsShape):
    """A link to where something is defined."""

    type: str = Field(description="Kind of link, such as businessDefinition or canonicalUrl.")
    url: str = Field(description="Where it is.")
    description: str | None = Field(None, description="What one finds there.")


class Documented(OdpsShape):
    """What most parts may carry."""

    tags: list[str] = Field(default_factory=list, description="Words to find it by.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")
    authoritative_definitions: list[Definition] = Field(default_factory=list, description="Links to definitions.")


class Description(OdpsShape):
    """What the product is for."""

    purpose: str | None = Field(None, description="What the data is for.")
    limitations: str | None = Field(None, description="What it must not be used for, or cannot say.")
    usage: str | None = Field(None, description="How to use it.")
    authoritative_definitions: list[Definition] = Field(default_factory=list, description="Links to definitions.")
    custom_properties: list[CustomProperty] = Field(default_factory=list, description="Properties of one's own.")


class InputPortShape(Documented):
    """What the product reads."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "description": "ODPS gives input ports no description; use customProperties, or the contract's description."
    }

    name: str = Field(description="Name of the port.")
    version: str = Field(description="Version of the contract that is expected, in quotes.")
    contract_id: str = Field(description="Id of the contract that is expected.")


class Sbom(OdpsShape):
    """A bill of materials."""

    type: str | None = Field(None, description="external.")
    url: str = Field(description="Where it is.")


class InputContract(OdpsShape):
    """An input that feeds an output port."""

    id: str = Field(description="Id of the contract.")
    version: str = Field(description="Its version, in quotes.")


class OutputPortShape(Documented):
    """What the product offers. Who may have it: customProperties c360Access, c360AccessDuration, c360Approvers."""

    name: str = Field(description="Name of the port: the table, for source('<product>', '<port>').")
    version: str = Field(description="Version of the contract, in quotes.")
    contract_id: str | None = Field(None, description="Id of the contract that is promised.")
    description: str | None = Field(None, description="What one gets.")
    type: str | None = Field(None, description="tables, view, file, api, semantic, events or audience.")
    sbom: list[Sbom] = Field(default_factory=list, description="Bills of materials.")
    input_contracts: list[InputContract] = Field(default_factory=list, description="Inputs that feed this port.")


class ManagementPort(Documented):
    """Where the product is watched or steered."""

    name: str = Field(description="Name of the port.")
    content: str = Field(description="discoverability, observability, control or dictionary.")
    type: str | None = Field(None, description="rest or topic.")
    url: str | None = Field(None, description="Where it is.")
    channel: str | None = Field(None, description="Channel of a topic.")
    description: str | None = Field(None, description="What it is for.")


class Support(Documented):
    """Where to ask."""

    channel: str = Field(description="Name of the channel.")
    url: str = Field(description="Where it is.")
    description: str | None = Field(None, description="What it is for.")
    tool: str | None = Field(None, description="email, slack, ticket ...")
    scope: str | None = Field(None, description="interactive, announcements or issues.")
    invitation_url: str | None = Field(None, description="How to join.")


class Member(Documented):
    """Someone in the team."""

    username: str = Field(description="User name or e-mail address.")
    name: str | None = Field(None, description="The person's name.")
    description: str | None = Field(None, description="What the person does here.")
    role: str | None = Field(None, description="owner (decides, edits), steward (decides), member (edits), reader.")
    date_in: str | None = Field(None, description="First day.")
    date_out: str | None = Field(None, description="Last day.")
    replaced_by_username: str | None = Field(None, description="Who came after.")


class Team(Documented):
    """Who looks after the product."""

    name: str | None = Field(None, description="Name of the team.")
    description: str | None = Field(None, description="What the team does.")
    members: list[Member] = Field(default_factory=list, description="Who is in it; at least one owner.")


class DataProduct(Documented):
    """``product.odps.yaml``: one data product, one folder, one schema of the warehouse."""

    api_version: Literal["v1.0.0", "v0.9.0"] = Field(description="Version of the standard: v1.0.0.")
    kind: Literal["DataProduct"] = Field(description="DataProduct.")
    id: str = Field(min_length=1, description="What source('<id>', '<port>') names.")
    status: str = Field(description="proposed, draft, active, deprecated or retired.")
    name: str | None = Field(None, description="Name that people see.")
    version: str | None = Field(None, description="Version of the product, in quotes.")
    domain: str | None = Field(None, description="Domain that owns it: a key under domains: in c360.yaml.")
    tenant: str | None = Field(None, description="Organisation.")
    description: Description | None = Field(None, description="What the product is for.")
    input_ports: list[InputPortShape] = Field(default_factory=list, description="What it reads.")
    output_ports: list[OutputPortShape] = Field(default_factory=list, description="What it offers.")
    management_ports: list[ManagementPort] = Field(default_factory=list, description="Where it is watched.")
    support: list[Support] = Field(default_factory=list, description="Where to ask.")
    team: Team | None = Field(None, description="Who looks after it.")
    product_created_ts: str | None = Field(None, description="When the product was made, ISO 8601 in quotes.")
