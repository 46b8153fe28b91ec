-- One row per customer of the care centre, which keeps the whole name in one column.
SELECT
  'care' AS system,
  CAST(customer_id AS VARCHAR) AS record_id,
  customer_name AS full_name,
  email,
  phone AS phone_number,
  registration_date,
  customer_segment AS source_segment,
  status,
  created_at AS updated_at
FROM care.customers
