from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed, UnknownName
from customer360.science.funnel import STAGES, funnel

START = datetime(2024, 11, 1)  # noqa: DTZ001 # warehouse timestamps carry no zone


def events(rows) -> pa.Table:
    """Rows of session, type, minute, device."""
    return pa.table(
        {
            "session_id": pa.array([row[0] for row in rows], pa.string()),
            "event_type": pa.array([row[1] for row in rows], pa.string()),
            "event_at": pa.array([START + timedelta(minutes=row[2]) for row in rows], pa.timestamp("us")),
            "device": pa.array([row[3] for row in rows], pa.string()),
        }
    )


def reached(rows) -> dict[str, int]:
    """Stages that each session reached, walking its events in order of time and stage."""
    sessions = defaultdict(list)
    for session, kind, minute, _ in rows:
        if session is not None:
            sessions[session].append((minute, STAGES.index(kind) if kind in STAGES else 99))
    found = {}
    for session, own in sessions.items():
        done = 0
        for _, stage in sorted(own):
            done += stage == done
        found[session] = done
    return found


kinds = st.sampled_from([*STAGES, "wishlist"])
session = st.sampled_from(["a", "b", "c", "d", None])


@given(st.lists(st.tuples(session, kinds, st.integers(0, 8), st.just("web")), max_size=25))
@settings(max_examples=40, deadline=None)
def test_sessions_count_when_they_went_through_the_stages_in_order(rows):
    stages = reached(rows)
    expected = [sum(done > stage for done in stages.values()) for stage in range(4)]
    found = funnel(events(rows))
    assert found["stage"].to_pylist() == list(STAGES)
    assert found["sessions"].to_pylist() == expected
    for number, row in enumerate(found.to_pylist()):
        assert row["overall_rate"] == (expected[number] / expected[0] if expected[0] else None)
        before = expected[number - 1] if number else expected[0]
        assert row["step_rate"] == (expected[number] / before if before else None)
        assert row["dropped_sessions"] == before - expected[number]


def test_a_purchase_before_the_cart_is_no_purchase_of_the_funnel():
    rows = [("a", "page_view", 0, "web"), ("a", "purchase", 1, "web"), ("a", "add_to_cart", 2, "web")]
    assert funnel(events(rows))["sessions"].to_pylist() == [1, 1, 0, 0]


def test_groups_have_a_funnel_each_and_a_session_belongs_to_its_first_view():
    rows = [
        ("a", "page_view", 1, "mobile"), ("a", "page_view", 0, "web"), ("a", "add_to_cart", 2, "mobile"),
        ("b", "page_view", 0, "mobile"), ("c", "page_view", 0, None), ("c", "add_to_cart", 0, None),
    ]  # fmt: skip
    found = funnel(events(rows), stages=["page_view", "add_to_cart"], by=["device"])
    counts = {(row["device"], row["stage"]): row["sessions"] for row in found.to_pylist()}
    assert counts == {
        ("web", "page_view"): 1, ("web", "add_to_cart"): 1, ("mobile", "page_view"): 1, ("mobile", "add_to_cart"): 0,
        (None, "page_view"): 1, (None, "add_to_cart"): 1,
    }  # fmt: skip


def test_a_funnel_needs_different_stages_and_known_columns():
    with pytest.raises(InputMalformed, match="two or more different ones"):
        funnel(events([]), stages=["purchase"])
    with pytest.raises(InputMalformed, match="two or more different ones"):
        funnel(events([]), stages=["purchase", "purchase"])
    with pytest.raises(UnknownName, match="Did you mean 'device'"):
        funnel(events([]), by=["devices"])
