"""Count sessions per stage of a funnel, each stage a part of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import InputMalformed
from customer360.names import quoted
from customer360.science.inputs import require_columns, run_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

STAGES = ("page_view", "add_to_cart", "checkout", "purchase")

RATES = """
SELECT {by} stage_number, stage, sessions,
    sessions / nullif(first_value(sessions) OVER same, 0) AS overall_rate,
    sessions / nullif(coalesce(lag(sessions) OVER same, sessions), 0) AS step_rate,
    coalesce(lag(sessions) OVER same, sessions) - sessions AS dropped_sessions
FROM counted
WINDOW same AS (PARTITION BY {partition} ORDER BY stage_number)
ORDER BY ALL
"""


def funnel(events: pa.Table, *, stages: Sequence[str] = STAGES, by: Sequence[str] = ()) -> pa.Table:
    """Return sessions and rates per stage, for each value of the ``by`` columns.

    Input: session_id, event_type, event_at and the ``by`` columns. A session reaches a stage with an event of that type
    at or after the moment at which it reached the stage before; events without a session do not count, a session
    belongs to the ``by`` values of its first event of the first stage. Columns: by, stage_number, stage, sessions,
    overall_rate (of the first stage), step_rate (of the stage before; 1 for the first), dropped_sessions. Rates are
    NULL when nobody was there. Raises InputMalformed for fewer than two stages or one named twice.
    """
    require_columns(events, ("session_id", "event_type", "event_at", *by), name="events")
    if len(stages) < 2 or len(set(stages)) < len(stages):  # noqa: PLR2004 # one stage is no funnel
        raise InputMalformed(f"The stages are {', '.join(stages)}; a funnel has two or more different ones.")
    names = {f"stage_{number}": stage for number, stage in enumerate(stages, start=1)}
    return run_sql(_sql(list(stages), by), names, events=events)


def _sql(stages: list[str], by: Sequence[str]) -> str:
    groups = "".join(f"{quoted(column)}, " for column in by)
    kept = "".join(f"arg_min({quoted(column)}, event_at) AS {quoted(column)}, " for column in by)
    first = f"SELECT session_id, {kept}min(event_at) AS reached_at FROM events WHERE event_type = $stage_1"
    parts = [f"reached_1 AS ({first} AND session_id IS NOT NULL GROUP BY session_id)"]
    later = range(2, len(stages) + 1)
    parts += [
        f"reached_{number} AS (SELECT session_id, min(event_at) AS reached_at FROM events "
        f"JOIN reached_{number - 1} AS before USING (session_id) "
        f"WHERE event_type = $stage_{number} AND event_at >= before.reached_at GROUP BY session_id)"
        for number in later
    ]
    counts = "".join(f", count(reached_{number}.reached_at) AS sessions_{number}" for number in later)
    joins = " ".join(f"LEFT JOIN reached_{number} USING (session_id)" for number in later)
    group = f"GROUP BY {groups.rstrip(', ')}" if by else ""
    parts.append(
        f"wide AS (SELECT {groups}count(reached_1.reached_at) AS sessions_1{counts} FROM reached_1 {joins} {group})"
    )
    rows = " UNION ALL ".join(
        f"SELECT {groups}{number} AS stage_number, $stage_{number} AS stage, sessions_{number} AS sessions FROM wide"
        for number in range(1, len(stages) + 1)
    )
    rates = RATES.format(by=groups, partition=groups.rstrip(", ") or "NULL")
    return f"WITH {', '.join(parts)}, counted AS ({rows}) {rates}"
