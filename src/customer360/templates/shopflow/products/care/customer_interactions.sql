-- One row per contact of a customer with the care centre, over all channels.
-- kind: view
SELECT
  interaction_id,
  customer_id,
  channel_id,
  interaction_type_id,
  agent_id,
  session_id,
  start_timestamp,
  end_timestamp,
  duration_seconds,
  queue_time_seconds,
  resolution_status,
  satisfaction_score,
  interaction_summary,
  language
FROM raw_care.customer_interactions
