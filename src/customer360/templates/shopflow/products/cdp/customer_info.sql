-- One row per customer record; one person may have two.
-- kind: view
SELECT
  customer_id,
  first_name,
  last_name,
  email,
  phone_number,
  date_of_birth,
  registration_date
FROM raw_cdp.customer_info
