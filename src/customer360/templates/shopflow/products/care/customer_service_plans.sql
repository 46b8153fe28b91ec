-- One row per plan that a customer has or had.
-- kind: view
SELECT
  customer_service_plan_id,
  customer_id,
  service_plan_id,
  start_date,
  end_date,
  is_active
FROM raw_care.customer_service_plans
