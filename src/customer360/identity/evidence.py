"""Say in words why two records are, or are not, one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customer360.identity.comparisons import COMPARISONS, NULL
from customer360.identity.model import Model
from customer360.identity.settings import Settings


def sql(model: Model) -> str:
    """Return SQL over ``scored`` for one line: ``first_name: exact (+7.6); email: exact (+20.1)``, in bits."""
    parts = []
    for comparison in COMPARISONS:
        whens = " ".join(
            f"WHEN {comparison.number(level.name)} THEN '{comparison.name}: {level.name}"
            f" ({model.weight(comparison.name, level.name):+.1f})'"
            for level in comparison.levels
        )
        parts.append(f"CASE gamma_{comparison.name} {whens} END")
    return f"concat_ws('; ', {', '.join(parts)})"


def because(rule: int, veto: int, probability: float, settings: Settings) -> str:
    """Return what decides a pair."""
    if veto:
        return f"kept apart: {settings.vetoes[veto - 1].name}"
    if rule:
        return f"rule: {settings.rules[rule - 1].name}"
    if probability >= settings.link_probability:
        return "likely enough"
    return "not likely enough"


def lines(gammas: Mapping[str, int], model: Model) -> list[dict[str, Any]]:
    """Return one row per comparison: its name, the level found and its weight in bits."""
    rows = []
    for comparison in COMPARISONS:
        level = comparison.level(gammas[comparison.name])
        weight = 0.0 if level == NULL else model.weight(comparison.name, level)
        rows.append({"comparison": comparison.name, "level": level, "weight": round(weight, 2)})
    return rows
