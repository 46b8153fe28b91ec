from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import vl_convert

from customer360.dashboards import formats
from customer360.dashboards.formats import NumberStyle, number_style
from customer360.dashboards.theme import config


def d3(value: float, style: NumberStyle) -> str:
    """The same number as Vega writes it."""
    spec = {
        "data": {"values": [{"v": value}]},
        "mark": "text",
        "encoding": {"text": {"field": "v", "type": "quantitative", "format": style.d3}},
        "config": {"locale": config(style.currency or "USD")["locale"]},
    }
    svg = vl_convert.vegalite_to_svg(spec)
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return html.unescape(found[-1])


@pytest.mark.parametrize("value", [0, 1, 7.25, 999.99, 1234.5678, -1234.6, 4596039.58, 0.0449, -0.4, 0.71649])
@pytest.mark.parametrize(
    ("unit", "format_"),
    [("USD", ",.2f"), ("EUR", ",.0f"), ("count", ",d"), ("percent_0_1", ".1%"), (None, ",.2f"), ("days", ",.0f")],
)
def test_server_and_browser_write_the_same_number(value: float, unit: str | None, format_: str) -> None:
    style = number_style(unit, format_, is_integer=False)
    assert formats.number(value, style).removesuffix(style.suffix) == d3(value, style)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4596039.58, "USD", "$4.60M"),
        (Decimal("31400000"), "EUR", "€31.4M"),
        (49.137, "USD", "$49.14"),
        (60841.31, "USD", "$60,841"),
        (99999.6, "USD", "$100,000"),
        (123456, "count", "123k"),
        (2469, "count", "2,469"),
        (-4596039.58, "USD", "\N{MINUS SIGN}$4.60M"),
        (9_999_999_999, "count", "10.00B"),
        (0.716, "percent_0_1", "71.6%"),
        (None, "USD", formats.NOTHING),
        (float("nan"), "USD", formats.NOTHING),
        (float("inf"), "count", formats.NOTHING),
        (12.4, "CHF", "CHF\N{NARROW NO-BREAK SPACE}12.40"),
        (3.2, "days", "3.20\N{NO-BREAK SPACE}days"),
    ],
)
def test_a_figure_at_a_glance(value: object, unit: str, text: str) -> None:
    style = number_style(unit, None, is_integer=isinstance(value, int))
    assert formats.compact(value, style) == text


@pytest.mark.parametrize(
    ("new", "old", "unit", "text"),
    [
        (110, 100, "USD", "+10.0%"),
        (90, 100, "USD", "\N{MINUS SIGN}10.0%"),
        (100, 100, "USD", "0.0%"),
        (100.01, 100, "USD", "0.0%"),
        (0.716, 0.707, "percent_0_1", "+0.9\N{NO-BREAK SPACE}pt"),
        (5, 0, "USD", None),
        (5, -3, "USD", None),
        (5, None, "USD", None),
        (None, 5, "USD", None),
    ],
)
def test_a_change_is_a_share_or_points(new: object, old: object, unit: str, text: str | None) -> None:
    assert formats.change(new, old, number_style(unit, None, is_integer=False)) == text


@pytest.mark.parametrize(
    ("grain", "text"),
    [
        ("day", "30 Nov 2024"),
        ("week", "30 Nov 2024"),
        ("month", "Nov 2024"),
        ("quarter", "Q4 2024"),
        ("year", "2024"),
        (None, "30 Nov 2024"),
    ],
)
def test_a_period_is_named_at_its_grain(grain: str | None, text: str) -> None:
    assert formats.period(date(2024, 11, 30), grain) == text


def test_two_days_leave_out_what_they_share() -> None:
    assert formats.days_between(date(2024, 1, 1), date(2024, 3, 31)) == "1 Jan \N{EN DASH} 31 Mar 2024"
    assert formats.days_between(date(2023, 12, 1), date(2024, 3, 31)) == "1 Dec 2023 \N{EN DASH} 31 Mar 2024"
    assert formats.days_between(date(2024, 3, 31), date(2024, 3, 31)) == "31 Mar 2024"


def test_cells_of_every_kind_become_text() -> None:
    assert formats.text(None, None) == formats.NOTHING
    assert formats.text(True, None) == "yes"
    assert formats.text(datetime(2024, 11, 30, 6, 5, tzinfo=UTC), None) == "30 Nov 2024, 06:05"
    assert formats.text("<b>", None) == "<b>"
