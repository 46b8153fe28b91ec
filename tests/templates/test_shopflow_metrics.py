"""ShopFlow's metrics: each equals its hand-written check on the systems' own tables, and the page shows figures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.templates.projects import template_project

from customer360.models.lint import lint
from customer360.semantic.answer import answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from tests.templates.conftest import Built

PROJECT = template_project("shopflow")
MODEL = SemanticModel.from_document(PROJECT.semantics["shopflow"])


def ask(shopflow: Built, query: dict[str, Any]) -> list[dict[str, Any]]:
    with shopflow.engine.read() as session:
        got = answer(session, MODEL, MetricQuery.model_validate(query), as_of=shopflow.report.as_of)
    return list(got.table.to_pylist())


def figure(shopflow: Built, metric: str) -> Any:
    (row,) = ask(shopflow, {"metrics": [metric]})
    return row[metric]


def test_the_project_has_no_findings() -> None:
    assert lint(PROJECT) == []


@pytest.mark.parametrize("name", sorted(MODEL.metrics))
def test_a_metric_equals_its_check(shopflow: Built, name: str) -> None:
    check = MODEL.metrics[name].c360.check_sql
    assert check is not None
    expected = shopflow.value(check.replace("as_of()", f"DATE '{shopflow.report.as_of}'"))
    found = figure(shopflow, name)
    assert found
    if isinstance(found, Decimal | int) and isinstance(expected, Decimal | int):
        assert found == expected
    else:
        assert found == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("name", [widget.name for widget in PROJECT.dashboards["executive"].widgets])
def test_every_widget_of_the_executive_page_has_figures(shopflow: Built, name: str) -> None:
    widget = next(w for w in PROJECT.dashboards["executive"].widgets if w.name == name)
    rows = ask(shopflow, dict(widget.query))
    assert rows
    assert all(any(value is not None for value in row.values()) for row in rows)
