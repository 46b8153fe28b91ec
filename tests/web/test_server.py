"""`serve` says its address, answers there and stops on Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.workspace import Workspace

SERVE = """
import sys
from customer360.web.server import serve
from customer360.workspace import open_project

serve(open_project(sys.argv[1]), port=0, ready=lambda url: print(url, flush=True))
"""


def test_serve_answers_at_the_address_it_says_and_stops(shop: Workspace) -> None:
    source = Path(__file__).parents[2] / "src"
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(source)!r})\n{SERVE}",
        str(shop.project.root),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            with urllib.request.urlopen(f"{url}/api/v1/health", timeout=60) as answer:
                health = json.load(answer)
                assert "server" not in {name.lower() for name in answer.headers}
        finally:
            server.send_signal(signal.SIGINT)
            _, complaints = server.communicate(timeout=60)
    assert health["status"] == "ok"
    assert "Traceback" not in complaints
    assert server.returncode == 0
