-- One row per support ticket.
-- kind: view
SELECT
  ticket_id,
  customer_id,
  customer_segment,
  created_date,
  resolved_date,
  issue_type,
  issue_category,
  priority,
  status,
  resolution_hours,
  satisfaction_score,
  agent_id,
  description,
  order_id,
  product_id
FROM raw_support.support_tickets
