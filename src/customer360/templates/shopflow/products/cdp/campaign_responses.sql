-- One row per mailing sent, click, purchase or unsubscribe of a customer and campaign.
-- kind: view
SELECT
  response_id,
  campaign_id,
  customer_id,
  response_date,
  response_type
FROM raw_cdp.campaign_responses
