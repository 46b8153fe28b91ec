-- One row per campaign.
-- kind: view
SELECT
  campaign_id,
  campaign_name,
  start_date,
  end_date,
  channel,
  target_audience
FROM raw_cdp.marketing_campaigns
