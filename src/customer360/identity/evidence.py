"""Say in words why two records are, or are not, one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customer360.identity.comparisons import NULL, Comparison
from customer360.identity.probabilistic import Model
from customer360.identity.rules import RULES, VETOES


def sql(present: Sequence[Comparison], model: Model) -> str:
    """Return SQL over ``scored`` for one line: ``first_name: exact (+7.6); email: exact (+20.1)``, in bits."""
    parts = []
    for comparison in present:
        whens = " ".join(
            f"WHEN {comparison.number(level.name)} THEN '{comparison.name}: {level.name}"
            f" ({model.weight(comparison.name, level.name):+.1f})'"
            for level in comparison.levels
        )
        parts.append(f"CASE gamma_{comparison.name} {whens} END")
    return f"concat_ws('; ', {', '.join(parts)})" if parts else "''"


def because(rule: int, veto: int, probability: float, link_probability: float) -> str:
    """Return the sentence that decides a pair."""
    if veto:
        return f"kept apart: {VETOES[veto - 1].name}"
    if rule:
        return f"rule: {RULES[rule - 1].name}"
    if probability >= link_probability:
        return "probability"
    return "not likely enough"


def lines(gammas: Mapping[str, int], present: Sequence[Comparison], model: Model) -> list[dict[str, Any]]:
    """Return one row per comparison: its name, the level found and its weight in bits."""
    rows = []
    for comparison in present:
        level = comparison.level(gammas[comparison.name])
        weight = 0.0 if level == NULL else model.weight(comparison.name, level)
        rows.append({"comparison": comparison.name, "level": level, "weight": round(weight, 2)})
    return rows
