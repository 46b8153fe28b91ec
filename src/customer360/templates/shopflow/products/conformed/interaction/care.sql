-- One row per contact with the care centre. Its score is a sentiment from -1 to 1.
SELECT
  'care' AS system,
  'care:' || i.interaction_id AS interaction_id,
  CAST(i.customer_id AS VARCHAR) AS record_id,
  i.start_timestamp AS started_at,
  CAST(i.start_timestamp AS DATE) AS interaction_date,
  c.channel_name AS channel,
  t.interaction_name AS interaction_type,
  t.category AS interaction_category,
  t.priority_level AS priority,
  LOWER(i.resolution_status) AS status,
  i.resolution_status AS source_status,
  'care:' || i.agent_id AS agent_id,
  i.duration_seconds,
  i.queue_time_seconds AS queue_seconds,
  CAST(i.satisfaction_score AS DOUBLE) AS satisfaction_raw,
  3 + 2.0 * i.satisfaction_score AS satisfaction_1_5,
  i.interaction_summary AS summary,
  i.language
FROM care.customer_interactions AS i
LEFT JOIN care.channels AS c ON c.channel_id = i.channel_id
LEFT JOIN care.interaction_types AS t ON t.interaction_type_id = i.interaction_type_id
