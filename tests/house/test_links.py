"""The pages lead somewhere: relative links to files that are there, commands to commands and options that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from customer360.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WITH_COMMANDS = [ROOT / "README.md", *sorted(p for p in PAGES if p.parent.name in {"how-to", "tutorial"})]
FENCE = re.compile(r"^ *```\w*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
GROUP = typer.main.get_command(app)


def relative_links(text: str) -> list[str]:
    """Return the targets of links and images outside fences that are neither addresses nor places on the same page."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:|#", link)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(text: str) -> list[list[str]]:
    """Return the words after ``c360`` of every command in a fence: ``a && b | c`` are three commands."""
    found = []
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if not re.match(r"\s*(\$ )?(.*&& )?c360 ", line):
                continue
            lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars="&|;<>")
            lexer.whitespace_split = True
            words: list[str] = []
            for word in [*lexer, ";"]:
                if word[0] in "&|;" and words[:1] == ["c360"]:
                    found.append(words[1:])
                words = [] if word[0] in "&|;" else [*words, word]
    return [words[: min((words.index(w) for w in "<>" if w in words), default=None)] for words in found]


def parse(words: list[str]) -> None:
    """Parse one command line with the real options and types; nothing runs."""
    name, *arguments = words
    GROUP.commands[name].make_context(name, arguments)  # type: ignore[attr-defined]  # a click Group has commands


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    broken = []
    for link in relative_links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_exist_with_their_options(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        parse(words)


def test_commands_are_found_in_every_shape() -> None:
    text = """
```
cd here && c360 run && c360 query revenue --by "sale_date:month"   # twice
c360 sql - --format parquet --out sales.parquet < query.sql
$ c360 version | head -1
```
"""
    assert commands(text) == [
        ["run"],
        ["query", "revenue", "--by", "sale_date:month"],
        ["sql", "-", "--format", "parquet", "--out", "sales.parquet"],
        ["version"],
    ]
    assert sum(len(commands(page.read_text(encoding="utf-8"))) for page in WITH_COMMANDS) >= 30


@pytest.mark.parametrize(
    "words", [["biuld"], ["build", "--nope"], ["build", "--as-of", "yesterday"], ["rollback"], ["version", "extra"]]
)
def test_a_wrong_command_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"biuld|nope|yesterday|snapshot|extra"):
        parse(words)
