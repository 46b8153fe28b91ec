-- One row per mailing sent, click, purchase or unsubscribe of a customer and campaign.
SELECT
  'cdp' AS system,
  'cdp:' || r.response_id AS contact_id,
  'cdp:' || r.campaign_id AS campaign_id,
  c.campaign_name,
  CASE c.channel
    WHEN 'email' THEN 'Email'
    WHEN 'social media' THEN 'Social Media'
    WHEN 'print' THEN 'Print'
    WHEN 'radio' THEN 'Radio'
    ELSE c.channel
  END AS channel,
  c.target_audience,
  c.start_date AS campaign_start_date,
  c.end_date AS campaign_end_date,
  CAST(r.customer_id AS VARCHAR) AS record_id,
  r.response_date AS contact_date,
  r.response_type,
  r.response_type AS source_response_type
FROM cdp.campaign_responses AS r
LEFT JOIN cdp.marketing_campaigns AS c ON c.campaign_id = r.campaign_id
