"""A metric may be a share of its own total: shares of an answer add up to one, and nothing further is made of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantic.shop import Shop, element, set_c360

from customer360.errors import ProjectErrors, QueryError


def of_total(model: dict[str, Any]) -> None:
    set_c360(element(model, "metrics", "units"), of_total=True, unit="percent_0_1")


def test_a_metric_may_be_the_share_of_its_own_total(shop: Shop) -> None:
    shared = Shop(of_total)
    plain = shop.ask("units", by="customer.segment")
    total = sum(units for _, units in plain)
    rows = shared.ask("units", "lines", by="customer.segment")
    assert [(name, share) for name, share, _ in rows] == [(name, pytest.approx(units / total)) for name, units in plain]
    assert shared.ask("units") == [(1,)]
    (column,) = [column for column in shared.answer("units").columns if column.kind == "metric"]
    assert (column.name, column.label, column.unit) == ("units", "Units", "percent_0_1")
    large = shared.ask("units", by="customer.segment", having={"field": "units", "op": ">", "value": 0.3})
    assert large == [(name, pytest.approx(units / total)) for name, units in plain if units / total > 0.3]


OF_TOTAL = [
    ({"compare": {"to": "previous period"}, "time": {"relative": "this month"}}, "cannot be compared"),
    ({"shares": [{"metric": "units"}]}, "cannot be shared out again"),
    ({"windows": [{"metric": "units", "kind": "cumulative"}]}, "cannot run over a window"),
    ({"by": "customer.segment", "top": {"dimension": "customer.segment", "n": 1, "by": "units"}}, "cannot rank"),
]


@pytest.mark.parametrize(("asked", "words"), OF_TOTAL, ids=str)
def test_a_share_of_a_total_is_no_figure_to_go_on_with(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError, match=words):
        Shop(of_total).ask("units", **asked)


def test_a_metric_cannot_be_made_of_a_share_of_a_total() -> None:
    def change(model: dict[str, Any]) -> None:
        of_total(model)
        set_c360(element(model, "metrics", "lines"), parts={"numerator": "units", "denominator": "revenue"})

    with pytest.raises(ProjectErrors, match="is a share of a total"):
        Shop(change)
