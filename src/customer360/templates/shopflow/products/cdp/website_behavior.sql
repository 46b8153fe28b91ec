-- One row per session on the stores' website.
-- kind: view
SELECT
  session_id,
  customer_id,
  visit_date,
  pages_viewed,
  time_spent,
  source
FROM raw_cdp.website_behavior
