-- One row per service plan that somebody has or had, and the Unknown member -1.
SELECT
  k.plan_key,
  p.plan_id,
  p.plan_name,
  p.plan_type,
  p.monthly_fee,
  p.source_system
FROM gold.plans AS p
INNER JOIN gold.plan_keys AS k ON k.plan_id = p.plan_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS plan_key,
  'unknown' AS plan_id,
  'Unknown' AS plan_name,
  CAST(NULL AS VARCHAR) AS plan_type,
  CAST(NULL AS DECIMAL(10, 2)) AS monthly_fee,
  CAST(NULL AS VARCHAR) AS source_system
