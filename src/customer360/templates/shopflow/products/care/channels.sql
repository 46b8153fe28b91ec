-- One row per communication channel.
-- kind: view
SELECT
  channel_id,
  channel_name,
  channel_type,
  is_active
FROM raw_care.channels
