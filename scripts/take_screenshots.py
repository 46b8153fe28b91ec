"""Take the documentation's screenshots of the demo project: `python scripts/take_screenshots.py demo`."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from customer360.customers import Customers
from customer360.web.server import serve
from customer360.workspace import open_project

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SHOTS = {
    "executive-light": ("/", 1440, "light"),
    "executive-dark": ("/", 1440, "dark"),
    "executive-phone": ("/", 390, "light"),
    "segments": ("/dashboards/segments", 1440, "light"),
    "behaviour": ("/dashboards/behaviour", 1440, "light"),
    "customer": ("/customers/{best}", 1440, "light"),
    "identity": ("/identity", 1440, "light"),
    "lineage": ("/lineage?of=gold.gold_web_session_fact&steps=2", 1440, "light"),
    "metric": ("/metrics/average_order_value", 1440, "light"),
    "audience-builder": (
        "/audiences/new?what0=metric:order_count&op0=%3E%3D&value0=2&what1=field:customer.segment&value1=VIP",
        1440,
        "light",
    ),
    "ask": ("/ask?q=revenue+by+segment+last+month", 1440, "light"),
}
"""Name of the picture: address, width, light or dark."""
PORT = 8399


def main() -> None:
    """Serve the project, an invented company's, as a new user sees it, and photograph its pages."""
    workspace = open_project(sys.argv[1] if len(sys.argv) > 1 else "demo")
    ready = threading.Event()
    server = threading.Thread(
        target=serve,
        args=(workspace,),
        kwargs={"port": PORT, "ready": lambda _: ready.set()},
        daemon=True,
    )
    server.start()
    ready.wait(30)
    photograph(Customers(workspace).search(limit=1).rows["customer_id"][0].as_py())


def photograph(best: str) -> None:
    """Take every picture; ``best`` is the customer whose page is shown."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-sync", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for name, (path, width, scheme) in SHOTS.items():
            page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
            page.goto(f"http://127.0.0.1:{PORT}{path.format(best=best)}")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1_500)
            page.screenshot(path=IMAGES / f"{name}.png", full_page=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
