"""What somebody waits for who opens the executive page: first paint, all charts drawn, and the server's part of it.

C360_BENCH_PROJECT names a built project; without it ShopFlow of C360_BENCH_CUSTOMERS (300, or a size such as xlarge) is
made. The server's part is measured over C360_BENCH_LINES (10,000,000) sales lines of the model of
``benchmarks.metrics``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import closing
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode, urlsplit

from benchmarks.metrics import AS_OF, LINES, TABLES, model
from benchmarks.timing import seconds
from benchmarks.web import PROJECT, memory, percentile, served
from customer360.names import Relation
from customer360.project.starter import create_project
from customer360.semantic.write import to_document
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import open_project

SIZE = os.environ.get("C360_BENCH_CUSTOMERS", "300")
ROUNDS = 5
REQUESTS = 60

WATCH = """
new MutationObserver(() => {
  if (document.documentElement.dataset.charts === "drawn") window.drawnAt ??= performance.now();
}).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-charts"]});
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
WAITED = "performance.getEntriesByType('navigation')[0].responseStart"

KPIS = ("revenue", "orders", "buyers", "average_line")
WIDGETS = [
    *({"name": name, "title": name, "chart": "kpi", "query": {"metrics": [name]}} for name in KPIS),
    ("by_month", "line", "revenue", {"name": "calendar.day", "grain": "month"}),
    ("by_segment", "pie", "revenue", {"name": "customer.segment"}),
    ("by_region", "bar", "buyers", {"name": "customer.region"}),
    ("by_category", "bar", "units", {"name": "product.category"}),
]
FILTERS = ["date", "customer.segment", "customer.region"]


def page() -> str:
    """Return the section of the bench page."""
    return f"{_in_a_browser()}\n\n{_on_the_server()}"


def _in_a_browser() -> str:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "shopflow"
        if not PROJECT:
            create_project(root, template="shopflow", name="demo")
            write_files(ShopFlow.of(int(SIZE) if SIZE.isdecimal() else SIZE), root / "data")
            with closing(open_project(root)) as workspace:
                workspace.run()
        with served(Path(PROJECT) if PROJECT else root) as (address, _):
            _taken(f"{address}/")  # the server has filled the page by then
            opened = _opened(f"{address}/")
    lines = [
        "## The executive page in Chromium",
        "",
        f"ShopFlow ({PROJECT or SIZE}), server and browser on this machine, median (and worst) of {ROUNDS}.",
        "",
        "| what | first visit ms | again ms | wanted ms |",
        "|---|---|---|---|",
    ]
    for number, (what, bar) in enumerate((("first byte", ""), ("first paint", "500"), ("all charts drawn", "1,500"))):
        shown = (f"{median(taken):.0f} ({max(taken):.0f})" for taken in zip(*opened[number], strict=True))
        lines.append(f"| {what} | {' | '.join(shown)} | {bar} |")
    return "\n".join(lines)


def _opened(url: str) -> list[list[tuple[float, float]]]:
    """Return for first byte, first paint and all charts: milliseconds with an empty cache, and of the next visit."""
    from playwright.sync_api import sync_playwright

    found: list[list[tuple[float, float]]] = [[], [], []]
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with (
        sync_playwright() as driver,
        closing(driver.chromium.launch(executable_path=path, args=["--no-sandbox"])) as it,
    ):
        for _ in range(ROUNDS):
            context = it.new_context(viewport={"width": 1440, "height": 900})
            tab = context.new_page()
            tab.add_init_script(WATCH)
            visits = []
            for _ in range(2):
                tab.goto(url)
                tab.wait_for_function("window.drawnAt !== undefined")
                visits.append([tab.evaluate(each) for each in (WAITED, PAINTED, "window.drawnAt")])
            context.close()
            for kept, first, again in zip(found, *visits, strict=True):
                kept.append((first, again))
    return found


def _on_the_server() -> str:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _fill(root)
        with served(root) as (address, process):
            _taken(f"{address}/")
            kept = [_taken(f"{address}/") for _ in range(REQUESTS)]
            periods = [_taken(f"{address}/?{_period(number)}") for number in range(REQUESTS)]
            now, most = memory(process)
    rows = [("the page, filled before", kept), ("the page for a period never asked for", periods)]
    lines = [
        f"## The server's part over {LINES:,} sales lines",
        "",
        f"Eight widgets, {REQUESTS} requests each; server memory {now:.0f} MB, {most:.0f} at most.",
        "",
        "| request | median ms | p95 ms | wanted ms |",
        "|---|---|---|---|",
    ]
    for what, taken in rows:
        lines.append(f"| {what} | {1000 * median(taken):.1f} | {1000 * percentile(taken, 0.95):.1f} | 100 |")
    return "\n".join(lines)


def _period(number: int) -> str:
    start = date(2022, 1, 1) + timedelta(7 * number)
    return urlencode({"from": start.isoformat(), "to": (start + timedelta(180)).isoformat()})


def _fill(root: Path) -> None:
    """Make a project of the sales lines with a dashboard as an executive has it."""
    (root / "semantic").mkdir()
    (root / "dashboards").mkdir()
    (root / "c360.yaml").write_text(f"name: bench\nlabel: Bench\nas_of: {AS_OF}\n", encoding="utf-8")
    (root / "semantic" / "bench.yaml").write_text(json.dumps(to_document(model("sale_date"))), encoding="utf-8")
    widgets = [
        each
        if isinstance(each, dict)
        else {
            "name": each[0],
            "title": each[0],
            "chart": each[1],
            "query": {"metrics": [each[2]], "dimensions": [each[3]]},
        }
        for each in WIDGETS
    ]
    board = {"title": "Executive", "filters": FILTERS, "widgets": widgets}
    (root / "dashboards" / "executive.yaml").write_text(json.dumps(board), encoding="utf-8")
    parts = [statement.partition(" AS ") for statement in TABLES.split(";") if "CREATE TABLE" in statement]
    selects = {before.rpartition(".")[2]: select for before, _, select in parts}
    (root / "products" / "gold").mkdir(parents=True)
    for table, select in selects.items():
        file = root / "products" / "gold" / table
        file.with_suffix(".sql").write_text(f"-- One row per {table}.\n{select}\n", encoding="utf-8")
        file.with_suffix(".odcs.yaml").write_text(json.dumps(_contract(table)), encoding="utf-8")
    with closing(open_project(root)) as workspace, workspace.engine.publish(note="bench") as publication:
        publication.create_schema("gold")
        for table, select in selects.items():
            publication.create_table_as(Relation("gold", table), select)


def _contract(table: str) -> dict[str, object]:
    columns = [{"name": "any", "physicalType": "VARCHAR", "logicalType": "string"}]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"c360:gold:{table}",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": table, "properties": columns}],
    }


def _taken(url: str) -> float:
    """Return how long the server takes for a page, and fail unless it is one."""
    parts = urlsplit(url)

    def fetched() -> None:
        with closing(HTTPConnection(str(parts.hostname), parts.port, timeout=600)) as connection:
            connection.request("GET", f"{parts.path}?{parts.query}", headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status

    return seconds(fetched)
