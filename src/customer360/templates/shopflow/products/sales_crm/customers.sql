-- One row per customer account.
-- kind: view
SELECT
  id,
  first_name,
  last_name,
  email,
  signup_date
FROM raw_crm.crm_customers
