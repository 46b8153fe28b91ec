"""Show what was loaded, built and checked, and publish an earlier state for those who may."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.errors import QueryError
from customer360.runs import Runs
from customer360.web.pages.forms import form_of
from customer360.web.visitors import decider, visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.differences import Difference
    from customer360.engines.base import Snapshot
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

PAGE = "/runs"
_NUMBER = re.compile(r"[0-9]{1,18}")


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page and the target of its form."""
    routes = APIRouter(include_in_schema=False)
    runs = Runs(rooms)

    @routes.get(PAGE)
    def show(request: Request) -> Response:
        may, log = runs.may_roll_back(decider(visitor_of(request))), runs.log()
        changed = _compared(runs, request)
        facts: dict[str, Any] = {
            "log": log,
            "may_roll_back": may,
            "changed": changed,
            "earlier": _earlier(log.snapshots),
        }
        return pages.respond(request, "runs.html", **facts)

    @routes.post("/runs/rollback")
    async def roll_back(request: Request) -> Response:
        form, who = await form_of(request), decider(visitor_of(request))
        number = form.get("snapshot", "")
        if not _NUMBER.fullmatch(number) or form.get("confirm") != number:
            raise QueryError("Which state to publish was not confirmed.", next_step="Type its number, then press.")
        await run_sync(lambda: runs.roll_back(int(number), actor=who))
        return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)

    return routes


def _earlier(kept: Sequence[Snapshot]) -> int | None:
    """Return the state to compare the newest with: the build before it, else the state before it."""
    before = kept[1:]
    return next((each.id for each in before if each.note == kept[0].note), before[0].id if before else None)


def _compared(runs: Runs, request: Request) -> Difference | None:
    """Return what changed between the states that the address names; None: it names none. Errors: QueryError."""
    named = [request.query_params.get(name, "") for name in ("before", "after")]
    if not any(named):
        return None
    if not all(_NUMBER.fullmatch(each) for each in named):
        raise QueryError("Two states are compared by their numbers.", next_step="Choose both on the page /runs.")
    return runs.difference(int(named[0]), int(named[1]))
