"""What must hold in ShopFlow's data, each promise asked of the generated rows in SQL."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

Data = duckdb.DuckDBPyConnection

# Each query returns the rows that break the promise.
BROKEN_BY = {
    "no order precedes its customer's signup": """
        SELECT order_id FROM shop.orders JOIN shop.customers USING (customer_id) WHERE order_date < signup_date""",
    "no event of a known customer precedes the signup": """
        SELECT event_id FROM shop.events JOIN shop.customers USING (customer_id)
        WHERE event_timestamp::DATE < signup_date""",
    "totals of customers agree with their orders": """
        SELECT customer_id FROM shop.customers LEFT JOIN (
            SELECT customer_id, count(*) AS n, sum(order_amount - discount_amount) AS net FROM shop.orders GROUP BY 1
        ) USING (customer_id) WHERE total_orders <> coalesce(n, 0) OR total_spent <> coalesce(net, 0)""",
    "an order line is worth price x quantity": """
        SELECT order_id FROM shop.orders JOIN shop.products USING (product_id)
        WHERE order_amount <> price * quantity""",
    "a discount is 0, 5, 10 or 15 %": """
        SELECT order_id FROM shop.orders
        WHERE list_min([abs(discount_amount - order_amount * r / 100.0) FOR r IN [0, 5, 10, 15]]) > 0.00501""",
    "cost is 40 to 70 % of the price": """
        SELECT product_id FROM shop.products WHERE cost / price NOT BETWEEN 0.3995 AND 0.7005""",
    "margin_pct follows from price and cost": """
        SELECT product_id FROM shop.products WHERE abs(margin_pct - (price - cost) / price * 100) > 0.0051""",
    "stock_status agrees with the inventory of the last day": """
        SELECT product_id FROM shop.products JOIN (
            SELECT product_id, sum(stock_level) AS units FROM shop.inventory WHERE date = DATE '2024-11-30' GROUP BY 1
        ) USING (product_id) WHERE (stock_status = 'Out of Stock') <> (units = 0)""",
    "a product's name is its own": """
        SELECT product_name FROM (SELECT product_name FROM shop.products UNION ALL SELECT product_name
            FROM cdp.product_catalog) GROUP BY 1 HAVING count(*) > 1""",
    "stock status is low when the shelves together are below their reorder levels": """
        SELECT product_id FROM shop.products JOIN (
            SELECT product_id, sum(stock_level) AS units, sum(reorder_level) AS mark FROM shop.inventory
            WHERE date = DATE '2024-11-30' GROUP BY 1
        ) USING (product_id) WHERE stock_status = 'Low Stock' AND units >= mark""",
    "every product, warehouse and day of the last 31 is in the inventory": """
        SELECT product_id, warehouse_id, day FROM shop.products,
            (SELECT DISTINCT warehouse_id FROM shop.inventory),
            (SELECT unnest(generate_series(DATE '2024-10-31', DATE '2024-11-30', INTERVAL 1 DAY))::DATE AS day)
        EXCEPT SELECT product_id, warehouse_id, date FROM shop.inventory""",
    "a session that reaches a stage passed the ones before": """
        SELECT session_id FROM shop.events GROUP BY 1 HAVING
            bool_or(event_type = 'purchase') AND NOT bool_or(event_type = 'checkout')
            OR bool_or(event_type = 'checkout') AND NOT bool_or(event_type = 'add_to_cart')
            OR bool_or(event_type = 'add_to_cart') AND NOT bool_or(event_type = 'page_view')""",
    "stages of a session come in order": """
        SELECT session_id FROM (
            SELECT session_id,
                min(event_timestamp) FILTER (event_type = 'page_view') AS seen,
                min(event_timestamp) FILTER (event_type = 'add_to_cart') AS added,
                min(event_timestamp) FILTER (event_type = 'checkout') AS checked,
                min(event_timestamp) FILTER (event_type = 'purchase') AS bought
            FROM shop.events GROUP BY 1)
        WHERE added < seen OR checked < added OR bought < checked""",
    "shipping is asked before payment": """
        SELECT session_id FROM shop.events WHERE event_type = 'checkout' GROUP BY 1
        HAVING min(event_timestamp) FILTER (page_url LIKE '/checkout/payment%')
            < max(event_timestamp) FILTER (page_url = '/checkout/shipping')""",
    "checkouts are on the shipping and payment pages": """
        SELECT event_id FROM shop.events WHERE (event_type = 'checkout')
            <> regexp_full_match(page_url, '/checkout/(shipping|payment|payment.status=declined)')""",
    "a session is one visit of one day on one device": """
        SELECT session_id FROM shop.events GROUP BY 1 HAVING count(DISTINCT event_timestamp::DATE) > 1
            OR count(DISTINCT device_type) > 1 OR count(DISTINCT browser) > 1 OR count(DISTINCT customer_id) > 1""",
    "every purchase event has its order (customer, product, date)": """
        SELECT customer_id, product_id, day, e.n FROM (
            SELECT customer_id, product_id, event_timestamp::DATE AS day, count(*) AS n FROM shop.events
            WHERE event_type = 'purchase' GROUP BY ALL) AS e
        LEFT JOIN (SELECT customer_id, product_id, order_date AS day, count(*) AS n FROM shop.orders GROUP BY ALL) AS o
            USING (customer_id, product_id, day) WHERE e.n > coalesce(o.n, 0)""",
    "a product page is about its product": """
        SELECT event_id FROM shop.events WHERE page_url LIKE '/products/%'
            AND product_id IS DISTINCT FROM regexp_extract(page_url, 'PROD[0-9]+')""",
    "a ticket about an order is its customer's, and about its product": """
        SELECT ticket_id FROM support.support_tickets AS t JOIN shop.orders AS o USING (order_id)
        WHERE t.customer_id <> o.customer_id OR t.product_id <> o.product_id OR t.created_date::DATE <= o.order_date""",
    "ticket references exist": """
        SELECT ticket_id FROM support.support_tickets AS t
        WHERE (order_id IS NOT NULL AND order_id NOT IN (SELECT order_id FROM shop.orders))
            OR (product_id IS NOT NULL AND product_id NOT IN (SELECT product_id FROM shop.products))
            OR customer_id NOT IN (SELECT customer_id FROM shop.customers)""",
    "a ticket's category is its product's": """
        SELECT ticket_id FROM support.support_tickets JOIN shop.products USING (product_id)
        WHERE issue_category <> category""",
    "resolution_hours are resolved_date - created_date": """
        SELECT ticket_id FROM support.support_tickets
        WHERE resolved_date <> created_date + resolution_hours * INTERVAL 1 HOUR
            OR (resolved_date IS NULL) <> (resolution_hours IS NULL)
            OR (resolved_date IS NULL) <> (status IN ('Open', 'In Progress'))""",
    "nothing is resolved after the last day": """
        SELECT ticket_id FROM support.support_tickets WHERE resolved_date >= DATE '2024-12-01'""",
    "only resolved tickets have a score": """
        SELECT ticket_id FROM support.support_tickets WHERE satisfaction_score IS NOT NULL AND resolved_date IS NULL""",
    "a return is of an order line, later, not more than was bought": """
        SELECT r.order_id FROM shop_ops.returns AS r LEFT JOIN shop.orders AS o USING (order_id)
        WHERE o.order_id IS NULL OR return_date <= order_date OR r.quantity NOT BETWEEN 1 AND o.quantity
            OR refund_amount > order_amount - discount_amount OR return_date > DATE '2024-11-30'""",
    "a whole return refunds what was paid": """
        SELECT r.order_id FROM shop_ops.returns AS r JOIN shop.orders AS o USING (order_id)
        WHERE r.quantity = o.quantity AND refund_amount <> order_amount - discount_amount""",
    "recovery e-mails go to abandoned carts of known people, afterwards": """
        SELECT e.session_id FROM shop_ops.cart_recovery_emails AS e LEFT JOIN (
            SELECT session_id, max(customer_id) AS customer_id, max(event_timestamp) AS ended,
                bool_or(event_type = 'add_to_cart') AND NOT bool_or(event_type = 'purchase') AS abandoned
            FROM shop.events GROUP BY 1) AS s USING (session_id)
        WHERE NOT coalesce(abandoned AND ended < sent_at, FALSE) OR e.customer_id <> s.customer_id""",
    "recovery runs sent, opened, clicked, ordered": """
        SELECT session_id FROM shop_ops.cart_recovery_emails
        WHERE opened_at <= sent_at OR clicked_at < opened_at OR (clicked_at IS NOT NULL AND opened_at IS NULL)
            OR (recovered_order_id IS NOT NULL AND clicked_at IS NULL)""",
    "a recovered order is the customer's, within 7 days": """
        SELECT session_id FROM shop_ops.cart_recovery_emails AS e
        LEFT JOIN shop.orders AS o ON o.order_id = e.recovered_order_id
        WHERE recovered_order_id IS NOT NULL AND NOT coalesce(o.customer_id = e.customer_id
            AND order_date - sent_at::DATE BETWEEN 1 AND 7 AND clicked_at::DATE <= order_date, FALSE)""",
    "product details are of every product": """
        (SELECT product_id FROM shop.products) EXCEPT SELECT product_id FROM shop_ops.product_details""",
    "loyalty members have bought": """
        SELECT m.customer_id FROM shop_ops.loyalty_members AS m JOIN shop.customers USING (customer_id)
        WHERE total_orders = 0 OR since < signup_date""",
    "every discount of a running promotion is at least what it promises": """
        SELECT order_id FROM shop.orders AS o JOIN shop.products USING (product_id)
        JOIN shop_ops.promotions AS p ON p.category = products.category AND order_date BETWEEN p.start AND p."end"
        WHERE discount_amount < round(order_amount * p.discount, 2) - 0.011""",
    "telephone orders follow the signup": """
        SELECT order_id FROM erp.erp_orders AS o JOIN crm.crm_customers AS c ON c.id = o.customer_id
        WHERE order_date < signup_date""",
    "telephone orders have their customer": """
        SELECT order_id FROM erp.erp_orders WHERE customer_id NOT IN (SELECT id FROM crm.crm_customers)""",
    "a parcel leaves after its order": """
        SELECT shipment_id FROM wms.wms_shipments LEFT JOIN erp.erp_orders AS o ON o.order_id = order_ref
        WHERE NOT coalesce(shipped_date > order_date, FALSE)""",
    "store purchases cost price x quantity and follow the registration": """
        SELECT transaction_id FROM cdp.purchase_transactions JOIN cdp.product_catalog USING (product_id)
        JOIN cdp.customer_info USING (customer_id)
        WHERE total_amount <> price * quantity OR purchase_date < registration_date""",
    "a response answers something that was sent, within the campaign": """
        SELECT response_id FROM cdp.campaign_responses AS r JOIN cdp.marketing_campaigns USING (campaign_id)
        WHERE response_date NOT BETWEEN start_date AND end_date OR response_type <> 'sent' AND NOT EXISTS (
            SELECT 1 FROM cdp.campaign_responses AS s WHERE s.response_type = 'sent' AND s.campaign_id = r.campaign_id
                AND s.customer_id = r.customer_id AND s.response_date <= r.response_date)""",
    "nothing is sent after an unsubscribe": """
        SELECT later.response_id FROM cdp.campaign_responses AS later JOIN cdp.campaign_responses AS gone
            ON gone.customer_id = later.customer_id AND gone.response_type = 'unsubscribe'
        WHERE later.response_type = 'sent' AND later.campaign_id > gone.campaign_id""",
    "people of the platform are 18 to 80": """
        SELECT customer_id FROM cdp.customer_info
        WHERE date_diff('day', date_of_birth, DATE '2024-11-30') / 365.25 NOT BETWEEN 18 AND 81""",
    "a contact is made by somebody who is registered": """
        SELECT interaction_id FROM care.customer_interactions JOIN care.customers USING (customer_id)
        WHERE start_timestamp::DATE < registration_date""",
    "a contact lasts as long as its duration says": """
        SELECT interaction_id FROM care.customer_interactions
        WHERE end_timestamp <> start_timestamp + duration_seconds * INTERVAL 1 SECOND
            OR (end_timestamp IS NULL) <> (duration_seconds IS NULL)""",
    "only letters have no duration": """
        SELECT interaction_id FROM care.customer_interactions JOIN care.channels USING (channel_id)
        WHERE (duration_seconds IS NULL) <> (channel_name IN ('Email', 'Social Media', 'SMS'))""",
    "at most one plan at a time": """
        SELECT a.customer_id FROM care.customer_service_plans AS a JOIN care.customer_service_plans AS b
            ON a.customer_id = b.customer_id AND a.customer_service_plan_id < b.customer_service_plan_id
        WHERE b.start_date <= coalesce(a.end_date, DATE '9999-01-01')
            AND a.start_date <= coalesce(b.end_date, DATE '9999-01-01')""",
    "an active plan has no end and an ended one is inactive": """
        SELECT customer_id FROM care.customer_service_plans WHERE is_active <> (end_date IS NULL)""",
    "e-mails of care and shop are no placeholders": """
        SELECT email FROM care.customers WHERE email LIKE 'none@%' OR email LIKE 'noemail@%' OR email IS NULL
        UNION ALL SELECT email FROM shop.customers WHERE email LIKE 'none@%' OR email LIKE 'noemail@%'""",
}


@pytest.mark.parametrize("promise", BROKEN_BY)
def test_promise(data: Data, promise: str) -> None:
    assert data.execute(f"SELECT * FROM ({BROKEN_BY[promise]}) LIMIT 3").fetchall() == []


# Each query returns one number, and the range in which it must lie says what was planted.
PLANTED = {
    "baskets hold several lines": (
        """SELECT avg(n) FROM (
            SELECT count(*) AS n FROM shop.orders GROUP BY customer_id, order_date, payment_method)""",
        (1.9, 2.6),
    ),
    "40 % of baskets have a session": (
        """SELECT (SELECT count(DISTINCT session_id) FROM shop.events WHERE event_type = 'purchase') / count(*)
        FROM (SELECT DISTINCT customer_id, order_date, payment_method FROM shop.orders)""",
        (0.37, 0.43),
    ),
    "a cart is abandoned by about two thirds": (
        """SELECT 1 - count(*) FILTER (bought) / count(*) FROM (SELECT bool_or(event_type = 'purchase') AS bought
        FROM shop.events GROUP BY session_id HAVING bool_or(event_type = 'add_to_cart'))""",
        (0.60, 0.75),
    ),
    "some events are anonymous": (
        "SELECT count(*) FILTER (customer_id IS NULL) / count(*) FROM shop.events",
        (0.05, 0.35),
    ),
    "signups are uniform: a third in the first third": (
        """SELECT count(*) FILTER (signup_date < DATE '2022-01-01' + 355) / count(*) FROM shop.customers""",
        (0.31, 0.36),
    ),
    "orders of churned customers are mostly early": (
        """SELECT count(*) FILTER (order_date <= DATE '2023-08-31') / count(*) FROM shop.orders
        JOIN shop.customers USING (customer_id) WHERE customer_segment = 'Churned'""",
        (0.8, 1.0),
    ),
    "high value spends more than medium": (
        """SELECT avg(total_spent) FILTER (customer_segment = 'High Value')
            / avg(total_spent) FILTER (customer_segment = 'Medium Value') FROM shop.customers""",
        (2, 20),
    ),
    "December sells more than January": (
        """SELECT count(*) FILTER (month(order_date) = 12) / count(*) FILTER (month(order_date) = 1)
        FROM shop.orders WHERE year(order_date) < 2024 AND order_date >= DATE '2023-01-01'""",
        (1.4, 2.5),
    ),
    "tickets foretell leaving": (
        """SELECT avg(has) FILTER (NOT is_alive) / avg(has) FILTER (is_alive) FROM (
            SELECT is_alive, (customer_id IN (SELECT customer_id FROM support.support_tickets
                WHERE order_id IS NOT NULL))::INT / greatest(total_orders, 1) AS has
            FROM truth.customers JOIN shop.customers USING (customer_id) WHERE total_orders > 0)""",
        (1.3, 10),
    ),
    "stock lasts for weeks, not for years": (
        """WITH stock AS (SELECT product_id, sum(stock_level) AS units FROM shop.inventory
                WHERE date = DATE '2024-11-30' GROUP BY 1),
            sold AS (SELECT product_id, sum(quantity) / 28 AS daily FROM shop.orders
                WHERE order_date > DATE '2024-11-02' GROUP BY 1)
        SELECT sum(units) / sum(daily) FROM stock LEFT JOIN sold USING (product_id)""",
        (20, 90),
    ),
    "most products that sell have cover of 10 to 120 days": (
        """WITH stock AS (SELECT product_id, sum(stock_level) AS units FROM shop.inventory
                WHERE date = DATE '2024-11-30' GROUP BY 1),
            sold AS (SELECT product_id, sum(quantity) / 28 AS daily FROM shop.orders
                WHERE order_date > DATE '2024-11-02' GROUP BY 1)
        SELECT avg((units / daily BETWEEN 10 AND 120)::INT) FROM stock JOIN sold USING (product_id)""",
        (0.6, 1),
    ),
    "some shelves are empty": ("SELECT avg((stock_level = 0)::INT) FROM shop.inventory", (0.03, 0.25)),
    "carts with a planted shortage were left": (
        "SELECT count(*) FILTER (reason = 'low_stock') / count(*) FROM truth.abandoned_carts",
        (0.02, 0.25),
    ),
    "scores of tickets lean to 3 to 5": (
        """SELECT count(*) FILTER (satisfaction_score >= 3) / count(satisfaction_score) FROM support.support_tickets""",
        (0.65, 0.95),
    ),
    "critical tickets are solved faster": (
        """SELECT median(resolution_hours) FILTER (priority = 'Critical')
            / median(resolution_hours) FILTER (priority = 'Low') FROM support.support_tickets""",
        (0.02, 0.3),
    ),
    "some telephone orders are split": (
        """SELECT count(*) FILTER (n > 1) / count(*) FROM (
            SELECT count(*) AS n FROM wms.wms_shipments GROUP BY order_ref)""",
        (0.05, 0.11),
    ),
    "some telephone orders are not shipped": (
        """SELECT count(*) FILTER (order_id NOT IN (SELECT order_ref FROM wms.wms_shipments)) / count(*)
        FROM erp.erp_orders""",
        (0.02, 0.06),
    ),
    "placeholder e-mails repeat in the platform": (
        "SELECT count(*) FROM (SELECT email FROM cdp.customer_info GROUP BY 1 HAVING count(email) > 1)",
        (2, 200),
    ),
    "some people have two records in the platform": (
        """SELECT count(*) FROM (SELECT person_id FROM truth.people WHERE system = 'cdp' GROUP BY 1
        HAVING count(*) > 1)""",
        (10, 80),
    ),
    "most people of care are the shop's too": (
        """SELECT avg((person_id < 1000000000)::INT) FROM truth.people WHERE system = 'care'""",
        (0.65, 0.75),
    ),
    "contacts of care: one each for every documented interaction": (
        "SELECT count(*) FROM care.customer_interactions",
        (5_000, 5_000),
    ),
    "contacts are spread over many people": (
        "SELECT count(*) / count(DISTINCT customer_id) FROM care.customer_interactions",
        (3, 12),
    ),
    "more calls at ten than at three at night": (
        """SELECT (count(*) FILTER (hour(start_timestamp) = 3) + 0.0) / count(*) FILTER (hour(start_timestamp) = 10)
        FROM care.customer_interactions""",
        (0.0, 0.3),
    ),
    "resolved contacts": (
        "SELECT avg((resolution_status = 'Resolved')::INT) FROM care.customer_interactions",
        (0.6, 0.78),
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_planted(data: Data, what: str) -> None:
    query, (low, high) = PLANTED[what]
    found: Any = data.execute(query).fetchone()
    assert low <= found[0] <= high


def test_abandoned_carts_of_the_truth_are_those_of_the_events(data: Data) -> None:
    by_events = """SELECT session_id FROM shop.events GROUP BY 1
        HAVING bool_or(event_type = 'add_to_cart') AND NOT bool_or(event_type = 'purchase')"""
    apart = f"({by_events} EXCEPT SELECT session_id FROM truth.abandoned_carts)"
    back = f"(SELECT session_id FROM truth.abandoned_carts EXCEPT {by_events})"
    assert data.execute(f"{apart} UNION ALL {back}").fetchall() == []


def test_a_shared_home_shares_surname_and_phone(data: Data) -> None:
    query = """SELECT count(*), count(*) FILTER (right(regexp_replace(a.phone_number, '[^0-9]', '', 'g'), 10)
            <> right(regexp_replace(b.phone_number, '[^0-9]', '', 'g'), 10))
        FROM truth.people AS p JOIN truth.people AS q ON p.household_id = q.household_id AND p.person_id < q.person_id
            AND p.system = 'cdp' AND q.system = 'cdp'
        JOIN cdp.customer_info AS a ON a.customer_id = p.source_id::INT
        JOIN cdp.customer_info AS b ON b.customer_id = q.source_id::INT"""
    pairs, apart = data.execute(query).fetchone()
    assert pairs > 10
    assert apart == 0
