-- One row per visit with a known origin, and per click on a campaign, of a known customer.
SELECT
  w.customer_key,
  w.traffic_source AS channel,
  COALESCE(w.started_at, CAST(w.session_date AS TIMESTAMP)) AS touched_at,
  'visit' AS kind,
  w.session_id AS touch_id
FROM gold.gold_web_session_fact AS w
WHERE w.customer_key <> -1 AND w.traffic_source IS NOT NULL
UNION ALL
SELECT
  r.customer_key,
  'campaign: ' || c.channel AS channel,
  CAST(c.contact_date AS TIMESTAMP) AS touched_at,
  'campaign' AS kind,
  c.contact_id AS touch_id
FROM conformed.campaign_contact AS c
INNER JOIN gold.record_keys AS r
  ON r.system = COALESCE(c.record_system, c.system) AND r.record_id = c.record_id
WHERE c.response_type = 'click' AND c.channel IS NOT NULL AND c.contact_date <= as_of()
