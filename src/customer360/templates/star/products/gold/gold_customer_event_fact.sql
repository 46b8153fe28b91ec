-- One row per event of a web or app session. Visits of a property without events are in gold_web_session_fact only.
SELECT
  -- A digest of the business key, so that an event has the same number whenever it comes.
  CAST('0x' || LEFT(MD5(e.event_id), 15) AS BIGINT) AS event_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  COALESCE(p.product_key, -1) AS product_key,
  CAST(
    YEAR(e.event_date) * 10000 + MONTH(e.event_date) * 100 + DAY(e.event_date) AS INTEGER
  ) AS date_key,
  COALESCE(h.channel_key, -1) AS channel_key,
  e.event_type,
  COALESCE(e.session_id, s.session_id) AS session_id,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  e.event_at,
  e.event_date,
  e.source_event_type,
  e.segment_event,
  e.checkout_step,
  e.transaction_id,
  e.device_type,
  e.browser,
  e.page_url,
  e.event_id AS source_event_id,
  e.system AS source_system
FROM conformed.web_event AS e
LEFT JOIN conformed.event_session AS s ON s.event_id = e.event_id
LEFT JOIN gold.record_keys AS r ON r.system = COALESCE(e.record_system, e.system) AND r.record_id = e.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND e.event_date >= v.valid_from
  AND e.event_date < v.valid_to
LEFT JOIN gold.product_keys AS p ON p.product_id = e.product_id
LEFT JOIN gold.gold_channel_dim AS h ON h.channel_name = e.channel
WHERE e.event_type <> 'session' AND e.event_date <= as_of()
