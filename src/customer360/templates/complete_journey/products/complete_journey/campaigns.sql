-- One row per campaign.
SELECT
  campaign_id,
  campaign_type,
  CAST(start_date AS DATE) AS start_date,
  CAST(end_date AS DATE) AS end_date
FROM raw_complete_journey.campaign_descriptions
