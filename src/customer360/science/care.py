"""Measure customer care: handle time, first-contact resolution, repeat contacts, SLA, backlog, satisfaction.

Source: Cleveland 2012, "Call Center Management on Fast Forward", 3rd ed.; every rate stands with its denominator.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.errors import InputMalformed
from customer360.names import quoted
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METHOD = "care_summary"
BACKLOG_METHOD = "care_backlog"
COLUMNS = (
    "contact_id", "customer_key", "topic", "started_at", "resolved_at", "status", "priority", "duration_seconds",
    "satisfaction_1_5",
)  # fmt: skip
REPEAT_DAYS = 7
SATISFIED = 4
AGE_BANDS = (1, 3, 7, 30)

JUDGED = """
WITH known AS (
    SELECT *,
        CASE WHEN resolved_at <= $end THEN resolved_at END AS done_at,
        coalesce(resolved_at <= $end, status IN ('resolved', 'closed'), false) AS is_done,
        coalesce(status = 'cancelled', false) AS is_cancelled
    FROM contacts WHERE started_at <= $end
), followed AS (
    SELECT *,
        lead(started_at) OVER (PARTITION BY customer_key, topic ORDER BY started_at, contact_id) AS next_on_topic,
        lead(started_at) OVER (PARTITION BY customer_key ORDER BY started_at, contact_id) AS next_at
    FROM known
), judged AS (
    SELECT followed.*,
        customer_key IS NOT NULL AND started_at + to_days($repeat_days) <= $end AS is_watched,
        next_at <= started_at + to_days($repeat_days) AS is_repeated,
        next_on_topic <= started_at + to_days($repeat_days) AS is_repeated_on_topic,
        CASE WHEN done_at IS NOT NULL OR NOT is_done
            THEN epoch(coalesce(done_at, $end::TIMESTAMP) - started_at) / 3600 END AS open_hours,
        epoch_us(done_at) - epoch_us(started_at) AS open_microseconds, -- whole, so that no order of rows changes a mean
        CASE WHEN NOT is_cancelled AND (done_at IS NOT NULL OR NOT is_done) THEN sla.hours END AS sla_hours
    FROM followed LEFT JOIN sla USING (priority)
)
"""

MEASURES = """
    count(*) AS contacts,
    count(DISTINCT customer_key) AS customers,
    count(duration_seconds) AS timed_contacts,
    avg(duration_seconds) AS average_handle_time_seconds,
    count(*) FILTER (is_done) AS resolved_contacts,
    avg(open_microseconds) / 3600000000 AS average_resolution_hours,
    count(*) FILTER (is_watched) AS watched_contacts,
    count(*) FILTER (is_watched AND is_done AND NOT coalesce(is_repeated_on_topic, false))
        / nullif(count(*) FILTER (is_watched), 0) AS first_contact_resolution_rate,
    count(*) FILTER (is_watched AND is_repeated) / nullif(count(*) FILTER (is_watched), 0) AS repeat_contact_rate,
    count(sla_hours) AS sla_contacts,
    count(*) FILTER (open_hours > sla_hours) / nullif(count(sla_hours), 0) AS sla_breach_rate,
    count(*) FILTER (NOT is_done AND NOT is_cancelled) AS open_contacts,
    count(satisfaction_1_5) AS scored_contacts,
    count(satisfaction_1_5) / nullif(count(*), 0) AS response_rate,
    count(*) FILTER (satisfaction_1_5 >= $satisfied) / nullif(count(satisfaction_1_5), 0) AS csat_rate,
    avg(satisfaction_1_5::DECIMAL(18, 9)) AS average_satisfaction_1_5 -- exact sums: no order of rows changes a mean
"""

SUMMARY = """
SELECT {groups} {measures}
FROM judged
{group_by}
"""

BACKLOG = """
WITH waiting AS (
    SELECT epoch($end::TIMESTAMP - started_at) / 86400 AS days
    FROM contacts
    WHERE started_at <= $end AND NOT coalesce(resolved_at <= $end, status IN ('resolved', 'closed'), false)
        AND coalesce(status, 'open') <> 'cancelled'
)
SELECT age_from_days, age_to_days, count(days) AS open_contacts, max(days) AS oldest_days
FROM bands LEFT JOIN waiting ON days >= age_from_days AND (age_to_days IS NULL OR days < age_to_days)
GROUP BY ALL
ORDER BY age_from_days
"""


def summary(
    contacts: pa.Table,
    *,
    as_of: date,
    sla_hours: Mapping[str, float],
    by: Sequence[str] = (),
    repeat_days: int = REPEAT_DAYS,
) -> pa.Table:
    """Return counts and rates of contacts, for each value of the ``by`` columns.

    Input: one row per contact with contact_id, customer_key, topic, started_at, resolved_at, status (open, pending,
    escalated, resolved, closed, cancelled), priority, duration_seconds (NULL: e-mail, social, SMS), satisfaction_1_5,
    and the ``by`` columns (agent_key gives agent figures, async contacts included). ``sla_hours``: hours to resolution
    by priority; other priorities have no SLA. What happened after the as-of date has not happened.

    average_handle_time_seconds averages timed_contacts only. A contact is watched once ``repeat_days`` have passed
    since it began, if its customer is known; first_contact_resolution_rate = watched ones that are resolved and were
    not followed by another of the same customer and topic within ``repeat_days`` / watched; repeat_contact_rate =
    followed by any of the same customer / watched. sla_breach_rate = took, or is taking, longer than allowed / those
    with an SLA that are not cancelled and whose end is known. csat_rate = scored 4 or more / scored; response_rate =
    scored / contacts. Rates are NULL without a denominator.
    """
    require_columns(contacts, (*COLUMNS, *by), name="contacts")
    if repeat_days < 1:
        raise InputMalformed(f"repeat_days is {repeat_days}; a repeat takes at least a day to rule out.")
    columns = ", ".join(quoted(column) for column in by)
    sql = JUDGED + SUMMARY.format(
        groups=f"{columns}," if by else "",
        measures=MEASURES,
        group_by=f"GROUP BY {columns} ORDER BY {columns}" if by else "",
    )
    settings = {"end": _end(as_of), "repeat_days": repeat_days, "satisfied": SATISFIED}
    return run_sql(sql, settings, contacts=contacts, sla=_sla_table(sla_hours))


def backlog(contacts: pa.Table, *, as_of: date, age_bands: Sequence[int] = AGE_BANDS) -> pa.Table:
    """Return open contacts at the end of the as-of date by age: age_from_days, age_to_days, open_contacts, oldest_days.

    Open: begun, not resolved by then, not cancelled. ``age_bands`` are rising upper bounds in days, the last band has
    none. Bands without contacts stay in with 0.
    """
    require_columns(contacts, ("started_at", "resolved_at", "status"), name="contacts")
    if list(age_bands) != sorted({band for band in age_bands if band > 0}):
        raise InputMalformed(f"The age bands are {list(age_bands)}; they rise from above 0.")
    bands = pa.table(
        {
            "age_from_days": pa.array([0, *age_bands], pa.int32()),
            "age_to_days": pa.array([*age_bands, None], pa.int32()),
        }
    )
    return run_sql(BACKLOG, {"end": _end(as_of)}, contacts=contacts, bands=bands)


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``summary`` (step ``care_summary``).

    Inputs ``contacts``, ``service_levels`` (priority, hours); parameters by (columns of contacts), repeat_days (7).
    """
    settings = with_defaults(parameters, {"by": (), "repeat_days": REPEAT_DAYS}, method=METHOD)
    contacts = require_input(inputs, "contacts", (*COLUMNS, *settings["by"]), method=METHOD)
    levels = require_input(inputs, "service_levels", ("priority", "hours"), method=METHOD)
    hours = {row["priority"]: float(row["hours"]) for row in levels.to_pylist()}
    return summary(contacts, as_of=as_of, sla_hours=hours, **settings)


def run_backlog(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``backlog`` (step ``care_backlog``): input ``contacts``, parameter age_bands (1, 3, 7, 30 days)."""
    settings = with_defaults(parameters, {"age_bands": AGE_BANDS}, method=BACKLOG_METHOD)
    contacts = require_input(inputs, "contacts", ("started_at", "resolved_at", "status"), method=BACKLOG_METHOD)
    return backlog(contacts, as_of=as_of, **settings)


def _sla_table(sla_hours: Mapping[str, float]) -> pa.Table:
    return pa.table(
        {
            "priority": pa.array(list(sla_hours), pa.string()),
            "hours": pa.array([float(hours) for hours in sla_hours.values()], pa.float64()),
        }
    )


def _end(as_of: date) -> datetime:
    return datetime.combine(as_of, time.max)
