"""Name every colour, font and axis rule of a chart once, for light and for dark.

A specification is written with colour *tokens* (``@accent``, ``@risk-high``); ``paint`` replaces them by the colours of
one mode. So a chart is filled once, and the browser, a PNG and a report choose light or dark afterwards. The style
sheet of the web app repeats the tokens that it needs; a test keeps both equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from customer360.dashboards.locales import writing

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["light", "dark"]
Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

FONT = 'Inter, "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif'

LIGHT: Mapping[str, str] = {
    "canvas": "#f5f6f8",
    "surface": "#ffffff",
    "ink": "#17202e",
    "muted": "#586274",
    "line": "#e1e5eb",
    "grid": "#eceff3",
    "accent": "#3d52c4",
    "accent-soft": "#dfe3f8",
    "good": "#16703c",
    "bad": "#b3261e",
    "none": "#a9b1bd",
    # Risk is an ordered scale, so it is one ramp of growing weight and owns the warm hues.
    "risk-low": "#c48a14",
    "risk-medium": "#bb4f0e",
    "risk-high": "#75140c",
    # Customer segments, best to worst: teal = loyal, sky = new, violet = cooling, magenta = urgent, slate = gone.
    "segment-champion": "#094a40",
    "segment-loyal": "#218b77",
    "segment-growing": "#5ebaa4",
    "segment-new": "#237cb8",
    "segment-promising": "#71b3da",
    "segment-attention": "#67358c",
    "segment-sleeping": "#a08ee5",
    "segment-risk": "#b8368e",
    "segment-urgent": "#5e004a",
    "segment-hibernating": "#8b99ab",
    "segment-lost": "#4a5466",
    # Any other category: hues of their own, told apart by lightness as well.
    "category-1": "#317347",
    "category-2": "#895929",
    "category-3": "#7fae3c",
    "category-4": "#b18dae",
    "category-5": "#456c82",
    "category-6": "#c0a76a",
    "category-7": "#6a4a5e",
    "category-8": "#95a79f",
}

DARK: Mapping[str, str] = {
    "canvas": "#0e131b",
    "surface": "#161d28",
    "ink": "#e8ecf2",
    "muted": "#9aa6b8",
    "line": "#2a3443",
    "grid": "#232c3a",
    "accent": "#8c9eff",
    "accent-soft": "#27305a",
    "good": "#5fce8b",
    "bad": "#ff8a80",
    "none": "#5b6678",
    "risk-low": "#7d6330",
    "risk-medium": "#cc7a2c",
    "risk-high": "#ff8a75",
    "segment-champion": "#b5f2e4",
    "segment-loyal": "#59d1b8",
    "segment-growing": "#37997c",
    "segment-new": "#40b6fc",
    "segment-promising": "#2d7fb5",
    "segment-attention": "#d9c1ff",
    "segment-sleeping": "#8365d1",
    "segment-risk": "#f98cd4",
    "segment-urgent": "#b01f71",
    "segment-hibernating": "#909aa5",
    "segment-lost": "#6c7b93",
    "category-1": "#7bc88c",
    "category-2": "#c99769",
    "category-3": "#b5db78",
    "category-4": "#dec2da",
    "category-5": "#81a9c1",
    "category-6": "#f3e1b0",
    "category-7": "#a98399",
    "category-8": "#d0e2d4",
}

PALETTES: Mapping[Mode, Mapping[str, str]] = {"light": LIGHT, "dark": DARK}

_UNPAINTED = frozenset({"data", "datasets", "domain"})
"""Parts of a specification that hold values, not colours: a customer called "@accent" stays what she is."""


def config(currency: str) -> Spec:
    """Return the Vega-Lite ``config`` of every chart, with colour tokens."""
    text = {"labelColor": "@muted", "titleColor": "@muted", "labelFontSize": 12, "titleFontSize": 12}
    return {
        "aria": False,  # the figure around the chart carries one sentence; a label per mark only makes noise
        "background": None,
        "font": FONT,
        "padding": {"left": 0, "right": 2, "top": 2, "bottom": 5},  # descenders of axis titles overhang
        "view": {"stroke": None},
        "axis": {
            **text,
            "domain": False,
            "ticks": False,
            "gridColor": "@grid",
            "labelPadding": 6,
            "titleFontWeight": "normal",
            "titlePadding": 10,
        },
        "axisX": {"grid": False},
        "legend": {
            **text,
            "labelColor": "@ink",
            "layout": {"right": {"anchor": "middle"}},
            "rowPadding": 5,
            "symbolSize": 90,
            "symbolType": "circle",
            "title": None,
        },
        "text": {"font": FONT, "color": "@ink"},
        "locale": writing().for_vega(currency),
    }


def paint(spec: Mapping[str, Any], mode: Mode) -> Spec:
    """Return the specification with every colour token replaced by its colour in this mode."""
    palette = PALETTES[mode]

    def painted(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: value if key in _UNPAINTED else painted(value) for key, value in part.items()}
        if isinstance(part, list):
            return [painted(item) for item in part]
        if isinstance(part, str) and part.startswith("@"):
            return palette.get(part[1:], part)
        return part

    return {key: value if key in _UNPAINTED else painted(value) for key, value in spec.items()}
