"""The health of a server, whatever its project has or lacks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from starlette.testclient import TestClient
from tests.web.conftest import HERE

from customer360.project.starter import create_project
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path


def test_a_project_without_metrics_is_healthy(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    create_project(root, template="blank", name="acme")
    shutil.rmtree(root / "semantic")
    shutil.rmtree(root / "dashboards")
    (root / "glossary.yaml").unlink()
    workspace = open_project(root)
    with TestClient(create_app(workspace), base_url=HERE, raise_server_exceptions=False) as client:
        assert client.get("/api/v1/health").json()["status"] == "nothing_built"
        report = workspace.run()
        health = client.get("/api/v1/health")
        assert health.status_code == 200
        assert health.json()["snapshot"] == report.build.snapshot
        assert client.get("/").status_code == 200
    workspace.close()
