"""Colours mean one thing, keep their meaning under filters, and stay apart for colour-blind eyes."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer360.dashboards.colours import CATEGORIES, RISK, SEGMENTS, colours_of, has_order, ordered
from customer360.dashboards.theme import PALETTES, paint

if TYPE_CHECKING:
    from collections.abc import Mapping

RFM = [
    "Champions",
    "Loyal Customers",
    "Potential Loyalists",
    "New Customers",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Can't Lose Them",
    "Hibernating",
    "Lost",
]

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009).
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    lights = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as that sight sees it."""
    seen = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


def chart_colours(palette: Mapping[str, str]) -> dict[str, str]:
    return {name: c for name, c in palette.items() if re.match("(risk|segment|category)-", name)}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_two_meanings_share_a_colour(mode: str) -> None:
    palette = PALETTES[mode]
    used = [*chart_colours(palette).values(), palette["accent"], palette["good"], palette["bad"], palette["none"]]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("names", [["Low", "Medium", "High"], RFM, ["VIP", "Premium", "Loyal", "Regular", "New"]])
def test_colours_of_one_chart_stay_apart(mode: str, sight: str, names: list[str]) -> None:
    palette = PALETTES[mode]
    colours = {name: palette[token[1:]] for name, token in colours_of(names).items()}
    close = {
        (a, b): round(distance(colours[a], colours[b], sight), 1)
        for a, b in combinations(names, 2)
        if distance(colours[a], colours[b], sight) < 10
    }
    assert not close


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("sight", list(SIGHT))
def test_categories_stay_apart(mode: str, sight: str) -> None:
    colours = [PALETTES[mode][token] for token in CATEGORIES]
    assert min(distance(a, b, sight) for a, b in combinations(colours, 2)) >= 10


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_risk_grows_heavier_against_the_page(mode: str) -> None:
    weights = [contrast(PALETTES[mode][RISK[band]], PALETTES[mode]["surface"]) for band in ("low", "medium", "high")]
    assert weights == sorted(weights)
    assert weights[0] >= 2.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "good", "bad"])
def test_texts_are_readable(mode: str, text: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette[text], palette["surface"]) >= 4.5
    assert contrast(palette[text], palette["canvas"]) >= 4.5


def test_the_style_sheet_has_the_same_colours_as_the_charts() -> None:
    from customer360.web.assets import style_sheet

    css = style_sheet().decode()
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", css)
    assert len(pairs) >= 9
    for name, light, dark in pairs:
        assert (light, dark) == (PALETTES["light"][name], PALETTES["dark"][name]), name


def test_every_known_name_has_its_colour_in_both_modes() -> None:
    for token in (*RISK.values(), *SEGMENTS.values(), *CATEGORIES, "none"):
        assert token in PALETTES["light"]
    assert PALETTES["light"].keys() == PALETTES["dark"].keys()


@given(st.sets(st.sampled_from(RFM), min_size=1))
def test_a_segment_keeps_its_colour_under_every_filter(left: set[str]) -> None:
    everything = colours_of(RFM)
    assert colours_of(left) == {name: everything[name] for name in left}


@given(st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_up_to_eight_categories_differ_whatever_their_names(names: set[str]) -> None:
    found = colours_of(names)
    coloured = [token for token in found.values() if token != "@none"]
    assert len(set(coloured)) == len(coloured)


def test_names_of_no_category_are_grey() -> None:
    assert set(colours_of([None, "Unknown", "Prospect", "(none)"]).values()) == {"@none"}
    assert colours_of(["Low", "High", "Prospect"]) == {"Low": "@risk-low", "High": "@risk-high", "Prospect": "@none"}


def test_vocabularies_bring_their_order() -> None:
    assert ordered(["High", "Prospect", "Low", "Medium"]) == ["Low", "Medium", "High", "Prospect"]
    assert ordered(sorted(RFM)) == RFM
    assert ordered(["b", "a"]) == ["b", "a"]
    assert has_order(["High risk", "Low risk"])
    assert not has_order(["Online", "Store"])
    assert not has_order([None])


def test_painting_leaves_data_alone() -> None:
    spec = {
        "mark": {"color": "@accent"},
        "data": {"values": [{"name": "@accent"}]},
        "note": "@nobody",
        "n": [1, "@ink"],
    }
    painted = paint(spec, "dark")
    assert painted["mark"]["color"] == PALETTES["dark"]["accent"]
    assert painted["data"] == spec["data"]
    assert painted["note"] == "@nobody"
    assert painted["n"] == [1, PALETTES["dark"]["ink"]]
    assert spec["mark"] == {"color": "@accent"}
