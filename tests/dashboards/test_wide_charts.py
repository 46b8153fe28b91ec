"""Heatmaps, cohorts, funnels, stacked areas and histograms draw what the figures say."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dashboards.frames import frame
from tests.dashboards.test_charts import USD, by_category, draw

from customer360.dashboards.charts import treemap
from customer360.dashboards.charts.flow import bands_of, side_of
from customer360.dashboards.charts.heatmap import MOST
from customer360.dashboards.charts.histogram import bin_edges
from customer360.dashboards.charts.treemap import RATIO, squarified
from customer360.dashboards.frame import Frame
from customer360.errors import QueryError

COUNT = {"unit": "count", "format": ",d"}
MONTH = {"kind": "time", "grain": "month"}
TEXT = {"kind": "dimension"}


def values(drawn: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drawn.spec["data"]["values"]
    return found


# ---- heatmap


def scores(cells: dict[tuple[int, int], int]) -> Frame:
    table = pa.table(
        {
            "recency_score": [r for r, _ in cells],
            "frequency_score": [f for _, f in cells],
            "buyers": list(cells.values()),
        }
    )
    return frame(table, recency_score=TEXT, frequency_score=TEXT, buyers=COUNT)


def test_a_heatmap_has_the_highest_score_on_top_and_a_figure_in_each_cell() -> None:
    drawn = draw("heatmap", scores({(1, 1): 40, (5, 5): 12345, (5, 1): 3}))
    assert [(v["r"], v["c"], v["y"], v["t"]) for v in values(drawn)] == [
        ("1", "1", 40, "40"),
        ("5", "5", 12345, "12.3k"),
        ("5", "1", 3, "3"),
    ]
    assert drawn.spec is not None
    assert drawn.spec["encoding"]["y"]["sort"] == ["5", "1"]
    assert drawn.spec["encoding"]["x"]["sort"] == ["1", "5"]
    assert drawn.alt == ("Widget: Buyers by Recency score and Frequency score; the highest, 12,345, at 5 and 5.")


def test_a_heatmap_keeps_the_largest_names_and_says_how_many_cells_are_drawn() -> None:
    names = [f"n{i:02d}" for i in range(MOST + 3)]
    table = pa.table({"a": names, "b": ["x"] * len(names), "revenue": [float(i) for i in range(len(names))]})
    drawn = draw("heatmap", frame(table, a=TEXT, b=TEXT, revenue=USD))
    assert {v["r"] for v in values(drawn)} == set(names[3:])
    assert drawn.notes == (f"{MOST} of {MOST + 3} cells are drawn; the table has all.",)


def test_a_heatmap_needs_two_dimensions() -> None:
    with pytest.raises(QueryError, match="needs two dimensions"):
        draw("heatmap", by_category({"a": 1.0}))


# ---- cohort


def cohorts(rows: list[tuple[date, date, int]]) -> Frame:
    table = pa.table(
        {
            "came": pa.array([row[0] for row in rows], pa.date32()),
            "active": pa.array([row[1] for row in rows], pa.date32()),
            "customers": [row[2] for row in rows],
        }
    )
    return frame(table, came=MONTH, active=MONTH, customers=COUNT)


def test_a_cohort_is_measured_against_its_own_first_month() -> None:
    drawn = draw(
        "cohort",
        cohorts(
            [
                (date(2024, 1, 1), date(2024, 1, 1), 200),
                (date(2024, 1, 1), date(2024, 3, 1), 50),
                (date(2023, 12, 1), date(2023, 12, 1), 80),
                (date(2023, 12, 1), date(2024, 1, 1), 20),
            ]
        ),
    )
    assert [(v["r"], v["c"], v["t"], v["n"]) for v in values(drawn)] == [
        ("Dec 2023", "0", "80", 80),
        ("Dec 2023", "1", "25%", 20),
        ("Jan 2024", "0", "200", 200),
        ("Jan 2024", "2", "25%", 50),
    ]
    assert drawn.alt == "Widget: 2 cohorts from Dec 2023 to Jan 2024; 25% are active one month later."


def test_a_month_that_is_not_over_is_no_loss_of_a_cohort() -> None:
    rows = [
        (date(2024, 10, 1), date(2024, 10, 1), 10),
        (date(2024, 10, 1), date(2024, 11, 1), 1),  # figures end on 18 November
        (date(2024, 9, 1), date(2024, 9, 1), 4),
        (date(2024, 9, 1), date(2024, 10, 1), 3),
    ]
    drawn = draw("cohort", cohorts(rows))
    assert [(v["r"], v["c"]) for v in values(drawn)] == [("Sep 2024", "0"), ("Sep 2024", "1"), ("Oct 2024", "0")]
    assert drawn.alt.endswith("75% are active one month later.")


def test_a_cohort_needs_two_times_of_one_grain() -> None:
    with pytest.raises(QueryError, match="two times of one grain"):
        draw("cohort", by_category({"a": 1.0}))
    mixed = frame(
        pa.table({"a": pa.array([date(2024, 1, 1)]), "b": pa.array([date(2024, 1, 1)]), "n": [1]}),
        a=MONTH,
        b={"kind": "time", "grain": "week"},
        n=COUNT,
    )
    with pytest.raises(QueryError, match="two times of one grain"):
        draw("cohort", mixed)


# ---- funnel


def stages(groups: dict[str | None, tuple[int, ...]]) -> Frame:
    counts = list(zip(*groups.values(), strict=True))
    table = pa.table({"device": list(groups), **{f"stage_{i}": list(each) for i, each in enumerate(counts)}})
    return frame(table, device=TEXT, **{f"stage_{i}": COUNT for i in range(len(counts))})


def test_a_funnel_tells_each_stage_of_the_first_and_of_the_one_before() -> None:
    table = pa.table({"visits": [12000], "carts": [3000], "orders": [600]})
    drawn = draw("funnel", frame(table, visits=COUNT, carts=COUNT, orders=COUNT))
    assert [(v["c"], v["v"], v["s"], v["b"]) for v in values(drawn)] == [
        ("Visits", "12,000", "100%", "\N{EN DASH}"),
        ("Carts", "3,000", "25%", "25%"),
        ("Orders", "600", "5%", "20%"),
    ]
    assert drawn.alt == "Widget: Visits 12,000; 5% reach orders."


def test_funnels_side_by_side_are_shares_of_their_own_first_stage() -> None:
    drawn = draw("funnel", stages({"Desktop": (1000, 300, 90), "Mobile": (4000, 400, 40), "Tablet": (0, 0, 0)}))
    assert [(v["c"], v["r"], v["y"], v["t"]) for v in values(drawn)] == [
        ("Mobile", "Stage 1", 0.1, "10%"),
        ("Mobile", "Stage 2", 0.01, "1%"),
        ("Desktop", "Stage 1", 0.3, "30%"),
        ("Desktop", "Stage 2", 0.09, "9%"),
    ]
    assert drawn.alt == "Widget: shares of stage 0 by Device; Desktop leads with 9% that reach stage 2."
    assert drawn.picks == "device"


def test_a_funnel_needs_stages_and_somebody_in_the_first() -> None:
    with pytest.raises(QueryError, match="two metrics"):
        draw("funnel", by_category({"a": 1.0}))
    with pytest.raises(QueryError, match="Nobody reached 'Stage 0'"):
        draw("funnel", stages({"Desktop": (0, 0)}))


# ---- area


def by_month(rows: list[tuple[date, str | None, float]]) -> Frame:
    table = pa.table(
        {
            "month": pa.array([row[0] for row in rows], pa.date32()),
            "channel": [row[1] for row in rows],
            "revenue": [row[2] for row in rows],
        }
    )
    return frame(table, month=MONTH, channel=TEXT, revenue=USD)


def test_areas_have_a_value_for_every_part_and_month() -> None:
    january, february = date(2024, 1, 1), date(2024, 2, 1)
    drawn = draw("area", by_month([(january, "Online", 30.0), (february, "Online", 40.0), (february, "Phone", 5.0)]))
    assert [(v["x"], v["c"], v["y"]) for v in values(drawn)] == [
        ("2024-01-01", "Online", 30.0),
        ("2024-02-01", "Online", 40.0),
        ("2024-01-01", "Phone", 0.0),
        ("2024-02-01", "Phone", 5.0),
    ]
    assert drawn.alt == ("Widget: Revenue by Channel from Jan 2024 to Feb 2024; Online is the largest part with 93%.")


def test_small_parts_of_an_area_stand_together_and_nothing_is_lost() -> None:
    day = date(2024, 1, 1)
    rows = [(day, f"c{i:02d}", float(100 - i)) for i in range(11)]
    drawn = draw("area", by_month(rows))
    shown = {v["c"]: v["y"] for v in values(drawn)}
    assert len(shown) == 9
    assert shown["Other"] == 92.0 + 91.0 + 90.0
    assert sum(shown.values()) == sum(row[2] for row in rows)


def test_an_area_as_share_fills_the_whole_and_refuses_negative_parts() -> None:
    drawn = draw("area", by_month([(date(2024, 1, 1), "a", 1.0)]), share=True)
    assert drawn.spec is not None
    assert drawn.spec["encoding"]["y"]["stack"] == "normalize"
    with pytest.raises(QueryError, match="none below zero"):
        draw("area", by_month([(date(2024, 1, 1), "a", -1.0)]))
    with pytest.raises(QueryError, match="time, then a dimension"):
        draw("area", by_category({"a": 1.0}))


# ---- histogram


def spread(numbers: list[float | None]) -> Frame:
    table = pa.table({"customer": [f"c{i}" for i in range(len(numbers))], "clv": numbers})
    return frame(table, customer=TEXT, clv=USD)


def test_every_member_is_in_one_bar_and_the_last_holds_the_tail() -> None:
    numbers = [float(i % 97) for i in range(970)] + [5000.0, None]
    drawn = draw("histogram", spread(numbers))
    known = [n for n in numbers if n is not None]
    assert sum(v["y"] for v in values(drawn)) == len(known)
    first = values(drawn)[0]
    assert first["y"] == sum(1 for n in known if first["a"] <= n < first["b"])
    assert drawn.alt == f"Widget: Clv of 971; half lie below ${median(known):,.2f}, the highest is $5,000."
    assert len(drawn.notes) == 1
    assert drawn.notes[0].startswith("The last bar holds all from $")


def test_bars_have_round_steps_that_cover_the_figures() -> None:
    for high in (0.9, 7.0, 431.0, 98_765.0):
        numbers = np.linspace(0, high, 400)
        edges = bin_edges(numbers, 20)
        steps = np.diff(edges)
        assert np.allclose(steps, steps[0])
        mantissa = steps[0] / 10 ** np.floor(np.log10(steps[0]))
        assert min(abs(mantissa - round_one) for round_one in (1, 2, 2.5, 5, 10)) < 1e-9
        assert edges[0] <= 0
        assert edges[-1] >= np.quantile(numbers, 0.99)
        assert 8 <= len(steps) <= 21


def test_one_value_alone_has_a_bar() -> None:
    drawn = draw("histogram", spread([3.0, 3.0]))
    assert [v["y"] for v in values(drawn)] == [2]


# ---- interval


def outlook(*rows: tuple[float, float, float]) -> Frame:
    """Coming months with a figure, its low and its high end."""
    table = pa.table(
        {
            "month": pa.array([date(2025, 1 + at, 1) for at in range(len(rows))], pa.date32()),
            **{name: [row[at] for row in rows] for at, name in enumerate(("expected", "low", "high"))},
        }
    )
    money = {"unit": "USD", "format": ",.0f"}
    return frame(table, month={"kind": "dimension", "grain": "month"}, expected=money, low=money, high=money)


def test_an_interval_is_a_line_within_its_band() -> None:
    drawn = draw("interval", outlook((100, 80, 130), (110, 70, 170)))
    assert drawn.spec is not None
    band, line = drawn.spec["layer"]
    assert (band["encoding"]["y"]["field"], band["encoding"]["y2"]["field"]) == ("low", "high")
    assert line["encoding"]["y"]["field"] == "y"
    assert [(row["low"], row["y"], row["high"]) for row in drawn.spec["data"]["values"]] == [
        (80, 100, 130),
        (70, 110, 170),
    ]
    assert "$100 in Jan 2025 ($80 to $130)" in drawn.alt


def test_an_interval_without_its_ends_is_refused() -> None:
    whole = outlook((100, 80, 130))
    with pytest.raises(QueryError, match="low and its high end"):
        draw(
            "interval", frame(whole.table.select(["month", "expected"]), month={"kind": "dimension", "grain": "month"})
        )


# ---- treemap


SPEND = {"Champions": 40.0, "Lost": 6.0, "At Risk": 30.0, "Promising": 4.0, "Hibernating": 20.0}


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30))
def test_rectangles_fill_the_plot_by_their_figures_and_none_covers_another(sizes: list[float]) -> None:
    places = squarified(sorted(sizes, reverse=True))
    whole = sum(sizes)
    for size, place in zip(sorted(sizes, reverse=True), places, strict=True):
        assert place.width * place.height == pytest.approx(RATIO * size / whole, rel=1e-6, abs=1e-9)
        assert place.x >= -1e-9
        assert place.x + place.width <= RATIO + 1e-6
        assert place.y >= -1e-9
        assert place.y + place.height <= 1 + 1e-6
    for at, one in enumerate(places):
        for other in places[at + 1 :]:
            across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert across <= 1e-6 or down <= 1e-6


def test_the_layout_of_the_published_example() -> None:
    """Bruls, Huizing, van Wijk (2000), figure 4: areas 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 by 4."""
    places = squarified([6, 6, 4, 3, 2, 2, 1], 6, 4)
    assert [(round(p.width, 2), round(p.height, 2)) for p in places] == [
        (3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67),
    ]  # fmt: skip


def test_a_treemap_has_a_rectangle_for_each_part_with_both_figures() -> None:
    table = pa.table({"segment": list(SPEND), "buyers": [4, 3, 2, 1, 5], "revenue": list(SPEND.values())})
    drawn = draw("treemap", frame(table, segment=TEXT, buyers=COUNT, revenue=USD))
    assert [(v["c"], v["t"], v["u"]) for v in values(drawn)][:2] == [
        ("Hibernating", "5", "$20.00"),
        ("Champions", "4", "$40.00"),
    ]
    assert sum((v["b"] - v["a"]) * (v["e"] - v["d"]) for v in values(drawn)) == pytest.approx(1, abs=1e-3)
    assert drawn.alt == "Widget: Buyers in 5 parts by Segment; the largest is Hibernating with 5, 33%."


def test_small_parts_of_a_treemap_stand_together_and_nothing_is_lost() -> None:
    drawn = draw("treemap", by_category({f"n{i:02d}": float(i + 1) for i in range(treemap.MOST + 6)}))
    assert len(values(drawn)) == treemap.MOST
    assert sum(v["y"] for v in values(drawn)) == sum(range(1, treemap.MOST + 7))
    assert drawn.notes == ("The smallest 7 of 30 stand together.",)
    with pytest.raises(QueryError, match="negative"):
        draw("treemap", by_category({"a": 1.0, "b": -1.0}))
    with pytest.raises(QueryError, match="zero"):
        draw("treemap", by_category({"a": 0.0}))


# ---- flow


MOVES = {("Champions", "Champions"): 6, ("Champions", "Lost"): 2, ("Lost", "Lost"): 5, ("Promising", "Champions"): 3}


def moved(cells: dict[tuple[str, str], int]) -> Frame:
    table = pa.table(
        {"before": [b for b, _ in cells], "after": [a for _, a in cells], "customers": list(cells.values())}
    )
    return frame(table, before=TEXT, after=TEXT, customers=COUNT)


def test_bands_begin_and_end_within_their_names_and_are_as_thick_as_their_figures() -> None:
    orders = (["Champions", "Promising", "Lost"], ["Champions", "Lost"])
    left = side_of(orders[0], [(b, n) for (b, _), n in MOVES.items()])
    right = side_of(orders[1], [(a, n) for (_, a), n in MOVES.items()])
    points = bands_of(MOVES, left, right)
    for side, name, end in ((left, 0, min), (right, 1, max)):
        at = end(point["x"] for point in points)
        edges = sorted((p["y"], p["z"], list(MOVES)[p["n"]]) for p in points if p["x"] == at)
        for one, other in pairwise(edges):
            assert one[1] <= other[0] + 1e-3, "bands lie beside each other"
        unit = sum(high - low for low, high in side.places.values()) / sum(MOVES.values())
        for top, bottom, move in edges:
            low, high = side.places[move[name]]
            assert low - 1e-3 <= top
            assert bottom <= high + 1e-3
            assert bottom - top == pytest.approx(MOVES[move] * unit, abs=1e-3)
    assert [max(side.places.values())[1] for side in (left, right)] == [pytest.approx(1), pytest.approx(1)]


def test_a_flow_says_how_many_stayed_and_names_both_sides() -> None:
    drawn = draw("flow", moved(MOVES))
    assert drawn.alt == "Widget: Customers from 3 values of Before to 2 of After; 69% stayed where they were."
    assert drawn.spec is not None
    names = [[each["t"] for each in layer["data"]["values"]] for layer in drawn.spec["layer"][2:]]
    assert names == [["Champions  8", "Promising  3", "Lost  5"], ["Champions  9", "Lost  7"]]


def test_a_flow_needs_two_dimensions_figures_and_few_names() -> None:
    with pytest.raises(QueryError, match="two dimensions"):
        draw("flow", by_category({"a": 1.0}))
    with pytest.raises(QueryError, match="above zero"):
        draw("flow", moved({("a", "b"): -1}))
    with pytest.raises(QueryError, match="names on a side"):
        draw("flow", moved({(f"n{i}", "b"): 1 for i in range(15)}))
