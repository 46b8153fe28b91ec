"""Write the metric catalogue: one page that says what every figure and every dimension of a model means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.semantic.describe import describe, describe_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.describe import DimensionDescription, MetricDescription
    from customer360.semantic.model import SemanticModel

_ADDS_UP = {
    "additive": "values add up",
    "semi_additive": "values add up, but not over time",
    "non_additive": "computed anew for every group; values are never added",
}
_SHOWN = 12


def catalogue(model: SemanticModel, *, is_brief: bool = False) -> str:
    """Return the catalogue of a model as Markdown; a brief one has tables only. The same model gives the same text."""
    metrics, dimensions = describe(model), describe_dimensions(model)
    lines = [f"# Metrics of {model.name.replace('_', ' ')}", ""]
    if model.description:
        lines += [model.description, ""]
    lines += [f"{len(metrics)} metrics, {len(dimensions)} dimensions. Written by `c360 semantic catalogue`.", ""]
    if is_brief:
        lines += ["| metric | means | also called |", "|---|---|---|"]
        lines += [f"| `{m.name}` | {_cell(m.description)} | {_called(m.synonyms)} |" for m in metrics]
        lines += [""]
    else:
        lines += ["| metric | unit | means |", "|---|---|---|"]
        lines += [f"| [{m.label}](#{m.name}) | {_cell(m.unit)} | {_cell(m.description)} |" for m in metrics]
        lines += ["", "## Metrics", ""]
        for metric in metrics:
            lines += _metric(metric)
    lines += ["## Dimensions", "", "| dimension | type | means | also called | values |", "|---|---|---|---|---|"]
    lines += [_dimension(dimension) for dimension in dimensions]
    return "\n".join(lines) + "\n"


def _metric(metric: MetricDescription) -> Iterator[str]:
    yield f"### {metric.name}"
    yield ""
    yield f"**{metric.label}.** {metric.description or ''}".strip()
    yield ""
    facts = {
        "formula": _code(metric.expression),
        "counts": f"{', '.join(metric.bases)} ({metric.grain})",
        "only where": "; ".join(_code(text) for text in metric.filters),
        "unit": metric.unit or "",
        "adding up": _ADDS_UP[metric.additivity],
        "time": _code(metric.time_field or ""),
        "also called": _called(metric.synonyms),
        "by": _some(metric.dimensions),
        "better": metric.better if metric.better in ("up", "down") else "",
        "owner": metric.owner or "",
        "status": metric.status or "",
        "checked by": _code(metric.check_sql or ""),
    }
    yield "| | |"
    yield "|---|---|"
    for name, value in facts.items():
        if value:
            yield f"| {name} | {value} |"
    yield ""


def _dimension(dimension: DimensionDescription) -> str:
    kind = "time" if dimension.is_time else (dimension.datatype or "")
    names = ", ".join(_code(name) for name in (dimension.name, *dimension.roles))
    values = _some(dimension.values)
    cells = (names, kind, _cell(dimension.description), _called(dimension.synonyms), values)
    return f"| {' | '.join(cells)} |"


def _called(words: tuple[str, ...]) -> str:
    """Return the first of many words; questions know them all."""
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(_code(name) for name in names[:_SHOWN]) + more


def _code(text: str) -> str:
    plain = _cell(" ".join(text.split()))
    return f"`{plain}`" if plain else ""


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")
