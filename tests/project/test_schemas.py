from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from customer360.project.schemas import SHAPES, json_schemas
from customer360.project.starter import template_names
from customer360.project.yamlfile import read_yaml

TEMPLATES = Path(str(files("customer360"))) / "templates"
SCHEMAS = json_schemas()


def members(kind: str, root: Path) -> list[Path]:
    found = sorted(root.glob(SHAPES[kind][1]))
    return [path for path in found if kind == "odcs" or not path.name.endswith(".odcs.yaml")]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_each_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["additionalProperties"] is False


@pytest.mark.parametrize("template", template_names())
@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_the_templates_fit(kind: str, template: str) -> None:
    root = TEMPLATES / template
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind])
    for path in members(kind, root):
        wrong = [
            f"{path}: {error.json_path} {error.message}" for error in validator.iter_errors(read_yaml(path, root).root)
        ]
        assert not wrong


@pytest.mark.parametrize("kind", sorted(set(SCHEMAS) - {"step"}))
def test_the_blank_template_has_one_of_each(kind: str) -> None:
    assert members(kind, TEMPLATES / "blank")


@pytest.mark.parametrize("kind", sorted(set(SCHEMAS) - {"step"}))
def test_a_wrong_key_or_an_empty_one_does_not_fit(kind: str) -> None:
    root = TEMPLATES / "blank"
    document = dict(read_yaml(members(kind, root)[0], root).root)
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind])
    assert not list(validator.iter_errors(document))
    assert list(validator.iter_errors({**document, "nonsense": 1}))
    assert list(validator.iter_errors({**document, next(iter(document)): None}))


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_every_key_says_what_it_is(kind: str) -> None:
    silent = []

    def look(shape: dict[str, Any], name: str) -> None:
        for key, inner in shape.get("properties", {}).items():
            if "description" not in inner:
                silent.append(f"{name}.{key}")

    look(SCHEMAS[kind], kind)
    for name, shape in SCHEMAS[kind].get("$defs", {}).items():
        assert shape.get("description"), name
        look(shape, name)
    assert not silent
