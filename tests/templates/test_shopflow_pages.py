"""ShopFlow's pages: customers by every identity, one customer whole, dashboards whose every figure is a metric's."""

from __future__ import annotations

import gzip
import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from customer360.dashboards.filters import NO_FILTERS, Filters
from customer360.dashboards.frame import plain_row
from customer360.identity.search import search
from customer360.semantic.principal import OWNER
from customer360.web.app import create_app
from customer360.web.boards import Boards
from customer360.web.pages.customers import EVENTS
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.templates.conftest import Built

HERE = "http://127.0.0.1"
LIMIT = 60_000
BOARDS = ("executive", "segments", "behaviour", "care", "inventory")
_TAGS = re.compile(r"<script.*?</script>|<[^>]+>", re.DOTALL)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(_TAGS.sub(" ", page)))


@pytest.fixture(scope="module")
def house(shopflow: Built) -> Workspace:
    return Workspace(shopflow.project, shopflow.engine)


@pytest.fixture(scope="module")
def client(house: Workspace) -> Iterator[TestClient]:
    """The app as whoever sits at the machine sees it: personal columns masked."""
    with TestClient(create_app(house), base_url=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def clear(house: Workspace) -> Iterator[TestClient]:
    """The app with personal columns in the clear."""
    with TestClient(create_app(house, local=OWNER), base_url=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def person(shopflow: Built) -> dict[str, Any]:
    """Somebody with records in several systems, an e-mail address, a phone number, and purchases."""
    (row,) = shopflow.rows(
        """
        SELECT c.*, x.systems, r.record_id, r.system, r.email AS record_email, r.phone_number AS record_phone
        FROM customer_360.customer_360 AS c
        JOIN (
          SELECT customer_id, count(DISTINCT system) AS systems FROM identity.customer_xref
          WHERE valid_to IS NULL GROUP BY customer_id
        ) AS x USING (customer_id)
        JOIN identity.customer_xref AS l ON l.customer_id = c.customer_id AND l.valid_to IS NULL
        JOIN conformed.person_record AS r ON r.system = l.system AND r.record_id = l.record_id
        WHERE x.systems >= 3 AND r.phone_number IS NOT NULL AND r.email IS NOT NULL AND c.total_purchases > 2
          AND c.open_tickets > 0
        ORDER BY c.total_lifetime_value DESC, r.system, r.record_id LIMIT 1
        """
    )
    return row


def found(client: TestClient, text: str, **more: Any) -> list[str]:
    answer = client.get("/api/v1/customers", params={"search": text, "limit": 200, **more})
    assert answer.status_code == 200, answer.text
    return [row["customer_id"] for row in answer.json()["customers"]]


# ---- finding


@pytest.mark.parametrize(
    "by",
    [
        "{customer_id}",
        "{system}:{record_id}",
        "{record_email}",
        "{first_name} {last_name}",
        "{last_name}",
        "{record_phone}",
        "{spaced_phone}",
    ],
)
def test_a_customer_is_found_by_every_identity(clear: TestClient, person: dict[str, Any], by: str) -> None:
    digits = re.sub("[^0-9]", "", person["record_phone"])
    text = by.format(**person, spaced_phone=f"+{digits[:2]} {digits[2:5]} {digits[5:]}")
    hits = found(clear, text)
    assert person["customer_id"] in hits
    if "name" not in by:
        assert hits[0] == person["customer_id"]


def test_a_search_finds_whom_every_word_fits_and_nobody_else(
    clear: TestClient, shopflow: Built, person: dict[str, Any]
) -> None:
    surname = str(person["last_name"]).casefold()
    start = surname[:3]
    records = shopflow.rows(
        "SELECT x.customer_id, r.first_name, r.last_name, r.full_name, r.email, r.record_id, r.phone_number"
        " FROM conformed.person_record AS r JOIN identity.customer_xref AS x"
        " ON x.system = r.system AND x.record_id = r.record_id AND x.valid_to IS NULL"
    )
    records += shopflow.rows(
        "SELECT customer_id, first_name, last_name, NULL AS full_name, email FROM customer_360.customer_360"
    )

    def fits(row: dict[str, Any]) -> bool:
        words = " ".join(str(row[n]) for n in ("first_name", "last_name", "full_name") if row[n]).casefold().split()
        return any(word.startswith(start) for word in words) or str(row["email"] or "").casefold().startswith(start)

    assert set(found(clear, start)) == {row["customer_id"] for row in records if fits(row)}


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE x; --", "!", "a%b"])
def test_signs_of_sql_are_letters(clear: TestClient, text: str) -> None:
    assert found(clear, text) == []


def test_pages_of_a_list_follow_each_other(clear: TestClient, shopflow: Built) -> None:
    first = clear.get("/api/v1/customers", params={"limit": 7}).json()
    second = clear.get("/api/v1/customers", params={"limit": 7, "offset": first["next_offset"]}).json()
    ids = [row["customer_id"] for page in (first, second) for row in page["customers"]]
    expected = shopflow.rows(
        "SELECT customer_id FROM customer_360.customer_360 ORDER BY total_lifetime_value DESC, customer_id LIMIT 14"
    )
    assert ids == [row["customer_id"] for row in expected]
    everybody = shopflow.value("SELECT count(*) FROM customer_360.customer_360")
    last = clear.get("/api/v1/customers", params={"limit": 200, "offset": everybody - 3}).json()
    assert (len(last["customers"]), last["next_offset"]) == (3, None)


def test_what_is_masked_is_neither_shown_nor_searched(client: TestClient, person: dict[str, Any]) -> None:
    assert found(client, str(person["last_name"])) == []
    assert found(client, str(person["record_email"])) == []
    assert found(client, f"{person['system']}:{person['record_id']}") == [person["customer_id"]]
    masked = client.get("/api/v1/customers", params={"search": person["customer_id"]}).json()["customers"][0]
    assert re.fullmatch("[0-9a-f]{32}", masked["last_name"])
    assert found(client, masked["last_name"]) == [], "nobody learns by trying what a mask hides"
    assert found(client, masked["last_name"][:5]) == []
    page = client.get(f"/customers/{person['customer_id']}").text
    for name in ("last_name", "email"):
        assert str(person[name]) not in page
        assert masked[name] not in page
    assert "hidden" in text_of(page)


def test_too_many_words_are_refused_in_words(client: TestClient) -> None:
    answer = client.get("/api/v1/customers", params={"search": "a b c d e f g"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "A search has 6 words at most.")


def test_a_search_without_the_records_uses_what_may_be_read(house: Workspace, person: dict[str, Any]) -> None:
    class WithoutRecords:
        """A session of somebody who was granted the customer 360 alone."""

        def __init__(self, session: Any) -> None:
            self._session = session

        def relations(self) -> frozenset[Any]:
            return frozenset(r for r in self._session.relations() if r.schema == "customer_360")

        def columns(self, relation: Any) -> Any:
            return self._session.columns(relation)

        def query(self, sql: str) -> Any:
            assert "conformed." not in sql
            assert "identity." not in sql
            return self._session.query(sql)

    with house.engine.read() as session:
        hits = search(WithoutRecords(session), str(person["customer_id"]))  # type: ignore[arg-type]
    assert not hits.searched_records
    assert hits.rows["customer_id"].to_pylist() == [person["customer_id"]]


# ---- one customer


def test_a_profile_tells_all_that_is_known(clear: TestClient, shopflow: Built, person: dict[str, Any]) -> None:
    page = text_of(clear.get(f"/customers/{person['customer_id']}").text)
    key = person["customer_key"]
    assert f"{person['first_name']} {person['last_name']}" in page
    assert f"${person['total_lifetime_value']:,.2f}" in page
    assert f"${person['predicted_clv_12m']:,.2f}" in page
    why = shopflow.value(f"SELECT why FROM insights.churn_risk WHERE customer_key = {key}")
    assert why.casefold() in page.casefold()
    origins = shopflow.rows(
        "SELECT attribute, system || ':' || record_id AS record FROM identity.golden_origin"
        f" WHERE customer_id = '{person['customer_id']}'"
    )
    assert origins
    assert all(row["record"] in page for row in origins)
    records = shopflow.rows(
        "SELECT system || ':' || record_id AS record, match_rule FROM identity.customer_xref"
        f" WHERE customer_id = '{person['customer_id']}' AND valid_to IS NULL"
    )
    assert len(records) >= 3
    assert all(row["record"] in page and row["match_rule"] in page for row in records)
    suggested = shopflow.rows(
        "SELECT p.product_name FROM insights.recommendations AS r JOIN gold.gold_product_dim AS p USING (product_key)"
        f" WHERE r.customer_key = {key} ORDER BY affinity_rank LIMIT 6"
    )
    assert suggested
    assert all(row["product_name"] in page for row in suggested)
    waiting = shopflow.rows(
        f"SELECT interaction_id FROM gold.gold_interaction_fact WHERE customer_key = {key}"
        " AND status IN ('open', 'pending', 'escalated')"
    )
    assert len(waiting) == person["open_tickets"]
    assert all(str(row["interaction_id"]) in page for row in waiting)


def test_a_timeline_is_filtered_by_kind_and_days(clear: TestClient, shopflow: Built, person: dict[str, Any]) -> None:
    path = f"/customers/{person['customer_id']}"
    of = f"FROM customer_360.customer_timeline WHERE customer_id = '{person['customer_id']}'"
    kinds = {row["kind"]: row["n"] for row in shopflow.rows(f"SELECT kind, count(*) AS n {of} GROUP BY kind")}
    page = clear.get(path).text
    for kind, count in kinds.items():
        assert f"{kind.capitalize()} <span>{count}</span>" in page
    purchases = shopflow.rows(f"SELECT happened_on {of} AND kind = 'purchase' ORDER BY happened_on DESC")
    shown = clear.get(path, params={"kind": "purchase"}).text
    assert shown.count('<li class="event-') == shown.count("event-purchase") == min(len(purchases), EVENTS)
    day = purchases[len(purchases) // 2]["happened_on"].isoformat()
    shown = clear.get(path, params={"kind": "purchase", "since": day, "until": day}).text
    assert shown.count("event-purchase") == sum(row["happened_on"].isoformat() == day for row in purchases)
    assert clear.get(path, params={"since": "soon"}).status_code == 422


def test_records_and_addresses_lead_to_their_customer(clear: TestClient, person: dict[str, Any]) -> None:
    for key in (f"{person['system']}:{person['record_id']}", person["record_email"]):
        answer = clear.get(f"/customers/{key}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, f"/customers/{person['customer_id']}")
    missing = clear.get("/customers/P00nobody")
    assert missing.status_code == 404
    assert "No customer has this id" in text_of(missing.text)


# ---- dashboards


def test_every_dashboard_is_walked(house: Workspace) -> None:
    assert set(BOARDS) == set(house.project.dashboards)


@pytest.mark.parametrize("board", BOARDS)
def test_every_figure_of_a_dashboard_equals_its_metric_query(house: Workspace, board: str) -> None:
    filled = Boards(house).filled(board, NO_FILTERS)
    for widget, filled_widget in zip(house.project.dashboards[board].widgets, filled.widgets, strict=True):
        assert filled_widget.state == "ok", (board, widget.name, filled_widget.message)
        assert filled_widget.frame is not None
        shown = [plain_row(row) for row in filled_widget.frame.rows()]
        assert shown == [plain_row(row) for row in house.answer(widget.query, model=widget.model).table.to_pylist()], (
            widget.name
        )


@pytest.mark.parametrize("board", ["executive", "inventory"])
def test_filters_reach_what_they_say(house: Workspace, board: str) -> None:
    """With each filter set to its first value, a widget is narrowed or says that it is not, and stays whole."""
    boards = Boards(house)
    for choice in boards.choices(board):
        assert choice.values, choice.name
        filled = boards.filled(board, Filters(values=((choice.name, choice.values[:1]),)))
        for widget in filled.widgets:
            assert widget.state in ("ok", "empty"), (widget.name, choice.name, widget.message)


@pytest.mark.parametrize("board", ["executive", "care"])
def test_every_filtered_figure_equals_the_metric_query_with_that_condition(house: Workspace, board: str) -> None:
    boards = Boards(house)
    name = next(each for each in house.project.dashboards[board].filters if each != "date")
    value = next(choice for choice in boards.choices(board) if choice.name == name).values[0]
    filled = boards.filled(board, Filters(values=((name, (value,)),)))
    compared = 0
    for widget, shown in zip(house.project.dashboards[board].widgets, filled.widgets, strict=True):
        if shown.frame is None or any(note.startswith("Not filtered by") for note in shown.notes):
            continue
        condition: dict[str, Any] = {"field": name, "value": value}
        where = {"all": [widget.query["where"], condition]} if "where" in widget.query else condition
        answer = house.answer({**widget.query, "where": where}, model=widget.model)
        assert [plain_row(row) for row in shown.frame.rows()] == [plain_row(row) for row in answer.table.to_pylist()]
        compared += 1
    assert compared >= 5


@pytest.mark.parametrize(
    "path",
    [
        "/",
        *(f"/dashboards/{name}" for name in BOARDS[1:]),
        "/customers",
        "/identity",
        "/runs",
        "/catalogue",
        "/catalogue/customer_360.customer_360?rows=10",
        "/ask?q=revenue+by+segment",
        "/ask/asked",
        "/dashboards",
        "/audiences",
        "/audiences/win_back",
        "/audiences/new",
        "/lineage",
        "/lineage/products/gold",
        "/lineage?of=gold.gold_sales_fact&steps=3",
        "/lineage?of=customer_360.customer_360&column=email",
        "/metrics",
        "/metrics/average_order_value",
        "/glossary",
        "/quality",
        "/quality?product=gold",
        "/admin",
    ],
)
def test_pages_are_light_and_free_of_inline_code(clear: TestClient, path: str) -> None:
    answer = clear.get(path)
    assert answer.status_code == 200
    assert len(gzip.compress(answer.content, 5)) < LIMIT
    scripts = re.findall(r"<script([^>]*)>", answer.text)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r'\s(style|on\w+)="', answer.text)


def test_a_profile_is_light(clear: TestClient, person: dict[str, Any]) -> None:
    assert len(gzip.compress(clear.get(f"/customers/{person['customer_id']}").content, 5)) < LIMIT


def test_a_value_of_a_chart_leads_to_the_filtered_page_and_back(client: TestClient) -> None:
    page = client.get("/").text
    assert 'data-filter="product.category_level_1"' in page
    link = re.search(r'href="(/\?product\.category_level_1=[^"]+)"', page)
    assert link is not None
    narrowed = client.get(html.unescape(link[1])).text
    assert "Remove filter Category: " in narrowed
    assert 'href="/customers/P' in page, "the best customers lead to their profiles"


def test_the_board_of_quality_counts_every_check_once(clear: TestClient, shopflow: Built) -> None:
    by_hand = shopflow.rows(
        "SELECT table_schema AS product, count(DISTINCT (table_name, rule_id, column_name)) AS checks"
        " FROM c360.check_log GROUP BY 1 ORDER BY 1"
    )
    page = clear.get("/quality").text
    shown = re.findall(r'href="/quality\?product=([a-z_0-9]+)#checks">(?:(\d+)|\d+ of (\d+))</a>', page)
    assert [(name, int(whole or of)) for name, whole, of in shown] == [(r["product"], r["checks"]) for r in by_hand]
    product = by_hand[0]["product"]
    listed = clear.get("/quality", params={"product": product}).text
    assert listed.count('<tr><td class="mono"><a href="/catalogue/') == by_hand[0]["checks"]


def test_lineage_goes_from_a_source_to_a_dashboard(clear: TestClient) -> None:
    def leads(of: str, side: str) -> str:
        page = clear.get("/lineage", params={"of": of}).text
        return page.split(f'aria-label="{side}"')[1].split("</section>")[0]

    assert "shop.orders" in leads("raw_shop.orders", "Used by")
    assert "Average order value" in leads("gold.gold_sales_fact", "Used by")
    assert "Executive overview" in leads("metric:average_order_value", "Used by")
    assert "Average order value" in leads("dashboard:executive", "Made of")
    column = clear.get("/lineage", params={"of": "gold.gold_sales_fact", "column": "net_sales_amount"}).text
    assert "raw_shop.orders." in column
    assert clear.get("/lineage", params={"of": "gold.nothing"}).status_code == 404
    assert clear.get("/lineage/products/nothing").status_code == 404


def test_a_metrics_page_shows_its_figure_and_what_it_means(clear: TestClient, house: Workspace) -> None:
    page = text_of(clear.get("/metrics/average_order_value").text)
    (row,) = house.query(metrics=["average_order_value"]).to_pylist()
    assert f"${row['average_order_value']:,.2f}" in page
    assert "SUM(sales.net_sales_amount) / COUNT(DISTINCT sales.transaction_id)" in page
    assert "Executive overview" in page
    assert clear.get("/metrics/averge_order_value").status_code == 404
    found = text_of(clear.get("/metrics", params={"search": "basket value"}).text)
    assert "Average order value" in found


def test_metrics_of_every_model_have_a_page(clear: TestClient, house: Workspace) -> None:
    page = clear.get("/metrics").text
    for model in house.project.semantics:
        for name in house.semantic_model(model).metrics:
            assert f'href="/metrics/{name}"' in page, name
    shown = text_of(clear.get("/metrics/tested_customers").text)
    tested = house.answer({"metrics": ["tested_customers"]}, model="shopflow_insights").table["tested_customers"][0]
    assert f"{tested.as_py():,}" in shown
    assert "shopflow_insights" in shown
    assert clear.get("/metrics/tested_customers?model=shopflow").status_code == 404
    found = clear.get("/api/v1/metrics", params={"model": "shopflow_insights"}).json()["metrics"]
    assert {each["name"] for each in found} == set(house.semantic_model("shopflow_insights").metrics)
    answer = clear.post(
        "/api/v1/metrics/query", params={"model": "shopflow_insights"}, json={"metrics": ["tested_customers"]}
    )
    assert answer.json()["rows"] == [{"tested_customers": tested.as_py()}]


def test_words_of_the_glossary_lead_to_their_figures(clear: TestClient, house: Workspace) -> None:
    page = clear.get("/glossary").text
    for term in house.project.glossary:
        assert term.means in html.unescape(page)
        assert all(f'href="/metrics/{name}"' in page for name in term.metrics)
    assert "No word fits" in clear.get("/glossary", params={"search": "xylophone"}).text
