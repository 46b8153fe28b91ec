-- One row per month, channel and stage. Each stage counts sessions that are a part of the stage before.
WITH visits AS (
  SELECT
    CAST(DATE_TRUNC('month', w.session_date) AS DATE) AS month,
    h.channel_name AS channel,
    SUM(1) AS viewed,
    SUM(CASE WHEN w.has_cart THEN 1 ELSE 0 END) AS added,
    SUM(CASE WHEN w.has_checkout THEN 1 ELSE 0 END) AS checked_out,
    SUM(CASE WHEN w.has_purchase THEN 1 ELSE 0 END) AS bought
  FROM gold.gold_web_session_fact AS w
  INNER JOIN gold.gold_channel_dim AS h ON h.channel_key = w.channel_key
  WHERE w.has_events
  GROUP BY CAST(DATE_TRUNC('month', w.session_date) AS DATE), h.channel_name
),
stages AS (
  SELECT month, channel, 1 AS stage_number, 'view' AS stage, viewed AS sessions, viewed AS sessions_before, viewed
  FROM visits
  UNION ALL
  SELECT month, channel, 2 AS stage_number, 'add_to_cart' AS stage, added, viewed, viewed
  FROM visits
  UNION ALL
  SELECT month, channel, 3 AS stage_number, 'checkout' AS stage, checked_out, added, viewed
  FROM visits
  UNION ALL
  SELECT month, channel, 4 AS stage_number, 'purchase' AS stage, bought, checked_out, viewed
  FROM visits
)
SELECT
  month,
  channel,
  CAST(stage_number AS INTEGER) AS stage_number,
  stage,
  CAST(sessions AS BIGINT) AS sessions,
  1.0 * sessions / NULLIF(viewed, 0) AS overall_rate,
  1.0 * sessions / NULLIF(sessions_before, 0) AS step_rate,
  CAST(sessions_before - sessions AS BIGINT) AS dropped_sessions
FROM stages
