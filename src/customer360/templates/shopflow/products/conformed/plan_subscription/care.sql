-- One row per plan that a customer has or had.
SELECT
  'care' AS system,
  'care:' || s.customer_service_plan_id AS subscription_id,
  CAST(s.customer_id AS VARCHAR) AS record_id,
  'care:' || s.service_plan_id AS plan_id,
  p.plan_name,
  p.plan_type,
  p.monthly_fee,
  s.start_date,
  s.end_date,
  s.is_active
FROM care.customer_service_plans AS s
LEFT JOIN care.service_plans AS p ON p.service_plan_id = s.service_plan_id
