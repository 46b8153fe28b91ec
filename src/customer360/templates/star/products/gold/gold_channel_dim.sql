-- One row per sales channel, and the Unknown member -1. One channel owns one sale.
SELECT
  CAST(channel_key AS INTEGER) AS channel_key,
  channel_name,
  channel_type
FROM (
  VALUES
  (-1, 'Unknown', 'Unknown'),
  (1, 'In-Store', 'Physical'),
  (2, 'Online', 'Digital'),
  (3, 'Mobile App', 'Digital'),
  (4, 'Phone', 'Voice')
) AS channels (channel_key, channel_name, channel_type)
