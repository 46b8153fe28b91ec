"""Show administrators who may sign in, who holds what, which keys, sources and settings there are. Changes: `c360`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from customer360.dashboards.locales import later
from customer360.errors import NotPermitted
from customer360.web.visitors import may_administer, visitor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.project.spec import Settings, Source
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms


_DAYS = {"monday": later("Monday"), "sunday": later("Sunday")}


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/admin")
    def show(request: Request) -> Response:
        if not may_administer(visitor_of(request)):
            raise NotPermitted("This page is for administrators.", next_step="Ask one of them.")
        governance = rooms.governance
        now = governance.state.clock()
        grants = [(grant, grant.status(now)) for grant in governance.access.grants()]
        accounts = governance.accounts.all()
        groups: dict[str, list[str]] = {}
        for account in accounts:
            for group in sorted(account.groups):
                groups.setdefault(group, []).append(account.name)
        facts = {
            "accounts": accounts,
            "groups": sorted(groups.items()),
            "grants": sorted(grants, key=lambda pair: pair[1] != "active"),
            "keys": [(key, _key_status(key, now)) for key in governance.tickets.keys()],  # noqa: SIM118  # a method
            "waiting": governance.access.requests(status="open"),
            "sources": [(source, list(_variables(source))) for source in rooms.project.sources.values()],
            "settings": list(_settings(rooms.project.settings)),
        }
        return pages.respond(request, "admin.html", 200, **facts)

    return routes


def _key_status(key: Any, now: Any) -> str:
    if key.revoked_at is not None and key.revoked_at <= now:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "active"


def _variables(source: Source) -> Iterator[tuple[str, bool]]:
    """Yield the environment variables that a source needs, and whether they are set; never their values."""
    for value in source.connection.values():
        name = value.get("env") if hasattr(value, "get") else None
        if name:
            yield str(name), str(name) in os.environ


def _settings(settings: Settings) -> Iterator[tuple[str, str]]:
    yield later("Name"), f"{settings.label} ({settings.name})"
    yield later("Engine"), settings.engine.name
    yield later("As of"), str(settings.as_of)
    yield later("Currency"), settings.currency
    yield later("Numbers and dates as in"), settings.locale
    yield later("Time zone"), settings.time_zone
    yield later("Week begins on"), _DAYS[settings.week_start]
    yield later("Fiscal year begins in month"), str(settings.fiscal_year_start_month)
    yield later("Snapshots kept"), str(settings.keep_snapshots)
    yield later("Countries"), ", ".join(settings.countries) or later("any")
    yield (
        later("Domains"),
        ", ".join(f"{domain.label} ({', '.join(domain.owners)})" for domain in settings.domains) or later("none"),
    )
    yield (
        later("Consent"),
        ", ".join(f"{name}: {field}" for name, field in settings.consent.items()) or later("not kept"),
    )
    yield later("Language model for questions"), settings.llm.model if settings.llm else later("none")
