"""Who is held out is settled by the id alone; what a treatment did is measured against them."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING

import pytest
from scipy import stats

from customer360.audiences.holdout import group_of
from customer360.audiences.lift import lift
from customer360.errors import NotEnoughData, QueryError

if TYPE_CHECKING:
    from tests.audiences.conftest import Tables

    from customer360.audiences.room import Audiences

IDS = [f"C{n:06}" for n in range(20_000)]


def held(audience: str, share: float, salt: str = "s") -> set[str]:
    return {id_ for id_ in IDS if group_of(id_, audience=audience, salt=salt, share=share) == "held_out"}


def test_the_same_people_every_time_and_about_the_share() -> None:
    assert held("offer", 0.1) == held("offer", 0.1)
    assert abs(len(held("offer", 0.1)) - 2_000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5
    assert held("offer", 0.0) == set()
    assert held("offer", 0.1) < held("offer", 0.2)  # who was held out stays so when the share grows


def test_audiences_and_projects_draw_independently() -> None:
    both = held("offer", 0.5) & held("survey", 0.5)
    assert abs(len(both) - 5_000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5
    other = held("offer", 0.5) & held("offer", 0.5, salt="t")
    assert abs(len(other) - 5_000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5


def test_the_lift_is_welchs() -> None:
    draw = random.Random(5)
    treated = [draw.gauss(12, 4) for _ in range(400)] + [0.0] * 100
    control = [draw.gauss(10, 7) for _ in range(60)] + [0.0] * 15
    found = lift(treated, control)
    known = stats.ttest_ind(treated, control, equal_var=False)
    interval = known.confidence_interval(0.95)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert found.difference == pytest.approx(sum(treated) / 500 - sum(control) / 75)
    assert found.relative == pytest.approx(found.difference / (sum(control) / 75))
    assert found.gained == pytest.approx(found.difference * 500)
    assert (found.treated.share_with_any, found.held_out.share_with_any) == (0.8, 0.8)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(11)
    held_true = 0
    for _ in range(600):
        found = lift([draw.gauss(6, 2) for _ in range(90)], [draw.gauss(5, 3) for _ in range(20)])
        held_true += found.low <= 1 <= found.high
    assert stats.binomtest(held_true, 600, 0.95).pvalue > 0.001


def test_nothing_to_compare_is_said() -> None:
    with pytest.raises(NotEnoughData, match="at least 2 members in each group"):
        lift([1.0, 2.0], [3.0])
    same = lift([1.0, 1.0], [1.0, 1.0])
    assert (same.difference, same.p_value, same.is_clear) == (0.0, 1.0, False)


def test_the_lift_of_an_audience_counts_every_member_of_both_groups(room: Audiences, tables: Tables) -> None:
    room.refresh("offer", as_of=date(2024, 8, 31))
    room.refresh("offer")  # who is in it later plays no part
    found = room.lift("offer", "revenue")
    assert (found.start, found.end, found.refresh.as_of) == (date(2024, 9, 1), date(2024, 11, 18), date(2024, 8, 31))
    spent = dict.fromkeys(tables.customers, 0.0)
    for row in tables.sales:
        if row["customer_id"] in spent and row["day"] >= date(2024, 9, 1):
            spent[row["customer_id"]] += float(row["net"])
    members = {each.id: each.held_out for each in room.book.members("offer", at=found.refresh.id)}
    arms = [[spent[id_] for id_, out in members.items() if out is is_out] for is_out in (False, True)]
    known = stats.ttest_ind(*arms, equal_var=False)
    assert (found.lift.treated.members, found.lift.held_out.members) == (len(arms[0]), len(arms[1]))
    assert found.lift.p_value == pytest.approx(known.pvalue, rel=1e-6)
    assert found.lift.difference == pytest.approx(sum(arms[0]) / len(arms[0]) - sum(arms[1]) / len(arms[1]))
    with pytest.raises(QueryError, match="a ratio or mean"):
        room.lift("offer", "average_sale")
