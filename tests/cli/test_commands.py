"""The commands as a person runs them: one process each, on one small project built once."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.end_to_end.project import c360

from customer360 import __version__
from customer360.cli.query_words import Words
from customer360.project.starter import create_project

TIERS = {"High": Decimal("135.00"), "Medium": Decimal("65.00"), "Low": Decimal("43.90")}
"""Sums by hand of data/orders.csv without the cancelled order: ada 40+75+20; cleo 60+5; dan 31.40 and ben 12.50."""


@dataclass(frozen=True)
class Shop:
    """A built blank project and what its first run said."""

    root: Path
    first_run: subprocess.CompletedProcess[str]

    def c360(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return c360(*arguments, cwd=self.root, timeout=300)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    root = tmp_path_factory.mktemp("cli") / "shop"
    create_project(root, template="blank")
    return Shop(root, c360("run", "--log-format", "json", cwd=root, timeout=300))


@pytest.fixture
def copy(shop: Shop, tmp_path: Path) -> Shop:
    """Return a copy of the built project that a test may change."""
    return Shop(shutil.copytree(shop.root, tmp_path / "shop"), shop.first_run)


def snapshots(shop: Shop) -> list[dict[str, object]]:
    done = shop.c360("history", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, object]] = json.loads(done.stdout)["rows"]
    return rows


def test_run_logs_json_lines_only(shop: Shop) -> None:
    assert shop.first_run.returncode == 0, shop.first_run.stderr
    lines = [json.loads(line) for line in shop.first_run.stderr.splitlines()]
    assert len(lines) > 2  # steps as well as sums
    assert all(isinstance(line, dict) for line in lines)


def test_history_tells_what_changed_between_two_states(shop: Shop) -> None:
    kept = [int(str(row["snapshot"])) for row in snapshots(shop)]
    done = shop.c360("history", "--since", str(kept[-1]), "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    models = {
        str(path.relative_to(shop.root / "products").with_suffix("")).replace("/", ".")
        for path in shop.root.glob("products/*/*.sql")
    }
    assert models <= {row["table"] for row in rows}  # the first state is a load: no model was made yet
    assert {row["made"] for row in rows} == {"new"}
    again = shop.c360("history", "--since", str(kept[0]), "--until", str(kept[0]), "--format", "json")
    assert json.loads(again.stdout)["rows"] == []
    assert "Name both states" in shop.c360("history", "--until", str(kept[0])).stderr


def test_query_writes_json(shop: Shop) -> None:
    done = shop.c360("query", "revenue", "--by", "value_tier", "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["columns"] == ["value_tier", "revenue"]
    assert {row["value_tier"]: Decimal(str(row["revenue"])) for row in answer["rows"]} == TIERS
    assert "As of 2024-03-21." in done.stderr


def test_query_writes_csv(shop: Shop) -> None:
    done = shop.c360("query", "revenue", "--by", "value_tier", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["value_tier"]: Decimal(row["revenue"]) for row in rows} == TIERS


def test_query_writes_figures_as_their_metric_says(shop: Shop) -> None:
    done = shop.c360("query", "revenue", "--by", "value_tier", "--order=-revenue")
    rows = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines()[2:]]
    assert rows == [["High", "$135.00"], ["Medium", "$65.00"], ["Low", "$43.90"]]


BY_MONTH = ("revenue", "--by", "order_date:month")
BESIDE: list[tuple[tuple[str, ...], str, list[float | None]]] = [
    ((*BY_MONTH, "--compare", "previous period"), "revenue_previous", [None, 52.5, 135]),
    (("revenue", "--period", "2024-03", "--compare", "2024-01"), "revenue_change", [3.9]),
    (
        ("revenue", "--where", "value_tier = 'High'", "--compare-where", "value_tier = 'Low'"),
        "revenue_previous",
        [43.9],
    ),
    ((*BY_MONTH, "--share", "revenue"), "revenue_share", [52.5 / 243.9, 135 / 243.9, 56.4 / 243.9]),
    (
        (*BY_MONTH, "--by", "value_tier", "--where", "value_tier != 'Low'", "--share", "revenue:value_tier"),
        "revenue_share",
        [40 / 135, 75 / 135, 60 / 65, 20 / 135, 5 / 65],
    ),
    ((*BY_MONTH, "--window", "revenue:cumulative"), "revenue_cumulative", [52.5, 187.5, 243.9]),
    ((*BY_MONTH, "--window", "revenue:trailing:2:month"), "revenue_trailing_2_month", [52.5, 187.5, 191.4]),
    ((*BY_MONTH, "--window", "revenue:to-date:quarter"), "revenue_quarter_to_date", [52.5, 187.5, 243.9]),
    (("order_count", "--by", "value_tier", "--top", "value_tier:1:revenue"), "value_tier", ["High", "(other)"]),
    (("revenue", "--by", "value_tier", "--top", "value_tier:1"), "revenue", [135, 108.9]),
    (("revenue", "--by", "order_date:day", "--period", "2024-01", "--fill", "zero"), "revenue", [0.0] * 31),
    (("--json", '{"metrics": ["revenue"], "top": null, "time": {"relative": "2024-02"}}'), "revenue", [135]),
]
"""What stands beside a figure, by hand from the seven orders that count: January 52.50, February 135, March 56.40."""


@pytest.mark.parametrize(("words", "column", "values"), BESIDE, ids=lambda each: str(each)[:60])
def test_what_stands_beside_a_figure_can_be_typed(
    shop: Shop, words: tuple[str, ...], column: str, values: list[float | None]
) -> None:
    done = shop.c360("query", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = [row[column] for row in json.loads(done.stdout)["rows"]]
    if "--fill" in words:
        values = [{4: 40.0, 18: 12.5}.get(day, 0.0) for day in range(31)]
    assert [float(value) if isinstance(value, str) and value[0].isdigit() else value for value in found] == [
        pytest.approx(value) if isinstance(value, float) else value for value in values
    ]


def test_attributes_as_they_were_can_be_typed() -> None:
    assert Words(metrics=["revenue"], history="as-was").query()["history"] == "as_was"


def test_query_without_metrics_lists_what_can_be_asked(shop: Shop) -> None:
    rows = json.loads(shop.c360("query", "--format", "json").stdout)["rows"]
    assert {(row["kind"], row["name"], row["dataset"], row["type"]) for row in rows} == {
        ("metric", "revenue", "orders", "USD"),
        ("metric", "order_count", "orders", "count"),
        ("dimension", "order_id", "orders", "Integer"),
        ("dimension", "order_date", "orders", "Date"),
        ("dimension", "value_tier", "customer", "String"),
    }
    text = shop.c360("query").stdout
    assert text.index("Metrics") < text.index("revenue") < text.index("Dimensions") < text.index("value_tier")


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_the_ending_of_the_file_chooses_the_format(shop: Shop, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"tiers.{ending}"
    assert shop.c360("query", "revenue", "--by", "value_tier", "--out", out).returncode == 0
    by_option = shop.c360("query", "revenue", "--by", "value_tier", "--format", ending, "--out", tmp_path / "other")
    assert by_option.returncode == 0
    if ending == "parquet":
        assert pq.read_table(out) == pq.read_table(tmp_path / "other")
    else:
        assert out.read_bytes() == (tmp_path / "other").read_bytes()


def test_a_mistake_in_a_file_that_questions_do_not_need_is_no_hindrance(copy: Shop) -> None:
    (copy.root / "products/gold/customer_orders.sql").write_text("-- One row.\nSELEKT 1", encoding="utf-8")
    (copy.root / "sources/shop.yaml").write_text("sorce: shop", encoding="utf-8")
    for words in (["query", "revenue"], ["sql", "SELECT 1 AS one"], ["history"]):
        done = copy.c360(*words)
        assert done.returncode == 0, done.stderr
    done = copy.c360("build")
    assert done.returncode == 1
    assert "sorce" in done.stderr
    (copy.root / "semantic/sales.yaml").write_text("semantic_modell: []", encoding="utf-8")
    done = copy.c360("query", "revenue")
    assert done.returncode == 1
    assert "semantic/sales.yaml" in done.stderr


def test_a_bad_row_taken_out_of_the_source_leaves_by_a_full_load(copy: Shop) -> None:
    orders = copy.root / "data" / "orders.csv"
    good = orders.read_text(encoding="utf-8")
    orders.write_text(good + "9,ada@example.org,2024-03-22,-1.10,paid\n", encoding="utf-8")
    done = copy.c360("run")
    assert done.returncode == 1
    assert done.stderr.index("Loaded 1 new") < done.stderr.index("blocking check failed")
    orders.write_text(good, encoding="utf-8")
    done = copy.c360("run")
    assert done.returncode == 1
    assert "`c360 load --full`" in done.stderr
    assert copy.c360("load", "--full").returncode == 0
    assert copy.c360("run").returncode == 0


def test_query_writes_parquet_to_a_file(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "tiers.parquet"
    done = shop.c360("query", "revenue", "--by", "value_tier", "--format", "parquet", "--out", out)
    assert done.stdout == ""
    rows = pq.read_table(out).to_pylist()
    assert {row["value_tier"]: row["revenue"] for row in rows} == TIERS


def test_a_mistyped_metric_exits_1_and_names_the_nearest(shop: Shop) -> None:
    done = shop.c360("query", "revenu")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'revenu'" in done.stderr
    assert "revenue" in done.stderr.replace("'revenu'", "")
    assert "Traceback" not in done.stderr


def test_a_wrong_option_exits_2(shop: Shop) -> None:
    done = shop.c360("query", "revenue", "--bye", "value_tier")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--bye" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--as-of", "2017-02-30"], "'2017-02-30' is no day of the calendar; write it as 2024-03-31."),
        (["--as-of", "20240101"], "'20240101' is no day of the calendar"),
        (["--format", "xml"], "'xml' is not one of 'table', 'json', 'csv', 'parquet'."),
        (["--limit", "many"], "Invalid value for '--limit' / '-n': It must be a whole number."),
        (["--window", "revenue"], "'revenue' is no window; write revenue:cumulative"),
        (["--window", "revenue:trailing:few:month"], "'few' in 'revenue:trailing:few:month' is no number"),
        (["--top", "value_tier"], "'value_tier' is no top list; write segment:5"),
        (["--json", "{}"], "With --json the whole query stands in the JSON"),
        (["--limit", "0"], "Invalid value for '--limit' / '-n': It must be at least 1."),
    ],
)
def test_a_value_that_does_not_fit_exits_2_in_plain_words(shop: Shop, words: list[str], says: str) -> None:
    done = shop.c360("query", "revenue", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Value error" not in done.stderr
    assert "Input should" not in done.stderr


def test_a_project_folder_that_is_not_there_is_not_looked_for_above(shop: Shop) -> None:
    done = shop.c360("query", "revenue", "--project", "shopp")
    assert done.returncode == 1
    assert "There is no folder shopp." in done.stderr


def test_sql_reads_an_earlier_state(copy: Shop) -> None:
    before = max(int(str(row["snapshot"])) for row in snapshots(copy))
    with (copy.root / "data" / "orders.csv").open("a", encoding="utf-8") as orders:
        orders.write("9,ada@example.org,2024-03-22,1.10,paid\n")
    done = copy.c360("run")
    assert done.returncode == 0, done.stderr
    select = "SELECT count(*) AS n, sum(amount) AS s FROM shop.orders"
    now = json.loads(copy.c360("sql", select, "--format", "json").stdout)
    then = json.loads(copy.c360("sql", select, "--format", "json", "--at-snapshot", str(before)).stdout)
    assert now["rows"] == [{"n": 8, "s": 245.0}]
    assert then["rows"] == [{"n": 7, "s": 243.9}]


def test_build_selects(shop: Shop) -> None:
    done = shop.c360("build", "--select", "customer_orders", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert [row["table"] for row in json.loads(done.stdout)["rows"]] == ["gold.customer_orders"]


def test_build_as_of_a_day_then_rollback(copy: Shop) -> None:
    before = snapshots(copy)
    done = copy.c360("build", "--full", "--as-of", "2024-04-20")
    assert done.returncode == 0, done.stderr
    assert "as of 2024-04-20" in done.stderr
    assert "Built 2 tables" in done.stderr
    select = "SELECT days_since_order AS days FROM gold.customer_orders WHERE customer_email = 'cleo@example.org'"
    assert copy.c360("sql", select, "--format", "csv").stdout.splitlines()[1] == "30"  # from 21 March to 20 April
    newest = str(before[0]["snapshot"])
    done = copy.c360("rollback", newest)
    assert done.returncode == 0, done.stderr
    assert f"Published snapshot {newest} again" in done.stderr
    assert copy.c360("sql", select, "--format", "csv").stdout.splitlines()[1] == "0"  # as of the newest order again
    after = snapshots(copy)
    assert len(after) > len(before)
    assert int(str(after[0]["snapshot"])) > int(newest)
    assert {str(row["snapshot"]) for row in before} < {str(row["snapshot"]) for row in after}


def test_rollback_to_nowhere_exits_1(shop: Shop) -> None:
    done = shop.c360("rollback", "99999")
    assert done.returncode == 1
    assert "99999" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_finds_nothing_wrong(shop: Shop) -> None:
    done = shop.c360("doctor")
    assert done.returncode == 0, done.stdout
    findings = {line.split("  ", 1)[1].strip().split(":")[0]: line[:4].strip() for line in done.stdout.splitlines()}
    assert {"python", "extensions", "source shop", "warehouse"} <= set(findings)
    assert set(findings.values()) == {"ok"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["biuld"], "There is no command 'biuld'. Did you mean 'build'?"),
        (["build", "--nope"], "There is no option --nope."),
        (["version", "extra"], "More is given than the command takes: extra."),
        (["rollback", "last"], "It must be a whole number."),
    ],
)
def test_wrong_usage_is_told_in_our_words(tmp_path: Path, words: list[str], sentence: str) -> None:
    done = c360(*words, cwd=tmp_path, timeout=300)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_a_build_lists_what_its_checks_warn_of(copy: Shop) -> None:
    contract = next(copy.root.glob("products/*/*.odcs.yaml"))
    rule = "      - {id: a_million, metric: rowCount, mustBeGreaterThan: 1000000, severity: warning}\n"
    text = contract.read_text(encoding="utf-8").replace("\n    quality:\n", f"\n    quality:\n{rule}", 1)
    contract.write_text(text, encoding="utf-8")
    done = copy.c360("run")
    assert done.returncode == 0, done.stderr
    assert "Warning: " in done.stderr
    assert "the rule 'a_million' found" in done.stderr
    assert "1 warnings" in done.stderr


def test_doctor_says_how_much_is_built(copy: Shop) -> None:
    first = snapshots(copy)[-1]["snapshot"]
    assert copy.c360("rollback", str(first)).returncode == 0
    done = copy.c360("doctor")
    assert "0 of " in done.stdout
    assert "`c360 build` builds them all" in done.stdout
    assert "c360 build" in copy.c360("query", "revenue").stderr


@pytest.mark.parametrize("word", ["version", "--version"])
def test_version_names_what_it_stands_on(tmp_path: Path, word: str) -> None:
    done = c360(word, cwd=tmp_path, timeout=300)
    assert done.stdout.splitlines()[0] == f"customer360 {__version__}"
    assert {"duckdb", "sqlglot", "python"} <= {line.split()[0] for line in done.stdout.splitlines()}


def test_schema_of_a_kind(tmp_path: Path) -> None:
    done = c360("schema", "source", cwd=tmp_path, timeout=300)
    assert done.returncode == 0
    assert {"source", "kind", "tables"} <= set(json.loads(done.stdout)["properties"])


def test_schema_of_an_unknown_kind_exits_1(tmp_path: Path) -> None:
    done = c360("schema", "sorce", cwd=tmp_path, timeout=300)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Did you mean 'source'?" in done.stderr
