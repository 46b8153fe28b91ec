"""Say what went wrong as problem details (RFC 9457): one status and one type per situation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from customer360 import errors
from customer360.audiences import failures as audience_failures
from customer360.governance import failures
from customer360.identity.failures import IdentityError
from customer360.privacy.failures import PrivacyError

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[errors.C360Error], HTTPStatus] = {
    errors.CustomerMissing: HTTPStatus.NOT_FOUND,
    errors.UnknownName: HTTPStatus.NOT_FOUND,
    errors.QueryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.WarehouseMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.WriterBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SnapshotMissing: HTTPStatus.NOT_FOUND,
    errors.SourceError: HTTPStatus.BAD_GATEWAY,
    failures.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    failures.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    failures.AccountRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    failures.AccessRefused: HTTPStatus.CONFLICT,
    errors.NotEnoughData: HTTPStatus.CONFLICT,
    audience_failures.AudienceError: HTTPStatus.CONFLICT,
    audience_failures.ExportFailed: HTTPStatus.BAD_GATEWAY,
    errors.SettingMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    PrivacyError: HTTPStatus.CONFLICT,
    IdentityError: HTTPStatus.CONFLICT,
}
"""Status of each situation; an error takes that of its nearest parent here, else 500."""


class Problem(BaseModel):
    """Problem details: ``type`` is stable and made for programs, ``title`` and ``detail`` for people."""

    type: str = Field(examples=["urn:customer360:problem:unknown-name"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No metric is named 'revenu'."])
    next_step: str | None = Field(default=None, examples=["Did you mean 'revenue'?"])
    place: str | None = None
    port: str | None = Field(default=None, description="What may be asked for.", examples=["gold.gold_sales_fact"])
    errors: list[dict[str, Any]] | None = None


def status_of(error: errors.C360Error) -> HTTPStatus:
    """Return the HTTP status of an error."""
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_of(error: errors.C360Error, status: HTTPStatus | None = None) -> Problem:
    """Return an error of ours as problem details."""
    status = status or status_of(error)
    return Problem(
        type=f"urn:customer360:problem:{_kebab(type(error).__name__)}",
        title=status.phrase,
        status=status,
        detail=error.what,
        next_step=errors.step_of(error),
        place=str(error.place) if error.place is not None else None,
        port=error.port if isinstance(error, errors.NotPermitted) else None,
    )


def plain_problem(status: HTTPStatus, detail: str, **more: Any) -> Problem:
    """Return a situation that is no error of ours (a wrong address, a malformed body)."""
    return Problem(type="about:blank", title=status.phrase, status=status, detail=detail, **more)


def respond(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return problem details as a response."""
    body = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, problem.status, headers=headers, media_type=MEDIA_TYPE)


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def problems(text: str) -> dict[str, Any]:
    """Return how the OpenAPI document tells of problem details under one status."""
    return {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: problems(text)
    for status, text in (
        (401, "Nobody is signed in, or the API key is wrong."),
        (403, "You may not see this; `next_step` says who decides."),
        (404, "No such thing; `next_step` names the nearest."),
        (422, "The question cannot be answered as asked; `next_step` says what can."),
        (503, "Nothing has been built yet."),
    )
}
"""What every endpoint may answer besides its figures, for the OpenAPI description."""
