"""Write a model as Apache Ossie, of this version or for readers of the one before, and read any version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from customer360.errors import ModelError, Place, UnknownName
from customer360.project.spec import SemanticDocument
from customer360.project.writer import edited
from customer360.project.yamlfile import parse_yaml
from customer360.semantic.extensions import VENDOR
from customer360.semantic.formats.exported import Exported, Loss, Losses
from customer360.semantic.model import SemanticModel
from customer360.semantic.shape import CURRENT_VERSION
from customer360.semantic.write import to_document

if TYPE_CHECKING:
    from pathlib import Path

Version = Literal["0.2.0.dev0", "0.1.1"]
VERSIONS: tuple[Version, ...] = ("0.2.0.dev0", "0.1.1")

_OLD_DIALECTS = ("ANSI_SQL", "SNOWFLAKE", "MDX", "TABLEAU", "DATABRICKS", "MAQL")
_OLD_VENDORS = ("COMMON", "SNOWFLAKE", "SALESFORCE", "DBT", "DATABRICKS", "GOODDATA")
_SHARED = "COMMON"
_OUR_KEY = "c360"
_ORDER = ("version", "semantic_model")


def ossie(model: SemanticModel, *, version: str = CURRENT_VERSION, as_json: bool = False) -> Exported:
    """Return ``<model>.yaml`` (or .json) in a version of the standard. Errors: UnknownName for another version."""
    if version not in VERSIONS:
        raise UnknownName("Ossie version", version, VERSIONS)
    losses = Losses()
    document = to_document(model)
    if version != CURRENT_VERSION:
        document = older(document, losses)
    if as_json:
        return Exported({f"ossie/{model.name}.json": json.dumps(document, indent=2) + "\n"}, losses.listed())
    return Exported({f"ossie/{model.name}.yaml": edited("", document, order=_ORDER)}, losses.listed())


def older(document: Mapping[str, Any], losses: Losses) -> dict[str, Any]:
    """Return a document as version 0.1.1 has it: no data types, fewer dialects, our extensions under COMMON."""
    return {"version": "0.1.1", "semantic_model": [_older(model, "", losses) for model in document["semantic_model"]]}


def _older(value: Any, name: str, losses: Losses) -> Any:
    if isinstance(value, list):
        return [found for item in value if (found := _older(item, name, losses)) is not None]
    if not isinstance(value, Mapping):
        return value
    name = value.get("name", name)
    if set(value) == {"dialect", "expression"} and value["dialect"] not in _OLD_DIALECTS:
        losses.add(name, f"its {value['dialect']} expression: 0.1.1 does not know the dialect")
        return None
    if set(value) == {"vendor_name", "data"}:
        return _older_extension(value, name, losses)
    found = {}
    for key, item in value.items():
        if key == "datatype":
            losses.add(name, f"its data type {item}: 0.1.1 has none")
        elif key == "ai_context":
            found[key] = item
        else:
            found[key] = _older(item, name, losses)
    return {key: item for key, item in found.items() if key != "custom_extensions" or item}


def _older_extension(entry: Mapping[str, str], name: str, losses: Losses) -> dict[str, str] | None:
    if entry["vendor_name"] == VENDOR:
        data = json.dumps({_OUR_KEY: json.loads(entry["data"])}, separators=(",", ":"))
        return {"vendor_name": _SHARED, "data": data}
    if entry["vendor_name"] in _OLD_VENDORS:
        return dict(entry)
    losses.add(name, f"the extension of {entry['vendor_name']}: 0.1.1 does not know the vendor")
    return None


def read_ossie(path: Path) -> tuple[list[SemanticModel], tuple[Loss, ...]]:
    """Return the models of an Ossie file, YAML or JSON, of any version. Errors: ProjectErrors, ModelError.

    What a version before 0.2 said of its own dialects and vendors is left out, and said.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError("The file cannot be read.", place=str(path)) from error
    document = _plain(parse_yaml(text))  # JSON is YAML
    if not isinstance(document, Mapping):
        raise ModelError("The file is no Ossie document: it should hold `semantic_model`.", place=str(path))
    losses = Losses()
    for key in ("dialects", "vendors"):
        if key in document:
            losses.add(path.name, f"its list of {key}, which Ossie no longer has")
    bodies = document.get("semantic_model", [document])
    if not isinstance(bodies, list) or not bodies:
        raise ModelError("The file holds no semantic model.", place=str(path))
    models = [_model(_newer(body), path) for body in bodies]
    return models, losses.listed()


def _model(body: Any, path: Path) -> SemanticModel:
    document = {"version": CURRENT_VERSION, "semantic_model": [body]}
    return SemanticModel.from_document(SemanticDocument(path.stem, Place(str(path)), document))


def _newer(value: Any) -> Any:
    """Bring our extensions back from under COMMON."""
    if isinstance(value, list):
        return [_newer(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"vendor_name", "data"} and value["vendor_name"] == _SHARED:
        try:
            data = json.loads(value["data"])
        except ValueError:
            return dict(value)
        if isinstance(data, dict) and set(data) == {_OUR_KEY}:
            ours = json.dumps(data[_OUR_KEY], ensure_ascii=True, separators=(",", ":"))
            return {"vendor_name": VENDOR, "data": ours}
    return {key: item if key == "ai_context" else _newer(item) for key, item in value.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
