"""A dbt project fits dbt's shape, and read back it gives the figures it was made from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from tests.semantic.shop import AS_OF, Shop, changed, element, set_c360

from customer360.errors import C360Error
from customer360.semantic.answer import answer
from customer360.semantic.formats.dbt import dbt_project
from customer360.semantic.formats.dbt_import import read_dbt
from customer360.semantic.formats.dbt_shape import SemanticFile
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery


def write(exported: Any, folder: Path) -> Path:
    for name, text in exported.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "dbt"


@pytest.fixture(scope="module")
def exported(shop: Shop) -> Any:
    return dbt_project(shop.model)


@pytest.fixture(scope="module")
def back(shop: Shop, exported: Any, tmp_path_factory: pytest.TempPathFactory) -> SemanticModel:
    """The model read from the exported project, its views made as dbt would make them."""
    folder = write(exported, tmp_path_factory.mktemp("project"))
    connection = shop.session.connection
    connection.execute("CREATE SCHEMA IF NOT EXISTS dbt")
    for path in sorted((folder / "models").glob("shop_*.sql")):
        sql = path.read_text().replace("{{ source('gold', '", "gold.").replace("') }}", "")
        connection.execute(f"CREATE OR REPLACE VIEW dbt.{path.stem} AS {sql}")
    model, losses = read_dbt(folder, name="shop", schema="dbt")
    assert all("its key is computed" in loss.why for loss in losses)  # of several columns, as dbt wants them
    assert {loss.what for loss in losses} == {"entity stock of stock", "entity cart_items of cart_items"}
    return model


def figures(shop: Shop, model: SemanticModel, metric: str, by: list[str]) -> dict[Any, Any]:
    dimensions = [{"name": name.partition(":")[0], "grain": name.partition(":")[2] or None} for name in by]
    query = MetricQuery.model_validate({"metrics": [metric], "dimensions": dimensions})
    rows = answer(shop.session, model, query, as_of=AS_OF).table.to_pylist()  # type: ignore[arg-type]
    found = {tuple("(none)" if v is None else v for v in list(row.values())[:-1]): row[metric] for row in rows}
    return {key: value for key, value in found.items() if value not in (None, 0)}


@pytest.mark.parametrize("metric", ["revenue", "returned_amount", "lines", "units", "orders", "buyers", "average_order_value", "average_line_value", "median_line_value", "net_of_returns", "tickets", "tickets_per_order", "stock_on_hand", "lost_revenue", "lost_item_value"])  # fmt: skip
def test_a_metric_read_back_gives_the_same_figures(shop: Shop, back: SemanticModel, metric: str) -> None:
    ways: list[tuple[list[str], list[str]]] = [([], []), (["time:month"], ["time:month"])]
    if metric in ("revenue", "lines", "orders", "average_order_value", "tickets", "lost_revenue", "tickets_per_order"):
        ways.append((["customer.segment"], ["customer.segment"]))
    if metric in ("revenue", "units", "median_line_value"):
        ways.append((["ship_date.weekday"], ["ship_date.weekday"]))
    for theirs, ours in ways:
        one, other = figures(shop, back, metric, theirs), figures(shop, shop.model, metric, ours)
        assert one.keys() == other.keys()
        assert all(math.isclose(float(one[key]), float(other[key])) for key in one)


def test_it_fits_the_shape_and_is_made_alike_again(shop: Shop, exported: Any) -> None:
    document = yaml.safe_load(exported.files["dbt/models/semantic_models.yml"])
    SemanticFile.model_validate(document)
    assert dbt_project(shop.model) == exported
    spine = yaml.safe_load(exported.files["dbt/models/metricflow_time_spine.yml"])["models"][0]
    assert spine["time_spine"] == {"standard_granularity_column": "date_day"}


def test_what_does_not_fit_is_said(exported: Any) -> None:
    losses = [str(loss) for loss in exported.losses]
    assert "metric margin: it reads product, and a measure reads its own table only" in losses
    assert "metric average_stock: a balance cannot take the avg of a period" in losses
    assert "metric customers: customer has no time axis, which MetricFlow needs for every measure" in losses
    assert "field stock.day: it is called stock_day: 'day' is a word of MetricFlow" in losses
    assert any(loss.startswith("mask of customer.email") for loss in losses)


def test_windows_go_out_and_come_back(tmp_path: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        set_c360(element(model, "metrics", "units"), window={"kind": "trailing", "count": 28, "unit": "day"})
        set_c360(element(model, "metrics", "lines"), window={"kind": "period_to_date", "unit": "year"})
        set_c360(element(model, "metrics", "buyers"), window={"kind": "cumulative"})

    model, _ = read_dbt(write(dbt_project(changed(change)), tmp_path), name="shop", schema="dbt")
    windows = {name: model.metrics[name].c360.window for name in ("units", "lines", "buyers")}
    assert {name: window and (window.kind, window.count, window.unit) for name, window in windows.items()} == {
        "units": ("trailing", 28, "day"),
        "lines": ("period_to_date", None, "year"),
        "buyers": ("cumulative", None, None),
    }


THEIRS = """
semantic_models:
  - name: orders
    model: ref('fct_orders')
    defaults: {agg_time_dimension: ordered_on}
    entities:
      - {name: order, type: primary, expr: order_id}
      - {name: buyer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_on, type: time, expr: order_date, type_params: {time_granularity: day}}
      - {name: channel, type: categorical}
    measures:
      - {name: amount, agg: sum, expr: net, create_metric: true}
      - {name: big, agg: sum_boolean, expr: net > 100}
      - {name: p90, agg: percentile, expr: net, agg_params: {percentile: 0.9}}
  - name: customers
    model: ref('dim_customers')
    entities: [{name: buyer, type: primary, expr: customer_id}]
    dimensions: [{name: country, type: categorical}]
metrics:
  - {name: big_orders, label: Big orders, type: simple, type_params: {measure: big}}
  - {name: online, label: Online, type: simple, type_params: {measure: {name: amount}}, filter: "{{ Dimension('order__channel') }} = 'Online' AND {{ Dimension('buyer__country') }} = 'US'"}
  - {name: share_online, label: Share, type: ratio, type_params: {numerator: online, denominator: {name: big_orders}}}
  - {name: last_month, label: Last month, type: derived, type_params: {expr: online, metrics: [{name: online, offset_window: 1 month}]}}
  - {name: tail, label: Tail, type: simple, type_params: {measure: p90}}
"""


def test_a_project_of_others_answers(tmp_path: Path) -> None:
    (tmp_path / "models.yml").write_text(THEIRS)
    model, losses = read_dbt(tmp_path, name="theirs", schema="gold")
    assert [loss.what for loss in losses] == ["metric last_month"]
    shop = Shop()
    shop.session.connection.execute(
        """CREATE TABLE gold.fct_orders AS SELECT i AS order_id, i % 5 AS customer_id, DATE '2024-01-01' + i::INT AS order_date,
             CASE WHEN i % 3 = 0 THEN 'Online' ELSE 'Store' END AS channel, i * 2.5 AS net FROM range(100) r(i);
           CREATE TABLE gold.dim_customers AS SELECT i AS customer_id, CASE WHEN i < 2 THEN 'US' ELSE 'CA' END AS country
             FROM range(5) r(i)"""
    )

    def ask(metric: str, **more: Any) -> Any:
        query = MetricQuery.model_validate({"metrics": [metric], **more})
        return answer(shop.session, model, query, as_of=AS_OF).table.column(metric).to_pylist()  # type: ignore[arg-type]

    by_hand = "SELECT sum(net) FROM gold.fct_orders JOIN gold.dim_customers USING (customer_id)"
    assert ask("amount") == [row[0] for row in shop.sql(by_hand)]
    assert ask("amount", dimensions=[{"name": "buyer.country"}]) == [
        row[0] for row in shop.sql(f"{by_hand} GROUP BY country ORDER BY country")
    ]
    online = shop.sql(f"{by_hand} WHERE channel = 'Online' AND country = 'US'")[0][0]
    big = shop.sql("SELECT count(*) FROM gold.fct_orders WHERE net > 100")[0][0]
    assert ask("big_orders") == [big]
    assert ask("online") == [online]
    assert ask("share_online") == [pytest.approx(float(online) / big)]
    assert ask("tail") == [pytest.approx(shop.sql("SELECT quantile_cont(net::DOUBLE, 0.9) FROM gold.fct_orders")[0][0])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models: []", "No YAML file here holds"),
        (THEIRS.replace("sum_boolean", "sum_of_squares"), "not understood at"),
        (THEIRS.replace("measure: big}", "measure: bigg}"), "uses the measure bigg"),
        (THEIRS.replace("name: channel", "name: order__channel"), "not understood at"),
        (THEIRS.replace("expr: net,", "expr: SELECT,"), "not SQL|SELECT"),
        ("semantic_models: [", "not YAML"),
    ],
)
def test_what_dbt_would_refuse_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "models.yml").write_text(text)
    with pytest.raises(C360Error, match=words):
        read_dbt(tmp_path, name="theirs", schema="gold")


def test_the_shape_wants_granularities_and_known_names() -> None:
    for wrong in (
        {"semantic_models": [{"name": "a", "model": "fct"}]},
        {"semantic_models": [{"name": "a", "model": "ref('f')", "dimensions": [{"name": "d", "type": "time"}]}]},
        {"semantic_models": [{"name": "a", "model": "ref('f')", "measures": [{"name": "m", "agg": "sum"}]}]},
        {
            "metrics": [
                {"name": "m", "label": "M", "type": "ratio", "type_params": {"numerator": "x", "denominator": "m"}}
            ]
        },
    ):
        with pytest.raises(ValidationError):
            SemanticFile.model_validate(wrong)
