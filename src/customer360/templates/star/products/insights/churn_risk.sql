-- One row per customer, prospects included: the score, its band, how the band did, and the rules of thumb beside it.
WITH buyers AS (
  SELECT
    customer_key,
    DATE_DIFF('day', MAX(purchase_date), as_of()) AS recency_days,
    COUNT(*) AS purchases
  FROM gold.customer_purchases
  GROUP BY customer_key
),
scored AS (
  SELECT
    k.customer_key,
    b.recency_days,
    b.purchases,
    v.churn_risk_score,
    v.is_reliable,
    v.frequency AS repeat_days,
    v.recency_days AS days_as_buyer,
    CASE
      WHEN v.churn_risk_score < {{ policy('churn_bands.medium') }} THEN 'Low'
      WHEN v.churn_risk_score < {{ policy('churn_bands.high') }} THEN 'Medium'
      WHEN v.churn_risk_score IS NOT NULL THEN 'High'
    END AS churn_risk_band
  FROM gold.customer_keys AS k
  LEFT JOIN buyers AS b ON b.customer_key = k.customer_key
  LEFT JOIN insights.customer_value AS v ON v.customer_key = k.customer_key
)
SELECT
  s.customer_key,
  s.recency_days,
  COALESCE(s.purchases, 0) AS purchases,
  s.churn_risk_score,
  s.churn_risk_band,
  CAST(90 AS INTEGER) AS horizon_days,
  t.observed_rate AS band_observed_rate,
  t.cut_date AS band_cut_date,
  t.until_date AS band_until_date,
  s.recency_days > 90 AS is_churned_90_day_rule,
  s.recency_days > 90 AND s.purchases < 3 AS is_at_risk_rule,
  CASE
    WHEN s.recency_days > 180 THEN 'High'
    WHEN s.recency_days > 90 THEN 'Medium'
    WHEN s.recency_days IS NOT NULL THEN 'Low'
  END AS churn_risk_180_90_rule,
  c.challenger_score,
  s.is_reliable,
  CASE
    WHEN s.purchases IS NULL THEN 'never bought, so there is no score'
    WHEN s.repeat_days = 0 THEN 'one purchase day, ' || CAST(s.recency_days AS VARCHAR) || ' days ago'
    ELSE
      CAST(s.repeat_days + 1 AS VARCHAR) || ' purchase days, one every '
      || CAST(CAST(ROUND(1.0 * s.days_as_buyer / s.repeat_days) AS INTEGER) AS VARCHAR) || ' days; the last '
      || CAST(s.recency_days AS VARCHAR) || ' days ago'
  END AS why
FROM scored AS s
LEFT JOIN insights.churn_challenger AS c ON c.customer_key = s.customer_key
LEFT JOIN insights.churn_back_test AS t ON t.churn_risk_band = s.churn_risk_band
