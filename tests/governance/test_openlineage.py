"""Loads and builds are told as OpenLineage events; each fits the format, and none holds a row's value."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tests.governance.conftest import COMPANY
from tests.postgres_server import free_port
from typer.testing import CliRunner

from customer360.catalog import telling
from customer360.cli import app
from customer360.errors import C360Error
from customer360.models.lineage import column_lineage
from customer360.project.starter import create_project
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

FACET = {
    "type": "object",
    "required": ["_producer", "_schemaURL"],
    "properties": {
        "_producer": {"type": "string", "pattern": "^https://"},
        "_schemaURL": {
            "type": "string",
            "pattern": r"^https://openlineage\.io/spec/facets/\d+-\d+-\d+/(\w+)\.json#/\$defs/\w+$",
        },
    },
}
FACETS = {"type": "object", "additionalProperties": FACET}
FIELDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "type": {"type": "string"}},
    },
}
INPUT_FIELD = {
    "type": "object",
    "required": ["namespace", "name", "field"],
    "properties": {
        "transformations": {
            "type": "array",
            "items": {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["DIRECT", "INDIRECT"]}}},
        }
    },
}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "facets": {
            **FACETS,
            "properties": {
                "schema": {**FACET, "properties": {**FACET["properties"], "fields": FIELDS}},
                "columnLineage": {
                    **FACET,
                    "required": ["_producer", "_schemaURL", "fields"],
                    "properties": {
                        **FACET["properties"],
                        "fields": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "required": ["inputFields"],
                                "properties": {"inputFields": {"type": "array", "items": INPUT_FIELD}},
                            },
                        },
                    },
                },
                "dataQualityAssertions": {
                    **FACET,
                    "required": ["_producer", "_schemaURL", "assertions"],
                    "properties": {
                        **FACET["properties"],
                        "assertions": {
                            "type": "array",
                            "items": {"type": "object", "required": ["assertion", "success"]},
                        },
                    },
                },
            },
        },
        "inputFacets": FACETS,
        "outputFacets": FACETS,
    },
}
JOB = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {"namespace": {"type": "string"}, "name": {"type": "string"}, "facets": FACETS},
}
BASE = {
    "eventTime": {"type": "string", "format": "date-time"},
    "producer": {"type": "string", "format": "uri"},
    "job": JOB,
    "inputs": {"type": "array", "items": DATASET},
    "outputs": {"type": "array", "items": DATASET},
}
RUN_EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        **BASE,
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": FACETS},
        },
    },
}
JOB_EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "job"],
    "not": {"required": ["run"]},
    "properties": {
        **BASE,
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent"},
    },
}
"""What the standard (OpenLineage 2-0-2) asks of the two kinds of event, in words of ours."""


def fits(event: dict[str, Any], schema: dict[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)


def events_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def opened(root: Path, settings: str) -> Workspace:
    path = root / "c360.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"\nopenlineage: {settings}\n", encoding="utf-8")
    return open_project(root)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[dict[str, Any]]]:
    """A blank project, loaded and built once, and what it told."""
    root = tmp_path_factory.mktemp("told") / "acme"
    create_project(root, template="blank", name="acme")
    workspace = opened(root, "{file: lineage/events.jsonl, namespace: acme-prod}")
    workspace.run()
    workspace.close()
    return workspace, events_in(root / "lineage" / "events.jsonl")


def test_every_event_fits_the_standard(told: tuple[Workspace, list[dict[str, Any]]]) -> None:
    _, events = told
    assert len(events) > 8
    for event in events:
        fits(event, RUN_EVENT)
        assert event["job"]["namespace"] == "acme-prod"


def test_every_run_begins_and_ends_once_and_knows_its_parent(told: tuple[Workspace, list[dict[str, Any]]]) -> None:
    _, events = told
    states: dict[str, list[str]] = {}
    for event in events:
        states.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert set(map(tuple, states.values())) == {("START", "COMPLETE")}
    parents = {event["run"]["runId"] for event in events if event["job"]["name"] in ("load", "build")}
    assert len(parents) == 2
    for event in events:
        parent = event["run"]["facets"].get("parent")
        assert (event["run"]["runId"] in parents) is (parent is None)
        if parent is not None:
            assert parent["run"]["runId"] in parents


def test_columns_checks_and_rows_are_those_of_the_build(told: tuple[Workspace, list[dict[str, Any]]]) -> None:
    workspace, events = told
    made = {
        event["job"]["name"]: event["outputs"][0]
        for event in events
        if event["eventType"] == "COMPLETE" and event["outputs"]
    }
    output = made["gold.customer_orders"]
    edges = {
        (edge.to_column, str(edge.source), edge.source_column)
        for edge in column_lineage(workspace.project)
        if str(edge.to) == "gold.customer_orders" and edge.source and edge.source_column != "*"
    }
    told_edges = {
        (column, each["name"], each["field"])
        for column, found in output["facets"]["columnLineage"]["fields"].items()
        for each in found["inputFields"]
    }
    assert told_edges == edges != set()
    again = open_project(workspace.project.root)
    rows = again.sql("SELECT COUNT(*) AS n FROM gold.customer_orders")["n"][0].as_py()
    landed = again.sql("SELECT COUNT(*) AS n FROM raw_shop.orders")["n"][0].as_py()
    again.close()
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == rows
    assert made["load.shop.orders"]["outputFacets"]["outputStatistics"]["rowCount"] == landed
    contract = workspace.project.contracts["c360:gold:customer_orders"]
    assert {each["name"] for each in output["facets"]["schema"]["fields"]} == {c.name for c in contract.columns}
    assert all(each["success"] for each in output["facets"]["dataQualityAssertions"]["assertions"])


def test_no_event_holds_a_value_of_a_row(told: tuple[Workspace, list[dict[str, Any]]]) -> None:
    workspace, events = told
    again = open_project(workspace.project.root)
    values = set(again.sql("SELECT customer_email FROM raw_shop.orders")["customer_email"].to_pylist())
    again.close()
    text = json.dumps(events)
    assert values
    assert not [value for value in values if value in text]


def test_a_failed_build_is_told_as_failed(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "company")
    contract = tmp_path / "company" / "products" / "crm" / "customer.odcs.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("mustBeGreaterThan: 0", "mustBeGreaterThan: 100000"), encoding="utf-8")
    workspace = opened(tmp_path / "company", "{file: events.jsonl}")
    with pytest.raises(C360Error):
        workspace.build()
    workspace.close()
    first, last = events_in(tmp_path / "company" / "events.jsonl")
    for event in (first, last):
        fits(event, RUN_EVENT)
    assert (first["eventType"], last["eventType"]) == ("START", "FAIL")
    assert last["run"]["facets"]["errorMessage"]["message"] == "BlockingChecks"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    taken: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers.get("Authorization", ""), json.loads(body)))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_events_go_to_an_address_with_its_key(
    receiver: tuple[str, list[tuple[str, dict[str, Any]]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, taken = receiver
    monkeypatch.setenv("LINEAGE_URL", address)
    monkeypatch.setenv("LINEAGE_KEY", "sesame")
    shutil.copytree(COMPANY, tmp_path / "company")
    workspace = opened(tmp_path / "company", "{url: {env: LINEAGE_URL}, api_key: {env: LINEAGE_KEY}}")
    workspace.build()
    workspace.close()
    assert {key for key, _ in taken} == {"Bearer sesame"}
    assert [taken[0][1]["job"]["name"], taken[-1][1]["eventType"]] == ["build", "COMPLETE"]
    for _, event in taken:
        fits(event, RUN_EVENT)


def test_a_build_goes_on_when_nobody_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LINEAGE_URL", f"http://127.0.0.1:{free_port()}/secret-path")
    shutil.copytree(COMPANY, tmp_path / "company")
    workspace = opened(tmp_path / "company", "{url: {env: LINEAGE_URL}}")
    with caplog.at_level(logging.WARNING, "customer360.catalog"):
        assert workspace.build().built > 0
    workspace.close()
    assert [record.getMessage() for record in caplog.records] == [
        "Lineage events cannot be sent to 127.0.0.1: ConnectionRefusedError."
    ]


def test_an_address_or_key_that_cannot_be_sent_stops_no_work_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(COMPANY, tmp_path / "company")
    monkeypatch.setenv("LINEAGE_KEY", "pa55\nword")
    workspace = opened(tmp_path / "company", "{url: {env: LINEAGE_URL}, api_key: {env: LINEAGE_KEY}}")
    for address in ("http://127.0.0.1:99999/pa55", "http://[::1/pa55", f"http://127.0.0.1:{free_port()}/"):
        monkeypatch.setenv("LINEAGE_URL", address)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "customer360.catalog"), telling.told(workspace.project, "load"):
            pass
        (record,) = caplog.records
        assert "cannot be sent" in record.getMessage()
        assert "pa55" not in record.getMessage()
    workspace.close()


def test_a_run_that_is_stopped_is_told_as_failed(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "company")
    workspace = opened(tmp_path / "company", "{file: events.jsonl}")
    with pytest.raises(KeyboardInterrupt), telling.told(workspace.project, "build"):
        raise KeyboardInterrupt
    workspace.close()
    events = events_in(tmp_path / "company" / "events.jsonl")
    assert [event["eventType"] for event in events] == ["START", "FAIL"]
    assert events[0]["run"]["runId"] == events[1]["run"]["runId"]


def test_the_lineage_of_a_project_is_exported_without_a_run(told: tuple[Workspace, list[dict[str, Any]]]) -> None:
    workspace, _ = told
    done = CliRunner().invoke(app, ["export", "openlineage", "--project", str(workspace.project.root)])
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["job"]["name"] for event in events} == {str(relation) for relation in workspace.project.models}
    for event in events:
        fits(event, JOB_EVENT)
