"""ShopFlow's metrics by hand: each as an aggregate over flat rows from the systems' own tables."""

from __future__ import annotations

from tests.templates.shopflow_rows import AS_OF, ROWS

__all__ = ["METRICS", "ROWS", "SIDE_BY_SIDE"]


def _if(condition: str) -> str:
    return f"COUNT(*) FILTER (WHERE {condition})"


def _share(part: str, whole: str = "TRUE") -> str:
    return f"{_if(part)} / NULLIF({_if(whole)}, 0)"


NET = "SUM(net) FILTER (WHERE NOT returned)"
BASKETS = "COUNT(DISTINCT basket) FILTER (WHERE NOT returned)"
LINES = _if("NOT returned")
KNOWN = "COUNT(DISTINCT customer_id) FILTER (WHERE NOT returned)"
BOUGHT = "baskets IS NOT NULL"
LOST = "abandoned AND NOT recovered"
PAIRS = "COUNT(DISTINCT customer_id || ':' || campaign_id) FILTER (WHERE kind <> 'sent')"
METRICS: dict[str, dict[str, str]] = {
    "sales": {
        "revenue": NET,
        "gross_sales": "SUM(gross) FILTER (WHERE NOT returned)",
        "discount_amount": "SUM(discount) FILTER (WHERE NOT returned)",
        "discount_rate": "SUM(discount) FILTER (WHERE NOT returned) / SUM(gross) FILTER (WHERE NOT returned)",
        "order_count": BASKETS,
        "line_count": LINES,
        "units_sold": "SUM(pieces) FILTER (WHERE NOT returned)",
        "average_order_value": f"{NET} / {BASKETS}",
        "average_line_value": "AVG(net) FILTER (WHERE NOT returned)",
        "lines_per_order": f"{LINES} / {BASKETS}",
        "active_customers": KNOWN,
        "purchase_frequency": f"{BASKETS} / {KNOWN}",
        "promotional_revenue": "SUM(net) FILTER (WHERE promoted AND NOT returned)",
        "promotional_share": f"SUM(net) FILTER (WHERE promoted AND NOT returned) / {NET}",
        "gross_margin": "SUM(margin) FILTER (WHERE NOT returned)",
        "gross_margin_rate": "SUM(margin) FILTER (WHERE NOT returned) "
        "/ SUM(net) FILTER (WHERE margin IS NOT NULL AND NOT returned)",
        "revenue_with_cost": "SUM(net) FILTER (WHERE margin IS NOT NULL AND NOT returned)",
        "refund_amount": "SUM(refund)",
        "refund_rate": f"SUM(refund) / {NET}",
        "returned_lines": _if("returned"),
        "recorded_lines": "COUNT(*)",
        "return_rate": _share("returned"),
        "products_sold": "COUNT(DISTINCT product) FILTER (WHERE NOT returned)",
        "known_revenue": "SUM(net) FILTER (WHERE NOT returned AND customer_id IS NOT NULL)",
        "revenue_per_customer": f"SUM(net) FILTER (WHERE NOT returned AND customer_id IS NOT NULL) / {KNOWN}",
    },
    "sales now": {
        "revenue_28_days": f"SUM(net) FILTER (WHERE NOT returned AND day > {AS_OF} - 28)",
        "revenue_this_year": "SUM(net) FILTER (WHERE NOT returned AND day >= DATE '2024-01-01')",
    },
    "customers": {
        "total_customers": "COUNT(*)",
        "buyers": _if(BOUGHT),
        "new_buyers": _if(BOUGHT),
        "prospects": _if("baskets IS NULL"),
        "repeat_buyers": _if("baskets >= 2"),
        "customer_retention_rate": _share("baskets >= 2", BOUGHT),
        "repeat_customer_rate": _share("baskets >= 2", BOUGHT),
        "total_lifetime_value": "SUM(net)",
        "average_lifetime_value": "SUM(net) / COUNT(*)",
        "average_customer_aov": "AVG(ROUND(net / baskets, 2))",
        "average_days_since_last_order": "AVG(idle)",
        "average_purchases": "SUM(baskets) / COUNT(*)",
        "lifetime_orders": "SUM(baskets)",
        "average_churn_risk": "AVG(churn_risk_score)",
        "expected_lost_customers": "SUM(churn_risk_score)",
        "high_risk_customers": _if("churn_risk_score >= 0.8"),
        "high_risk_share": _share("churn_risk_score >= 0.8", BOUGHT),
        "inactive_customers": _if("idle > 90"),
        "inactive_customer_rate": _share("idle > 90", BOUGHT),
        "at_risk_rule_customers": _if("idle > 90 AND baskets < 3"),
        "at_risk_rule_rate": _share("idle > 90 AND baskets < 3", BOUGHT),
        "high_recency_risk_customers": _if("idle > 180"),
        "high_recency_risk_rate": _share("idle > 180", BOUGHT),
        "previous_buyers": _if("before"),
        "retained_buyers": _if("before AND lately"),
        "period_retention_rate": _share("before AND lately", "before"),
        "predicted_clv_12m": "SUM(predicted_clv_12m)",
        "average_predicted_clv": "AVG(predicted_clv_12m)",
        "expected_purchases": "SUM(expected_purchases_12m)",
        "campaign_response_rate": "SUM(answered) / SUM(received)",
        "average_recency_score": "AVG(recency_score)",
        "average_frequency_score": "AVG(frequency_score)",
        "average_monetary_score": "AVG(monetary_score)",
        "reachable_by_email": _if("consent_email"),
        "contacts_per_customer": "AVG(contacts)",
    },
    "visits": {
        "web_visits": "COUNT(*)",
        "web_visitors": "COUNT(DISTINCT customer_id)",
        "average_visit_duration": "AVG(seconds)",
        "pages_per_visit": "AVG(pages)",
        "funnel_sessions": _if("shop"),
        "cart_sessions": _if("carted"),
        "checkout_sessions": _if("carted AND (out OR bought)"),
        "purchase_sessions": _if("carted AND bought"),
        "add_to_cart_rate": _share("carted", "shop"),
        "checkout_rate": _share("carted AND (out OR bought)", "carted"),
        "checkout_completion_rate": _share("carted AND bought", "carted AND (out OR bought)"),
        "conversion_rate": _share("carted AND bought", "shop"),
    },
    "events": {
        "web_events": "COUNT(*)",
        "views": _if("event_type = 'page_view'"),
        "add_to_carts": _if("event_type = 'add_to_cart'"),
        "cart_removals": _if("event_type = 'remove_from_cart'"),
        "purchase_events": _if("event_type = 'purchase'"),
    },
    "carts": {
        "carts_created": "COUNT(*)",
        "carts_abandoned": _if("abandoned"),
        "cart_abandonment_rate": _share("abandoned"),
        "abandonment_share": f"{_if('abandoned')} / SUM({_if('abandoned')}) OVER ()",
        "carts_unrecovered": _if(LOST),
        "unrecovered_rate": _share(LOST, "abandoned"),
        "recovery_emails_sent": _if("mailed"),
        "carts_recovered": _if("recovered"),
        "recovery_rate": _share("recovered", "mailed"),
        "abandoned_cart_value": "SUM(value) FILTER (WHERE abandoned)",
        "lost_revenue": f"SUM(value) FILTER (WHERE {LOST})",
        "average_abandoned_cart_value": "AVG(value) FILTER (WHERE abandoned)",
        "average_minutes_in_cart": "AVG(DATE_DIFF('minute', made, last)) FILTER (WHERE abandoned)",
        "declined_payments": _if("declined"),
    },
    "items": {
        "abandoned_item_value": "SUM(value) FILTER (WHERE abandoned)",
        "lost_item_value": f"SUM(value) FILTER (WHERE {LOST})",
        "abandoned_items": "SUM(pieces) FILTER (WHERE abandoned)",
        "product_carts": "COUNT(DISTINCT session_id)",
        "product_carts_abandoned": "COUNT(DISTINCT session_id) FILTER (WHERE abandoned)",
        "product_abandonment_rate": "COUNT(DISTINCT session_id) FILTER (WHERE abandoned) / COUNT(DISTINCT session_id)",
    },
    "contacts": {
        "contacts": "COUNT(*)",
        "tickets": _if("desk = 'support'"),
        "customers_in_contact": "COUNT(DISTINCT customer_id)",
        "customer_satisfaction": "AVG(score)",
        "scored_contacts": "COUNT(score)",
        "satisfied_contacts": _if("score >= 4"),
        "csat": _share("score >= 4", "score IS NOT NULL"),
        "csat_response_rate": _share("score IS NOT NULL"),
        "average_handle_time": "AVG(seconds)",
        "p90_handle_time": "QUANTILE_CONT(seconds, 0.9)",
        "average_wait_time": "AVG(wait)",
        "settled_contacts": _if("status IN ('resolved', 'closed')"),
        "resolution_rate": _share("status IN ('resolved', 'closed')"),
        "open_contacts": _if("status IN ('open', 'pending', 'escalated')"),
        "escalated_contacts": _if("status = 'escalated'"),
        "escalation_rate": _share("status = 'escalated'"),
        "average_resolution_hours": "AVG(hours)",
        "median_resolution_hours": "MEDIAN(hours)",
        "agents": "COUNT(DISTINCT agent)",
        "agent_contacts": "COUNT(agent)",
        "contacts_per_agent": "COUNT(agent) / NULLIF(COUNT(DISTINCT agent), 0)",
    },
    "stock": {
        "stock_on_hand": "SUM(stock_level) FILTER (WHERE is_last)",
        "average_stock": "SUM(stock_level) / COUNT(DISTINCT date)",
        "stock_value": "SUM(stock_level * cost) FILTER (WHERE is_last)",
        "stockouts": _if("is_last AND stock_level = 0"),
        "reorder_positions": _if("is_last AND stock_level < reorder_level"),
        "stocked_positions": _if("is_last"),
        "stockout_rate": _share("stock_level = 0"),
    },
    "responses": {
        "campaign_sends": _if("kind = 'sent'"),
        "campaign_clicks": _if("kind = 'click'"),
        "campaign_purchases": _if("kind = 'purchase'"),
        "unsubscribes": _if("kind = 'unsubscribe'"),
        "click_rate": _share("kind = 'click'", "kind = 'sent'"),
        "unsubscribe_rate": _share("kind = 'unsubscribe'", "kind = 'sent'"),
        "campaign_conversion_rate": _share("kind = 'purchase'", "kind = 'sent'"),
        "mailing_response_rate": _share("kind IN ('click', 'purchase')", "kind = 'sent'"),
        "campaigns": "COUNT(DISTINCT campaign_id)",
        "campaign_reach": "COUNT(DISTINCT customer_id)",
        "campaign_responses": _if("kind IN ('click', 'purchase')"),
        "responded_campaigns": PAIRS,
        "responses_per_responded_campaign": _if("kind IN ('click', 'purchase')") + f" / NULLIF({PAIRS}, 0)",
    },
    "plans": {
        "plans_running": _if("runs"),
        "plans_ended": _if("NOT runs"),
        "average_plan_fee": "AVG(monthly_fee) FILTER (WHERE runs)",
        "plan_customers": "COUNT(DISTINCT customer_id) FILTER (WHERE runs)",
        "monthly_plan_fees": "SUM(monthly_fee) FILTER (WHERE runs)",
    },
    "parcels": {
        "shipments": "COUNT(*)",
        "average_days_to_ship": "AVG(days) FILTER (WHERE is_first)",
        "returned_shipments": _if("delivery_status = 'Returned'"),
        "shipment_return_rate": _share("delivery_status = 'Returned'"),
    },
    "outcomes": {
        "sla_contacts": _if("promised"),
        "sla_breaches": _if("promised AND late"),
        "sla_breach_rate": _share("promised AND late", "promised"),
        "sla_kept": _if("promised AND NOT late"),
        "sla_compliance_rate": _share("promised AND NOT late", "promised"),
        "watched_contacts": _if("watched"),
        "first_contact_resolutions": _if("watched AND done AND NOT again_on_topic"),
        "first_contact_resolution_rate": _share("watched AND done AND NOT again_on_topic", "watched"),
        "repeat_contacts": _if("watched AND again"),
        "repeat_contact_rate": _share("watched AND again", "watched"),
    },
    "shelves": {
        "days_of_cover": "SUM(stock) / NULLIF(SUM(daily), 0)",
        "products_at_stockout_risk": _if("stock = 0 OR stock <= 3 * daily"),
        "overstocked_products": _if("stock > 0 AND stock > 60 * daily"),
        "units_to_reorder": "SUM(GREATEST(CEIL(GREATEST(30 * daily, mark) - stock), 0))",
    },
    "affinities": {
        "average_affinity": "AVG(affinity_score)",
        "interested_customers": "COUNT(DISTINCT customer_key)",
        "expected_affinity_sales": "SUM(predicted_cltv_impact)",
    },
}
"""Each metric as an aggregate over flat rows."""

SIDE_BY_SIDE: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "revenue_per_visit": (("sales", NET), ("visits", "COUNT(*)")),
    "purchases_per_view": (("sales", BASKETS), ("events", _if("event_type = 'page_view'"))),
    "contacts_per_order": (("contacts", "COUNT(*)"), ("sales", BASKETS)),
}
"""Ratios of two facts: numerator and denominator, each over its own rows."""
