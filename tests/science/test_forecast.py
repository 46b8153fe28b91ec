from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import forecast


def month(number: int) -> date:
    return date(2019 + number // 12, number % 12 + 1, 1)


def month_end(number: int) -> date:
    return month(number + 1) - timedelta(days=1)


def table(*histories) -> pa.Table:
    rows = [(name, month(n), float(value)) for name, history in enumerate(histories) for n, value in enumerate(history)]
    return pa.table(
        {
            "series": pa.array([row[0] for row in rows], pa.int64()),
            "month": pa.array([row[1] for row in rows], pa.date32()),
            "value": pa.array([row[2] for row in rows], pa.float64()),
        }
    )


def shop(random, months, noise=0.1):
    season, level = random.normal(0, 0.25, 12), np.cumsum(random.normal(0.005, 0.03, months))
    return np.exp(5 + level + season[np.arange(months) % 12] + random.normal(0, noise, months))


def test_a_steady_trend_with_a_fixed_season_is_continued():
    season = np.array([1, 1.1, 0.9, 1, 1.2, 0.8, 1, 1, 1.05, 0.95, 1.4, 1.6])
    history = [100 * 1.01**n * season[n % 12] for n in range(60)]
    found = forecast.forecast(table(history[:54]), as_of=month_end(53), horizon=6)
    assert found["forecast"].to_pylist() == pytest.approx(history[54:], rel=0.03)
    assert set(found["method"].to_pylist()) == {"damped_holt_seasonal"}
    assert found["month"].to_pylist() == [month(n) for n in range(54, 60)]


def slow_damped_holt(history, horizon):
    """The textbook recursions in plain Python over the same grid of constants, on logs, season by ratio to a year."""
    values = [math.log(value) for value in history]
    distances = {m: [] for m in range(12)}
    for n in range(6, len(values) - 6):
        year = (values[n - 6] / 2 + sum(values[n - 5 : n + 6]) + values[n + 6] / 2) / 12
        distances[n % 12].append(values[n] - year)
    season = {m: sum(found) / len(found) for m, found in distances.items()}
    mean = sum(season.values()) / 12
    plain = [value - season[n % 12] + mean for n, value in enumerate(values)]
    first, second = sum(plain[:12]) / 12, sum(plain[12:24]) / 12
    best = None
    for alpha in (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9):
        for beta in (0.0, 0.05, 0.15, 0.3):
            for phi in (0.8, 0.9, 0.98):
                slope = (second - first) / 12
                level, squares = first - slope * 6.5, 0.0
                for value in plain:
                    miss = value - (level + phi * slope)
                    squares += miss**2
                    new = alpha * value + (1 - alpha) * (level + phi * slope)
                    slope = beta * (new - level) + (1 - beta) * phi * slope
                    level = new
                if best is None or squares < best[0] - 1e-15:
                    best = (squares, level, slope, phi)
    _, level, slope, phi = best
    ahead = [level + slope * sum(phi**k for k in range(1, step + 1)) for step in range(1, horizon + 1)]
    return [math.exp(value + season[(len(values) + step) % 12] - mean) for step, value in enumerate(ahead)]


@pytest.mark.parametrize("months", [24, 29, 40, 61])
def test_the_forecast_is_that_of_the_textbook_recursions(months):
    history = shop(np.random.default_rng(months), months)
    found = forecast.forecast(table(history), as_of=month_end(months - 1), horizon=15)
    assert found["forecast"].to_pylist() == pytest.approx(slow_damped_holt(list(history), 15), rel=1e-9)


@pytest.mark.parametrize("months", [12, 17, 23])
def test_a_short_history_repeats_last_year(months):
    history = list(range(10, 10 + months))
    found = forecast.forecast(table(history), as_of=month_end(months - 1), horizon=14)
    expected = [history[-12 + step % 12] for step in range(14)]
    assert found["forecast"].to_pylist() == pytest.approx(expected)
    assert set(found["method"].to_pylist()) == {"seasonal_naive"}


def test_intervals_say_nothing_before_there_are_five_back_tests():
    found = forecast.forecast(table(list(range(10, 27))), as_of=month_end(16), horizon=3)  # 17 months: 5, 4, 3 origins
    assert [low is None for low in found["lower"].to_pylist()] == [False, True, True]


@pytest.mark.parametrize("months", [36, 48, 72])
def test_80_percent_intervals_cover_about_80_percent(months):
    random = np.random.default_rng(months)
    found = forecast.back_test(table(*[shop(random, months) for _ in range(100)]), as_of=month_end(months - 1))
    assert 0.75 <= np.mean(found["is_covered"].to_pylist()) <= 0.92
    ours, naive = (np.mean(found[f"{name}_percentage_error"].to_numpy()) for name in ("absolute", "naive"))
    assert ours < naive


def test_a_single_series_is_covered_too():
    random = np.random.default_rng(9)
    covered = [
        hit
        for _ in range(40)
        for hit in forecast.back_test(table(shop(random, 48)), as_of=month_end(47))["is_covered"].to_pylist()
    ]
    assert 0.72 <= np.mean(covered) <= 0.95


def test_intervals_contain_the_forecast_and_do_not_shrink():
    history = shop(np.random.default_rng(2), 60)
    rows = forecast.forecast(table(history), as_of=month_end(59), horizon=12).to_pylist()
    ratios = [row["upper"] / row["forecast"] for row in rows]
    assert all(row["lower"] < row["forecast"] < row["upper"] for row in rows)
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(ratios))


def test_the_back_test_forecasts_with_what_was_known():
    history = shop(np.random.default_rng(6), 50)
    tested = forecast.back_test(table(history), as_of=month_end(49), horizon=4)
    plain = forecast.forecast(table(history[:46]), as_of=month_end(45), horizon=4)
    assert tested.select(plain.schema.names).equals(plain)
    assert tested["actual"].to_pylist() == pytest.approx(history[46:])
    assert tested["naive_percentage_error"].to_pylist() == pytest.approx(abs(history[34:38] / history[46:] - 1))


def test_a_month_counts_only_when_it_is_over():
    history = [*range(100, 130)]
    whole = forecast.forecast(table(history), as_of=month_end(29), horizon=2)
    running = forecast.forecast(table([*history, 3]), as_of=month(30) + timedelta(days=10), horizon=2)
    assert running.equals(whole)
    with_gap = table(history).filter(pa.array([n != 20 for n in range(30)]))
    filled = table([*history[:20], 0, *history[21:]])
    assert forecast.forecast(with_gap, as_of=month_end(29)).equals(forecast.forecast(filled, as_of=month_end(29)))


def test_a_series_that_never_was_below_0_is_not_forecast_below_0():
    history = [max(0, 40 - n) for n in range(48)]
    rows = forecast.forecast(table(history), as_of=month_end(47)).to_pylist()
    assert all(row["forecast"] >= 0 and row["lower"] >= 0 for row in rows)


def test_constant_and_negative_series_have_forecasts():
    rows = forecast.forecast(
        table([5.0] * 40, [(-1) ** n * 10 - 50 for n in range(40)]), as_of=month_end(39)
    ).to_pylist()
    assert [row["forecast"] for row in rows[:6]] == pytest.approx([5.0] * 6)
    assert all(-75 < row["forecast"] < -25 for row in rows[6:])


def test_too_short_series_are_refused_or_left_out():
    with pytest.raises(NotEnoughData, match="A forecast needs at least 12 complete months, and there are 11"):
        forecast.forecast(table([1] * 11), as_of=month_end(10))
    found = forecast.forecast(table([1] * 30, []), as_of=month_end(29), horizon=1)
    assert found["series"].to_pylist() == [0]
    one = table([2] * 30).drop_columns(["series"])
    assert forecast.forecast(one, as_of=month_end(29), horizon=1)["series"].to_pylist() == ["all"]
    assert forecast.run({"observations": table([1] * 3)}, {}, as_of=month_end(2)).num_rows == 0
    assert forecast.run({"observations": one}, {"horizon": 2}, as_of=month_end(29)).num_rows == 2
    with pytest.raises(InputMalformed, match="The horizon is 0"):
        forecast.forecast(one, as_of=month_end(29), horizon=0)
