-- One row per service plan.
-- kind: view
SELECT
  service_plan_id,
  plan_name,
  plan_type,
  monthly_fee,
  data_allowance_gb,
  voice_minutes,
  sms_allowance,
  is_active
FROM raw_care.service_plans
