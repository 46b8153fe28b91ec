"""Each chart kind draws what the figures say; Vega-Lite compiles every specification."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import vl_convert
from tests.dashboards.frames import AS_OF, canvas, frame

from customer360.dashboards.charts import CHARTS, Canvas
from customer360.dashboards.charts.bar import as_drawn
from customer360.dashboards.charts.line import is_cut_short
from customer360.dashboards.charts.scatter import MOST_POINTS, sample
from customer360.dashboards.filled import Definition, Drawn
from customer360.dashboards.filters import Filters
from customer360.dashboards.images import VEGA_LITE, svg
from customer360.dashboards.theme import PALETTES, paint
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Frame

USD = {"unit": "USD", "format": ",.2f"}


def draw(kind: str, data: Frame, **options: Any) -> Drawn:
    drawn = CHARTS[kind].draw(data, canvas(**options))
    if drawn.spec is not None:
        painted = paint({**drawn.spec, "width": 600}, "dark")
        vl_convert.vegalite_to_vega(painted, vl_version=VEGA_LITE)  # fails on what Vega-Lite does not know
        assert "@" not in str(
            {key: value for key, value in painted.items() if key not in ("data", "layer", "encoding")}
        )
    return drawn


def months(*amounts: float | None, first: int = 1) -> Frame:
    table = pa.table(
        {
            "order_date": pa.array([date(2024, first + i, 1) for i in range(len(amounts))], pa.date32()),
            "revenue": pa.array([None if a is None else Decimal(str(a)) for a in amounts], pa.decimal128(18, 2)),
        }
    )
    return frame(table, order_date={"kind": "time", "grain": "month"}, revenue=USD)


def by_category(amounts: dict[str | None, float], **described: Any) -> Frame:
    table = pa.table({"category": list(amounts), "revenue": list(amounts.values())})
    return frame(table, category={"kind": "dimension"}, revenue=described or USD)


# ---- line


def test_an_area_starts_at_zero_and_covers_every_month() -> None:
    drawn = draw("line", months(400, 410.5, 420))
    assert drawn.spec is not None
    assert drawn.spec["data"]["values"] == [
        {"x": "2024-01-01", "y": 400.0},
        {"x": "2024-02-01", "y": 410.5},
        {"x": "2024-03-01", "y": 420.0},
    ]
    assert all(layer["encoding"]["y"]["scale"]["zero"] is True for layer in drawn.spec["layer"])
    assert drawn.notes == ()
    assert drawn.alt == ("Widget: Revenue from Jan 2024 to Mar 2024, $420.00 in Mar 2024, highest $420.00 in Mar 2024.")


def test_the_month_that_the_as_of_date_cuts_short_is_dashed_and_named() -> None:
    drawn = draw("line", months(400, 410, 90, first=9))
    assert drawn.spec is not None
    dashed = [layer for layer in drawn.spec["layer"] if "strokeDash" in layer["mark"]]
    assert [point["x"] for layer in dashed for point in layer["data"]["values"]] == ["2024-10-01", "2024-11-01"]
    assert drawn.notes == ("Nov 2024 is not complete: figures end on 18 Nov 2024.",)


@pytest.mark.parametrize(
    ("start", "grain", "cut"),
    [
        ("2024-11-01", "month", True),
        ("2024-10-01", "month", False),
        ("2024-10-01", "quarter", True),
        ("2024-07-01", "quarter", False),
        ("2024-01-01", "year", True),
        ("2023-01-01", "year", False),
        ("2024-11-18", "week", True),
        ("2024-11-11", "week", False),
        ("2024-11-18", "day", False),
    ],
)
def test_a_period_is_cut_short_when_it_ends_after_the_as_of_date(start: str, grain: str, *, cut: bool) -> None:
    assert is_cut_short(date.fromisoformat(start), grain, AS_OF) is cut


def test_a_second_dimension_gives_one_line_each() -> None:
    table = pa.table(
        {
            "day": pa.array([date(2024, 1, 1), date(2024, 1, 1), date(2024, 2, 1)], pa.date32()),
            "channel": ["Online", None, "Online"],
            "revenue": [1.0, 2.0, 3.0],
        }
    )
    data = frame(table, day={"kind": "time", "grain": "month"}, channel={"kind": "dimension"}, revenue=USD)
    drawn = draw("line", data)
    assert drawn.spec is not None
    assert set(drawn.spec["encoding"]["color"]["scale"]["domain"]) == {"Online", "(none)"}


def test_a_line_needs_time() -> None:
    with pytest.raises(QueryError, match="line chart is time"):
        draw("line", by_category({"a": 1}))


# ---- bar


def test_bars_are_sorted_and_carry_their_figure() -> None:
    drawn = draw("bar", by_category({"Meat": 20.0, "Grocery": 730123.0, None: 5.0}))
    assert drawn.spec is not None
    assert drawn.spec["data"]["values"] == [
        {"c": "Grocery", "y": 730123.0, "t": "$730k"},
        {"c": "Meat", "y": 20.0, "t": "$20.00"},
        {"c": "(none)", "y": 5.0, "t": "$5.00"},
    ]
    assert drawn.spec["encoding"]["y"]["sort"] == ["Grocery", "Meat", "(none)"]
    assert drawn.alt.endswith("Grocery leads with $730,123.00, then Meat.")


def test_what_has_no_category_is_grey_and_last_however_large_it_is() -> None:
    drawn = draw("bar", by_category({"Meat": 20.0, None: 900.0, "Grocery": 30.0}))
    assert drawn.spec is not None
    assert drawn.spec["encoding"]["y"]["sort"] == ["Grocery", "Meat", "(none)"]
    assert drawn.alt.endswith("Grocery leads with $30.00, then Meat.")
    grey = drawn.spec["layer"][0]["encoding"]["color"]["condition"]
    assert (grey["test"]["oneOf"], grey["value"]) == (["(none)"], "@none")
    assert drawn.notes == ("(none): no category is on record.",)
    assert "color" not in draw("bar", by_category({"Meat": 20.0})).spec["layer"][0]["encoding"]  # type: ignore[index]


@pytest.mark.parametrize("kind", ["bar", "pie"])
def test_members_keep_the_order_that_the_model_gives_them(kind: str) -> None:
    ages = ("0 to 1 days", "2 to 6 days", "7 days and more")
    found = by_category({ages[2]: 9.0, None: 7.0, ages[0]: 1.0, ages[1]: 4.0})
    of = replace(found, columns=(replace(found.columns[0], members=ages), *found.columns[1:]))
    drawn = draw(kind, of)
    shown = parts(drawn) if kind == "pie" else drawn.spec["encoding"]["y"]["sort"]  # type: ignore[index]
    names = [each["c"] for each in shown] if kind == "pie" else shown
    assert names == [*ages, "(none)"]


def test_a_table_beside_bars_stands_in_their_order() -> None:
    found = by_category({"Meat": 20.0, None: 900.0, "Fish": None, "Grocery": 30.0, "Bread": 25.0})
    assert [row["category"] for row in as_drawn(found).rows()] == ["Grocery", "Bread", "Meat", "Fish", None]
    ages = ("0 to 1 days", "2 to 6 days")
    told = by_category({ages[1]: 9.0, None: 7.0, ages[0]: 1.0})
    told = replace(told, columns=(replace(told.columns[0], members=ages), *told.columns[1:]))
    assert [row["category"] for row in as_drawn(told).rows()] == [*ages, None]


def test_bars_beyond_the_top_are_left_to_the_table() -> None:
    drawn = draw("bar", by_category({f"c{i}": float(i + 1) for i in range(12)}), top=4)
    assert drawn.spec is not None
    assert [v["c"] for v in drawn.spec["data"]["values"]] == ["c11", "c10", "c9", "c8"]
    assert drawn.notes == ("The 4 largest of 12; the table has all.",)


# ---- pie


def parts(drawn: Drawn) -> list[dict[str, Any]]:
    assert drawn.spec is not None
    values: list[dict[str, Any]] = drawn.spec["layer"][0]["data"]["values"]
    return values


def test_parts_come_in_their_order_with_their_share() -> None:
    drawn = draw("pie", by_category({"High": 160, "Low": 590, "Medium": 249, "Prospect": 1}, unit="count"))
    assert [(part["c"], part["s"]) for part in parts(drawn)] == [
        ("Low", "59%"),
        ("Medium", "25%"),
        ("High", "16%"),
        ("Prospect", "<1%"),
    ]
    assert drawn.spec is not None
    assert drawn.spec["layer"][1]["mark"]["text"] == "1,000"
    scale = drawn.spec["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["High"] == "@risk-high"


def test_too_many_parts_become_other_and_nothing_is_lost() -> None:
    amounts: dict[str | None, float] = {f"c{i:02}": float(100 - i) for i in range(30)}
    drawn = draw("pie", by_category(amounts, unit="count"))
    shown = parts(drawn)
    assert len(shown) == 12
    assert shown[-1]["c"] == "Other"
    assert sum(part["y"] for part in shown) == sum(amounts.values())


@pytest.mark.parametrize("amounts", [{"a": -1.0, "b": 2.0}, {"a": 0.0}])
def test_a_pie_refuses_what_it_cannot_show(amounts: dict[str | None, float]) -> None:
    with pytest.raises(QueryError):
        draw("pie", by_category(amounts))


def test_names_with_quotes_survive_the_legend() -> None:
    drawn = draw("pie", by_category({'O\'Brien "&" <Co>': 1.0, "b\\": 2.0}, unit="count"))
    assert drawn.spec is not None
    text = svg(drawn.spec)
    assert 'O\'Brien "&amp;" &lt;Co&gt;  33%' in text or "O'Brien &quot;&amp;&quot; &lt;Co&gt;  33%" in text


# ---- gauge


def test_a_gauge_stands_where_its_value_is() -> None:
    table = pa.table({"score": [4.0], "contacts": [1200]})
    drawn = draw("gauge", frame(table, score={"format": ".1f"}, contacts={"unit": "count"}), min=1, max=5)
    assert drawn.spec is not None
    arcs = [layer["mark"] for layer in drawn.spec["layer"] if layer["mark"]["type"] == "arc"]
    assert arcs[1]["theta2"] == pytest.approx(-1.5707963 + 0.75 * 3.1415927)
    assert drawn.alt == "Widget: 4.0 on a scale from 1 to 5; Contacts 1,200."


@pytest.mark.parametrize(("value", "end"), [(9.0, 1.5707963), (0.0, -1.5707963)])
def test_a_gauge_never_leaves_its_scale(value: float, end: float) -> None:
    drawn = draw("gauge", frame(pa.table({"score": [value]})), min=1, max=5)
    assert drawn.spec is not None
    assert drawn.spec["layer"][1]["mark"]["theta2"] == pytest.approx(end)


def test_a_gauge_without_a_scale_is_refused_except_for_shares() -> None:
    with pytest.raises(QueryError, match="needs its scale"):
        draw("gauge", frame(pa.table({"score": [3.0]})))
    assert "from 0% to 100%" in draw("gauge", frame(pa.table({"rate": [0.5]}), rate={"unit": "percent_0_1"})).alt


# ---- kpi


def kpi(now: float, before: float | None, better: Any) -> Drawn:
    previous = None if before is None else frame(pa.table({"revenue": [before]}), revenue=USD)
    surroundings = Canvas(
        title="Revenue",
        as_of=AS_OF,
        filters=Filters(date(2024, 1, 1), date(2024, 3, 31)),
        definitions=(Definition("revenue", "Revenue", better=better),),
        again=lambda _dimension, _filters: previous,
    )
    return CHARTS["kpi"].draw(frame(pa.table({"revenue": [now]}), revenue=USD), surroundings)


@pytest.mark.parametrize(
    ("now", "before", "better", "is_good"),
    [
        (110, 100, "up", True),
        (90, 100, "up", False),
        (90, 100, "down", True),
        (90, 100, None, None),
        (100, 100, "up", None),
    ],
)
def test_a_trend_is_good_or_bad_as_the_metric_says(
    now: float, before: float, better: str | None, *, is_good: Any
) -> None:
    figure = kpi(now, before, better).figure
    assert figure is not None
    assert figure.trend is not None
    assert figure.trend.is_good is is_good
    assert figure.trend.against == "1 Oct \N{EN DASH} 31 Dec 2023"


def test_without_a_period_before_there_is_no_trend() -> None:
    drawn = kpi(110, None, "up")
    assert drawn.figure is not None
    assert drawn.figure.trend is None
    assert drawn.alt == "Revenue: $110.00."


def test_a_sparkline_leaves_out_the_month_that_is_not_over() -> None:
    series = months(1, 2, 3, 4, first=8)
    surroundings = Canvas(
        title="Revenue",
        as_of=AS_OF,
        options={"sparkline": {"dimension": "time", "grain": "month"}},
        again=lambda dimension, _filters: series if dimension else None,
    )
    drawn = CHARTS["kpi"].draw(frame(pa.table({"revenue": [10.0]}), revenue=USD), surroundings)
    assert drawn.spec is not None
    assert [point["x"] for point in drawn.spec["data"]["values"]] == ["2024-08-01", "2024-09-01", "2024-10-01"]
    vl_convert.vegalite_to_vega(paint(drawn.spec, "light"), vl_version=VEGA_LITE)


# ---- scatter


def customers(count: int) -> pa.Table:
    segments = ["Champions" if i % 500 == 0 else "Lost" for i in range(count)]
    return pa.table(
        {
            "customer": [f"c{i}" for i in range(count)],
            "segment": segments,
            "recency": pa.array([None if i == 1 else float(i % 300) for i in range(count)], pa.float64()),
            "frequency": list(range(count)),
            "monetary": [float(i) for i in range(count)],
        }
    )


def scatter(count: int, **options: Any) -> Drawn:
    data = frame(
        customers(count),
        customer={"kind": "dimension"},
        segment={"kind": "dimension", "asked": "customer_360.segment"},
        recency={"unit": "days", "format": ",.0f"},
    )
    return draw("scatter", data, **options)


def test_every_point_with_both_figures_is_drawn() -> None:
    drawn = scatter(10, colour="customer_360.segment")
    assert drawn.spec is not None
    assert len(drawn.spec["data"]["values"]) == 9
    assert drawn.spec["encoding"]["color"]["scale"]["domain"] == ["Champions", "Lost"]


def test_many_points_are_sampled_evenly_and_the_same_each_time() -> None:
    one, other = scatter(9_000), scatter(9_000)
    assert one.spec == other.spec
    assert one.spec is not None
    points = one.spec["data"]["values"]
    assert MOST_POINTS * 0.95 <= len(points) <= MOST_POINTS + 2
    assert 0 < sum(point["c"] == "Champions" for point in points) <= 5  # 18 of 9,000
    assert one.notes == (
        f"{len(points):,} of 8,999 points are drawn, taken evenly; the download has all.",
        "Not drawn: 1 without recency or frequency.",
    )
    assert one.spec["usermeta"]["renderer"] == "canvas"


def test_a_sample_keeps_rare_and_missing_values() -> None:
    table = pa.table({"segment": [None] * 3 + ["a"] * 5_000 + ["b"]})
    kept = sample(table, "segment", 100).column("segment").to_pylist()
    assert kept.count("b") == 1
    assert kept.count(None) == 1
    assert 95 <= len(kept) <= 102
    assert sample(table, None, 100).num_rows == 100


def test_a_scatter_needs_two_metrics_and_a_known_colour() -> None:
    with pytest.raises(QueryError, match="two metrics"):
        draw("scatter", by_category({"a": 1}))
    with pytest.raises(QueryError, match="no dimension"):
        scatter(5, colour="nobody")


# ---- table and image


def test_a_table_is_left_to_the_page() -> None:
    drawn = draw("table", by_category({"Meat": 20.0, "Grocery": 7.0}))
    assert drawn.spec is None
    assert drawn.alt == "Widget: 2 rows; the first: Category Meat, Revenue $20.00."


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_an_image_has_the_colours_of_its_mode(mode: Any) -> None:
    drawn = draw("bar", by_category({"Meat": 20.0}))
    assert drawn.spec is not None
    text = svg(drawn.spec, mode=mode)
    assert PALETTES[mode]["accent"] in text
    assert PALETTES[mode]["surface"] in text
    assert "Meat" in text
