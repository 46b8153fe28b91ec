"""A certificate is verified wherever the project's state lies, and nowhere else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from customer360.cli import app
from customer360.governance.state import State
from customer360.privacy import certificate
from customer360.privacy.failures import CertificateBroken
from customer360.project.starter import create_project

STATED = {
    "number": 1, "project": "shop", "mode": "delete", "by": "olga", "reason": None, "started_at": "2024-12-01",
    "finished_at": "2024-12-01", "subject": "0" * 64, "records": {"crm": 1}, "removed": [], "suppressed": 1,
    "verified": {"tables_searched": 9, "rows_found": 0, "still_named_in": {}, "not_searched": ["exports/a.csv"]},
    "limits": [],
}  # fmt: skip


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A project that signed a certificate; its warehouse was never built."""
    root = tmp_path / "shop"
    create_project(root, template="blank", name="shop")
    made = certificate.write(root, 1, STATED)
    with State(root).writing() as writing:
        writing.note("olga", "privacy.certificate", "erasure 1", digest=made.digest)
    shutil.copy(made.path, tmp_path / "sent.json")
    return root


def verified(sent: Path, root: Path) -> str:
    done = CliRunner().invoke(app, ["privacy", "verify", str(sent), "--project", str(root)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_another_machine_needs_the_files_of_the_project_and_its_key_and_history(signed: Path, tmp_path: Path) -> None:
    sent, there = tmp_path / "sent.json", tmp_path / "there"
    shutil.copytree(signed, there, ignore=shutil.ignore_patterns("state", "warehouse"))
    with pytest.raises(CertificateBroken, match="key is missing"):
        verified(sent, there)
    (there / "state").mkdir()
    shutil.copy(signed / certificate.KEY_FILE, there / certificate.KEY_FILE)
    with pytest.raises(CertificateBroken, match="history of this project has no such certificate"):
        verified(sent, there)
    for path in (signed / "state").glob("governance.sqlite*"):
        shutil.copy(path, there / "state")
    assert "signed here and unchanged" in verified(sent, there)
    document = json.loads(sent.read_text())
    document["verified"]["not_searched"] = []
    sent.write_text(json.dumps(document))
    with pytest.raises(CertificateBroken, match="was changed"):
        verified(sent, there)


def test_the_page_says_what_was_not_searched(signed: Path) -> None:
    page = (signed / certificate.FOLDER / "erasure-0001.html").read_text()
    assert "Not verified: no table that can be searched" in page
    assert "exports/a.csv" in page
