"""Name the services beyond this machine that a project may use; none is used unless c360.yaml says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
class NoticeAddress:
    """Where notices of requests and decisions are sent: names of environment variables."""

    url: str
    secret: str | None = None


@dataclass(frozen=True)
class SignIn:
    """An OpenID provider that says who somebody is (``sign_in:``). ``roles`` are roles by the provider's groups."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    """Name of the environment variable that holds it; None for a public client."""
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)
    default_role: str = "viewer"
