"""What a step takes from c360.yaml, and what is said when it cannot be taken."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from customer360.errors import ProjectErrors
from customer360.names import Relation
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.star.calendar import calendar

if TYPE_CHECKING:
    from pathlib import Path

DAYS = Relation("gold", "gold_date_dim")
STEP = "products/gold/gold_date_dim.step.yaml"


def parameters(root: Path) -> Any:
    step = read_project(root).models[DAYS].step
    assert step is not None
    return step.parameters


def changed(root: Path, file: str, before: str, after: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def journey(tmp_path: Path) -> Path:
    create_project(tmp_path / "own", template="complete_journey")
    return tmp_path / "own"


def test_the_date_dimension_follows_the_project_file(journey: Path) -> None:
    changed(journey, "c360.yaml", "fiscal_year_start_month: 1", "fiscal_year_start_month: 2")
    changed(journey, "c360.yaml", "countries: [US]", "countries: [DE]")
    changed(journey, "c360.yaml", "peak_months: [11, 12]", "peak_months: [3]")
    changed(journey, "c360.yaml", '{name: Summer Sale, start: "07-01"', '{name: Our Week, start: "07-14"')
    span = pa.table({"first_date": pa.array([date(2024, 1, 1)]), "last_date": pa.array([date(2024, 1, 1)])})
    made = calendar({"span": span}, parameters(journey), as_of=date(2024, 12, 31))
    rows = {row["calendar_date"]: row for row in made.to_pylist()}
    assert rows[date(2024, 7, 13)]["sale_event_name"] is None
    assert rows[date(2024, 7, 14)]["sale_event_name"] == "Our Week"
    assert rows[date(2024, 10, 3)]["holiday_name"] == "German Unity Day"
    assert not rows[date(2024, 7, 4)]["is_holiday"]
    assert [rows[date(2024, month, 1)]["is_peak_season"] for month in (3, 11, 12)] == [True, False, False]
    assert [rows[date(2024, month, 1)]["fiscal_year"] for month in (1, 2)] == [2024, 2025]


def test_values_stand_where_calls_stood_and_the_rest_stays(journey: Path) -> None:
    changed(
        journey,
        STEP,
        "days_ahead: 365",
        "days_ahead: 365\n  inner: {names: [\"{{ policy('value_tier.high') }}\", plain]}",
    )
    found = parameters(journey)
    assert found["days_ahead"] == 365
    assert found["inner"] == {"names": [1000, "plain"]}
    assert found["countries"] == ["US"]
    assert found["seasons"]["Winter"] == [12, 1, 2]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("{{ policy('peak_month') }}", "No policy is named 'peak_month'"),
        ("{{ setting('country') }}", "No setting is named 'country'"),
        ("{{ ref('country') }}", "named 'ref'"),
        ("from {{ policy('peak_months') }}", "is no call"),
        ("{{ peak_months }}", "is no call"),
    ],
)
def test_a_call_that_means_nothing_is_an_error_with_its_line(journey: Path, call: str, said: str) -> None:
    changed(journey, STEP, "{{ policy('peak_months') }}", call)
    line = next(n for n, text in enumerate((journey / STEP).read_text().splitlines(), 1) if "peak_months:" in text)
    with pytest.raises(ProjectErrors) as caught:
        read_project(journey)
    (error,) = caught.value.errors
    assert said in str(error)
    assert f"{STEP}:{line}" in str(error)
