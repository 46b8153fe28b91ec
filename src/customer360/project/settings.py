"""Read ``c360.yaml``: what the project is called, where it lives, its calendar, domains and thresholds."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import ConfigDict, Field

from customer360.errors import Place, nearest
from customer360.names import IDENTIFIER
from customer360.project.outside import NoticeAddress, SignIn
from customer360.project.problems import Problems, Shape
from customer360.project.secrets import refuse_secrets
from customer360.project.spec import (
    Domain,
    EngineSettings,
    LanguageModelSettings,
    LineageEvents,
    Settings,
)
from customer360.project.yamlfile import Block, YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "c360.yaml"
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class EngineShape(Shape):
    """Where the warehouse lives; the engine's own options stand beside its name."""

    name: Literal["duckdb", "postgres", "spark"] = Field("duckdb", description="Which engine keeps the warehouse.")
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class DomainShape(Shape):
    """A part of the company that owns data products."""

    label: str | None = Field(None, description="The name that people see; default: the key.")
    description: str | None = Field(None, description="What the domain is responsible for.")
    owners: list[str] = Field(default_factory=list, description="User names that decide for the domain.")


class AudiencesShape(Shape):
    """What all audiences share."""

    subject: str | None = Field(
        None, description="Who is in an audience: the customer's id in the semantic model, customer_360.customer_id."
    )
    consent: dict[str, str] = Field(
        default_factory=dict,
        description="The true-or-false field that says who consented, by channel; `email/offers` is for one purpose.",
    )


class VariableShape(Shape):
    """Where a secret is kept."""

    env: str = Field(description="Name of an environment variable.", json_schema_extra={"pattern": VARIABLE.pattern})


class LineageShape(Shape):
    """Where OpenLineage events of loads and builds go."""

    file: str | None = Field(None, description="A file of the project that grows by a line an event.")
    url: VariableShape | None = Field(None, description="{env: NAME} of the address that takes events by POST.")
    api_key: VariableShape | None = Field(None, description="{env: NAME} of the key sent to it.")
    namespace: str | None = Field(None, description="Namespace of jobs and tables; default: c360://<name>.")


class NoticesShape(Shape):
    """Where notices of requests, decisions and grants are sent."""

    url: VariableShape = Field(description="{env: NAME} of the address that takes notices by POST, as JSON.")
    secret: VariableShape | None = Field(None, description="{env: NAME} of the secret that signs what is sent.")


Role = Literal["viewer", "member", "product_owner", "domain_owner", "privacy_officer", "admin"]


class SignInShape(Shape):
    """An OpenID provider (authorization code flow with PKCE) that says who somebody is."""

    issuer: str = Field(description="Address of the provider: what its tokens call `iss`.")
    client_id: str = Field(description="Name of customer360 at the provider.")
    client_secret: VariableShape | None = Field(None, description="{env: NAME} of its secret; none: a public client.")
    name_claim: str = Field("preferred_username", description="The claim that names the account.")
    groups_claim: str = Field("groups", description="The claim that lists groups.")
    roles: dict[str, Role] = Field(default_factory=dict, description="Role by group of the provider.")
    default_role: Role = Field("viewer", description="Role of those who are in none of these groups.")


class LanguageModelShape(Shape):
    """An OpenAI-compatible service that may propose how a question is read; it is sent questions and names, no rows."""

    url: str = Field(description="Address of the service, up to `/v1`; questions are sent there.")
    model: str = Field(description="Name of the model at that service.")
    key: VariableShape | None = Field(None, description="The key: `{env: NAME}`. Default: none is sent.")
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = Field(20.0, description="How long to wait for it.")


class AskShape(Shape):
    """How questions in plain language are read."""

    llm: LanguageModelShape | None = Field(None, description="A language model beside the grammar. Default: none.")


class SettingsShape(Shape):
    """``c360.yaml``: the settings of one project."""

    name: str = Field(
        description="Name of the project: a lower-case word.", json_schema_extra={"pattern": IDENTIFIER.pattern}
    )
    label: str | None = Field(None, description="The name that people see; default: the name.")
    engine: EngineShape = Field(
        default_factory=lambda: EngineShape(name="duckdb"), description="Where the warehouse lives."
    )
    as_of: str = Field(
        "latest",
        description="The day that figures are about: a date (2024-11-30), or `latest`: the newest in as_of_columns.",
    )
    as_of_columns: list[str] = Field(
        default_factory=list, description="Columns that `latest` looks at, each `<source>.<table>.<column>`."
    )
    currency: str = Field("USD", description="ISO 4217 code of the money.", json_schema_extra={"pattern": "^[A-Z]{3}$"})
    locale: str = Field(
        "en",
        description="How pages write numbers and dates: a language, perhaps with a country (de, de_CH, en_US).",
    )
    time_zone: str = Field("UTC", description="IANA name of the zone that days are cut and shown in.")
    week_start: Literal["monday", "sunday"] = Field("monday", description="First day of a week.")
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = Field(
        1, description="Month a fiscal year starts in, 1 to 12."
    )
    countries: list[str] = Field(default_factory=list, description="ISO 3166 codes whose public holidays count.")
    keep_snapshots: Annotated[int, Field(ge=1)] = Field(
        10, description="How many published states to keep for roll-back."
    )
    domains: dict[str, DomainShape | None] = Field(
        default_factory=dict, description="Domains that own data products, by name."
    )
    ask: AskShape = Field(default_factory=lambda: AskShape(llm=None), description="Questions in plain language.")
    policies: dict[str, Any] = Field(
        default_factory=dict,
        description="Thresholds and calendars; models and steps read them with {{ policy('value_tier.high') }}.",
    )
    audiences: AudiencesShape | None = Field(None, description="What all audiences share: subject and consent.")
    openlineage: LineageShape | None = Field(None, description="Where OpenLineage events of loads and builds go.")
    notices: NoticesShape | None = Field(None, description="Where notices of requests and decisions are sent.")
    sign_in: SignInShape | None = Field(None, description="An OpenID provider that people sign in with.")


def read_settings(root: Path, problems: Problems) -> Settings:
    """Return the settings; a broken file is noted and a bare object comes back, so that reading goes on."""
    bare = Settings(name="broken", place=Place(FILE_NAME), label="broken")
    path = root / FILE_NAME
    if not path.exists():
        problems.add(
            f"There is no {FILE_NAME} in {root}.",
            Place(FILE_NAME),
            "Go to a project's folder, or make one: `c360 init acme`.",
        )
        return bare
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(SettingsShape, file)
        if shape is not None:
            return _settings(shape, file, problems)
    problems.broken("settings", FILE_NAME)
    return bare


def _settings(shape: SettingsShape, file: YamlFile, problems: Problems) -> Settings:
    if not IDENTIFIER.match(shape.name):
        problems.add(
            f"'{shape.name}' cannot name a project.",
            file.place("name"),
            "Use lower-case letters, digits and _; start with a letter.",
        )
    _check_codes(shape, file, problems)
    _check_zone(shape.time_zone, file, problems)
    _check_locale(shape.locale, file, problems)
    options = {key: value for key, value in file.root.get("engine", {}).items() if key != "name"}
    if options:
        refuse_secrets(file.root["engine"], ("engine",), file, problems)
    return Settings(
        name=shape.name,
        place=file.place(),
        label=shape.label or shape.name,
        engine=EngineSettings(shape.engine.name, options),
        as_of=_as_of(shape.as_of, file, problems),
        as_of_columns=tuple(shape.as_of_columns),
        currency=shape.currency,
        locale=shape.locale,
        time_zone=shape.time_zone,
        week_start=shape.week_start,
        fiscal_year_start_month=shape.fiscal_year_start_month,
        countries=tuple(shape.countries),
        keep_snapshots=shape.keep_snapshots,
        domains=_domains(shape, file, problems),
        policies=file.root.get("policies", Block()),
        subject=shape.audiences.subject if shape.audiences else None,
        consent=dict(shape.audiences.consent) if shape.audiences else {},
        openlineage=_lineage(shape.openlineage, file, problems),
        notices=_notices(shape.notices),
        sign_in=_sign_in(shape.sign_in, file, problems),
        llm=_language_model(shape.ask.llm, file, problems),
    )


def _notices(shape: NoticesShape | None) -> NoticeAddress | None:
    if shape is None:
        return None
    return NoticeAddress(shape.url.env, shape.secret.env if shape.secret else None)


def _sign_in(shape: SignInShape | None, file: YamlFile, problems: Problems) -> SignIn | None:
    if shape is None:
        return None
    if not re.match(r"https://[^\s/]|http://(127\.0\.0\.1|localhost)[:/]", shape.issuer):
        problems.add(
            f"'{shape.issuer}' is no address of a provider.", file.place("sign_in", "issuer"), "Write https://host."
        )
    secret = shape.client_secret.env if shape.client_secret else None
    return SignIn(
        shape.issuer,
        shape.client_id,
        secret,
        shape.name_claim,
        shape.groups_claim,
        dict(shape.roles),
        shape.default_role,
    )


def _lineage(shape: LineageShape | None, file: YamlFile, problems: Problems) -> LineageEvents | None:
    if shape is None:
        return None
    if shape.file is None and shape.url is None:
        problems.add("'openlineage' says nowhere to send events.", file.place("openlineage"), "Add file or url.")
    return LineageEvents(
        file=shape.file,
        url=shape.url.env if shape.url else None,
        api_key=shape.api_key.env if shape.api_key else None,
        namespace=shape.namespace,
    )


def _language_model(
    shape: LanguageModelShape | None, file: YamlFile, problems: Problems
) -> LanguageModelSettings | None:
    if shape is None:
        return None
    if not re.match(r"https?://[^\s/]", shape.url):
        problems.add(f"'{shape.url}' is no address.", file.place("ask", "llm", "url"), "Write https://host/v1.")
    if shape.key is not None and not VARIABLE.fullmatch(shape.key.env):
        problems.add(
            "'ask.llm.key' does not name an environment variable.",
            file.place("ask", "llm", "key"),
            "Write {env: NAME}.",
        )
    key = shape.key.env if shape.key is not None else None
    return LanguageModelSettings(shape.url, shape.model, key, shape.timeout_seconds)


def _as_of(text: str, file: YamlFile, problems: Problems) -> date | Literal["latest"]:
    if text == "latest":
        return "latest"
    found = day(text)
    if found is None:
        hint = "Did you mean 'latest'?" if nearest(text, ["latest"]) else "Write a date such as 2024-11-30, or latest."
        problems.add(f"'as_of' cannot be '{text}'.", file.place("as_of"), hint)
    return found or "latest"


def day(text: str) -> date | None:
    """Return the date that a text such as 2024-11-30 names, or None."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check_locale(name: str, file: YamlFile, problems: Problems) -> None:
    if name == "en":
        return
    from babel import Locale
    from babel.core import UnknownLocaleError

    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        hint = "Write a language, or a language and a country: de, de_CH, en_US."
        problems.add(f"'{name}' is no locale.", file.place("locale"), hint)


def _check_codes(shape: SettingsShape, file: YamlFile, problems: Problems) -> None:
    if not re.fullmatch(r"[A-Z]{3}", shape.currency):
        problems.add(
            f"'{shape.currency}' is no currency code.", file.place("currency"), "Write three capitals: USD, EUR."
        )
    for position, country in enumerate(shape.countries):
        if not re.fullmatch(r"[A-Z]{2}", country):
            problems.add(
                f"'{country}' is no country code.", file.place("countries", position), "Write two capitals: US, DE."
            )


def _check_zone(name: str, file: YamlFile, problems: Problems) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if known:  # a machine without the zone database cannot judge
            problems.unknown("time zone", name, sorted(known), file.place("time_zone"))


def _domains(shape: SettingsShape, file: YamlFile, problems: Problems) -> tuple[Domain, ...]:
    domains = []
    for name, given in shape.domains.items():
        if not IDENTIFIER.match(name):
            problems.add(
                f"'{name}' cannot name a domain.",
                file.place("domains", name),
                "Use lower-case letters, digits and _; the name that people see goes in `label`.",
            )
        domain = given or DomainShape.model_validate({})
        domains.append(Domain(name, domain.label or name, domain.description, tuple(domain.owners)))
    return tuple(domains)
