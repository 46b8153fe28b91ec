"""The page in a real browser: drawn under its policy, nothing asked from elsewhere, usable by all at every width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web.browsing import MARKS, WIDTHS, Watched, chromium, violations, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def desk(browser: Browser) -> Iterator[Watched]:
    found = watched(browser)
    yield found
    found.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_charts_are_drawn_within_the_page_and_the_policy(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    watch = watched(browser, width, scheme)
    page = watch.open(address)
    assert page.evaluate("document.documentElement.dataset.charts") == "drawn"
    plots = page.locator(".plot")
    assert plots.count() == 6
    for plot in plots.all():
        assert plot.locator("svg, canvas").count() == 1
        box = plot.bounding_box()
        assert box is not None
        assert box["width"] > 80
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert watch.complaints == []
    assert {url.split("/static/")[0].rstrip("/") for url in watch.requests if not url.startswith("data:")} == {address}
    page.context.close()


def test_a_chart_takes_the_colours_of_the_night(browser: Browser, address: str) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        watch = watched(browser, scheme=scheme)
        page = watch.open(address)
        colours[scheme] = page.locator("#category_performance svg .mark-rect path").first.get_attribute("fill")
        page.context.close()
    from customer360.dashboards.theme import PALETTES

    assert colours == {"light": PALETTES["light"]["accent"], "dark": PALETTES["dark"]["accent"]}


def test_the_toggle_is_remembered_without_a_flash(desk: Watched, address: str) -> None:
    page = desk.open(address)
    assert page.evaluate("document.documentElement.dataset.theme ?? null") is None
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    desk.wait()
    html = page.request.get(address).text()
    assert '<html lang="en" data-theme="dark">' in html  # the server writes it, so the first paint is dark already
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert desk.complaints == []


def test_the_keyboard_reaches_everything(desk: Watched, address: str) -> None:
    page = desk.open(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        name = page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", name
        reached.add(name)
    assert {"3 months", "Apply", "Data of Customers", "Data of Recency and frequency"} <= reached


def test_the_data_open_and_close_by_keyboard(desk: Watched, address: str) -> None:
    page = desk.open(address)
    summary = page.locator("#category_performance summary").first
    panel = page.locator("#category_performance .panel")
    summary.focus()
    page.keyboard.press("Enter")
    assert panel.is_visible()
    assert "Net sales of all order lines." in panel.inner_text()
    assert "Grocery" in panel.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Data of Revenue by category"


def test_filters_work_by_form_and_by_chip(desk: Watched, address: str) -> None:
    page = desk.open(address)
    page.get_by_label("From", exact=True).fill("2024-01-01")
    page.get_by_label("to", exact=True).fill("2024-03-31")
    page.get_by_label("Country", exact=True).select_option("US")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/?from=2024-01-01&to=2024-03-31&country=US&category=")
    desk.wait()
    assert page.locator("#average_order_value .trend").inner_text().endswith("vs 1 Oct \N{EN DASH} 31 Dec 2023")
    page.get_by_role("link", name="Remove filter Country: US").click()
    page.wait_for_url("**/?from=2024-01-01&to=2024-03-31")
    page.get_by_role("link", name="All time").click()
    page.wait_for_url(f"{address}/")
    assert desk.complaints == []


def test_a_tooltip_has_the_full_figure(desk: Watched, address: str) -> None:
    page = desk.open(address)
    page.locator("#category_performance svg .mark-rect path").first.hover()
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert "Grocery" in tooltip.inner_text()
    assert desk.complaints == []


def test_without_javascript_pictures_and_tables_stand_in(browser: Browser, address: str) -> None:
    watch = watched(browser, javascript=False)
    watch.page.goto(address)
    pictures = watch.page.locator("figure img")
    assert pictures.count() == 6
    assert all(picture.evaluate("image => image.complete && image.naturalWidth > 0") for picture in pictures.all())
    watch.page.locator("#monthly_revenue summary").first.click()
    assert "Oct 2024" in watch.page.locator("#monthly_revenue .panel").inner_text()
    watch.page.get_by_role("button", name="Switch between light and dark").click()
    assert watch.page.locator("html").get_attribute("data-theme") == "dark"
    assert watch.page.url == f"{address}/"
    watch.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/docs/api", "/nowhere"])
def test_axe_finds_nothing(browser: Browser, address: str, path: str, scheme: str) -> None:
    watch = watched(browser, scheme=scheme)
    page = watch.open(address + path)
    for summary in page.locator("details.more summary").all()[:1]:
        summary.click()
    assert violations(page) == ""
    page.context.close()


def test_a_click_on_a_bar_filters_the_page_and_a_second_takes_it_back(desk: Watched, address: str) -> None:
    page = desk.open(address)
    page.locator("#category_performance svg .mark-rect path").first.click()
    page.wait_for_url("**/?category=Grocery")
    assert page.get_by_role("link", name="Remove filter Category: Grocery").is_visible()
    desk.wait()
    page.locator("#category_performance svg .mark-rect path").first.click()
    page.wait_for_url(f"{address}/")
    assert desk.complaints == []


def test_the_menu_opens_by_keyboard_and_closes_with_escape(desk: Watched, address: str) -> None:
    page = desk.open(address)
    page.locator(".menu > summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="Data products").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Data products").is_visible()


def test_a_board_is_made_and_arranged_by_keyboard_and_the_focus_stays(desk: Watched, address: str) -> None:
    page = desk.open(f"{address}/dashboards")
    page.locator("#title").focus()
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    for dimension in ("Category", "Channel"):
        page.wait_for_load_state("load")
        page.locator("#tile-m0").focus()
        page.keyboard.type("Revenue")
        page.locator("#tile-d0").focus()
        page.keyboard.type(dimension)
        page.keyboard.press("Enter")
        page.locator("#tile button.primary").press("Enter")
    page.wait_for_load_state("load")
    headings = page.locator(".grid h2")
    assert headings.all_inner_texts() == ["Revenue by category", "Revenue by channel"], "a title says what it is by"
    for move, order in (("back", ["Revenue by channel", "Revenue by category"]), ("on", None)):
        page.get_by_label(f"Move Revenue by channel {move}", exact=True).press("Enter")
        page.wait_for_load_state("load")
        page.wait_for_selector('form.tools button:focus[aria-label^="Move Revenue by channel"]')
        assert headings.all_inner_texts() == (order or ["Revenue by category", "Revenue by channel"])
    assert desk.complaints == []


def test_only_attributes_that_a_metric_can_be_split_by_are_offered(browser: Browser, address: str) -> None:
    watch = watched(browser, 390, "dark")
    page = watch.open(f"{address}/dashboards")
    page.fill("#title", "On the phone")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.select_option("#tile-d0", label="Category")
    page.select_option("#tile-m0", label="Lifetime value")
    assert page.locator("#tile-d0").input_value() == ""
    assert page.locator("[data-impossible]").inner_text().endswith(": Category")
    offered = page.locator("#tile-d0 optgroup:not([disabled])").evaluate_all("each => each.map(one => one.label)")
    assert offered == ["Customer", "Customer state"]
    page.select_option("#tile-f", label="Segment")
    page.wait_for_selector("#tile-known option", state="attached")
    assert "Champions" in page.locator("#tile-known option").evaluate_all("each => each.map(one => one.value)")
    assert violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert watch.complaints == []
    page.context.close()
