-- One row per customer number. It has no name, address or contact data.
SELECT
  'online_retail' AS system,
  CAST(customer_id AS VARCHAR) AS record_id,
  country,
  registration_date
FROM online_retail.customer
