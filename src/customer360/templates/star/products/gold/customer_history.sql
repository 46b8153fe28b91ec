-- One row per version of a customer. A new segment, preference, tier or region begins a new version.
-- kind: scd2
-- key: customer_id
-- version_key: version_id
-- track: segment, preferred_channel, preferred_category, loyalty_tier, geo_region
-- expire_missing: true
WITH purchases AS (
  SELECT
    customer_id,
    CAST(SUM(amount) AS DECIMAL(18, 2)) AS lifetime_value
  FROM gold.customer_purchases
  GROUP BY customer_id
),
seen AS (
  SELECT
    g.customer_id,
    g.loyalty_tier,
    a.value AS geo_region,
    f.acquisition_channel,
    s.lifetime_value,
    LEAST(g.registration_date, f.first_seen_date) AS acquisition_date,
    s.customer_id IS NULL
    OR DATE_DIFF('day', LEAST(g.registration_date, f.first_seen_date), as_of())
    <= {{ policy('gold_segment.new_days') }} AS is_new
  FROM identity.golden_customer AS g
  LEFT JOIN gold.customer_first_contact AS f ON f.customer_id = g.customer_id
  LEFT JOIN purchases AS s ON s.customer_id = g.customer_id
  LEFT JOIN {{ policy('regions') }} AS a ON a.key = g.country
),
ranked AS (
  SELECT
    customer_id,
    loyalty_tier,
    geo_region,
    acquisition_channel,
    lifetime_value,
    acquisition_date,
    is_new,
    1.0 * (RANK() OVER (PARTITION BY is_new ORDER BY lifetime_value DESC) - 1)
    / COUNT(*) OVER (PARTITION BY is_new) AS share_above
  FROM seen
)
SELECT
  r.customer_id,
  CASE
    WHEN r.is_new THEN 'New'
    WHEN r.share_above < {{ policy('gold_segment.vip_share') }} THEN 'VIP'
    WHEN r.share_above < {{ policy('gold_segment.vip_share') }} + {{ policy('gold_segment.premium_share') }}
      THEN 'Premium'
    WHEN
      r.share_above < {{ policy('gold_segment.vip_share') }} + {{ policy('gold_segment.premium_share') }}
      + {{ policy('gold_segment.loyal_share') }}
      THEN 'Loyal'
    ELSE 'Regular'
  END AS segment,
  CAST(COALESCE(r.lifetime_value, 0) AS DECIMAL(18, 2)) AS lifetime_value,
  r.acquisition_date,
  r.acquisition_channel,
  p.preferred_channel,
  p.preferred_category,
  r.loyalty_tier,
  r.geo_region
FROM ranked AS r
LEFT JOIN gold.customer_preferences AS p ON p.customer_id = r.customer_id
