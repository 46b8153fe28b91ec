"""Call what a model holds by the words that people know it by, in sentences about what cannot be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel


def things(name: str) -> str:
    """Return a dataset or role as words: ``sale_line`` is *sale line*."""
    return name.replace("_", " ")


def dimension_label(model: SemanticModel, field: SemanticField, owner: str | None = None) -> str:
    """Return what a dimension is called; with its dataset or role where another one is called the same."""
    alike = [each for each in model.directory.all_fields() if each.title == field.title and each.is_dimension]
    through = owner if owner is not None and owner != field.dataset else None
    return f"{field.title} ({things(through or field.dataset)})" if through or len(alike) > 1 else field.title


def labels_of(model: SemanticModel) -> Mapping[str, str]:
    """Return what people call each name that may stand in a condition: metrics, fields, datasets."""
    found = {name: things(name) for name in model.datasets}
    for field in model.directory.all_fields():
        found[field.qualified] = field.title
        if "_" in field.name:
            found.setdefault(field.name, field.title)
    return found | {metric.name: metric.title for metric in model.metrics.values()}
