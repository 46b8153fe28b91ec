-- One row per session of a web property. Each stage of the funnel is a subset of the one before.
WITH sessions AS (
  SELECT
    COALESCE(e.session_id, s.session_id) AS session_id,
    MIN(e.system) AS system,
    MIN(COALESCE(e.record_system, e.system)) AS record_system,
    MIN(e.record_id) AS record_id,
    MIN(e.event_date) AS session_date,
    MIN(e.event_at) AS started_at,
    MAX(e.event_at) AS ended_at,
    MIN(e.channel) AS channel,
    MIN(e.device_type) AS device_type,
    MIN(e.traffic_source) AS traffic_source,
    SUM(CASE WHEN e.event_type = 'session' THEN 0 ELSE 1 END) AS events,
    SUM(CASE WHEN e.event_type = 'view' THEN 1 ELSE 0 END) AS views,
    SUM(e.pages_viewed) AS pages_counted,
    SUM(e.time_spent_seconds) AS seconds_counted,
    MAX(CASE WHEN e.event_type = 'add_to_cart' THEN 1 ELSE 0 END) AS added,
    MAX(CASE WHEN e.event_type = 'checkout' THEN 1 ELSE 0 END) AS checked_out,
    MAX(CASE WHEN e.event_type = 'purchase' THEN 1 ELSE 0 END) AS bought
  FROM conformed.web_event AS e
  LEFT JOIN conformed.event_session AS s ON s.event_id = e.event_id
  WHERE e.event_date <= as_of()
  GROUP BY COALESCE(e.session_id, s.session_id)
)
SELECT
  w.session_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  CAST(
    YEAR(w.session_date) * 10000 + MONTH(w.session_date) * 100 + DAY(w.session_date) AS INTEGER
  ) AS date_key,
  COALESCE(h.channel_key, -1) AS channel_key,
  w.session_date,
  w.started_at,
  w.ended_at,
  w.device_type,
  w.traffic_source,
  CAST(w.events AS INTEGER) AS events,
  CAST(COALESCE(w.pages_counted, w.views) AS INTEGER) AS pages_viewed,
  CAST(COALESCE(w.seconds_counted, DATE_DIFF('second', w.started_at, w.ended_at)) AS INTEGER) AS time_spent_seconds,
  w.events > 0 AS has_events,
  w.added = 1 AS has_cart,
  w.added = 1 AND (w.checked_out = 1 OR w.bought = 1) AS has_checkout,
  w.added = 1 AND w.bought = 1 AS has_purchase,
  w.record_id IS NULL AS is_anonymous,
  w.system AS source_system
FROM sessions AS w
LEFT JOIN gold.record_keys AS r ON r.system = w.record_system AND r.record_id = w.record_id
LEFT JOIN gold.gold_channel_dim AS h ON h.channel_name = w.channel
