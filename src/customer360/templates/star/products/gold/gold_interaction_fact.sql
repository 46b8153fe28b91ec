-- One row per ticket, call, chat or other service contact, with the plan that ran when it was made.
WITH planned AS (
  SELECT
    i.interaction_id,
    s.plan_id,
    ROW_NUMBER() OVER (PARTITION BY i.interaction_id ORDER BY s.start_date DESC, s.subscription_id DESC) AS place
  FROM conformed.interaction AS i
  INNER JOIN conformed.plan_subscription AS s
    ON s.system = i.system
    AND s.record_id = i.record_id
    AND i.interaction_date >= s.start_date
    AND (s.end_date IS NULL OR i.interaction_date <= s.end_date)
)
SELECT
  i.interaction_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  COALESCE(p.product_key, -1) AS product_key,
  COALESCE(a.agent_key, -1) AS agent_key,
  COALESCE(n.plan_key, -1) AS plan_key,
  CAST(
    YEAR(i.interaction_date) * 10000 + MONTH(i.interaction_date) * 100 + DAY(i.interaction_date) AS INTEGER
  ) AS date_key,
  i.channel,
  i.interaction_type,
  i.interaction_category,
  i.priority,
  i.status,
  i.duration_seconds,
  i.queue_seconds,
  -- What happened after the as-of date has not happened.
  CASE WHEN CAST(i.resolved_at AS DATE) <= as_of() THEN i.resolution_hours END AS resolution_hours,
  i.satisfaction_raw,
  i.satisfaction_1_5,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  i.interaction_date,
  i.started_at,
  CASE WHEN CAST(i.resolved_at AS DATE) <= as_of() THEN i.resolved_at END AS resolved_at,
  i.order_id,
  i.source_status,
  i.system AS source_system
FROM conformed.interaction AS i
LEFT JOIN gold.record_keys AS r ON r.system = COALESCE(i.record_system, i.system) AND r.record_id = i.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND i.interaction_date >= v.valid_from
  AND i.interaction_date < v.valid_to
LEFT JOIN gold.product_keys AS p ON p.product_id = i.product_id
LEFT JOIN gold.agent_keys AS a ON a.agent_id = i.agent_id
LEFT JOIN planned AS s ON s.interaction_id = i.interaction_id AND s.place = 1
LEFT JOIN gold.plan_keys AS n ON n.plan_id = s.plan_id
WHERE i.interaction_date <= as_of()
