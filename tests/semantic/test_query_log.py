"""The log counts shapes of questions, never values, and proposes the roll-ups that would have answered them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.semantic.shop import AS_OF, Shop, changed
from tests.semantic.test_rollups import declare

from customer360.errors import C360Error
from customer360.semantic.answer import Memory
from customer360.semantic.query import MetricQuery
from customer360.semantic.query_log import STATE_FILE, QueryLog, QueryShape, shape_of
from customer360.semantic.suggest import suggest

SECRET = "ann@example.com"


def note(log: QueryLog, shop: Shop, times: int = 1, seconds: float = 1.0, **query: Any) -> None:
    for _ in range(times):
        log.note(shop.model, MetricQuery.model_validate(query), as_of=AS_OF, seconds=seconds, rows=3)


def test_equal_shapes_are_counted_together_and_values_are_nowhere(shop: Shop, tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    for value in (SECRET, "bob@example.com"):
        note(log, shop, metrics=["revenue"], where={"field": "customer.email", "value": value})
    (asked,) = log.asked()
    assert (asked.times, asked.runs, asked.seconds, asked.rows) == (2, 2, 2.0, 6)
    assert asked.shape == QueryShape(("revenue",), filters=("customer.email",))
    held = b"".join(path.read_bytes() for path in (tmp_path / STATE_FILE).parent.iterdir())
    assert b"customer.email" in held
    assert b"example.com" not in held


def test_an_answer_from_memory_is_asked_but_not_run(shop: Shop, tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    log.note(shop.model, MetricQuery(metrics=("lines",)), as_of=AS_OF, seconds=0.5, rows=1)
    log.note(shop.model, MetricQuery(metrics=("lines",)), as_of=AS_OF, rows=1, remembered=True)
    (asked,) = log.asked()
    assert (asked.times, asked.runs, asked.seconds) == (2, 1, 0.5)


@pytest.mark.parametrize(
    ("time", "period"),
    [
        ({"relative": "last month"}, "month"),
        ({"relative": "last 3 complete months"}, "month"),
        ({"start": "2023", "end": "2023"}, "year"),
        ({"start": "2024-02-10"}, "day"),
        ({"start": "2024-04"}, "quarter"),
    ],
)
def test_a_range_is_known_by_the_unit_it_begins_and_ends_with(shop: Shop, time: dict[str, str], period: str) -> None:
    shape = shape_of(shop.model, MetricQuery.model_validate({"metrics": ["revenue"], "time": time}), as_of=AS_OF)
    assert (shape.time, shape.period) == ("time", period)


def test_a_folder_that_cannot_be_written_leaves_questions_uncounted(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder belongs")
    log = QueryLog(tmp_path)
    note(log, shop, metrics=["revenue"])
    assert log.asked() == []


def test_a_damaged_log_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / STATE_FILE).write_bytes(b"not a database, but long enough to be looked at" * 100)
    log = QueryLog(tmp_path)
    note(log, shop, metrics=["revenue"])
    with pytest.raises(C360Error, match="cannot be read"):
        log.asked()


@pytest.fixture(scope="module")
def large() -> Shop:
    shop = Shop()
    shop.session.publish(
        "INSERT INTO gold.sales SELECT 100 + i, 't' || i, 1 + i % 3, 20, 1 + i % 3, 20240101 + i % 28, 20240115, 'Online', "
        "i % 9 = 0, 1, 2.50, FALSE FROM range(4000) AS r(i)"
    )
    return shop


def test_the_roll_up_that_saves_most_is_proposed_and_works(large: Shop, tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    month = {"name": "time", "grain": "month"}
    note(log, large, 5, 2.0, metrics=["revenue"], dimensions=[month, {"name": "product.brand"}])
    note(
        log,
        large,
        2,
        1.0,
        metrics=["units"],
        dimensions=[{"name": "product.brand"}],
        time={"start": "2024-01", "end": "2024-03"},
    )
    note(log, large, 9, 9.0, metrics=["buyers"])  # distinct: no roll-up can help
    note(log, large, 1, 0.1, metrics=["revenue"], dimensions=[{"name": "sales.line_id"}])  # as many rows as the base
    (found,) = suggest(large.session, large.model, log.asked(), as_of=AS_OF)  # type: ignore[arg-type]
    assert (found.times, found.seconds) == (7, 12.0)
    assert found.rollup.metrics == ("revenue", "units")
    assert [(each.name, each.grain) for each in found.rollup.dimensions] == [
        ("order_date.day", "month"),
        ("product.brand", None),
    ]
    assert found.rows * 10 <= found.base_rows == large.sql("SELECT count(*) FROM gold.sales")[0][0]
    large.session.publish(f"CREATE SCHEMA IF NOT EXISTS rollups; CREATE TABLE {found.rollup.source} AS {found.sql}")
    model = changed(declare(found.rollup.model_dump()))
    before = large.model
    large.model = model
    answer = large.answer("revenue", by=["time:month", "product.brand"], memory=Memory())
    assert answer.rollups == (found.rollup.name,)
    large.model = before
    assert answer.table.equals(large.answer("revenue", by=["time:month", "product.brand"]).table)


def test_nothing_is_proposed_for_a_model_that_changed(large: Shop, tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    note(log, large, metrics=["revenue"], dimensions=[{"name": "product.brand"}])

    def renamed(model: dict[str, Any]) -> None:
        next(m for m in model["metrics"] if m["name"] == "net_of_returns")["custom_extensions"] = []
        model["metrics"] = [m for m in model["metrics"] if m["name"] not in ("revenue", "average_order_value")]

    assert suggest(large.session, changed(renamed), log.asked(), as_of=AS_OF) == []  # type: ignore[arg-type]
