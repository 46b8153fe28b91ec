"""Whatever is broken: one sentence, exit 1, nothing landed, and the old data still served."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer, free_port
from tests.raw.conftest import Shop

from customer360.raw.load import load
from customer360.workspace import open_project

PROJECT = """\
name: acme
label: Acme
as_of: 2024-11-30
engine: {name: duckdb, folder: warehouse}
"""
SOURCE = """\
source: shop
kind: files
tables:
  orders:
    location: orders.csv
    contract: c360:source:shop.orders
    key: [order_id]
    on_bad_rows: fail
"""
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: c360:source:shop.orders
name: orders
version: "1.0.0"
status: active
schema:
  - name: orders
    logicalType: object
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(10,2)"}
      - name: status
        logicalType: string
        quality:
          - id: status_known
            metric: invalidValues
            arguments: {validValues: [open, paid]}
            mustBe: 0
            customProperties: [{property: c360Quarantine, value: true}]
"""
GOOD = "order_id,amount,status\n1,19.90,open\n2,5.00,paid\n"


@dataclass(frozen=True)
class Acme:
    """A project on disk, used only through the command line."""

    root: Path

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def c360(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        return subprocess.run(
            [sys.executable, "-c", "from customer360.cli import main; main()", *words, "--project", str(self.root)],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, **settings},
        )


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    made = Acme(tmp_path_factory.mktemp("acme"))
    made.write("c360.yaml", PROJECT)
    made.write("sources/shop.yaml", SOURCE)
    made.write("sources/shop.orders.odcs.yaml", CONTRACT)
    made.write("orders.csv", GOOD)
    done = made.c360("load")
    assert done.returncode == 0, done.stderr
    return made


def replaced(content: str | bytes) -> Callable[[Acme], None]:
    return lambda acme: acme.write("orders.csv", content)


def gone(acme: Acme) -> None:
    (acme.root / "orders.csv").unlink()


def a_directory(acme: Acme) -> None:
    gone(acme)
    (acme.root / "orders.csv").mkdir()


BROKEN: dict[str, tuple[Callable[[Acme], None], str]] = {
    "type": (replaced(GOOD + "3,secret,open\n"),
        ("1 of 3 rows of shop.orders break the contract: 1 times: amount is no DECIMAL(10,2). In sources/shop.yaml:4. "
        "Correct them at the source, or set `on_bad_rows: quarantine` to land the others.")),
    "key": (replaced(GOOD + ",1.00,open\n"),
        ("1 of 3 rows of shop.orders break the contract: 1 times: order_id is empty but part of the key. "
        "In sources/shop.yaml:4. Correct them at the source, or set `on_bad_rows: quarantine` to land the others.")),
    "range": (replaced(GOOD + "3,1.00,lost\n"),
        ("1 of 3 rows of shop.orders break the contract: "
        "1 times: status is none of the valid values (rule status_known). "
        "In sources/shop.yaml:4. Correct them at the source, or set `on_bad_rows: quarantine` to land the others.")),
    "renamed column": (replaced(GOOD.replace("amount", "total")),
        ("The source of shop.orders changed: column 'total' is new; column 'amount' is gone. In sources/shop.yaml:4. "
        "If that is meant, run `c360 load shop --full` once, or set `on_schema_change: evolve` (take it over) "
        "or `ignore` (keep the known columns).")),
    "missing file": (gone,
        ("The file orders.csv of shop.orders does not exist. In sources/shop.yaml:4. "
        "Put the file there, or correct the location; paths start at the folder of c360.yaml.")),
    "empty file": (replaced(""),
        ("The file orders.csv of shop.orders is empty (0 bytes). In sources/shop.yaml:4. "
        "Deliver it again; if that is normal here, set `options: {allow_empty: true}` for the table.")),
    "header only": (replaced("order_id,amount,status\n"),
        ("shop.orders has a header and no rows in orders.csv. In sources/shop.yaml:4. "
        "Deliver it again; if no rows is normal here, set `options: {allow_empty: true}` for the table.")),
    "wrong encoding": (replaced(GOOD.encode() + b"3,1.00,caf\xe9\n"),
        ("Line 4 of the file orders.csv of shop.orders is not UTF-8 text. In sources/shop.yaml:4. "
        "Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.")),
    "wide line": (replaced(GOOD + "3,1.00," + "x" * 9_000_000 + "\n"),
        ("The file orders.csv of shop.orders has a line of more than 4,194,304 bytes. In sources/shop.yaml:4. "
        "Check line ends and quotes; if lines may be that long, raise `options: {max_line_bytes: ...}`.")),
    "directory": (a_directory,
        ("orders.csv is a directory; shop.orders needs files. In sources/shop.yaml:4. "
        "Name the files in it, such as orders.csv/*.csv.")),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN, ids=[name.replace(" ", "_") for name in BROKEN])
def test_broken_files(acme: Acme, case: str) -> None:
    break_it, sentence = BROKEN[case]
    try:
        break_it(acme)
        done = acme.c360("load")
    finally:
        if (acme.root / "orders.csv").is_dir():
            (acme.root / "orders.csv").rmdir()
        acme.write("orders.csv", GOOD)
    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr
    with closing(open_project(acme.root)) as workspace, workspace.engine.read() as session:
        served = session.query(
            "SELECT order_id, CAST(amount AS VARCHAR), status FROM raw_shop.orders ORDER BY order_id"
        )
    assert [tuple(row.values()) for row in served.to_pylist()] == [(1, "19.90", "open"), (2, "5.00", "paid")]


@pytest.mark.postgres
def test_postgres_refusals_leave_the_old_data(
    shop: Shop, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.execute(
        "DROP TABLE IF EXISTS people; CREATE TABLE people (id int, name text); INSERT INTO people VALUES (1, 'ann')"
    )
    shop.source("crm", kind="postgres", people="public.people")
    monkeypatch.setenv("C360_TEST_URL", postgres.url)
    shop.load()
    free = free_port()
    for url, words in {
        f"postgresql://ann:hunter2@127.0.0.1:{free}/crm": f"PostgreSQL at 127.0.0.1:{free} does not answer.",
        postgres.url_of("reader", "hunter2"): "refused the password of user 'reader'.",
        postgres.url_of("reader", "open sesame"): "permission denied for the table.",
    }.items():
        monkeypatch.setenv("C360_TEST_URL", url)
        report = load(shop.engine, shop.project)
        assert [(t.table, t.status) for t in report.tables] == [("people", "failed")]
        assert words in str(report.failures["crm"])
        assert "hunter2" not in str(report.failures["crm"])
        assert shop.rows("raw_crm.people") == [{"id": 1, "name": "ann"}]
