-- One row per campaign that reached somebody.
-- kind: view
SELECT
  campaign_id,
  MIN(system) AS source_system,
  MIN(campaign_name) AS campaign_name,
  MIN(campaign_type) AS campaign_type,
  MIN(channel) AS channel,
  MIN(target_audience) AS target_audience,
  MIN(campaign_start_date) AS start_date,
  MAX(campaign_end_date) AS end_date
FROM conformed.campaign_contact
GROUP BY campaign_id
