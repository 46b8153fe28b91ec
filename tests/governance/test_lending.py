"""On PostgreSQL, approval gives the account's own role of the database SELECT on the view, and revocation takes it back."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.governance.conftest import COMPANY, OPERATOR, who
from tests.postgres_server import postgres

from customer360.errors import NotPermitted, WarehouseError
from customer360.governance.failures import AccessRefused
from customer360.governance.lending import lend
from customer360.project.outside import NoticeAddress
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

    from customer360.project.spec import Settings

__all__ = ["postgres"]

SALES = "SELECT count(*) FROM sales.sale"


@pytest.fixture(scope="module")
def company(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small company in a PostgreSQL, with two accounts that have roles there."""
    root = tmp_path_factory.mktemp("lent") / "company"
    shutil.copytree(COMPANY, root)
    settings = root / "c360.yaml"
    engine = "engine: {name: postgres, url: {env: HARBOUR_WAREHOUSE}}"
    settings.write_text(settings.read_text().replace("engine: {name: duckdb, folder: warehouse}", engine))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HARBOUR_WAREHOUSE", postgres.new_database())
        workspace = open_project(root)
        workspace.build()
        postgres.execute("CREATE ROLE ida_reads LOGIN", "CREATE ROLE sam_reads LOGIN")
        accounts = workspace.governance.accounts
        accounts.create(
            "ida", password=None, groups=["marketing"], attributes={"postgres_role": "ida_reads"}, by="test"
        )
        accounts.create("olga", password=None, roles=["product_owner"], groups=["sales-data"], by="test")
        yield workspace
        workspace.close()


def read(company: Workspace, role: str, sql: str) -> Any:
    """Return one value as a role of the database reads it; None when the server refuses."""
    with psycopg.connect(os.environ["HARBOUR_WAREHOUSE"], autocommit=True) as connection:
        connection.execute(f"SET ROLE {role}".encode())
        try:
            row = connection.execute(sql.encode()).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            return None
    return row[0] if row else None


def test_approval_grants_and_revocation_revokes_on_the_server(company: Workspace) -> None:
    access, ida = company.governance.access, company.governance.accounts.named("ida")
    assert read(company, "ida_reads", SALES) is None
    request = access.request(ida, "sales.sale", purpose="spring")
    assert read(company, "ida_reads", SALES) is None
    grant = access.approve(request.id, by=who(company, "olga"))
    assert read(company, "ida_reads", SALES) == 900
    assert read(company, "ida_reads", "SELECT count(*) FROM sales.calendar") == 366  # open to everybody who signs in
    assert read(company, "ida_reads", "SELECT count(*) FROM hr.pay") is None
    company.build(full_refresh=True)
    assert read(company, "ida_reads", SALES) == 900  # the view points elsewhere, and its readers stay
    access.revoke(grant.id, by=who(company, "olga"))
    assert read(company, "ida_reads", SALES) is None
    actions = [event.action for event in company.governance.state.history() if event.subject == "sales.sale"]
    assert actions[:2] == ["access.taken", "access.revoked"]
    assert "access.lent" in actions


def test_what_is_masked_or_filtered_is_not_lent(company: Workspace) -> None:
    """The database knows neither masks nor filters, so such tables are read through customer360 alone."""
    access = company.governance.access
    masked = access.grant("crm.customer", "ida", by=OPERATOR)
    some = access.grant("sales.sale", "ida", by=OPERATOR, row_filter="net > 10")
    assert read(company, "ida_reads", "SELECT count(*) FROM crm.customer") is None
    assert read(company, "ida_reads", SALES) is None
    clear = access.grant("crm.customer", "ida", by=OPERATOR, personal=True)
    assert read(company, "ida_reads", "SELECT count(*) FROM crm.customer") == 90
    access.revoke(clear.id, by=OPERATOR)
    assert read(company, "ida_reads", "SELECT count(*) FROM crm.customer") is None
    for grant in (masked, some):
        access.revoke(grant.id, by=OPERATOR)


def test_a_disabled_account_loses_it_at_the_next_sync(company: Workspace) -> None:
    governance = company.governance
    governance.access.grant("sales.sale", "marketing", holder_kind="group", by=OPERATOR)
    assert read(company, "ida_reads", SALES) == 900
    governance.accounts.change("ida", is_active=False, by="test")
    lent = lend(governance, company.engine)
    assert lent is not None
    assert {(role, str(relation)) for role, relation in lent.taken} >= {("ida_reads", "sales.sale")}
    assert read(company, "ida_reads", SALES) is None
    governance.accounts.change("ida", is_active=True, by="test")
    lend(governance, company.engine)
    assert lend(governance, company.engine) is not None
    assert read(company, "ida_reads", SALES) == 900


def test_other_roles_and_tables_are_left_alone(company: Workspace, postgres: PostgresServer) -> None:
    with psycopg.connect(os.environ["HARBOUR_WAREHOUSE"], autocommit=True) as connection:
        connection.execute(b"CREATE TABLE public.own AS SELECT 1 AS n")
        connection.execute(b"GRANT SELECT ON public.own TO ida_reads")
        connection.execute(b"GRANT USAGE ON SCHEMA sales TO sam_reads")
        connection.execute(b"GRANT SELECT ON sales.sale TO sam_reads")
    lend(company.governance, company.engine)
    assert read(company, "ida_reads", "SELECT n FROM public.own") == 1
    assert read(company, "sam_reads", SALES) == 900


def test_a_role_that_is_not_there_or_not_alone_is_said(company: Workspace) -> None:
    accounts = company.governance.accounts
    accounts.create("kim", password=None, attributes={"postgres_role": "ida_reads"}, by="test")
    with pytest.raises(AccessRefused, match="Two accounts"):
        lend(company.governance, company.engine)
    accounts.change("kim", attributes={"postgres_role": "nobody_has_it"}, by="test")
    with pytest.raises(WarehouseError, match="no role named nobody_has_it"):
        lend(company.governance, company.engine)
    accounts.change("kim", attributes={}, by="test")
    assert lend(company.governance, company.engine) is not None


def test_bad_roles_and_notices_that_go_nowhere_stop_no_revocation(company: Workspace) -> None:
    """A role that is missing, one that two accounts have, and an address that is not set: REVOKE happens all the same."""
    governance, accounts = company.governance, company.governance.accounts
    governance.access.grant("sales.sale", "ida", by=OPERATOR)
    assert read(company, "ida_reads", SALES) == 900
    accounts.create("lena", password=None, attributes={"postgres_role": "nobody_has_it"}, by="test")
    for name in ("mara", "mona"):
        accounts.create(name, password=None, attributes={"postgres_role": "sam_reads"}, by="test")
    told = Workspace(replace(company.project, settings=_with_address(company)), company.engine)
    for grant in governance.access.grants(port="sales.sale"):
        if grant.revoked_at is None:
            with pytest.raises(AccessRefused, match="sam_reads"):
                told.governance.access.revoke(grant.id, by=OPERATOR)
    assert read(company, "ida_reads", SALES) is None
    failed = [event for event in governance.state.history() if event.action == "notices.failed"]
    assert "HARBOUR_NOTICES" in failed[0].detail["reason"]
    for name in ("lena", "mara", "mona"):
        accounts.change(name, attributes={}, by="test")


def test_a_shared_role_reads_what_both_accounts_may(company: Workspace) -> None:
    governance, accounts = company.governance, company.governance.accounts
    grant = governance.access.grant("sales.sale", "ida", by=OPERATOR)
    accounts.create("nils", password=None, attributes={"postgres_role": "ida_reads"}, by="test")
    with pytest.raises(AccessRefused, match="ida_reads"):
        lend(governance, company.engine)
    assert read(company, "ida_reads", SALES) is None
    assert read(company, "ida_reads", "SELECT count(*) FROM sales.calendar") == 366
    accounts.change("nils", attributes={}, by="test")
    lend(governance, company.engine)
    assert read(company, "ida_reads", SALES) == 900
    governance.access.revoke(grant.id, by=OPERATOR)


def _with_address(company: Workspace) -> Settings:
    return replace(company.project.settings, notices=NoticeAddress(url="HARBOUR_NOTICES", secret=None))


TYPED = (
    "SELECT * FROM crm.customer ORDER BY customer_id",
    "SELECT country, count(*) AS n, max(phone) AS p FROM crm.customer GROUP BY country ORDER BY country",
    "SELECT * FROM sales.by_country ORDER BY code",
    "SELECT count(*) AS n FROM crm.customer a JOIN crm.customer b ON a.email = b.email",
)
ASKED = ({"metrics": ["customers"], "dimensions": [{"name": "country"}]}, {"metrics": ["first_mail", "revenue"]})


def test_what_is_read_through_us_is_masked_and_filtered_as_on_duckdb(company: Workspace, shop: Workspace) -> None:
    answers = []
    for workspace in (company, shop):
        governance = workspace.governance
        with governance.state.writing() as writing:
            writing.run("INSERT OR REPLACE INTO setting VALUES ('salt', 'the same secret')")
        governance.accounts.create("nora", password=None, roles=["member"], attributes={"country": "US"}, by="test")
        for port, rows in (
            ("crm.customer", "country IN ('US', 'CA')"),
            ("sales.by_country", None),
            ("sales.sale", None),
        ):
            governance.access.grant(port, "nora", by=OPERATOR, row_filter=rows)
        nora = governance.principal(governance.accounts.named("nora"))
        answers.append(
            [
                *(workspace.sql(sql, principal=nora).to_pylist() for sql in TYPED),
                *(workspace.query(query, principal=nora).to_pylist() for query in ASKED),
            ]
        )
        with pytest.raises(NotPermitted):
            workspace.sql("SELECT * FROM hr.pay", principal=nora)
    on_postgres, on_duckdb = answers
    assert on_postgres == on_duckdb
    assert {row["country"] for row in on_postgres[0]} == {"US", "CA"}
    assert all(row["full_name"] is None and "secret" not in row["email"] for row in on_postgres[0])
