"""The YAML in the pages about project files fits the formats."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import jsonschema
import pytest

from customer360.project.models import HEADER_KEYS
from customer360.project.schemas import SHAPES, json_schemas
from customer360.project.yamlfile import parse_yaml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("how-to/bring-your-own-systems.md", "explanation/project-files.md")
BLOCKS = [
    (found[1], found[2])
    for page in PAGES
    for found in re.finditer(r"```yaml\n# (\S+)\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize(("file", "text"), BLOCKS, ids=[file for file, _ in BLOCKS])
def test_an_example_fits_its_format(file: str, text: str) -> None:
    kinds = [kind for kind, (_, glob) in SHAPES.items() if fnmatch.fnmatch(file, glob.replace("**/", "*"))]
    kind = "odcs" if "odcs" in kinds else kinds[0]
    jsonschema.validate(parse_yaml(text), json_schemas()[kind])


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3


def test_the_model_header_of_the_page_is_known() -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", (DOCS / PAGES[1]).read_text(encoding="utf-8"), re.DOTALL)
    keys = re.findall(r"^-- ([a-z_]+):", sql, re.MULTILINE)
    assert keys
    assert set(keys) <= set(HEADER_KEYS)


def test_every_file_kind_is_on_the_page() -> None:
    text = (DOCS / PAGES[1]).read_text(encoding="utf-8")
    for folder in (
        "c360.yaml",
        "sources/",
        "product.odps.yaml",
        ".step.yaml",
        ".odcs.yaml",
        "semantic/",
        "dashboards/",
        "tests/",
    ):
        assert folder in text
