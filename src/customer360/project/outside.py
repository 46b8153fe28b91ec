"""Say what a project uses outside of itself: where notices and files go, who says who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


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


@dataclass(frozen=True)
class FileExport:
    """Files that a dashboard is written to; see ``dashboards/files.py``."""

    every: Literal["build", "day", "week", "month"]
    kind: Literal["csv", "parquet", "png", "pdf"]
    keep: int = 12
    """How many of them stay; the oldest go."""
