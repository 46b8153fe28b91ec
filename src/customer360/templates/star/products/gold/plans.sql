-- One row per service plan that somebody has or had.
-- kind: view
SELECT
  plan_id,
  MIN(system) AS source_system,
  MIN(plan_name) AS plan_name,
  MIN(plan_type) AS plan_type,
  MIN(monthly_fee) AS monthly_fee
FROM conformed.plan_subscription
GROUP BY plan_id
