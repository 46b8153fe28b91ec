-- One row per customer account of the CRM.
SELECT
  'crm' AS system,
  CAST(id AS VARCHAR) AS record_id,
  first_name,
  last_name,
  email,
  CAST(signup_date AS DATE) AS registration_date
FROM sales_crm.customers
