-- One row per session on the stores' website, which knows no events.
SELECT
  'cdp' AS system,
  'cdp:' || session_id AS event_id,
  'cdp:' || session_id AS session_id,
  CAST(customer_id AS VARCHAR) AS record_id,
  visit_date AS event_date,
  'session' AS event_type,
  'session' AS source_event_type,
  'Online' AS channel,
  source AS traffic_source,
  pages_viewed,
  time_spent AS time_spent_seconds
FROM cdp.website_behavior
