-- One row per service contact up to the as-of date, with the plan that held when it began.
WITH plans AS (
  SELECT
    i.interaction_id,
    p.plan_name,
    ROW_NUMBER() OVER (PARTITION BY i.interaction_id ORDER BY p.start_date DESC, p.subscription_id DESC) AS place
  FROM conformed.interaction AS i
  INNER JOIN gold.record_keys AS r
    ON r.system = COALESCE(i.record_system, i.system) AND r.record_id = i.record_id
  INNER JOIN gold.record_keys AS h ON h.customer_key = r.customer_key
  INNER JOIN conformed.plan_subscription AS p
    ON COALESCE(p.record_system, p.system) = h.system AND p.record_id = h.record_id
  WHERE i.interaction_date >= p.start_date AND (p.end_date IS NULL OR i.interaction_date <= p.end_date)
)
SELECT
  i.interaction_id AS contact_id,
  i.system AS source_system,
  r.customer_key,
  i.interaction_type AS topic,
  COALESCE(i.channel, 'Ticket') AS channel,
  CAST(DATE_TRUNC('month', i.interaction_date) AS DATE) AS month,
  i.started_at,
  -- A call or chat that ended resolved was resolved when it ended.
  COALESCE(
    i.resolved_at,
    CASE WHEN i.status = 'resolved' THEN i.started_at + i.duration_seconds * INTERVAL '1' SECOND END
  ) AS resolved_at,
  i.status,
  i.priority,
  i.agent_id,
  p.plan_name,
  i.duration_seconds,
  i.queue_seconds,
  i.satisfaction_1_5
FROM conformed.interaction AS i
LEFT JOIN gold.record_keys AS r
  ON r.system = COALESCE(i.record_system, i.system) AND r.record_id = i.record_id
LEFT JOIN plans AS p ON p.interaction_id = i.interaction_id AND p.place = 1
WHERE i.interaction_date <= as_of()
