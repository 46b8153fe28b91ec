-- One row per customer of the web shop, with the tier of the loyalty programme.
SELECT
  'shop' AS system,
  c.customer_id AS record_id,
  c.first_name,
  c.last_name,
  c.email,
  c.city,
  c.country,
  c.signup_date AS registration_date,
  c.customer_segment AS source_segment,
  l.tier AS loyalty_tier
FROM shop.customers AS c
LEFT JOIN shop_ops.loyalty_members AS l ON l.customer_id = c.customer_id
