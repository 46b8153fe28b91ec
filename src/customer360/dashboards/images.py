"""Turn a widget's specification into SVG or PNG on the server, for downloads, reports and pages without JavaScript."""

from __future__ import annotations

import copy

from customer360.dashboards.theme import PALETTES, Mode, Spec, paint

VEGA_LITE = "6.4"
WIDTH = 640
SCALE = 2.0
"""Pixels of a PNG per pixel of the page."""
_PADDING = 16


def _fixed(spec: Spec, mode: Mode, width: int, padding: int = _PADDING) -> Spec:
    image = copy.deepcopy(paint(spec, mode))
    image["width"] = width
    image["background"] = PALETTES[mode]["surface"]
    image["padding"] = padding
    image["config"]["padding"] = padding
    return image


def svg(spec: Spec, *, mode: Mode = "light", width: int = WIDTH, padding: int = _PADDING) -> str:
    """Return the chart as SVG text, without reading anything from the network."""
    import vl_convert

    image = _fixed(spec, mode, width, padding)
    done: str = vl_convert.vegalite_to_svg(image, vl_version=VEGA_LITE, allowed_base_urls=[])
    return done


def png(spec: Spec, *, mode: Mode = "light", width: int = WIDTH, scale: float = SCALE) -> bytes:
    """Return the chart as a PNG file, without reading anything from the network."""
    import vl_convert

    done: bytes = vl_convert.vegalite_to_png(
        _fixed(spec, mode, width), vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[]
    )
    return done
