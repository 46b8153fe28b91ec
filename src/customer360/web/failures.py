"""Answer what goes wrong: a page that helps for people, problem details for programs."""

from __future__ import annotations

import traceback
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from customer360.errors import C360Error, ProjectErrors, QueryError, WarehouseMissing
from customer360.semantic.query import parse_query
from customer360.web.api.problems import Problem, plain_problem, problem_of, respond
from customer360.web.security import HEADERS

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from customer360.web.pages.templating import Pages

log = structlog.get_logger("customer360.web")

API = "/api/"


def add_handlers(app: FastAPI, pages: Pages) -> None:
    """Register a handler for each way to fail."""

    def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
        if request.url.path.startswith(API):
            return respond(problem, headers)
        return pages.respond(request, "error.html", problem.status, problem=problem)

    def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, C360Error)
        if isinstance(error, WarehouseMissing) and not request.url.path.startswith(API):
            return pages.respond(request, "first_run.html", HTTPStatus.SERVICE_UNAVAILABLE)
        return answer(request, _problems_of(error))

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        detail = _DETAILS.get(status, str(error.detail))
        return answer(request, plain_problem(status, detail), dict(error.headers or {}))

    def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, _malformed(request, error))

    def unexpected(request: Request, error: Exception) -> Response:
        number = uuid.uuid4().hex[:8]
        where = "".join(traceback.format_exception(error))  # not exc_info: that shows the values of local variables
        log.error("request failed", path=request.url.path, number=number, traceback=where)
        text = f"Something broke that should not. The server's log has the details under {number}."
        response = answer(request, plain_problem(HTTPStatus.INTERNAL_SERVER_ERROR, text))
        response.headers.update(HEADERS)  # this handler runs outside the guard
        return response

    app.add_exception_handler(C360Error, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Exception, unexpected)


_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
}


def _malformed(request: Request, error: RequestValidationError) -> Problem:
    """Return what is wrong with a request that is not as the API describes it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method == "POST" and not (kind == "application/json" or kind.endswith("+json")):
        text = f"The body must be JSON, and it comes as {kind or 'nothing in particular'}."
        header = "Send the header Content-Type: application/json."
        return plain_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text, next_step=header)
    wrong = [{"at": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
    refused = _refusal(request, error.body)
    text = refused.what if refused else "The request is not as the API describes it."
    step = refused.next_step if refused else None
    return plain_problem(HTTPStatus.UNPROCESSABLE_ENTITY, text, errors=wrong, next_step=step)


def _refusal(request: Request, body: object) -> QueryError | None:
    """Return what is wrong with a metric query in words, as every other door says it."""
    if not request.url.path.endswith("/metrics/query") or not isinstance(body, dict):
        return None
    try:
        parse_query(body)
    except QueryError as error:
        return error
    return None


def _problems_of(error: C360Error) -> Problem:
    problem = problem_of(error)
    if isinstance(error, ProjectErrors):
        wrong = [
            problem_of(one).model_dump(exclude_none=True, include={"detail", "place", "next_step"})
            for one in error.errors
        ]
        return problem.model_copy(update={"errors": wrong, "detail": "The project's files have errors."})
    return problem
