"""Describe what the API of access takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from customer360.governance.records import Grant
    from customer360.governance.records import Request as AccessRequest


class MeOut(BaseModel):
    """Who asks, and what they may read."""

    name: str
    roles: list[str]
    groups: list[str]
    signs_in: bool = Field(description="False on a machine without accounts: everybody is local.")
    ports: list[str]


class RequestIn(BaseModel):
    """A request for a port."""

    model_config = ConfigDict(extra="forbid")
    port: str = Field(examples=["gold.gold_sales_fact"])
    purpose: str = Field(min_length=1, max_length=2_000)
    days: int | None = Field(default=90, ge=1, le=36_500, description="null is for ever, where the port allows it.")
    personal: bool = Field(default=False, description="Personal columns in the clear; a privacy officer decides.")
    figures_only: bool = Field(default=False, description="Only figures that enough people stand behind, and no rows.")


class DecisionIn(BaseModel):
    """A decision about a request."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "deny", "withdraw"]
    note: str | None = Field(default=None, max_length=2_000)
    row_filter: str | None = Field(default=None, max_length=2_000, examples=["country = 'US'"])
    days: int | None = Field(default=None, ge=1, le=36_500)
    figures_only: bool = Field(default=False, description="Only figures that enough people stand behind, and no rows.")


class RenewalIn(BaseModel):
    """How long a grant lasts from now."""

    model_config = ConfigDict(extra="forbid")
    days: int = Field(ge=1, le=36_500)


class RequestOut(BaseModel):
    """A request."""

    id: int
    account: str
    port: str
    purpose: str
    days: int | None
    personal: bool
    figures_only: bool
    status: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, request: AccessRequest) -> RequestOut:
        """Describe a request."""
        return cls(**vars(request))


class GrantOut(BaseModel):
    """A grant."""

    id: int
    request_id: int | None
    holder_kind: str
    holder: str
    port: str
    personal: bool
    figures_only: bool
    row_filter: str | None
    granted_by: str
    starts_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    status: str

    @classmethod
    def of(cls, grant: Grant, at: datetime) -> GrantOut:
        """Describe a grant."""
        return cls(**{k: v for k, v in vars(grant).items() if k in cls.model_fields}, status=grant.status(at))


class NoticeOut(BaseModel):
    """Something an account was told."""

    id: int
    at: datetime
    account: str
    kind: str
    text: str
    port: str
    request: int | None
    is_new: bool


class SeenIn(BaseModel):
    """Up to which notice an account has read."""

    model_config = ConfigDict(extra="forbid")
    up_to: int = Field(ge=0, le=2**62)


class SightOut(BaseModel):
    """How a port looks to somebody."""

    port: str
    access: str
    reads: bool
    why_not: str | None
    filters_rows: bool
    masked: list[str]
    clear: bool


class EventOut(BaseModel):
    """An entry of the history."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    digest: str
