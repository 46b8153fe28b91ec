-- One row per web event of a system without session ids: the session it falls into. A pause ends a session.
WITH loose AS (
  SELECT
    event_id,
    system,
    event_at,
    -- An event of nobody known is a session of its own.
    COALESCE(record_id, event_id) AS visitor,
    LAG(event_at) OVER (
      PARTITION BY system, COALESCE(record_id, event_id) ORDER BY event_at, event_id
    ) AS previous_at
  FROM conformed.web_event
  WHERE session_id IS NULL
),
numbered AS (
  SELECT
    event_id,
    system,
    visitor,
    event_at,
    SUM(CASE
      WHEN previous_at IS NULL THEN 1
      WHEN DATE_DIFF('second', previous_at, event_at) > {{ policy('sessions.timeout_minutes') }} * 60 THEN 1
      ELSE 0
    END) OVER (PARTITION BY system, visitor ORDER BY event_at, event_id) AS number
  FROM loose
)
SELECT
  event_id,
  system,
  -- Named after its first event, so that later events rename nothing.
  'session:' || FIRST_VALUE(event_id) OVER (
    PARTITION BY system, visitor, number ORDER BY event_at, event_id
  ) AS session_id
FROM numbered
