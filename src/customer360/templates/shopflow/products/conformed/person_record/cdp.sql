-- One row per customer record of the stores' platform; one person may have two.
SELECT
  'cdp' AS system,
  CAST(customer_id AS VARCHAR) AS record_id,
  first_name,
  last_name,
  email,
  phone_number,
  date_of_birth,
  registration_date
FROM cdp.customer_info
