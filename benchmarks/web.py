"""Many people at once: fifty signed in, each with an own session, on pages and APIs of a served ShopFlow.

C360_BENCH_USERS (50), C360_BENCH_SECONDS (120), C360_BENCH_PAUSE (1: seconds between two clicks, in the mean) and
C360_BENCH_CUSTOMERS (300) change it; C360_BENCH_PROJECT names a built project to copy instead of generating one.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from customer360.governance.office import operator
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

USERS = int(os.environ.get("C360_BENCH_USERS", "50"))
SECONDS = float(os.environ.get("C360_BENCH_SECONDS", "120"))
PAUSE = float(os.environ.get("C360_BENCH_PAUSE", "1"))
CUSTOMERS = int(os.environ.get("C360_BENCH_CUSTOMERS", "300"))
PROJECT = os.environ.get("C360_BENCH_PROJECT")
PASSWORD = "correct horse battery staple"
PATIENCE = 60

SEGMENTS = ("Champions", "Loyal Customers", "At Risk", "Hibernating", "New Customers")
CHANNELS = ("Online", "Mobile App", "In-Store", "Phone")
BOARDS = ("segments", "behaviour", "care", "inventory")
METRICS = ("revenue", "average_order_value", "order_count", "units_sold")
DIMENSIONS = ("customer.segment", "channel.channel_name", "product.category_level_1", "sales.order_date:month")
QUESTIONS = (
    "revenue by segment last month",
    "average order value by channel in 2024",
    "top 5 categories by revenue",
    "how many customers do we have?",
    "what is churn risk?",
    "cart abandonment rate by month",
    "revenue by channel for VIP customers in October 2024",
)


@dataclass
class Seen:
    """What all users met: how long each kind of request took, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, error: str | None) -> None:
        with self._lock:
            self.took[kind].append(seconds)
            if error is not None:
                self.errors[f"{kind}: {error}"] += 1


class User:
    """Somebody with a browser: one connection, one session, clicks at random."""

    def __init__(self, address: str, name: str, customers: list[str], seen: Seen) -> None:
        self._address, self._name, self._customers, self._seen = urlsplit(address), name, customers, seen
        self._random = random.Random(name)
        self._cookie = ""
        self._connection = HTTPConnection(str(self._address.hostname), self._address.port, timeout=PATIENCE)

    def work(self, until: float) -> None:
        """Sign in, and click until it is time to go home."""
        with closing(self._connection):
            form = urlencode({"name": self._name, "password": PASSWORD, "next": "/"})
            self._send("sign in", "POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"}, 303)
            while time.monotonic() < until:
                self._click()
                time.sleep(self._random.uniform(0, 2 * PAUSE))

    def _click(self) -> None:
        draw = self._random
        kind = draw.choice(("executive", "executive", "board", "customers", "profile", "ask", "metrics", "widget"))
        if kind == "executive":
            self._send(kind, "GET", f"/?{self._filters()}")
        elif kind == "board":
            self._send(kind, "GET", f"/dashboards/{draw.choice(BOARDS)}")
        elif kind == "customers":
            self._send(kind, "GET", f"/customers?q={quote(draw.choice('abcdehjklmnrst') + draw.choice('aeiou'))}")
        elif kind == "profile":
            self._send(kind, "GET", f"/customers/{quote(draw.choice(self._customers))}")
        elif kind == "ask":
            self._send(kind, "GET", f"/ask?{urlencode({'q': draw.choice(QUESTIONS)})}")
        elif kind == "widget":
            self._send(kind, "GET", f"/api/v1/dashboards/executive/monthly_revenue?{self._filters()}")
        else:
            query = {"metrics": [draw.choice(METRICS)], "dimensions": [draw.choice(DIMENSIONS)]}
            origin = {"Content-Type": "application/json", "Origin": f"http://{self._address.netloc}"}
            self._send(kind, "POST", "/api/v1/metrics/query", json.dumps(query), origin)

    def _filters(self) -> str:
        draw, chosen = self._random, []
        if draw.random() < 0.5:
            chosen += [("from", f"2024-{draw.randint(1, 6):02d}-01"), ("to", f"2024-{draw.randint(7, 11):02d}-28")]
        if draw.random() < 0.4:
            chosen.append(("customer_360.customer_segment", draw.choice(SEGMENTS)))
        if draw.random() < 0.3:
            chosen.append(("channel.channel_name", draw.choice(CHANNELS)))
        return urlencode(chosen)

    def _send(
        self,
        kind: str,
        method: str,
        path: str,
        body: str | None = None,
        headers: dict[str, str] | None = None,
        wanted: int = 200,
    ) -> None:
        began, error = time.perf_counter(), None
        try:
            cookie = {"Cookie": self._cookie} if self._cookie else {}
            self._connection.request(method, path, body, {"Accept-Encoding": "gzip", **cookie, **(headers or {})})
            answer = self._connection.getresponse()
            text = answer.read()
            if answer.status != wanted:
                error = f"status {answer.status} {path} {text[:200]!r}"
            if found := re.match(r"[^;]+", answer.headers.get("Set-Cookie", "")):
                self._cookie = found[0]
        except (OSError, HTTPException) as failure:
            error = f"{type(failure).__name__} {failure}"
            self._connection.close()
        self._seen.note(kind, time.perf_counter() - began, error)


def prepared(root: Path) -> list[str]:
    """Make a built ShopFlow with an account for each user in a group that was granted every port; return customers."""
    if PROJECT:
        shutil.copytree(PROJECT, root)
    else:
        create_project(root, template="shopflow", name="demo")
        write_files(ShopFlow.of(CUSTOMERS), root / "data")
        with closing(open_project(root)) as workspace:
            workspace.run()
    with closing(open_project(root)) as workspace:
        _let_in(workspace)
        rows = workspace.sql("SELECT customer_id FROM customer_360.customer_360 ORDER BY customer_id LIMIT 500")
        return [str(value) for value in rows.column(0).to_pylist()]


def _let_in(workspace: Workspace) -> None:
    governance, by = workspace.governance, operator()
    for number in range(USERS):
        governance.accounts.create(f"user{number}", password=PASSWORD, groups=["team"], by=by.name)
    for port in governance.ports.values():
        if port.access not in ("unrestricted", "private"):
            governance.access.grant(port.id, "team", by=by, holder_kind="group")


@contextmanager
def served(root: Path) -> Iterator[tuple[str, int]]:
    """Serve the project as a process of its own; give its address and process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "customer360", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = [next(server.stderr, "")]
        while said[-1] and "Serving " not in said[-1]:
            said.append(next(server.stderr, ""))
        if not said[-1]:
            raise RuntimeError("".join(said))
        threading.Thread(target=server.stderr.read, daemon=True).start()  # so that it never waits for a reader
        try:
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            server.wait(30)


def load(address: str, customers: list[str], *, users: int = USERS, lasting: float = SECONDS) -> tuple[Seen, float]:
    """Let users work at the same time; return what they met, and how long it took."""
    seen, began = Seen(), time.monotonic()
    people = [User(address, f"user{number}", customers, seen) for number in range(users)]
    threads = [threading.Thread(target=person.work, args=(began + lasting,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen, time.monotonic() - began


def memory(process: int) -> tuple[float, float]:
    """Return the memory of a process now and at its most, in MB (Linux)."""
    with suppress(OSError):
        text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        now, most = (re.search(rf"{name}:\s+(\d+) kB", text) for name in ("VmRSS", "VmHWM"))
        if now and most:
            return int(now[1]) / 1024, int(most[1]) / 1024
    return float("nan"), float("nan")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def page() -> str:
    """Return the section of the bench page."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "shopflow"
        customers = prepared(root)
        with served(root) as (address, process):
            before, _ = memory(process)
            seen, lasted = load(address, customers)
            after, most = memory(process)
    whole = [each for took in seen.took.values() for each in took]
    lines = [
        f"## {USERS} people on the web app for {lasted:.0f} s",
        "",
        f"ShopFlow of {PROJECT or f'{CUSTOMERS} customers'}; each signs in and clicks about every {PAUSE:g} s.",
        f"{len(whole):,} requests, {len(whole) / lasted:.1f} a second, {sum(seen.errors.values())} errors.",
        f"Server memory {before:.0f} MB before, {after:.0f} after, {most:.0f} at most.",
        "",
        "| request | number | median ms | p95 ms | p99 ms |",
        "|---|---|---|---|---|",
    ]
    for kind, took in [*sorted(seen.took.items()), ("all", whole)]:
        figures = " | ".join(f"{1000 * percentile(took, share):.0f}" for share in (0.5, 0.95, 0.99))
        lines.append(f"| {kind} | {len(took):,} | {figures} |")
    lines += ["", *(f"- {count} times {error}" for error, count in seen.errors.most_common(20))]
    return "\n".join(lines)
