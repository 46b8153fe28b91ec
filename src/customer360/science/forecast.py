"""Forecast monthly series: damped trend times season, with intervals as wide as past forecasts were wrong.

Sources: Gardner and McKenzie 1985, "Forecasting Trends in Time Series", Management Science 31(10) (damped trend);
Hyndman and Athanasopoulos 2021, "Forecasting: Principles and Practice", 3rd ed., chapters 3, 5 and 8 (decomposition,
seasonal naive, rolling origins); Lei et al. 2018, "Distribution-Free Predictive Inference for Regression", JASA 113
(intervals from past errors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.science.likelihood import Vector

METHOD = "forecast"
YEAR = 12
MINIMUM_MONTHS = YEAR
HOLT_MONTHS = 2 * YEAR
MOST_ORIGINS = 2 * YEAR
MINIMUM_BACK_TESTS = 5
SMALLEST_SPREAD = 1e-6

_GRID = np.array(
    [
        (level, trend, damping)
        for level in (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
        for trend in (0.0, 0.05, 0.15, 0.3)
        for damping in (0.8, 0.9, 0.98)
    ]
).T

MONTHS = """
WITH monthly AS (
    SELECT series, date_trunc('month', month::DATE)::DATE AS month, sum(value)::DOUBLE AS value
    FROM observations
    WHERE month IS NOT NULL AND month::DATE < date_trunc('month', $as_of::DATE + 1)
    GROUP BY ALL
), calendar AS (
    SELECT series, unnest(generate_series(
        min(month)::TIMESTAMP, date_trunc('month', $as_of::DATE + 1) - INTERVAL 1 MONTH, INTERVAL 1 MONTH
    ))::DATE AS month
    FROM monthly GROUP BY series
)
SELECT series, list(coalesce(value, 0) ORDER BY month) AS history, max(month) AS last_month
FROM calendar LEFT JOIN monthly USING (series, month)
GROUP BY series
ORDER BY series
"""

RESULT = pa.schema(
    [
        ("month", pa.date32()),
        ("step", pa.int32()),
        ("forecast", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("method", pa.string()),
        ("history_months", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Path:
    """A forecast as it was made (in logs or not), with the size of the series' usual moves."""

    steps: Vector
    spread: float
    method: str


def forecast(observations: pa.Table, *, as_of: date, horizon: int = 6, level: float = 0.8) -> pa.Table:
    """Return the next ``horizon`` months of each series with the interval that covers ``level`` of past outcomes.

    Input: series (any key; may be absent), month (any day of it), value; values of one month are added up, months
    without rows between the first and the last are 0. A month counts only when it ended by the as-of date. Columns:
    series, month, step (1..horizon), forecast (the median), lower, upper (NULL with fewer than 5 back-tests), method,
    history_months. Below 24 months it is last year's month again (seasonal_naive), then damped_holt_seasonal. Raises
    NotEnoughData when no series has 12 months; shorter ones among others have no rows.
    """
    keyed, rows = _histories(observations, as_of, horizon, level)
    usable = [row for row in rows if len(row["history"]) >= MINIMUM_MONTHS]
    if not usable:
        longest = max((len(row["history"]) for row in rows), default=0)
        raise NotEnoughData("A forecast", found=longest, needed=MINIMUM_MONTHS, what="complete months")
    histories = [np.array(row["history"]) for row in usable]
    widths = _widths(histories, horizon, level)
    found: list[tuple[Any, ...]] = []
    for row, history in zip(usable, histories, strict=True):
        path = _project(np.log(history) if _is_log(history) else history, horizon)
        for step, (middle, low, high) in enumerate(_bounds(history, path, widths), start=1):
            month = _month_after(row["last_month"], step)
            found.append((row["series"], month, step, middle, low, high, path.method, len(history)))
    schema = RESULT.insert(0, pa.field("series", keyed.schema.field("series").type))
    return pa.table(list(map(list, zip(*found, strict=True))), schema=schema)


def back_test(observations: pa.Table, *, as_of: date, horizon: int = 6, level: float = 0.8) -> pa.Table:
    """Return what would have been forecast ``horizon`` months ago, beside what came.

    Columns of ``forecast`` and actual, is_covered (NULL without interval), absolute_percentage_error (NULL when the
    actual is 0), naive_percentage_error (of last year's month). Raises NotEnoughData as ``forecast``.
    """
    end = _first_open_month(as_of)
    before = date.fromordinal(_month_after(end, -horizon).toordinal() - 1)
    ahead = forecast(observations, as_of=before, horizon=horizon, level=level)
    _, rows = _histories(observations, as_of, horizon, level)
    actual = {row["series"]: row["history"][-horizon:] for row in rows}
    naive = {row["series"]: row["history"][-horizon - YEAR :] for row in rows}
    extra: list[tuple[Any, ...]] = []
    for row in ahead.to_pylist():
        came = actual[row["series"]][row["step"] - 1]
        covered = None if row["lower"] is None else row["lower"] <= came <= row["upper"]
        guess = naive[row["series"]][(row["step"] - 1) % YEAR]
        extra.append((came, covered, _share_off(row["forecast"], came), _share_off(guess, came)))
    names = ("actual", "is_covered", "absolute_percentage_error", "naive_percentage_error")
    kinds = (pa.float64(), pa.bool_(), pa.float64(), pa.float64())
    for name, kind, values in zip(names, kinds, zip(*extra, strict=True), strict=True):
        ahead = ahead.append_column(name, pa.array(values, kind))
    return ahead


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return the forecasts (step ``forecast``): input ``observations``, parameters horizon (6) and level (0.8).

    No rows when no series has 12 complete months.
    """
    settings = with_defaults(parameters, {"horizon": 6, "level": 0.8}, method=METHOD)
    observations = require_input(inputs, "observations", ("month", "value"), method=METHOD)
    try:
        return forecast(observations, as_of=as_of, **settings)
    except NotEnoughData:
        kind = _keyed(observations).schema.field("series").type
        return RESULT.insert(0, pa.field("series", kind)).empty_table()


def _histories(
    observations: pa.Table, as_of: date, horizon: int, level: float
) -> tuple[pa.Table, list[dict[str, Any]]]:
    require_columns(observations, ("month", "value"), name="observations")
    if horizon < 1 or not 0 < level < 1:
        raise InputMalformed(f"The horizon is {horizon} and the level {level}.", next_step="Take 1 or more and 0.8.")
    keyed = _keyed(observations)
    return keyed, run_sql(MONTHS, {"as_of": as_of}, observations=keyed).to_pylist()


def _keyed(observations: pa.Table) -> pa.Table:
    if "series" in observations.column_names:
        return observations
    return observations.append_column("series", pa.array(["all"] * observations.num_rows, pa.string()))


def _is_log(history: Vector) -> bool:
    """Say whether to work on logs, which makes season and trend factors: when every month is above 0."""
    return bool(np.all(history > 0))


def _project(values: Vector, horizon: int) -> Path:
    """Forecast from one history, in logs or not."""
    spread = _spread(values)
    if len(values) < HOLT_MONTHS:
        return Path(values[-YEAR:][np.arange(horizon) % YEAR], spread, "seasonal_naive")
    season = _season(values)
    months = np.arange(len(values))
    ahead = _damped_holt(values - season[months % YEAR], horizon)
    return Path(ahead + season[(len(values) + np.arange(horizon)) % YEAR], spread, "damped_holt_seasonal")


def _season(values: Vector) -> Vector:
    """Return what each month of the year (counted from the series' first) adds: mean distance to a centred year."""
    kernel = np.r_[0.5, np.ones(YEAR - 1), 0.5] / YEAR
    trend = np.convolve(values, kernel, mode="valid")
    distance = values[YEAR // 2 : YEAR // 2 + len(trend)] - trend
    months = np.arange(YEAR // 2, YEAR // 2 + len(trend)) % YEAR
    season = np.bincount(months, distance, YEAR) / np.bincount(months, minlength=YEAR)
    return np.asarray(season - season.mean())


def _damped_holt(values: Vector, horizon: int) -> Vector:
    """Return the forecast with the best of the grid's smoothing constants, by squared one-step misses."""
    alpha, beta, phi = _GRID
    level = np.full(alpha.shape, values[:YEAR].mean())
    slope = np.full(alpha.shape, (values[YEAR : 2 * YEAR].mean() - values[:YEAR].mean()) / YEAR)
    level -= slope * (YEAR + 1) / 2
    squares = np.zeros(alpha.shape)
    for value in values:
        expected = level + phi * slope
        squares += (value - expected) ** 2
        new_level = expected + alpha * (value - expected)
        slope = beta * (new_level - level) + (1 - beta) * phi * slope
        level = new_level
    best = int(np.argmin(squares))
    damped = np.cumsum(phi[best] ** np.arange(1, horizon + 1))
    return np.asarray(level[best] + slope[best] * damped)


def _spread(values: Vector) -> float:
    """Return how far a month usually is from the year before: a yardstick that does not depend on the method."""
    moves = values[YEAR:] - values[:-YEAR] if len(values) > YEAR else np.diff(values)
    usual = float(np.sqrt(np.mean(moves**2)))
    return max(usual, SMALLEST_SPREAD * max(1.0, float(np.abs(values).max())))


def _widths(histories: Sequence[Vector], horizon: int, level: float) -> list[float | None]:
    """Return per step how many spreads wide the interval is: a high quantile of past misses at all origins.

    Quantile ceil((n + 1) level) of n, over all series; never narrower than at an earlier step.
    """
    misses: list[list[float]] = [[] for _ in range(horizon)]
    for history in histories:
        values = np.log(history) if _is_log(history) else history
        for origin in range(max(YEAR, len(values) - MOST_ORIGINS), len(values)):
            path = _project(values[:origin], min(horizon, len(values) - origin))
            for step, ahead in enumerate(path.steps):
                misses[step].append(abs(float(values[origin + step] - ahead)) / path.spread)
    widths: list[float | None] = []
    for found in misses:
        if len(found) < MINIMUM_BACK_TESTS:
            widths.append(None)
            continue
        place = min(math.ceil((len(found) + 1) * level), len(found)) - 1
        known_widths = [width for width in widths if width is not None]
        widths.append(max([sorted(found)[place], *known_widths]))
    return widths


def _bounds(
    history: Vector, path: Path, widths: Sequence[float | None]
) -> list[tuple[float, float | None, float | None]]:
    """Return forecast, lower and upper per step in the series' unit, never below 0 when the history never was."""
    is_log, floor = _is_log(history), 0.0 if np.all(history >= 0) else -math.inf

    def back(value: float) -> float:
        return math.exp(min(value, 700.0)) if is_log else max(value, floor)

    return [
        (
            back(middle),
            None if width is None else back(middle - width * path.spread),
            None if width is None else back(middle + width * path.spread),
        )
        for middle, width in zip(path.steps.tolist(), widths, strict=True)
    ]


def _month_after(month: date, months: int) -> date:
    count = month.year * YEAR + month.month - 1 + months
    return date(count // YEAR, count % YEAR + 1, 1)


def _first_open_month(as_of: date) -> date:
    """Return the first day of the first month that has not ended by the as-of date."""
    tomorrow = date.fromordinal(as_of.toordinal() + 1)
    return date(tomorrow.year, tomorrow.month, 1)


def _share_off(guess: float, actual: float) -> float | None:
    return abs(guess - actual) / abs(actual) if actual else None
