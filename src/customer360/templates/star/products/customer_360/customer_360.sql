-- One row per customer, prospects included.
WITH purchases AS (
  SELECT
    customer_key,
    CAST(SUM(amount) AS DECIMAL(18, 2)) AS total_lifetime_value,
    COUNT(*) AS total_purchases,
    COUNT(DISTINCT purchase_date) AS purchase_days,
    MIN(purchase_date) AS first_purchase_date,
    MAX(purchase_date) AS last_purchase_date,
    CAST(SUM(discount_amount) AS DECIMAL(18, 2)) AS total_discount_amount,
    SUM(CASE
      WHEN DATE_DIFF('day', purchase_date, as_of()) < {{ policy('loyalty_rule_segment.window_days') }} THEN 1
      ELSE 0
    END) AS window_orders,
    SUM(CASE
      WHEN DATE_DIFF('day', purchase_date, as_of()) < {{ policy('loyalty_rule_segment.window_days') }} THEN amount
      ELSE 0
    END) AS window_spend
  FROM gold.customer_purchases
  GROUP BY customer_key
),
profile AS (
  SELECT
    customer_key,
    total_lifetime_value,
    total_purchases,
    first_purchase_date,
    last_purchase_date,
    total_discount_amount,
    window_orders,
    window_spend,
    DATE_DIFF('day', last_purchase_date, as_of()) AS days_since_last_order,
    CASE
      WHEN purchase_days >= {{ policy('next_purchase.minimum_days') }}
        THEN 1.0 * DATE_DIFF('day', first_purchase_date, last_purchase_date) / (purchase_days - 1)
    END AS usual_gap_days
  FROM purchases
)
SELECT
  k.customer_id,
  g.first_name,
  g.last_name,
  g.email,
  g.phone_number,
  g.date_of_birth,
  g.registration_date,
  CAST(COALESCE(p.total_lifetime_value, 0) AS DECIMAL(18, 2)) AS total_lifetime_value,
  CAST(COALESCE(p.total_purchases, 0) AS INTEGER) AS total_purchases,
  p.last_purchase_date,
  f.favorite_product_category,
  f.favorite_brand,
  CAST(p.total_lifetime_value / p.total_purchases AS DECIMAL(18, 2)) AS average_order_value,
  r.rfm_segment AS customer_segment,
  r.recency_score,
  r.frequency_score,
  r.monetary_score,
  e.last_interaction_date,
  e.last_interaction_type,
  CAST(e.average_satisfaction_score AS DOUBLE) AS average_satisfaction_score,
  CAST(e.total_website_visits AS INTEGER) AS total_website_visits,
  CAST(e.average_time_spent_on_site AS DOUBLE) AS average_time_spent_on_site,
  e.most_viewed_product_category,
  CAST(e.campaign_response_rate AS DOUBLE) AS campaign_response_rate,
  e.preferred_marketing_channel,
  v.churn_risk_score,
  k.customer_key,
  CASE
    WHEN p.customer_key IS NULL THEN 'Prospect'
    WHEN p.days_since_last_order <= {{ policy('customer_status.active_days') }} THEN 'Active'
    WHEN p.days_since_last_order <= {{ policy('customer_status.lapsing_days') }} THEN 'Lapsing'
    ELSE 'Lapsed'
  END AS status,
  d.segment AS gold_segment,
  CASE
    WHEN p.customer_key IS NULL THEN NULL
    WHEN p.total_lifetime_value > {{ policy('value_tier.high') }} THEN 'High Value'
    WHEN p.total_lifetime_value > {{ policy('value_tier.medium') }} THEN 'Medium Value'
    ELSE 'Low Value'
  END AS value_tier,
  CASE
    WHEN p.customer_key IS NULL THEN NULL
    WHEN
      p.days_since_last_order <= {{ policy('loyalty_rule_segment.champion_recency_days') }}
      AND p.window_orders >= {{ policy('loyalty_rule_segment.champion_orders') }}
      AND p.window_spend > {{ policy('loyalty_rule_segment.champion_spend') }}
      THEN 'Champion'
    WHEN
      p.days_since_last_order <= {{ policy('loyalty_rule_segment.loyal_recency_days') }}
      AND p.window_orders >= {{ policy('loyalty_rule_segment.loyal_orders') }}
      THEN 'Loyal'
    WHEN
      p.days_since_last_order > {{ policy('loyalty_rule_segment.at_risk_recency_days') }}
      AND p.window_orders < {{ policy('loyalty_rule_segment.at_risk_orders') }}
      THEN 'At Risk'
    ELSE 'Regular'
  END AS loyalty_rule_segment,
  CASE
    WHEN v.churn_risk_score < {{ policy('churn_bands.medium') }} THEN 'Low'
    WHEN v.churn_risk_score < {{ policy('churn_bands.high') }} THEN 'Medium'
    WHEN v.churn_risk_score IS NOT NULL THEN 'High'
  END AS churn_risk_band,
  p.days_since_last_order > {{ policy('churn_rules.inactive_days') }} AS is_inactive_90_days,
  CASE
    WHEN p.days_since_last_order > {{ policy('churn_rules.high_days') }} THEN 'High'
    WHEN p.days_since_last_order > {{ policy('churn_rules.medium_days') }} THEN 'Medium'
    WHEN p.days_since_last_order IS NOT NULL THEN 'Low'
  END AS churn_recency_level,
  v.probability_alive,
  v.expected_purchases_12m,
  CAST(v.predicted_clv_12m AS DECIMAL(18, 2)) AS predicted_clv_12m,
  v.is_reliable AS is_prediction_reliable,
  p.days_since_last_order,
  CASE
    WHEN p.usual_gap_days IS NULL THEN NULL
    WHEN p.usual_gap_days - p.days_since_last_order < 0 THEN 'overdue'
    WHEN p.usual_gap_days - p.days_since_last_order <= 7 THEN '0 to 7 days'
    WHEN p.usual_gap_days - p.days_since_last_order <= 30 THEN '8 to 30 days'
    ELSE 'later'
  END AS next_purchase_window,
  p.first_purchase_date,
  CAST(COALESCE(p.total_discount_amount, 0) AS DECIMAL(18, 2)) AS total_discount_amount,
  CAST(e.campaigns_received AS INTEGER) AS campaigns_received,
  CAST(e.campaigns_responded AS INTEGER) AS campaigns_responded,
  g.age_band,
  g.income_band,
  g.household_size,
  g.identity_confidence,
  GREATEST(p.last_purchase_date, e.last_contact_date) AS last_seen_date,
  d.loyalty_tier,
  d.geo_region,
  CAST(e.service_contacts AS INTEGER) AS service_contacts,
  CAST(e.open_tickets AS INTEGER) AS open_tickets,
  e.plan_name,
  e.plan_monthly_fee,
  e.consent_email,
  e.consent_social_media,
  e.consent_post,
  e.has_unsubscribed
FROM gold.customer_keys AS k
INNER JOIN identity.golden_customer AS g ON g.customer_id = k.customer_id
INNER JOIN gold.gold_customer_dim AS d ON d.customer_key = k.customer_key AND d.is_current
LEFT JOIN profile AS p ON p.customer_key = k.customer_key
LEFT JOIN gold.customer_preferences AS f ON f.customer_id = k.customer_id
LEFT JOIN insights.customer_rfm AS r ON r.customer_key = k.customer_key
LEFT JOIN insights.customer_value AS v ON v.customer_key = k.customer_key
LEFT JOIN insights.customer_engagement AS e ON e.customer_key = k.customer_key
