"""Share the credit for conversions among channels: first touch, last touch, linear, and Markov removal effects.

Source: Anderl, Becker, von Wangenheim and Schumann 2016, "Mapping the Customer Journey: Lessons Learned from
Graph-Based Online Attribution Modeling", International Journal of Research in Marketing 33(3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.errors import InputMalformed
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from customer360.science.likelihood import Vector

METHOD = "attribution"
LOOKBACK_DAYS = 30
TOUCHES = ("customer_key", "channel", "touched_at")
CONVERSIONS = ("customer_key", "conversion_id", "converted_at", "value")

PATHS = """
WITH conversion AS (
    SELECT customer_key, conversion_id, converted_at::TIMESTAMP AS moment, value,
        lag(converted_at::TIMESTAMP) OVER (PARTITION BY customer_key ORDER BY converted_at, conversion_id) AS before
    FROM conversions
    WHERE converted_at::DATE <= $as_of
), touch AS (
    SELECT customer_key, channel, touched_at::TIMESTAMP AS moment
    FROM touches
    WHERE touched_at::DATE <= $as_of AND channel IS NOT NULL AND customer_key IS NOT NULL
), led AS (
    SELECT conversion_id, any_value(value) AS value,
        list(channel ORDER BY touch.moment, channel) AS path
    FROM conversion JOIN touch ON touch.customer_key = conversion.customer_key AND touch.moment <= conversion.moment
        AND touch.moment > coalesce(conversion.before, '-infinity'::TIMESTAMP)
        AND touch.moment >= conversion.moment - to_days($lookback_days)
    GROUP BY conversion_id
), open AS (
    SELECT list(channel ORDER BY touch.moment, channel) AS path
    FROM touch LEFT JOIN (SELECT customer_key, max(moment) AS last FROM conversion GROUP BY customer_key) AS done
        ON done.customer_key = touch.customer_key
    WHERE touch.moment > coalesce(done.last, '-infinity'::TIMESTAMP)
    GROUP BY touch.customer_key
)
SELECT path, count(*) AS paths, count(*) AS conversions, sum(value)::DOUBLE AS value FROM led GROUP BY path
UNION ALL
SELECT path, count(*), 0, 0 FROM open GROUP BY path
ORDER BY path, conversions
"""


def attribution(
    touches: pa.Table, conversions: pa.Table, *, as_of: date, lookback_days: int = LOOKBACK_DAYS
) -> pa.Table:
    """Return channel, and conversions and value credited to it by each of four models, sorted by channel.

    ``touches``: customer_key, channel, touched_at. ``conversions``: customer_key, conversion_id, converted_at, value.
    The path of a conversion is the customer's touches since his last conversion, at most ``lookback_days`` old; touches
    after the last conversion are a path that led nowhere (the Markov model needs them). Columns: channel, and
    first_touch_, last_touch_, linear_, markov_ each with conversions and value. Conversions without a touch are
    credited to nobody, so every model adds up to those that had one. Raises InputMalformed for a lookback below 0.
    """
    require_columns(touches, TOUCHES, name="touches")
    require_columns(conversions, CONVERSIONS, name="conversions")
    if lookback_days < 0:
        raise InputMalformed(f"lookback_days is {lookback_days}; it counts backwards already.")
    window = {"as_of": as_of, "lookback_days": lookback_days}
    paths = run_sql(PATHS, window, touches=touches, conversions=conversions).to_pylist()
    channels = sorted({channel for row in paths for channel in row["path"]})
    credit = {name: np.zeros((len(channels), 2)) for name in ("first_touch", "last_touch", "linear")}
    place = {channel: index for index, channel in enumerate(channels)}
    for row in paths:
        path, worth = [place[channel] for channel in row["path"]], np.array([row["conversions"], row["value"]])
        credit["first_touch"][path[0]] += worth
        credit["last_touch"][path[-1]] += worth
        for step in path:
            credit["linear"][step] += worth / len(path)
    totals = credit["first_touch"].sum(axis=0)
    credit["markov"] = np.outer(_removal_shares(paths, place), totals)
    columns = {
        f"{name}_{measure}": pa.array(values[:, index], pa.float64())
        for name, values in credit.items()
        for index, measure in enumerate(("conversions", "value"))
    }
    return pa.table({"channel": pa.array(channels, pa.string()), **columns})


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return the credits (step ``attribution``): inputs ``touches``, ``conversions``; parameter lookback_days (30)."""
    settings = with_defaults(parameters, {"lookback_days": LOOKBACK_DAYS}, method=METHOD)
    touches = require_input(inputs, "touches", TOUCHES, method=METHOD)
    conversions = require_input(inputs, "conversions", CONVERSIONS, method=METHOD)
    return attribution(touches, conversions, as_of=as_of, **settings)


def _removal_shares(paths: list[dict[str, Any]], place: Mapping[str, int]) -> Vector:
    """Return each channel's share of the sum of removal effects; equal shares when no removal changes anything."""
    size = len(place)
    moves = np.zeros((size + 1, size + 2))  # rows: start, channels; columns: channels, conversion, nowhere
    for row in paths:
        steps = [place[channel] for channel in row["path"]]
        for here, there in zip([-1, *steps], [*steps, size if row["conversions"] else size + 1], strict=True):
            moves[here + 1, there] += row["paths"]
    chance = moves / np.maximum(moves.sum(axis=1, keepdims=True), 1)
    whole = _conversion_chance(chance, removed=None)
    effects = np.array([whole - _conversion_chance(chance, removed=channel) for channel in range(size)])
    total = effects.sum()
    return effects / total if total > 0 else np.full(size, 1 / max(size, 1))


def _conversion_chance(chance: Vector, removed: int | None) -> float:
    """Return P(conversion from the start) of the chain; whoever steps on the removed channel is lost."""
    size = chance.shape[1] - 2
    inner, won = chance[1:, :size].copy(), chance[1:, size].copy()
    if removed is not None:
        inner[removed], won[removed] = 0, 0
    reached = np.linalg.solve(np.eye(size) - inner, won) if size else won
    return float(chance[0, :size] @ reached + chance[0, size])
