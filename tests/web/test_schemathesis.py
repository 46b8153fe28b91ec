"""Whatever fits the OpenAPI document is answered as the document says: no 5xx, no undocumented status, type or shape."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.governance.bigger import enlarge
from tests.governance.conftest import COMPANY

from customer360.governance.accounts import ROLES
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.schemas import BaseSchema

    from customer360.workspace import Workspace

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("fuzzed") / "company"
    shutil.copytree(COMPANY, root)
    enlarge(root)
    workspace = open_project(root)
    workspace.build()
    governance = workspace.governance
    governance.accounts.create(
        "ada",
        password=None,
        roles=ROLES,
        groups=["customer-data", "customer-lead"],
        attributes={"country": "US"},
        by="t",
    )
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def document(company: Workspace) -> tuple[BaseSchema, dict[str, str]]:
    _, key = company.governance.tickets.create_key("ada", label="t", by="t")
    headers = {"Authorization": f"Bearer {key}", "Host": "127.0.0.1"}
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(company), headers=headers), headers


@pytest.mark.parametrize("examples", [3, pytest.param(100, marks=pytest.mark.full)])
def test_every_answer_is_as_the_document_says(document: tuple[BaseSchema, dict[str, str]], examples: int) -> None:
    schema, headers = document
    tried, wrong = 0, []
    quick = settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += 1

        @quick
        @given(case=operation.as_strategy())
        def ask(case: Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            ask()
        except (FailureGroup, Failure) as failure:
            wrong.append(f"{operation.label}: {failure}")
    assert tried > 40
    assert not wrong, "\n\n".join(wrong)
