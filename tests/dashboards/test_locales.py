"""Numbers and dates are written as the project's language and country do, by server and browser alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st
from tests.dashboards.test_formats import d3

from customer360.dashboards import formats
from customer360.dashboards.formats import NumberStyle, number_style
from customer360.dashboards.locales import PLAIN, named, writing, written_as
from customer360.dashboards.theme import config

LOCALES = ("en", "en_US", "de", "de_CH", "fr", "en_IN", "sv", "ja", "pl", "pt_BR")


@pytest.mark.parametrize("name", LOCALES)
@pytest.mark.parametrize("value", [0, 7.25, 1234.5678, -1234.6, 4596039.58, 0.0449])
def test_server_and_browser_write_the_same_number_everywhere(name: str, value: float) -> None:
    with written_as(name):
        for unit, format_ in (
            ("USD", ",.2f"),
            ("CHF", ",.0f"),
            ("count", ",d"),
            (None, ",.2f"),
            ("percent_0_1", ".1%"),
        ):
            style = number_style(unit, format_, is_integer=False)
            assert formats.number(value, style) == d3(value, style), (unit, format_)


@pytest.mark.parametrize("name", [name for name in LOCALES if name != PLAIN])
@given(value=st.decimals(0, 10**9, places=2))
def test_numbers_are_as_babel_writes_them(name: str, value: Decimal) -> None:
    with written_as(name):
        plain = formats.number(value, NumberStyle(",.2f"))
        money = formats.number(value, number_style("EUR", ",.2f", is_integer=False))
        share = formats.number(value / 100, NumberStyle(".0%"))
    known = named(name).name
    assert plain == format_decimal(value, format="#,##0.00" if name != "en_IN" else "#,##,##0.00", locale=known)
    assert money == format_currency(value, "EUR", locale=known)
    assert (
        share.replace(writing().thousands, "")
        == format_percent(value.to_integral_value() / 100, format=None, locale=known, group_separator=False)
        or value % 1 != 0
    )


@pytest.mark.parametrize(
    ("name", "day", "month", "days"),
    [
        ("en", "30 Nov 2024", "Nov 2024", "1 Jan \N{EN DASH} 30 Nov 2024"),
        ("en_US", "Nov 30, 2024", "Nov 2024", "Jan 1 \N{EN DASH} Nov 30, 2024"),
        ("de", "30. Nov. 2024", "Nov. 2024", "1. Jan. \N{EN DASH} 30. Nov. 2024"),
        ("ja", "2024年11月30日", "2024年11月", "1月1日 \N{EN DASH} 2024年11月30日"),
    ],
)
def test_dates_stand_in_the_local_order(name: str, day: str, month: str, days: str) -> None:
    with written_as(name):
        assert formats.day(date(2024, 11, 30)) == day
        assert formats.period(datetime(2024, 11, 30, 12, tzinfo=UTC), "month") == month
        assert formats.days_between(date(2024, 1, 1), date(2024, 11, 30)) == days


def test_a_chart_names_its_months_as_the_page_does() -> None:
    with written_as("de"):
        time = config("EUR")["locale"]["time"]
    assert (time["months"][2], time["days"][0], len(time["shortDays"])) == ("März", "Sonntag", 7)
    assert "time" not in config("EUR")["locale"]
    assert writing().name == PLAIN


def test_compact_figures_and_changes_have_local_decimals() -> None:
    with written_as("de"):
        euros = number_style("EUR", None, is_integer=False)
        assert formats.compact(4596039.58, euros) == "4,60M\N{NO-BREAK SPACE}€"
        assert formats.change(103.2, 100, euros) == "+3,2\N{NO-BREAK SPACE}%"
        assert formats.decimal(1234.5) == "1.234,50"


def test_a_locale_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="xx_YY"):
        named("xx_YY")
