-- One row per customer.
-- kind: view
SELECT
  customer_id,
  email,
  first_name,
  last_name,
  city,
  country,
  signup_date,
  customer_segment,
  total_orders,
  total_spent
FROM raw_shop.customers
