from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from customer360.dashboards.charts import CHARTS
from customer360.dashboards.layout import COLUMNS, Room, packed

SEED = ["kpi", "kpi", "kpi", "kpi", "pie", "line", "table", "bar", "gauge", "pie", "scatter"]


def rows(spans: list[int]) -> list[list[int]]:
    """Put spans into rows as a grid of twelve columns does."""
    found: list[list[int]] = [[]]
    for span in spans:
        if sum(found[-1]) + span > COLUMNS:
            found.append([])
        found[-1].append(span)
    return found


def test_the_executive_dashboard_fills_its_rows() -> None:
    assert rows(packed([CHARTS[kind].wide for kind in SEED])) == [[3, 3, 3, 3], [4, 8], [6, 6], [3, 3, 6]]
    medium = rows(packed([CHARTS[kind].medium for kind in SEED]))
    assert medium[:2] == [[6, 6], [6, 6]]
    assert all(sum(row) == COLUMNS for row in medium[:-1])


@given(st.lists(st.sampled_from(sorted(CHARTS)), min_size=1, max_size=20))
def test_no_row_overflows_and_none_loses_a_widget(kinds: list[str]) -> None:
    spans = packed([CHARTS[kind].wide for kind in kinds])
    assert len(spans) == len(kinds)
    assert all(sum(row) <= COLUMNS for row in rows(spans))
    assert all(span >= CHARTS[kind].wide.least for span, kind in zip(spans, kinds, strict=True))


@given(st.lists(st.builds(Room, st.integers(1, 6), st.integers(7, 12)), min_size=1, max_size=12))
def test_rows_of_widgets_that_can_grow_are_full(rooms: list[Room]) -> None:
    assert all(sum(row) == COLUMNS for row in rows(packed(rooms)))


def test_a_fixed_width_stays() -> None:
    assert packed([Room.exactly(5), Room(3, 4), Room.exactly(2)]) == [5, 5, 2]
    assert packed([Room.exactly(4)]) == [4]
