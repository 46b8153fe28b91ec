-- One row per service interaction in a store; only the day is known. Scores are 1 to 10.
SELECT
  'cdp' AS system,
  'cdp:' || interaction_id AS interaction_id,
  CAST(customer_id AS VARCHAR) AS record_id,
  CAST(interaction_date AS TIMESTAMP) AS started_at,
  interaction_date,
  'In-Store' AS channel,
  interaction_type,
  LOWER(resolution_status) AS status,
  resolution_status AS source_status,
  'cdp:' || product_id AS product_id,
  CAST(satisfaction_score AS DOUBLE) AS satisfaction_raw,
  1 + (satisfaction_score - 1) * 4.0 / 9 AS satisfaction_1_5
FROM cdp.customer_service
