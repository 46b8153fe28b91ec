"""The demo of the data product portal, step by step: every command and file of the page, and what the page says of it."""

from __future__ import annotations

import contextvars
import re
import shlex
import sys
from pathlib import Path

import pytest

from customer360.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "data-products.md"
KEY = "C360_API_KEY"


class Shell:
    """Runs the page's lines in this process, each command as one of its own would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[bytes]) -> None:
        self._monkeypatch = monkeypatch
        self._captured = captured
        self._names: dict[str, str] = {}

    def run(self, line: str) -> tuple[int, str]:
        """Return a line's exit code and what it said."""
        if found := re.fullmatch(r"export (\w+)=\$\((.+)\)", line):
            code, out, _ = self._c360(shlex.split(found[2]))
            self._names[found[1]] = out.strip()
            assert self._names[found[1]]
            return code, ""
        if found := re.fullmatch(r"export (\w+)=\$(\w+)", line):
            self._monkeypatch.setenv(found[1], self._names[found[2]])
            return 0, ""
        words = shlex.split(line)
        if words[0] == "cd":
            self._monkeypatch.chdir(words[1])
            return 0, ""
        if words[0] == "unset":
            self._monkeypatch.delenv(words[1])
            return 0, ""
        code, out, err = self._c360(words)
        return code, out + err

    def _c360(self, words: list[str]) -> tuple[int, str, str]:
        assert words[0] == "c360"
        self._monkeypatch.setattr(sys, "argv", words)
        self._captured.readouterr()
        with pytest.raises(SystemExit) as ended:
            contextvars.copy_context().run(main)
        out, err = self._captured.readouterr()  # bytes: data are written to stdout as such
        return int(ended.value.code or 0), out.decode(), err.decode()


def blocks() -> list[tuple[str, str]]:
    """Return the page's fenced blocks: what stands behind the fence, and the text."""
    return re.findall(r"^```([^\n]+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_demo_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(KEY, raising=False)
    shell, found = Shell(monkeypatch, capsysbinary), [*blocks(), ("end", "")]
    for number, (kind, text) in enumerate(found):
        language, _, path = kind.partition(" ")
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        elif language == "sh":
            after, promised = found[number + 1]
            expected = promised.splitlines() if after == "text" else []
            said, refused = "", 0
            for line in text.splitlines():
                code, words = shell.run(line)
                assert code == 0 or "Error:" in words, (line, words)
                refused += code != 0
                said += words
            assert refused == sum(line.startswith("Error:") for line in expected), (text, said)
            for line in expected:
                assert line in said, (line, said)
