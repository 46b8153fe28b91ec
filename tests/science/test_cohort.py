from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed
from customer360.science.cohort import retention

AS_OF = date(2024, 11, 30)


def purchases(rows) -> pa.Table:
    return pa.table(
        {
            "customer_key": pa.array([row[0] for row in rows], pa.int64()),
            "purchase_date": pa.array([AS_OF - timedelta(days=row[1]) for row in rows], pa.date32()),
            "amount": pa.array([Decimal(10)] * len(rows), pa.decimal128(8, 2)),
        }
    )


def period(day: date, grain: str) -> int:
    if grain == "week":
        return (day.toordinal() - 1) // 7  # weeks from Monday
    months = day.year * 12 + day.month - 1
    return months // {"month": 1, "quarter": 3, "year": 12}[grain]


rows = st.lists(st.tuples(st.integers(1, 6), st.integers(-40, 500)), min_size=1, max_size=40)


@given(rows, st.sampled_from(["week", "month", "quarter", "year"]))
@settings(max_examples=40, deadline=None)
def test_retention_is_counted_by_hand(some, grain):
    days = {}
    for key, age in some:
        if age >= 0:
            days.setdefault(key, set()).add(period(AS_OF - timedelta(days=age), grain))
    found = retention(purchases(some), as_of=AS_OF, grain=grain).to_pylist()
    cohorts = {min(own) for own in days.values()}
    assert len(found) == sum(period(AS_OF, grain) - cohort + 1 for cohort in cohorts)
    for row in found:
        cohort, number = period(row["cohort_date"], grain), row["period_number"]
        members = [own for own in days.values() if min(own) == cohort]
        active = sum(cohort + number in own for own in members)
        assert (row["cohort_customers"], row["active_customers"]) == (len(members), active)
        assert row["retention_rate"] == pytest.approx(active / len(members))
        assert row["is_complete"] == (cohort + number < period(AS_OF + timedelta(days=1), grain))


def test_every_cohort_starts_at_100_percent():
    found = retention(purchases([(1, 5), (2, 80), (2, 7), (3, 80)]), as_of=AS_OF)
    assert {row["retention_rate"] for row in found.to_pylist() if row["period_number"] == 0} == {1.0}
    (september,) = (r for r in found.to_pylist() if r["cohort_date"] == date(2024, 9, 1) and r["period_number"] == 2)
    assert (september["retention_rate"], september["amount"]) == (0.5, Decimal(10))


def test_without_buyers_there_is_no_cohort_and_other_grains_are_refused():
    assert retention(purchases([(1, -5)]), as_of=AS_OF).num_rows == 0
    with pytest.raises(InputMalformed, match="'day' is no grain of cohorts"):
        retention(purchases([]), as_of=AS_OF, grain="day")
