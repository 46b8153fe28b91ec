"""An assistant's client starts the server, lists its tools and asks: over standard input and output, as people do."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters
from tests.web.company import company

from customer360.mcp.server import create_server
from customer360.mcp.tools import TOOLS
from customer360.semantic.extensions import RowPolicy
from customer360.semantic.principal import Principal
from customer360.workspace import open_project

if TYPE_CHECKING:
    from customer360.workspace import Workspace

SRC = Path(__file__).parents[2] / "src"
PROFILE = '  custom_extensions:\n  - {vendor_name: C360, data: \'{"v": 1, "profile": {"dataset": "customer", "key": "household"}}\'}\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project whose model says where customers are."""
    folder = tmp_path_factory.mktemp("assistant") / "company"
    company(folder).close()
    model = folder / "semantic" / "company.yaml"
    model.write_text(model.read_text().replace("  relationships:\n", PROFILE + "  relationships:\n", 1))
    return folder


@pytest.fixture(scope="module")
def workspace(built: Path) -> Workspace:
    return open_project(built)


def by_hand(workspace: Workspace, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workspace.sql(sql).to_pylist()
    return found


def over_stdio(built: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Start ``c360 mcp`` as a client does and return the names of its tools, then each call's result."""
    command = [sys.executable, "-m", "customer360", "mcp", "--project", str(built)]
    server = StdioServerParameters(command=command[0], args=command[1:], env={"PYTHONPATH": str(SRC)})

    async def talk() -> list[Any]:
        async with Client(server, read_timeout_seconds=60) as client:
            listed = await client.list_tools()
            return [listed.tools, *[await client.call_tool(name, arguments) for name, arguments in calls]]

    return asyncio.run(talk())


def in_memory(server: Any, name: str, arguments: dict[str, Any]) -> Any:
    async def talk() -> Any:
        async with Client(server) as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(talk())


def test_a_client_asks_over_standard_input_and_output(built: Path, workspace: Workspace) -> None:
    query = {"metrics": ["revenue"], "dimensions": [{"name": "category"}]}
    tools, metrics, meaning, figures, person = over_stdio(
        built,
        ("list_metrics", {"search": "order"}),
        ("explain_metric", {"name": "average_order_value"}),
        ("query_metrics", {"query": query}),
        ("customer", {"customer_id": "Household 1001"}),
    )
    assert [tool.name for tool in tools] == ["list_metrics", "explain_metric", "query_metrics", "ask", "customer"]
    assert all(tool.annotations.read_only_hint and tool.description and tool.output_schema for tool in tools)
    names = {metric["name"] for metric in metrics.structured_content["metrics"]}
    assert {"average_order_value", "orders"} <= names
    assert "scored_contacts" not in names
    assert meaning.structured_content["formula"] == "SUM(sales.net) / COUNT(DISTINCT sales.transaction_id)"
    expected = by_hand(workspace, "SELECT category, sum(net) AS revenue FROM gold.sales GROUP BY 1 ORDER BY 1")
    assert figures.structured_content["status"] == "answered"
    assert figures.structured_content["as_of"] == "2024-11-18"
    assert figures.structured_content["rows"] == [{**row, "revenue": float(row["revenue"])} for row in expected]
    traits = {trait["name"]: trait["value"] for trait in person.structured_content["traits"]}
    assert traits == by_hand(workspace, "SELECT household, country FROM gold.customer WHERE customer_key = 1")[0]


def test_pages_of_a_query_follow_each_other(workspace: Workspace) -> None:
    server = create_server(workspace)
    expected = by_hand(workspace, "SELECT DISTINCT category FROM gold.sales ORDER BY 1")
    query = {"metrics": ["revenue"], "dimensions": [{"name": "category"}]}
    for limit in (None, 3):
        found, offset = [], 0
        while offset is not None:
            asked = {**query, "limit": limit}
            arguments = {"query": asked, "limit": 2, "offset": offset}
            page = in_memory(server, "query_metrics", arguments).structured_content
            found += [row["category"] for row in page["rows"]]
            offset = page["next_offset"]
        assert found == [row["category"] for row in expected][:limit]


def test_all_that_a_metric_query_says_reaches_an_assistant(workspace: Workspace) -> None:
    query = {
        "metrics": ["revenue"],
        "dimensions": [{"name": "category"}],
        "top": {"dimension": "category", "n": 1, "by": "revenue"},
        "shares": [{"metric": "revenue"}],
        "compare": {"where": {"field": "category", "op": "is not null"}, "name": "named"},
    }
    page = in_memory(create_server(workspace), "query_metrics", {"query": query}).structured_content
    sums = by_hand(
        workspace, "SELECT category, CAST(sum(net) AS DOUBLE) AS net FROM gold.sales GROUP BY 1 ORDER BY 2 DESC"
    )
    all_of_it = sum(row["net"] for row in sums)
    assert [row["category"] for row in page["rows"]] == [sums[0]["category"], "(other)"]
    assert page["rows"][0]["revenue"] == pytest.approx(sums[0]["net"])
    assert page["rows"][1]["revenue"] == pytest.approx(all_of_it - sums[0]["net"])
    assert [row["revenue_share"] for row in page["rows"]] == [
        pytest.approx(row["revenue"] / all_of_it) for row in page["rows"]
    ]
    assert all(row["revenue_change"] == pytest.approx(row["revenue"] - row["revenue_named"]) for row in page["rows"])


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("query_metrics", {"query": {"metrics": ["revenu"]}}, "Did you mean 'revenue'?"),
        (
            "query_metrics",
            {"query": {"metrics": ["customers"], "dimensions": [{"name": "category"}]}},
            "cannot be split",
        ),
        ("explain_metric", {"name": "revenu"}, "Did you mean 'revenue'?"),
        ("customer", {"customer_id": "nobody"}, "Nobody whom you may see"),
    ],
)
def test_a_refusal_is_an_answer_that_says_what_is_possible(
    workspace: Workspace, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = in_memory(create_server(workspace), tool, arguments)
    assert not result.is_error
    assert result.structured_content["status"] == "refused"
    assert words in f"{result.structured_content['message']} {result.structured_content['next_step']}"


def test_an_argument_of_the_wrong_shape_is_an_error(workspace: Workspace) -> None:
    for arguments in ({"query": {"metric": ["revenue"]}}, {"query": {"metrics": ["revenue"]}, "limit": 0}, {}):
        assert in_memory(create_server(workspace), "query_metrics", arguments).is_error


def test_tools_show_a_principal_what_they_may_see(workspace: Workspace) -> None:
    only = RowPolicy(id="country", dataset="customer", expression="customer.country = user.country")
    ida = Principal(
        "ida",
        attributes={"country": "CA"},
        row_policies=(only,),
        masks={"customer.country": "hash"},
        reads_all=True,
    )
    server = create_server(workspace, ida)
    figures = in_memory(server, "query_metrics", {"query": {"metrics": ["revenue"]}}).structured_content
    (expected,) = by_hand(
        workspace,
        "SELECT sum(s.net) AS revenue FROM gold.sales s JOIN gold.customer c USING (customer_key) WHERE country = 'CA'",
    )
    assert figures["rows"] == [{"revenue": float(expected["revenue"])}]
    here, elsewhere = by_hand(
        workspace,
        "SELECT country, min(household) AS household FROM gold.customer WHERE country <> 'MX' GROUP BY 1 ORDER BY 1",
    )
    known = in_memory(server, "customer", {"customer_id": here["household"]}).structured_content
    traits = {trait["name"]: trait["value"] for trait in known["traits"]}
    assert traits["household"] == here["household"]
    assert traits["country"] not in ("CA", None)  # masked
    assert (
        in_memory(server, "customer", {"customer_id": elsewhere["household"]}).structured_content["status"] == "refused"
    )
    blind = create_server(workspace, Principal("eve", masks={"customer.household": "hash"}))
    refused = in_memory(blind, "customer", {"customer_id": here["household"]}).structured_content
    assert refused["status"] == "not_permitted"
    lost = create_server(workspace, Principal("uwe", row_policies=(only,)))
    assert (
        in_memory(lost, "query_metrics", {"query": {"metrics": ["revenue"]}}).structured_content["status"]
        == "not_permitted"
    )


def test_without_a_profile_the_tool_says_what_to_declare(built: Path) -> None:
    workspace = open_project(built)
    changed = workspace.semantic_model().c360.model_copy(update={"profile": None})
    assert changed.profile is None
    folder = built.parent / "plain"
    company(folder, customers=3).close()
    reply = in_memory(create_server(open_project(folder)), "customer", {"customer_id": "x"}).structured_content
    assert reply["status"] == "refused"
    assert '"profile"' in reply["next_step"]


def test_every_tool_is_one_line_of_the_registry(workspace: Workspace) -> None:
    async def names() -> list[str]:
        async with Client(create_server(workspace)) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    assert len(asyncio.run(names())) == len(TOOLS)
