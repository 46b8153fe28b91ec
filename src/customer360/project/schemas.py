"""Give editors a JSON Schema for each kind of file in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.project.audiences import AudienceShape
from customer360.project.cases import CasesShape
from customer360.project.dashboards import DashboardShape
from customer360.project.glossary import GlossaryShape
from customer360.project.identity import IdentityShape
from customer360.project.models import StepShape
from customer360.project.odcs import DataContract
from customer360.project.odps import DataProduct
from customer360.project.ossie import SemanticFile
from customer360.project.settings import SettingsShape
from customer360.project.sources import SourceShape

if TYPE_CHECKING:
    from customer360.project.problems import Shape

SHAPES: dict[str, tuple[type[Shape], str]] = {
    "c360": (SettingsShape, "c360.yaml"),
    "source": (SourceShape, "sources/*.yaml"),
    "odps": (DataProduct, "products/*/product.odps.yaml"),
    "odcs": (DataContract, "**/*.odcs.yaml"),
    "step": (StepShape, "products/*/*.step.yaml"),
    "ossie": (SemanticFile, "semantic/*.yaml"),
    "dashboard": (DashboardShape, "dashboards/*.yaml"),
    "audience": (AudienceShape, "audiences/*.yaml"),
    "glossary": (GlossaryShape, "glossary.yaml"),
    "identity": (IdentityShape, "identity.yaml"),
    "case": (CasesShape, "tests/*.yaml"),
}
"""Each kind of YAML file: its format, and the files of a project that have it."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return a JSON Schema (2020-12) by file kind, each with ``x-c360-files``: the glob of the files it is for.

    They say what may stand where. What only the whole project can tell (a name that leads nowhere) is not in them.
    """
    made = {}
    for kind, (shape, files) in SHAPES.items():
        schema = _without_null(shape.model_json_schema(by_alias=True))
        made[kind] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "x-c360-files": files}
    return made


def _without_null(node: Any) -> Any:
    """Return a schema in which an optional key may be left out but not be empty, as the reader wants it."""
    if isinstance(node, list):
        return [_without_null(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    made = {key: _without_null(value) for key, value in node.items()}
    if "default" in made and made["default"] is None:
        del made["default"]
        options = [option for option in made.pop("anyOf", []) if option != {"type": "null"}]
        if len(options) == 1:
            made = {**options[0], **made}
        elif options:
            made["anyOf"] = options
    return made
