-- One row per support ticket of a customer of the web shop. Scores are 1 to 5 already.
SELECT
  'support' AS system,
  'support:' || ticket_id AS interaction_id,
  customer_id AS record_id,
  'shop' AS record_system,
  created_date AS started_at,
  CAST(created_date AS DATE) AS interaction_date,
  issue_type AS interaction_type,
  issue_category AS interaction_category,
  priority,
  CASE status WHEN 'In Progress' THEN 'pending' ELSE LOWER(status) END AS status,
  status AS source_status,
  'support:' || agent_id AS agent_id,
  'shop:' || product_id AS product_id,
  'shop:' || order_id AS order_id,
  resolved_date AS resolved_at,
  CAST(resolution_hours AS DOUBLE) AS resolution_hours,
  satisfaction_score AS satisfaction_raw,
  satisfaction_score AS satisfaction_1_5,
  description AS summary
FROM support.support_tickets
