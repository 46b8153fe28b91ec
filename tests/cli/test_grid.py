"""Tables on the terminal can be read, however many columns they have."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from customer360.cli.grid import SHOWN_ROWS, as_text

NARROW = pa.table({"name": ["ada", "cleo"], "amount": pa.array([Decimal("1234.50"), None], pa.decimal128(10, 2))})


def wide(rows: int, columns: int = 40) -> pa.Table:
    return pa.table({f"some_column_{n}": [n * 1000 + row for row in range(rows)] for n in range(columns)})


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_numbers_stand_right_and_texts_left() -> None:
    assert lines(as_text(NARROW, width=80)) == ["name ┃   amount", "━━━━━╇━━━━━━━━━", "ada  │ 1,234.50", "cleo │"]


def test_cells_are_written_as_told() -> None:
    text = as_text(NARROW, width=80, formats={"amount": lambda value: f"${value:.0f}" if value else "none"})
    assert [line.split("│")[1] for line in lines(text)[2:]] == ["  $1234", "   none"]


def test_long_texts_wrap_before_columns_go() -> None:
    table = pa.table({"name": ["revenue"], "unit": ["USD"], "text": ["what the shop receives for goods " * 4]})
    text = as_text(table, width=60)
    assert max(map(len, lines(text))) <= 60
    assert "name    ┃ unit ┃ text" in text
    assert " ".join(line.split("│")[-1].strip() for line in lines(text)[2:]) == table["text"][0].as_py().strip()


def test_few_rows_of_many_columns_stand_one_below_the_other() -> None:
    found = lines(as_text(wide(3), width=80))
    assert len(found) == 3 * 41
    assert found[0].startswith("─ row 1 ─")
    assert found[2] == "some_column_1  │ 1000"
    assert found[-1] == "some_column_39 │ 39002"


def test_many_rows_of_many_columns_lose_columns_and_say_so() -> None:
    found = lines(as_text(wide(30), width=80))
    assert len(found) == 2 + 30 + 1
    shown = [name.strip() for name in found[0].split("┃")]
    assert shown == [f"some_column_{n}" for n in range(5)]  # 13 wide, 3 between: five in 80
    assert found[2].split("│")[1].strip() == "1000"
    assert found[-1] == "... 35 more columns do not fit; name the ones you want, or use --format csv for all."


@pytest.mark.parametrize("width", [1, 5, 12, 30])
@pytest.mark.parametrize("rows", [0, 1, 25])
def test_no_terminal_is_too_narrow(width: int, rows: int) -> None:
    assert as_text(wide(rows, 3), width=width)


def test_columns_of_one_name_keep_their_own_cells() -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])
    assert lines(as_text(table, width=80))[2] == " 1 │  2"


def test_rows_beyond_a_thousand_are_counted() -> None:
    found = lines(as_text(pa.table({"n": range(SHOWN_ROWS + 5)}), width=80))
    assert found[-1] == "... 5 more rows; use --format csv for all."
    assert found[-2].strip() == str(SHOWN_ROWS - 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (1234.5678, "1,234.5678"), (1e-7, "1e-07"), (float("nan"), "nan"), (0.0, "0"), (-2.0, "-2")],
)
def test_a_small_number_is_no_zero(value: float, text: str) -> None:
    assert lines(as_text(pa.table({"x": [value]}), width=80))[2].strip() == text


def test_dates_and_truth_values_are_plain() -> None:
    table = pa.table({"day": [date(2024, 1, 2)], "is_open": [True], "note": pa.array([None], pa.string())})
    assert lines(as_text(table, width=80))[2].split("│") == ["2024-01-02 ", " true    ", ""]


def test_wide_letters_count_twice() -> None:
    table = pa.table({"name": ["東京", "ab"], "n": [1, 2]})
    assert lines(as_text(table, width=80))[2:] == ["東京 │ 1", "ab   │ 2"]
