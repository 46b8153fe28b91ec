-- One row per version of a customer, and the Unknown member -1. The current row has the durable customer_key.
SELECT
  -- Keys of expired rows lie below -1, so that they never meet a durable key or a fact.
  CASE WHEN h.is_current THEN k.customer_key ELSE -1 - v.customer_version_key END AS customer_key,
  h.customer_id,
  h.segment,
  h.lifetime_value,
  h.acquisition_date,
  h.acquisition_channel,
  h.preferred_channel,
  h.preferred_category,
  h.loyalty_tier,
  h.geo_region,
  h.is_current,
  v.customer_version_key,
  h.valid_from,
  h.valid_to
FROM gold.customer_history AS h
INNER JOIN gold.customer_keys AS k ON k.customer_id = h.customer_id
INNER JOIN gold.customer_version_keys AS v ON v.version_id = h.version_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS customer_key,
  'unknown' AS customer_id,
  CAST(NULL AS VARCHAR) AS segment,
  CAST(0 AS DECIMAL(18, 2)) AS lifetime_value,
  CAST(NULL AS DATE) AS acquisition_date,
  CAST(NULL AS VARCHAR) AS acquisition_channel,
  CAST(NULL AS VARCHAR) AS preferred_channel,
  CAST(NULL AS VARCHAR) AS preferred_category,
  CAST(NULL AS VARCHAR) AS loyalty_tier,
  CAST(NULL AS VARCHAR) AS geo_region,
  TRUE AS is_current,
  CAST(-1 AS INTEGER) AS customer_version_key,
  DATE '1900-01-01' AS valid_from,
  DATE '9999-12-31' AS valid_to
