-- One row per campaign that reached somebody, and the Unknown member -1.
SELECT
  k.campaign_key,
  c.campaign_id,
  c.campaign_name,
  c.campaign_type,
  c.channel,
  c.target_audience,
  c.start_date,
  c.end_date,
  c.source_system
FROM gold.campaigns AS c
INNER JOIN gold.campaign_keys AS k ON k.campaign_id = c.campaign_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS campaign_key,
  'unknown' AS campaign_id,
  'Unknown' AS campaign_name,
  CAST(NULL AS VARCHAR) AS campaign_type,
  CAST(NULL AS VARCHAR) AS channel,
  CAST(NULL AS VARCHAR) AS target_audience,
  CAST(NULL AS DATE) AS start_date,
  CAST(NULL AS DATE) AS end_date,
  CAST(NULL AS VARCHAR) AS source_system
