"""Every command of the tutorial works, in its order, and says what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.end_to_end.project import c360

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-project.md"


def blocks() -> list[tuple[str, str]]:
    """Return the page's fenced blocks: language and text."""
    return re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    here, said = tmp_path, []
    for language, text in blocks():
        if language == "yaml":
            with (here / "semantic" / "sales.yaml").open("a", encoding="utf-8") as model:
                model.write(text)
            continue
        for line in text.splitlines():
            words = shlex.split(line)
            if words[0] == "cd":
                here = here / words[1]
                continue
            if words[1] == "serve":
                continue  # tests/web serves pages
            done = c360(*words[1:], cwd=here)
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            said.append((line, done.stdout, done.stderr))
    runs = [err for line, _, err in said if line == "c360 run"]
    assert "new or changed rows" in runs[0]
    assert "Built 0 tables" in runs[1]
    by_tier = next(out for line, out, _ in said if line == "c360 query revenue --by value_tier")
    assert "High" in by_tier
    average = next(out for line, out, _ in said if "average_order" in line)
    assert "value_tier" in average
