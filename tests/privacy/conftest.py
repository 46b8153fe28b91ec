"""ShopFlow at 150 customers and the sample of Complete Journey, built once, and copies of them to erase people from."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.templates.conftest import Built

from customer360.audiences.recall import recall_of
from customer360.governance.office import operator
from customer360.privacy.office import PrivacyOffice
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

OPERATOR = operator()


@dataclass
class Company:
    """A built project and one person in it: ids, addresses and names as the systems have them."""

    workspace: Workspace
    person: str
    records: tuple[tuple[str, str], ...]
    telling: tuple[str, ...]
    """Texts that are the person's and nobody else's: addresses, numbers, ids that are no plain number."""
    named: tuple[tuple[str, int], ...] = ()
    """(last name, id of a numbered record): one row with both is the person's."""

    @property
    def root(self) -> Path:
        return self.workspace.project.root

    @property
    def office(self) -> PrivacyOffice:
        return self.office_of(self.workspace.engine)

    def office_of(self, engine: Any) -> PrivacyOffice:
        recall = recall_of(self.workspace)
        return PrivacyOffice(engine, self.workspace.project, self.workspace.governance, recall=recall)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.workspace.engine.read() as session:
            return list(session.query(sql).to_pylist())

    def one(self, sql: str) -> dict[str, Any]:
        (row,) = self.rows(sql)
        return row

    def run(self) -> None:
        self.workspace.load(full=True).raise_failures()
        self.workspace.build()


def shopflow_person(workspace: Workspace) -> tuple[str, tuple[tuple[str, str], ...], tuple[str, ...], Any]:
    """Choose who is in most systems, and collect what is theirs from the systems' own tables."""
    with workspace.engine.read() as session:
        person = session.query(
            "SELECT x.customer_id FROM identity.customer_xref AS x JOIN gold.customer_purchases USING (customer_id)"
            " WHERE x.valid_to IS NULL GROUP BY ALL HAVING count(DISTINCT system) > 1 ORDER BY"
            " bool_or(record_id IN (SELECT max(customer_id) FROM raw_shop.orders UNION ALL SELECT min(customer_id)"
            " FROM raw_shop.orders UNION ALL SELECT min(customer_id) FROM raw_shop.events"
            " UNION ALL SELECT max(customer_id) FROM raw_shop.customers)) DESC,"  # then statistics hold the id too
            " count(DISTINCT system) DESC, count(*) DESC, 1 LIMIT 1"
        )[0][0].as_py()
        found = session.query(
            f"SELECT system, record_id, p.email, p.phone_number, p.last_name FROM identity.customer_xref"
            f" JOIN conformed.person_record AS p USING (system, record_id) WHERE customer_id = '{person}'"
        ).to_pylist()
        shared = session.query(
            "SELECT email AS v FROM conformed.person_record GROUP BY ALL HAVING count(DISTINCT record_id) > 0"
            f" AND bool_or((system, record_id) NOT IN (SELECT (system, record_id) FROM identity.customer_xref"
            f" WHERE customer_id = '{person}'))"
        )["v"].to_pylist()
    records = tuple(sorted((row["system"], row["record_id"]) for row in found))
    telling = {person, *(record for _, record in records if not record.isdigit())}
    telling |= {row[k] for row in found for k in ("email", "phone_number") if row[k] and row[k] not in shared}
    named = tuple(
        (row["last_name"], int(row["record_id"])) for row in found if row["record_id"].isdigit() and row["last_name"]
    )
    return person, records, tuple(sorted(telling)), named


def recommended(root: Path) -> None:
    """Let the shop say who recommended it to each customer: the customer after them."""
    for contract, more in (
        ("sources/shop.customers", ""),
        ("products/shop/customers", ", relationships: [{to: customers.customer_id, type: foreignKey}]"),
    ):
        path = root / f"{contract}.odcs.yaml"
        text = path.read_text(encoding="utf-8")
        mine = (
            f"      - {{name: referred_by, logicalType: string, physicalType: VARCHAR(20), description: Who{more}}}\n"
        )
        path.write_text(text.replace("      - name: country\n", f"{mine}      - name: country\n"), encoding="utf-8")
    path = root / "products" / "shop" / "customers.sql"
    path.write_text(
        path.read_text(encoding="utf-8").replace("  country,", "  referred_by,\n  country,"), encoding="utf-8"
    )
    path = root / "data" / "shop" / "customers.parquet"
    rows = pq.read_table(path)
    ids = rows["customer_id"].to_pylist()
    pq.write_table(rows.append_column("referred_by", pa.array([*ids[1:], ids[0]], pa.string())), path)


class Stopping:
    """The real engine of a process that is stopped at the end of a publication, before or after its commit."""

    def __init__(self, engine: Any, *, after_commit: bool) -> None:
        self._engine = engine
        self._after_commit = after_commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @contextmanager
    def publish(self, *, note: str, wait: float = 0.0) -> Iterator[Any]:
        with self._engine.publish(note=note, wait=wait) as publication:
            yield publication
            if not self._after_commit:
                raise KeyboardInterrupt
        raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Run a web server that takes everything; yield its address and what it was told."""
    taken: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def shopflow_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shopflow") / "project"
    create_project(root, template="shopflow", name="demo")
    write_files(ShopFlow.of(150), root / "data")
    recommended(root)
    workspace = open_project(root)
    workspace.run()
    workspace.close()
    return root


@pytest.fixture(scope="session")
def shopflow_copy(shopflow_base: Path) -> Callable[[Path], Company]:
    def copied(to: Path) -> Company:
        shutil.copytree(shopflow_base, to)
        workspace = open_project(to)
        return Company(workspace, *shopflow_person(workspace))

    return copied


@pytest.fixture
def journey(journey: Built, tmp_path: Path) -> Iterator[Company]:
    """A copy of the sample, to erase somebody from."""
    root = shutil.copytree(journey.root, tmp_path / "project")
    workspace = open_project(root)
    with workspace.engine.read() as session:
        household = session.query(
            "SELECT record_id AS r, customer_id AS c FROM identity.customer_xref JOIN conformed.person_record"
            " USING (system, record_id) JOIN gold.customer_purchases USING (customer_id)"
            " WHERE age_band IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC, 1 LIMIT 1"
        ).to_pylist()[0]
    record = ("complete_journey", household["r"])
    yield Company(workspace, household["c"], (record,), (household["c"],))
    workspace.close()


# ---- looking at files -------------------------------------------------------------------------------------------


def stray(company: Company, texts: Iterable[str] | None = None) -> list[str]:
    """Return every place on disk where one of the texts stands: decoded Parquet, catalogue, its free pages, state."""
    wanted = tuple(company.telling if texts is None else texts)
    lake = company.root / "warehouse"
    found = []
    for path in sorted((lake / "data").rglob("*.parquet")):
        table = pq.read_table(path, partitioning=None)
        found += [f"{path.name}: {name}" for name in table.column_names if _holds(table[name], wanted)]
        found += [f"{path.name}: both name and id" for name, number in company.named if _row(table, name, number)]
    plain = [
        path
        for folder in (lake, company.root / "state", company.root / ".cache")
        for path in folder.glob("**/*")
        if path.is_file()
    ]
    for path in plain:
        if path.suffix != ".parquet":
            found += [path.name for text in wanted if text.encode() in path.read_bytes()]
    return [*found, *_statistics(lake / "catalog.sqlite", wanted), *_inlined(lake / "catalog.sqlite")]


def _holds(column: pa.ChunkedArray, wanted: Iterable[str]) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    values = column.unique().to_pylist()
    return any(text in value for value in values if value for text in wanted)


def _row(table: pa.Table, name: str, number: int) -> bool:
    """Say whether a row of a system's own table has both the name and the number."""
    names = [c for c in table.column_names if c in {"last_name", "customer_name"}]
    numbers = [c for c in table.column_names if c in {"id", "customer_id"} and pa.types.is_integer(table[c].type)]
    if not names or not numbers:
        return False
    rows = table.select([names[0], numbers[0]]).to_pylist()
    return any(row[numbers[0]] == number and name in (row[names[0]] or "") for row in rows)


def _statistics(catalogue: Path, wanted: Iterable[str]) -> list[str]:
    """Return columns whose least or greatest value, as the catalogue keeps it, is one of the texts."""
    with closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as database:
        rows = []
        for table in ("ducklake_file_column_stats", "ducklake_table_column_stats"):
            rows += database.execute(f"SELECT '{table}', column_id, min_value, max_value FROM {table}").fetchall()
    return [f"{row[0]} {row[1]}" for row in rows for text in wanted if text in (str(row[2]), str(row[3]))]


def _inlined(catalogue: Path) -> list[str]:
    """Return tables of rows that live in the catalogue itself; there must be none, so none can hide a value."""
    with closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT table_name FROM ducklake_inlined_data_tables").fetchall()
        return [f"inlined: {name}" for (name,) in names if database.execute(f"SELECT 1 FROM {name}").fetchone()]
