from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed
from customer360.science import care

AS_OF = date(2024, 11, 30)
END = datetime(2024, 11, 30, 23, 59, 59, 999999)  # noqa: DTZ001 # warehouse timestamps carry no zone
SLA = {"High": 24.0, "Low": 72.0}
FIELDS = (
    "contact_id", "customer_key", "topic", "started_at", "resolved_at", "status", "priority", "duration_seconds",
    "satisfaction_1_5", "agent_key",
)  # fmt: skip
KINDS = dict(
    zip(
        FIELDS,
        (pa.int64(), pa.int64(), pa.string(), pa.timestamp("us"), pa.timestamp("us"), pa.string(), pa.string(),
         pa.int64(), pa.float64(), pa.int64()),
        strict=True,
    )
)  # fmt: skip


def contacts(*rows) -> pa.Table:
    """Rows of dicts; hours_ago and hours_taken stand for the moments."""
    full = []
    for number, row in enumerate(rows):
        started = END - timedelta(hours=row.get("hours_ago", 0))
        taken = row.get("hours_taken")
        full.append({
            "contact_id": number, "customer_key": 1, "topic": "billing", "status": "open", "priority": "High",
            "duration_seconds": None, "satisfaction_1_5": None, "agent_key": 1, **row, "started_at": started,
            "resolved_at": None if taken is None else started + timedelta(hours=taken),
        })  # fmt: skip
    return pa.table({name: pa.array([row[name] for row in full], kind) for name, kind in KINDS.items()})


def one(*rows, **settings_):
    (found,) = care.summary(contacts(*rows), as_of=AS_OF, sla_hours=SLA, **settings_).to_pylist()
    return found


some_contacts = st.lists(
    st.fixed_dictionaries(
        {
            "customer_key": st.sampled_from([1, 2, 3, None]),
            "topic": st.sampled_from(["billing", "delivery"]),
            "hours_ago": st.integers(-50, 900),
            "hours_taken": st.none() | st.integers(0, 200),
            "status": st.sampled_from(["open", "escalated", "resolved", "closed", "cancelled"]),
            "priority": st.sampled_from(["High", "Low", "None"]),
            "satisfaction_1_5": st.none() | st.integers(1, 5),
            "duration_seconds": st.none() | st.integers(1, 900),
        }
    ),
    max_size=15,
)


@given(some_contacts)
@settings(max_examples=40, deadline=None)
def test_every_figure_is_counted_by_hand(rows):
    found = one(*rows)
    rows = [{**row, "id": number} for number, row in enumerate(rows) if row["hours_ago"] >= 0]

    def share(part, whole):
        return len(part) / len(whole) if whole else None

    for row in rows:
        row["known_end"] = row["hours_taken"] is not None and row["hours_taken"] <= row["hours_ago"]
        row["done"] = row["known_end"] or (row["hours_taken"] is None and row["status"] in ("resolved", "closed"))
        later = [
            other
            for other in rows
            if other["customer_key"] == row["customer_key"]
            and (-other["hours_ago"], other["id"]) > (-row["hours_ago"], row["id"])
            and row["hours_ago"] - other["hours_ago"] <= 7 * 24
        ]
        row["again"], row["again_on_topic"] = bool(later), any(other["topic"] == row["topic"] for other in later)
        row["watched"] = row["customer_key"] is not None and row["hours_ago"] >= 7 * 24
        row["taken"] = row["hours_taken"] if row["known_end"] else row["hours_ago"]
    watched = [row for row in rows if row["watched"]]
    scored = [row["satisfaction_1_5"] for row in rows if row["satisfaction_1_5"] is not None]
    promised = [
        row
        for row in rows
        if row["priority"] in SLA and row["status"] != "cancelled" and (row["known_end"] or not row["done"])
    ]
    timed = [row["duration_seconds"] for row in rows if row["duration_seconds"] is not None]
    assert found["contacts"] == len(rows)
    assert found["resolved_contacts"] == sum(row["done"] for row in rows)
    assert found["open_contacts"] == sum(not row["done"] and row["status"] != "cancelled" for row in rows)
    assert found["first_contact_resolution_rate"] == share(
        [row for row in watched if row["done"] and not row["again_on_topic"]], watched
    )
    assert found["repeat_contact_rate"] == share([row for row in watched if row["again"]], watched)
    assert found["sla_breach_rate"] == share([row for row in promised if row["taken"] > SLA[row["priority"]]], promised)
    assert found["csat_rate"] == share([score for score in scored if score >= 4], scored)
    assert found["response_rate"] == share(scored, rows)
    assert found["timed_contacts"] == len(timed)
    assert found["average_handle_time_seconds"] == (pytest.approx(sum(timed) / len(timed)) if timed else None)


def test_handle_time_leaves_out_async_contacts_but_the_agent_keeps_them():
    rows = [{"agent_key": 7, "duration_seconds": 300}, {"agent_key": 7}, {"agent_key": 8, "duration_seconds": 100}]
    seven, eight = care.summary(contacts(*rows), as_of=AS_OF, sla_hours=SLA, by=["agent_key"]).to_pylist()
    assert (seven["contacts"], seven["timed_contacts"], seven["average_handle_time_seconds"]) == (2, 1, 300)
    assert (eight["contacts"], eight["average_handle_time_seconds"]) == (1, 100)


def test_no_score_is_unknown_and_not_0():
    found = one({"hours_ago": 5})
    assert (found["csat_rate"], found["average_satisfaction_1_5"], found["response_rate"]) == (None, None, 0)


def test_a_young_contact_is_not_yet_watched():
    found = one({"hours_ago": 6 * 24, "hours_taken": 1}, {"hours_ago": 8 * 24, "hours_taken": 1, "customer_key": 2})
    assert (found["watched_contacts"], found["first_contact_resolution_rate"]) == (1, 1.0)


def test_what_is_resolved_after_the_as_of_date_is_still_open():
    found = one({"hours_ago": 30, "hours_taken": 31, "status": "resolved"})
    assert (found["open_contacts"], found["resolved_contacts"], found["sla_breach_rate"]) == (1, 0, 1.0)


def test_the_backlog_ages_in_bands_and_empty_bands_stay():
    rows = [{"hours_ago": hours} for hours in (1, 23, 24, 80, 24 * 31)]
    rows += [{"hours_ago": 5, "hours_taken": 1}, {"hours_ago": 5, "status": "cancelled"}]
    found = care.backlog(contacts(*rows), as_of=AS_OF).to_pylist()
    assert [row["open_contacts"] for row in found] == [2, 1, 1, 0, 1]
    assert [(row["age_from_days"], row["age_to_days"]) for row in found][-1] == (30, None)
    assert found[-1]["oldest_days"] == pytest.approx(31)
    with pytest.raises(InputMalformed, match="they rise from above 0"):
        care.backlog(contacts(), as_of=AS_OF, age_bands=(7, 3))


def test_a_repeat_window_of_0_days_is_refused():
    with pytest.raises(InputMalformed, match="repeat_days is 0"):
        one({}, repeat_days=0)
