"""Every door, every role, every state of a grant: what comes back. A door without a line here fails.

The doors are those of the app itself: its routes, the leaves of its command line, the tools of its assistant. Each has a
kind, and the kind says what each role gets in each state. Texts that nobody may see in a state are looked for in every
answer, whatever its kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pytest
import typer.main
from mcp import Client
from starlette.testclient import TestClient
from tests.governance.bigger import BY_COUNTRY, enlarge
from tests.governance.conftest import COMPANY, OPERATOR
from tests.governance.test_doors import HERE, MAILS, OPEN, SQL, routes
from typer.testing import CliRunner

from customer360.audiences.room import audiences_of
from customer360.cli import app as commands
from customer360.clock import now
from customer360.errors import NotPermitted
from customer360.governance.accounts import ROLES
from customer360.governance.failures import AccessRefused, NotSignedIn
from customer360.governance.office import Governance
from customer360.mcp.server import create_server
from customer360.mcp.tools import TOOLS
from customer360.web.api.metrics import ARROW, CSV
from customer360.web.app import create_app
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

STATES = ("none", "granted", "filtered", "personal", "figures", "expired", "revoked")
GROUPS = {"product_owner": ["customer-data"], "domain_owner": ["customer-lead"]}
OWNING = set(GROUPS)
"""These own every port but pay and sales, so they read without a grant, masked."""
READS = {"granted", "filtered", "personal"}
PERSONAL = ("secretmail", "Secretname", "+1555")
NEVER = ("secretpay", "$argon2", "root:x", "Traceback")
Outcome = Literal["answered", "refused", "signed out"]
Roles = frozenset[str]
EVERYBODY: Roles = frozenset(ROLES)
PERSON = "PERSON1004"
"""A customer from MX: filters by country=US hide them."""


@dataclass(frozen=True)
class Answer:
    """What came back through a door."""

    outcome: Outcome
    text: str


@dataclass(frozen=True)
class Door:
    """How a door is tried, and what it does.

    data: shows rows, as far as grants go. part: the same, but its page stands in any case and says what is refused.
    plain: definitions, names and decisions; no rows, for whoever may.
    """

    call: Any
    kind: Literal["data", "part", "plain"] = "plain"
    roles: Roles = EVERYBODY
    """Who gets in at all."""
    shows_mail: bool = False
    """Whether names or addresses stand in the answer of those who see them in the clear."""
    whole: bool = False
    """Shown whole or not at all, so owners and grants of every row only."""
    figures: bool = False
    """Whether who may see figures and no rows is shown some."""
    accept: str = "*/*"

    @property
    def says_the_same(self) -> bool:
        """Whether everybody gets in and sees definitions: two states are enough, when not all are tried."""
        return self.kind == "plain" and self.roles == EVERYBODY


def data(*call: Any, **more: Any) -> Door:
    return Door(call, "data", **more)


def part(*call: Any, **more: Any) -> Door:
    return Door(call, "part", **more)


def plain(*call: Any, **more: Any) -> Door:
    return Door(call, **more)


OFFICER, ADMIN = frozenset({"privacy_officer"}), frozenset({"admin"})
KEEPER = frozenset({"product_owner"})
AUDIT = OFFICER | ADMIN
DECIDERS = AUDIT | OWNING
WHOM = {"person": PERSON}
COUNTRIES = {"metrics": ["customers"], "dimensions": [{"name": "country"}]}
ROUTES: dict[tuple[str, str], Door] = {
    ("POST", "/api/v1/metrics/query"): data("/api/v1/metrics/query", MAILS, shows_mail=True),
    ("POST", "/api/v1/metrics/query as figures"): data("/api/v1/metrics/query", COUNTRIES, figures=True),
    ("POST", "/api/v1/metrics/query as one's figures"): data(
        "/api/v1/metrics/query", {"metrics": ["customers"], "where": {"field": "points", "value": 3}}
    ),
    ("POST", "/api/v1/metrics/query as CSV"): data("/api/v1/metrics/query", MAILS, shows_mail=True, accept=CSV),
    ("POST", "/api/v1/metrics/query as Arrow"): data("/api/v1/metrics/query", MAILS, shows_mail=True, accept=ARROW),
    ("POST", "/api/v1/sql"): data("/api/v1/sql", {"sql": SQL}, shows_mail=True),
    ("POST", "/api/v1/sql as Arrow"): data("/api/v1/sql", {"sql": SQL}, shows_mail=True, accept=ARROW),
    ("POST", "/api/v1/ask"): data("/api/v1/ask", {"text": "customers by email"}, shows_mail=True),
    ("GET", "/api/v1/dashboards/{name}"): part("/api/v1/dashboards/executive", shows_mail=True, figures=True),
    ("GET", "/api/v1/dashboards/{name}/{widget}"): part(
        "/api/v1/dashboards/executive/mails", shows_mail=True, figures=True  # it says that they are withheld
    ),
    ("GET", "/api/v1/customers"): data("/api/v1/customers?search=PERSON1003", shows_mail=True),
    ("GET", "/api/v1/customers/{customer_id}"): data("/api/v1/customers/3", shows_mail=True),
    ("GET", "/api/v1/identity/figures"): data("/api/v1/identity/figures"),
    ("GET", "/"): part("/", shows_mail=True, figures=True),
    ("GET", "/dashboards/{name}"): part("/dashboards/executive", shows_mail=True, figures=True),
    ("GET", "/dashboards/{name}.{kind}"): part("/dashboards/executive.svg", figures=True),
    ("GET", "/dashboards/{name}/{widget}.csv"): data("/dashboards/executive/mails.csv", shows_mail=True),
    ("GET", "/dashboards/{name}/{widget}.{kind}"): data("/dashboards/executive/customers.svg", figures=True),
    ("GET", "/ask"): part("/ask?q=customers+by+email", shows_mail=True),
    ("GET", "/customers"): data("/customers?q=PERSON1003", shows_mail=True),
    ("GET", "/customers/{customer_id}"): data("/customers/PERSON1003", shows_mail=True),
    ("GET", "/identity"): part("/identity", shows_mail=True),
    ("POST", "/identity/decisions"): data(
        "/identity/decisions", "kind=never&one=PERSON1003&other=PERSON1006&why=x", roles=DECIDERS
    ),
    ("POST", "/identity/decisions/{number}/undo"): plain(
        "/identity/decisions/99/undo", "", roles=DECIDERS  # 99 is none: they are told so
    ),
    ("GET", "/api/v1/audiences"): part("/api/v1/audiences", whole=True),
    ("POST", "/api/v1/audiences/preview"): data(
        "/api/v1/audiences/preview", {"members": {"field": "country", "value": "US"}}
    ),
    ("GET", "/api/v1/audiences/{name}/preview"): data("/api/v1/audiences/offer/preview"),
    ("GET", "/api/v1/audiences/{name}/exports"): data("/api/v1/audiences/offer/exports", whole=True),
    ("GET", "/api/v1/audiences/{name}/overlap"): data("/api/v1/audiences/offer/overlap?other=other", whole=True),
    ("GET", "/api/v1/audiences/{name}/lift"): data("/api/v1/audiences/offer/lift?metric=customers", whole=True),
    ("GET", "/api/v1/audiences/{name}/diff"): plain("/api/v1/audiences/offer/diff", roles=KEEPER),
    ("POST", "/api/v1/audiences/{name}/refresh"): plain("/api/v1/audiences/other/refresh", {}, roles=KEEPER),
    ("POST", "/api/v1/audiences/{name}/exports"): plain(
        "/api/v1/audiences/offer/exports", {"destination": "file", "dry_run": True}, roles=KEEPER
    ),
    ("GET", "/api/v1/audit"): plain("/api/v1/audit?limit=50", roles=AUDIT),
    ("POST", "/api/v1/privacy/people"): plain("/api/v1/privacy/people", WHOM, roles=OFFICER),
    ("GET", "/api/v1/privacy/erasures"): plain("/api/v1/privacy/erasures", roles=OFFICER),
    ("POST", "/api/v1/privacy/erasures"): plain("/api/v1/privacy/erasures", {"person": "nobody"}, roles=OFFICER),
    ("POST", "/api/v1/privacy/erasures/{number}/completion"): plain(
        "/api/v1/privacy/erasures/9/completion", {}, roles=OFFICER
    ),
    ("GET", "/api/v1/privacy/erasures/{number}/certificate"): plain(
        "/api/v1/privacy/erasures/9/certificate", roles=OFFICER
    ),
    ("POST", "/api/v1/privacy/exports"): plain("/api/v1/privacy/exports", {"person": "nobody"}, roles=OFFICER),
    ("POST", "/api/v1/privacy/consent"): plain("/api/v1/privacy/consent", {"person": "nobody"}, roles=OFFICER),
    ("PUT", "/api/v1/privacy/consent"): plain(
        "/api/v1/privacy/consent", {"person": "nobody", "channel": "email", "allowed": True}, roles=OFFICER
    ),
    ("POST", "/runs/rollback"): plain("/runs/rollback", "snapshot=999999&confirm=999999", roles=ADMIN),
    ("POST", "/api/v1/access/requests"): plain(
        "/api/v1/access/requests", {"port": "hr.pay", "purpose": "x"}, roles=frozenset()  # private: nobody asks for it
    ),
    ("POST", "/access/requests"): plain("/access/requests", "port=hr.pay&purpose=x", roles=frozenset()),
    ("POST", "/api/v1/access/requests/{number}/decision"): plain(
        "/api/v1/access/requests/1/decision", {"decision": "deny", "note": " "}, roles=frozenset()
    ),
    ("POST", "/access/requests/{number}"): plain("/access/requests/1", "decision=deny&note=", roles=frozenset()),
    ("POST", "/api/v1/access/grants/{number}/renewal"): plain(
        "/api/v1/access/grants/1/renewal", {"days": 9_999}, roles=frozenset()
    ),
    ("DELETE", "/api/v1/access/grants/{number}"): plain("/api/v1/access/grants/1", roles=frozenset()),
    ("POST", "/access/grants/{number}/revocation"): plain("/access/grants/1/revocation", "", roles=frozenset()),
    **{
        ("GET", path): plain(path.format(port="crm.customer"))
        for path in (
            "/api/v1/metrics", "/api/v1/dashboards", "/api/v1/openapi.json", "/docs/api", "/api/v1/me", "/access",
            "/api/v1/access/requests", "/api/v1/access/grants", "/catalogue", "/catalogue/{port}", "/api/v1/catalogue",
            "/api/v1/catalogue/{port}", "/runs", "/api/v1/access/notices", "/api/v1/catalogue/glossary", "/api/v1/catalogue/{port}/usage",
        )
    },
    ("POST", "/sign-out"): plain("/sign-out", ""),
    ("GET", "/admin"): plain("/admin", roles=ADMIN),
    ("GET", "/ask.csv"): data("/ask.csv?q=customers+by+email", shows_mail=True),
    ("GET", "/ask/asked"): plain("/ask/asked", roles=OWNING | ADMIN),
    ("POST", "/ask/words"): plain("/ask/words", "", roles=OWNING | ADMIN),
    ("POST", "/ask/opinions/{number}/closing"): plain("/ask/opinions/99/closing", "", roles=OWNING | ADMIN),
    ("GET", "/ask/reading"): plain("/ask/reading?q=customers+by+email"),
    ("GET", "/audiences"): part("/audiences", whole=True),
    ("GET", "/audiences/new"): plain("/audiences/new"),
    ("GET", "/audiences/{name}"): part("/audiences/offer", whole=True),
    ("POST", "/audiences/{name}/exports"): plain("/audiences/offer/exports", "destination=nowhere&confirm=yes", roles=KEEPER),
    ("GET", "/values"): plain("/values?of=customer.country"),
    ("POST", "/audiences/{name}/refresh"): plain("/audiences/other/refresh", "", roles=KEEPER),
    **{
        ("GET", path): plain(path.format(name=name, schema="crm"))
        for path, name in (
            ("/audiences/{name}/yaml", "offer"), ("/dashboards", ""), ("/dashboards/{name}/edit", "executive"),
            ("/dashboards/{name}/yaml", "executive"), ("/glossary", ""), ("/lineage", ""), ("/metrics", ""),
            ("/lineage/products/{schema}", ""), ("/metrics/{name}", "customers"), ("/quality", ""),
        )
    },
    **{
        ("POST", path): plain(path.format(name=name, number=99), "")
        for path, name in (
            ("/ask/history/deletion", ""), ("/ask/opinions", ""), ("/ask/pin", ""), ("/audiences", ""), ("/audiences/{name}/deletion", "offer"), ("/dashboards", ""),
            ("/dashboards/{name}/deletion", "executive"), ("/dashboards/{name}/edit", "executive"),
        )
    },
    ("POST", "/api/v1/access/notices/seen"): plain("/api/v1/access/notices/seen", {"up_to": 0}),
    ("POST", "/access/notices"): plain("/access/notices", "up_to=0"),
    ("GET", "/api/v1/access/sights"): plain("/api/v1/access/sights?account=role:member", roles=OWNING | ADMIN),
    ("POST", "/access/view-as"): plain("/access/view-as", "account=role:member", roles=OWNING | ADMIN),
}  # fmt: skip
"""Every route but those that are open before anybody signs in."""

LEAVES: dict[str, Door] = {
    "query": data("query", "customers", "--by", "email", shows_mail=True),
    "query as figures": data("query", "customers", "--by", "country", figures=True),
    "sql": data("sql", SQL, shows_mail=True),
    "ask": data("ask", "customers by email", shows_mail=True),
    "customer": data("customer", "PERSON1003", shows_mail=True),
    "identity audit": data("identity", "audit"),
    "identity explain": data("identity", "explain", "PERSON1003", "PERSON1006"),
    "identity customer": data("identity", "customer", "PERSON1003"),
    "identity overrides": data("identity", "overrides"),
    "identity review": data("identity", "review"),
    "identity merge": data("identity", "merge", "PERSON1003", "PERSON1006", "--why", "x", roles=DECIDERS),
    "identity never": data("identity", "never", "PERSON1003", "PERSON1006", "--why", "x", roles=DECIDERS),
    "identity split": data(
        "identity", "split", "PERSON1003", "--record", "crm:3", "--why", "x", roles=DECIDERS
    ),
    "identity undo": plain("identity", "undo", "99", roles=DECIDERS),
    "identity run": plain("identity", "run", roles=frozenset()),
    "identity train": plain("identity", "train", roles=frozenset()),
    "load": plain("load", roles=frozenset()),
    "build": plain("build", roles=frozenset()),
    "run": plain("run", roles=frozenset()),
    "check": plain("check", roles=frozenset()),
    "rollback": plain("rollback", "999999", roles=ADMIN),
    "migrate": plain("migrate", "--to", "postgres", roles=frozenset()),
    "semantic lint": plain("semantic", "lint", roles=frozenset()),
    "semantic suggest-rollups": plain("semantic", "suggest-rollups", roles=frozenset()),
    "dashboard list": plain("dashboard", "list"),
    "dashboard export": part("dashboard", "export", "executive", "--as", "csv", "--out", "written", figures=True),
    "dashboard due": plain("dashboard", "due", roles=frozenset()),
    "dashboard delete": plain("dashboard", "delete", "own_nothing_00", roles=ADMIN),
    "audience list": part("audience", "list", whole=True),
    "audience preview": data("audience", "preview", "offer"),
    "audience overlap": data("audience", "overlap", "offer", "other", whole=True),
    "audience log": data("audience", "log", "offer", whole=True),
    "audience lift": data("audience", "lift", "offer", "--metric", "customers", whole=True),
    "audience refresh": plain("audience", "refresh", "other", roles=KEEPER),
    "audience diff": plain("audience", "diff", "offer", roles=KEEPER),
    "audience export": plain("audience", "export", "offer", "--dry-run", roles=KEEPER),
    "audience suppress": plain(
        "audience", "suppress", PERSON, "--reason", "x", "--channel", "nowhere", roles=OFFICER | KEEPER  # no such channel
    ),
    "privacy erase": plain("privacy", "erase", "nobody", "--yes", roles=OFFICER),
    "privacy finish": plain("privacy", "finish", "9", roles=OFFICER),
    "privacy list": plain("privacy", "list", roles=OFFICER),
    "privacy verify": plain("privacy", "verify", "nothing.json"),
    "privacy export": plain("privacy", "export", "nobody", "--to", "answer.zip", roles=OFFICER),
    "privacy consent": plain("privacy", "consent", "nobody", roles=OFFICER),
    "privacy retention": plain("privacy", "retention", "--dry-run", roles=OFFICER),
    "users create": plain("users", "create", "Not A Name", "--no-password", roles=ADMIN),
    "users list": plain("users", "list", roles=ADMIN),
    "users change": plain("users", "change", "nobody.here", "--active", roles=ADMIN),
    "users password": plain("users", "password", "nobody.here", "--password-stdin", roles=ADMIN),
    "users disable": plain("users", "disable", "nobody.here", roles=ADMIN),
    "users key": plain("users", "key", "nobody.here", roles=ADMIN),
    "users keys": plain("users", "keys", roles=ADMIN),
    "users revoke-key": plain("users", "revoke-key", "none", roles=ADMIN),
    "access request": plain("access", "request", "hr.pay", "--purpose", "x", roles=frozenset()),
    "access approve": plain("access", "approve", "1", "--days", "9999", roles=frozenset()),
    "access deny": plain("access", "deny", "1", "--note", " ", roles=frozenset()),
    "access grant": plain("access", "grant", "hr.pay", "everyone", "--to-group", roles=frozenset()),
    "access open": plain("access", "open", "granted", roles=ADMIN),
    "access renew": plain("access", "renew", "1", "--days", "9999", roles=frozenset()),
    "access revoke": plain("access", "revoke", "1", roles=frozenset()),
    "access view-as": plain("access", "view-as", "role:member", roles=OWNING | ADMIN),
    "access sync": plain("access", "sync", roles=frozenset()),
    "audit show": plain("audit", "show", roles=AUDIT),
    "audit verify": plain("audit", "verify", roles=AUDIT),
    **{
        name: plain(*name.split())
        for name in (
            "access requests", "access grants", "access history", "access notices", "products list", "products glossary",
            "products usage", "history", "lineage", "semantic catalogue", "doctor",
        )
    },
    "products show": plain("products", "show", "crm.customer"),
    "export": plain("export", "ossie"),
}  # fmt: skip
ELSEWHERE = {
    "init", "schema", "version", "generate", "demo", "import", "serve", "mcp", "support-api", "identity add",
    "identity evaluate", "products changes",
}  # fmt: skip
"""They make files, or serve what is tried as routes and tools; `evaluate` needs labels and reads what `audit` reads."""

ASSISTANT: dict[str, Door] = {
    "list_metrics": plain({}),
    "explain_metric": plain({"name": "customers"}),
    "query_metrics": data({"query": MAILS, "limit": 100}, shows_mail=True),
    "query_metrics as figures": data({"query": COUNTRIES}, figures=True),
    "ask": data({"question": "customers by email"}, shows_mail=True),
    "customer": data({"customer_id": "3"}, shows_mail=True),
}


# ---- the company ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """The company with an account and a key for every role in every state."""

    workspace: Workspace
    keys: dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    root = tmp_path_factory.mktemp("matrix") / "company"
    shutil.copytree(COMPANY, root)
    enlarge(root)
    workspace = open_project(root)
    workspace.build()
    for audience in ("offer", "other"):
        audiences_of(workspace).refresh(audience)
    yield Town(workspace, _people(workspace))
    workspace.close()


def _people(workspace: Workspace) -> dict[tuple[str, str], str]:
    governance, keys = workspace.governance, {}
    for role in ROLES:
        for state in STATES:
            account = governance.accounts.create(
                f"{role}.{state}",
                password=None,
                roles=[role],
                groups=[state, *GROUPS.get(role, [])],
                attributes={"country": "US"},
                by="test",
            )
            keys[role, state] = governance.tickets.create_key(account.name, label="t", by="test")[1]
    governance.access.revoke(_grant(governance, "sales.sale", "nobody-here"), by=OPERATOR)  # grant 1: over already
    asker = governance.accounts.create("asker", password=None, roles=["member"], by="test")
    governance.access.request(asker, "sales.sale", purpose="spring")
    past = Governance(workspace.project, clock=lambda: now() - timedelta(days=10))
    for port in governance.ports.values():
        if port.access != "restricted":
            continue
        rows = "country = 'US'" if port.id in BY_COUNTRY else None
        _grant(governance, port.id, "granted")
        _grant(governance, port.id, "filtered", row_filter=rows)
        _grant(governance, port.id, "figures", figures_only=True)
        _grant(governance, port.id, "personal")
        _grant(governance, port.id, "personal", personal=True)
        _grant(past, port.id, "expired", days=1)
        _grant(past, port.id, "expired", days=1, personal=True)
        for personal in (False, True):
            made = _grant(governance, port.id, "revoked", personal=personal)
            governance.access.revoke(made, by=OPERATOR)
    return keys


def _grant(governance: Governance, port: str, group: str, **more: Any) -> int:
    return governance.access.grant(port, group, holder_kind="group", by=OPERATOR, **more).id


# ---- what is expected -------------------------------------------------------------------------------------------


def expected(door: Door, role: str, state: str) -> Outcome:
    """What a role gets through a door in a state of its grants."""
    if role == "nobody":
        return "signed out"
    if door.kind == "plain":
        return "answered" if role in door.roles else "refused"
    reads = role in OWNING or (state in READS and not (door.whole and state == "filtered"))
    reads = reads or (state == "figures" and door.figures)
    return "answered" if reads and role in door.roles else "refused"


def check(door: Door, name: str, role: str, state: str, found: Answer) -> list[str]:
    """Return what is wrong with an answer."""
    wanted, where = expected(door, role, state), f"{name} as {role} in {state}"
    wrong = [] if found.outcome == wanted else [f"{where}: {found.outcome}, not {wanted}: {found.text[:300]}"]
    clear = state == "personal" and role != "nobody"
    hidden = [*NEVER, *(() if clear else PERSONAL)]
    if wanted != "answered" or door.kind == "plain":
        hidden += ["hushed"]
    elif state == "filtered" and role not in OWNING:
        hidden += ["hushedCA", "hushedMX"]
    elif state == "figures" and role not in OWNING:
        hidden += ["hushed", PERSON]
    wrong += [f"{where}: shows {text}" for text in hidden if text in found.text]
    if clear and wanted == "answered" and door.shows_mail and not any(text in found.text for text in PERSONAL):
        wrong.append(f"{where}: a grant for personal data shows none: {found.text[:300]}")
    return wrong


REFUSED = {
    "data": ('"reason":"not_permitted"',),
    "part": ("may not read crm.customer", "may not read identity.", "hom you may not see"),
}
"""How an answer with status 200 says that what the door is about is not shown."""


def heard(answer: Any, door: Door) -> Answer:
    """Read an answer over HTTP."""
    is_arrow = door.accept == ARROW and answer.status_code == 200
    text = str(pa.ipc.open_stream(io.BytesIO(answer.content)).read_all().to_pylist()) if is_arrow else answer.text
    if answer.status_code == 401 or (answer.status_code == 303 and "/sign-in?" in answer.headers["location"]):
        return Answer("signed out", text)
    assert answer.status_code < 500 or answer.status_code == 503, (door.call, text[:500])
    is_refused = answer.status_code == 403 or (
        answer.status_code == 409 and "access" in (*door.call[0].split("/"), *text.split("-"))
    )
    if door.kind != "plain" and answer.status_code == 200:
        is_refused = any(words in text for words in REFUSED[door.kind])
    return Answer("refused" if is_refused else "answered", text)


# ---- the doors --------------------------------------------------------------------------------------------------


def test_no_door_is_forgotten(town: Town) -> None:
    doors = {(method, route.path) for route in routes(town.workspace) for method in route.methods - {"HEAD"}}
    tried = {(method, path.partition(" as ")[0]) for method, path in ROUTES}
    assert tried == {(method, path) for method, path in doors if path not in OPEN}
    assert {name.partition(" as ")[0] for name in LEAVES} | ELSEWHERE == set(_leaves(typer.main.get_command(commands)))
    assert {name.partition(" as ")[0] for name in ASSISTANT} == {
        tool.make.__name__.removesuffix("_for") for tool in TOOLS
    }


def _leaves(group: Any, before: tuple[str, ...] = ()) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, (*before, name))
        else:
            yield " ".join((*before, name))


SIZES = ["in turn", pytest.param("whole", marks=pytest.mark.full)]
"""`make test` tries each route in each role and each state, in pairs that take turns, and each command in three of them;
`make test-full` tries every pair."""


@pytest.mark.parametrize("size", SIZES)
def test_every_route_answers_each_role_as_its_grants_say(town: Town, size: str) -> None:
    wrong: list[str] = []
    with TestClient(create_app(town.workspace), base_url=HERE, follow_redirects=False) as client:
        for number, ((method, path), door) in enumerate(ROUTES.items()):
            for role, state, key in _everybody(town, door, number, size):
                wrong += check(door, f"{method} {path}", role, state, heard(_request(client, method, door, key), door))
    assert not wrong, "\n".join(wrong)


def _request(client: TestClient, method: str, door: Door, key: str) -> Any:
    headers = {"Accept": door.accept, **({"Authorization": f"Bearer {key}"} if key else {})}
    address, *body = door.call
    if body and isinstance(body[0], str):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return client.request(method, address, headers=headers, content=body[0])
    return client.request(method, address, headers=headers, json=body[0] if body else None)


@pytest.mark.parametrize("size", SIZES)
def test_every_tool_answers_each_role_as_its_grants_say(town: Town, size: str) -> None:
    wrong: list[str] = []

    async def ask(key: str) -> list[tuple[str, Any]]:
        principal = town.workspace.governance.key_principal(key)
        async with Client(create_server(town.workspace, principal)) as client:
            return [
                (name, await client.call_tool(name.partition(" as ")[0], door.call[0]))
                for name, door in ASSISTANT.items()
            ]

    for number in range(2 if size == "in turn" else 1):
        for role, state, key in _everybody(town, ASSISTANT["ask"], number, size):
            if not key:
                continue  # `c360 mcp` does not start without one
            for name, reply in asyncio.run(ask(key)):
                said = reply.structured_content
                is_refused = "not_permitted" in (said.get("status"), said.get("reason"))
                found = Answer("refused" if is_refused else "answered", str(said))
                wrong += check(ASSISTANT[name], name, role, state, found)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("size", ["some", *SIZES[1:]])
def test_every_command_answers_each_role_as_its_grants_say(town: Town, size: str) -> None:
    wrong: list[str] = []
    for number, (name, door) in enumerate(LEAVES.items()):
        for role, state, key in _everybody(town, door, number, size):
            if key:  # without one it is the operator of the machine who asks
                wrong += check(door, name, role, state, _run(town, door, key))
    assert not wrong, "\n".join(wrong)


def _run(town: Town, door: Door, key: str) -> Answer:
    words = [*door.call, "--project", str(town.workspace.project.root)]
    with contextlib.chdir(town.workspace.project.root):  # files that a command writes go nowhere else
        asked = contextvars.copy_context()
        done = asked.run(CliRunner().invoke, commands, words, env={"C360_API_KEY": key}, input="x\n")
    text = f"{done.output}{done.exception or ''}"
    is_refused = isinstance(done.exception, NotPermitted | AccessRefused | NotSignedIn) or (
        door.kind != "plain" and ("may not read crm.customer" in text or "not permitted" in text)
    )
    assert done.exit_code in (0, 1), (words, text)
    return Answer("refused" if is_refused else "answered", text)


def _everybody(town: Town, door: Door, number: int, size: str) -> Iterator[tuple[str, str, str]]:
    """Yield roles and states with their keys, and nobody without one."""
    states = STATES if size != "some" else STATES[number % 3 :: 3]
    for place, state in enumerate(STATES):
        if state not in states:
            continue
        turn = (place + number) % len(ROLES)
        if size == "whole" or not door.says_the_same or state in ("granted", "personal"):
            for role in ROLES if size == "whole" else [ROLES[turn]]:
                yield role, state, town.keys[role, state]
    yield "nobody", "none", ""
