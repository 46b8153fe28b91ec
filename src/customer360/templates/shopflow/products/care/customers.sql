-- One row per customer of the care centre.
-- kind: view
SELECT
  customer_id,
  customer_name,
  email,
  phone,
  registration_date,
  customer_segment,
  status,
  created_at
FROM raw_care.customers
