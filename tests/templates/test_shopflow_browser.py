"""ShopFlow's pages in a real browser: at every width, light and dark, by keyboard, without a request to elsewhere."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn
from tests.web.browsing import MARKS, WIDTHS, Watched, chromium, expect, violations, watched

from customer360.dashboards.own import OwnBoards
from customer360.semantic.principal import OWNER
from customer360.web.app import create_app
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from tests.templates.conftest import Built

pytestmark = MARKS

PAGES = (
    "/",
    "/dashboards/segments",
    "/dashboards/behaviour",
    "/dashboards/care",
    "/dashboards/inventory",
    "/customers",
    "/customers?q=nobody+is+called+so",
    "/customers/{best}",
    "/identity",
    "/runs",
    "/catalogue",
    "/ask?q=revenue+by+segment",
)

QUIETER_PAGES = (
    "/ask",
    "/ask/asked",
    "/dashboards",
    "{own}",
    "{own}/edit",
    "/audiences",
    "/audiences/win_back",
    "/audiences/new?what0=metric:order_count&op0=%3E%3D&value0=2",
    "/lineage",
    "/lineage?of=gold.gold_sales_fact&steps=2",
    "/lineage?of=customer_360.customer_360&column=email",
    "/metrics/average_order_value",
    "/glossary",
    "/quality",
    "/catalogue/gold.gold_sales_fact?rows=10",
    "/admin",
)
"""Pages of the same parts: looked at in one window, in the colours of the day or of the night in turn, wide and narrow."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(shopflow: Built) -> Iterator[str]:
    """The address of a running server that shows personal columns."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    app = create_app(Workspace(shopflow.project, shopflow.engine), local=OWNER)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="module")
def best(shopflow: Built) -> str:
    return str(
        shopflow.value(
            "SELECT customer_id FROM customer_360.customer_360 ORDER BY total_lifetime_value DESC, customer_id LIMIT 1"
        )
    )


@pytest.fixture(scope="module")
def own(shopflow: Built) -> str:
    """The address of a dashboard that somebody made."""
    tiles = [
        {"name": "now", "title": "Revenue", "chart": "kpi", "query": {"metrics": ["revenue"]}},
        {
            "name": "by_segment",
            "title": "Revenue by segment",
            "chart": "bar",
            "query": {"metrics": ["revenue"], "dimensions": [{"name": "customer.segment"}]},
        },
    ]
    board = OwnBoards(shopflow.root).create("local", {"title": "Mine", "filters": ["date"], "widgets": tiles})
    return f"/dashboards/{board.name}"


def fits(page: Page) -> bool:
    """Say whether nothing has to be scrolled sideways; a chart takes a moment to follow its card."""
    for _ in range(40):
        if page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            return True
        page.wait_for_timeout(200)
    return False


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_every_width_and_axe_finds_nothing(browser: Browser, address: str, best: str, path: str) -> None:
    watch = watched(browser)
    page = watch.open(address + path.format(best=best))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        watch.wait()
        assert violations(page) == "", scheme
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), width
    assert watch.complaints == []
    assert {url.split("/static/")[0] for url in watch.requests if not url.startswith((address, "data:"))} == set()
    page.context.close()


@pytest.mark.parametrize("path", ["/", "/dashboards/care"])
def test_on_paper_nothing_is_wider_than_its_card(desk: Watched, address: str, path: str) -> None:
    """A4 on its side less its margins is 1,032 pixels wide; charts were drawn for the screen, wide or narrow."""
    wider = """[...document.querySelectorAll('.card')].filter(card => [...card.querySelectorAll('svg, canvas, table')]
        .some(each => each.getBoundingClientRect().right > card.getBoundingClientRect().right + 1)).map(card => card.id)"""
    desk.page.set_viewport_size({"width": 1440, "height": 900})
    page = desk.open(address + path)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 700})
    assert page.evaluate(wider) == []
    page.emulate_media(media="screen")


def test_axe_finds_nothing_on_any_other_page(desk: Watched, address: str, own: str) -> None:
    for number, path in enumerate(QUIETER_PAGES):
        desk.page.set_viewport_size({"width": 1440, "height": 900})
        desk.page.emulate_media(color_scheme=("light", "dark")[number % 2])  # type: ignore[arg-type]
        page = desk.open(address + path.format(own=own))
        assert violations(page) == "", path
        page.set_viewport_size({"width": 390, "height": 900})
        assert fits(page), path
    assert desk.complaints == []


@pytest.fixture
def desk(browser: Browser) -> Iterator[Watched]:
    found = watched(browser)
    yield found
    found.page.context.close()


def test_a_customer_is_found_by_keyboard_while_typing(desk: Watched, address: str, shopflow: Built, best: str) -> None:
    surname = shopflow.value(f"SELECT last_name FROM customer_360.customer_360 WHERE customer_id = '{best}'")
    page = desk.open(f"{address}/customers")
    box = page.get_by_role("combobox")
    box.focus()
    page.keyboard.type(surname)
    option = page.get_by_role("option").first
    option.wait_for()
    assert surname in page.get_by_role("listbox").inner_text()
    page.keyboard.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/P*")
    assert surname in page.locator("h1").inner_text()
    assert desk.complaints == []


def test_a_journey_from_the_executive_page_to_a_timeline(desk: Watched, address: str, best: str) -> None:
    page = desk.open(address)
    page.locator("#top_customers").get_by_role("link").first.click()
    page.wait_for_url(f"**/customers/{best}")
    page.get_by_role("link", name="Purchase").click()
    page.wait_for_url("**kind=purchase#timeline")
    kinds = page.locator(".events b").all_inner_texts()
    assert set(kinds) == {"Purchase"}
    page.get_by_text("Why they belong together").click()
    assert desk.complaints == []


def test_a_search_works_without_javascript(browser: Browser, address: str, best: str) -> None:
    watch = watched(browser, javascript=False)
    watch.page.goto(f"{address}/customers")
    watch.page.get_by_label("Name, e-mail address, phone number, customer id or record").fill(best)
    watch.page.get_by_role("button", name="Search").click()
    watch.page.locator(f'a[href="/customers/{best}"]').click()
    assert watch.page.locator(".events li").count() > 0
    watch.page.context.close()


def test_the_size_of_an_audience_follows_what_one_chooses(desk: Watched, address: str, shopflow: Built) -> None:
    page = desk.open(f"{address}/audiences/new")
    page.locator("#what0").select_option("field:customer.segment")
    page.locator("#value0").fill("VIP")
    expected = shopflow.value("SELECT count(*) FROM customer_360.customer_360 WHERE gold_segment = 'VIP'")
    expect(page.locator("#size .figure")).to_have_text(f"{expected:,}")
    page.get_by_label("Name").fill("VIPs")
    page.get_by_label("What for").fill("a look")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/audiences/own_vips")
    assert "Segment is VIP" in page.locator("main").inner_text()
    assert desk.complaints == []


def test_a_dashboard_is_edited_by_keyboard(desk: Watched, address: str, own: str) -> None:
    page = desk.open(f"{address}{own}/edit")
    order = [card.get_attribute("id") for card in page.locator(".grid > .card").all()]
    page.get_by_role("button", name="Move Revenue on", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#now")
    assert [card.get_attribute("id") for card in page.locator(".grid > .card").all()] == order[::-1]
    assert desk.complaints == []


def test_a_tile_is_dragged_to_another_place_and_escape_leaves_it(desk: Watched, address: str, own: str) -> None:
    page = desk.open(f"{address}{own}/edit")
    order = [card.get_attribute("id") for card in page.locator(".grid > .card").all()]

    def drag() -> None:
        there = page.locator(".grid > .card").last.bounding_box()
        assert there is not None
        page.locator("[data-grip]").first.hover()
        page.mouse.down()
        page.mouse.move(there["x"] + there["width"] - 20, there["y"] + 40, steps=4)

    drag()
    page.keyboard.press("Escape")
    page.mouse.up()
    assert [card.get_attribute("id") for card in page.locator(".grid > .card").all()] == order
    drag()
    with page.expect_navigation():
        page.mouse.up()
    assert [card.get_attribute("id") for card in page.locator(".grid > .card").all()] == order[::-1]
    assert desk.complaints == []


def test_the_graph_is_walked_and_zoomed_by_keyboard(desk: Watched, address: str) -> None:
    page = desk.open(f"{address}/lineage?of=gold.gold_sales_fact")
    width = page.locator(".graph svg").get_attribute("width")
    page.locator(".graph a.focus").focus()
    assert page.locator(".graph .lit a.on").count() == page.locator(".graph a").count(), "all is before it or after it"
    page.keyboard.press("ArrowRight")
    after = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert after.endswith((", metric", ", table", ", audience"))
    assert page.locator(".graph .lit a:not(.on)").count() > 0, "what it does not stand on is dimmed"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "gold.gold_sales_fact, table"
    page.keyboard.press("+")
    assert float(page.locator(".graph svg").get_attribute("width") or 0) == float(width or 0) * 1.25
    page.get_by_role("button", name="Fit").click()
    page.keyboard.press("Tab")
    page.locator(".graph a.focus").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lineage?of=*")
    assert "gold_sales_fact" in page.locator('section[aria-label="Used by"]').inner_text()
    assert desk.complaints == []
