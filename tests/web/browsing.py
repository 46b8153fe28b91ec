"""Drive Debian's Chromium and note what goes wrong on a page."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (test extra), so no browser can be driven")

from playwright.sync_api import Browser, Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHROMIUM", "MARKS", "WIDTHS", "Watched", "chromium", "expect", "violations", "watched"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (scripts/install_browser.sh)"),
]

WIDTHS = (1440, 768, 390)
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        self.page.goto(url)
        self.wait()
        return self.page

    def wait(self) -> None:
        self.page.wait_for_function("document.documentElement.dataset.charts !== 'drawing'")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser that asks nothing of the network by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def watched(browser: Browser, width: int = 1440, scheme: str = "light", *, javascript: bool = True) -> Watched:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=javascript,
    )
    found = Watched(context.new_page())
    found.page.on(
        "console",
        lambda message: found.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    return found


def violations(page: Page) -> str:
    """Return what axe finds wrong with a page, in words; nothing when it finds nothing."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed (test extra)"
    )
    found = axe.Axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""
