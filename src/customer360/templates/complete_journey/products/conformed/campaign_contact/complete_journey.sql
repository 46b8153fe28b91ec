-- One row per mailing to a household and one per coupon it redeemed.
SELECT
  'complete_journey' AS system,
  'complete_journey:sent:' || c.campaign_id || ':' || m.household_id AS contact_id,
  'complete_journey:' || c.campaign_id AS campaign_id,
  'Campaign ' || c.campaign_id AS campaign_name,
  c.campaign_type,
  'Direct Mail' AS channel,
  c.start_date AS campaign_start_date,
  c.end_date AS campaign_end_date,
  CAST(m.household_id AS VARCHAR) AS record_id,
  c.start_date AS contact_date,
  'sent' AS response_type,
  'mailing' AS source_response_type,
  CAST(NULL AS VARCHAR) AS offer_id
FROM complete_journey.campaign_contacts AS m
INNER JOIN complete_journey.campaigns AS c ON c.campaign_id = m.campaign_id
UNION ALL
SELECT
  'complete_journey' AS system,
  'complete_journey:redeemed:' || c.campaign_id || ':' || r.household_id || ':' || r.coupon_upc
  || ':' || r.redemption_date AS contact_id,
  'complete_journey:' || c.campaign_id AS campaign_id,
  'Campaign ' || c.campaign_id AS campaign_name,
  c.campaign_type,
  'Direct Mail' AS channel,
  c.start_date AS campaign_start_date,
  c.end_date AS campaign_end_date,
  CAST(r.household_id AS VARCHAR) AS record_id,
  r.redemption_date AS contact_date,
  'purchase' AS response_type,
  'coupon redeemed' AS source_response_type,
  CAST(r.coupon_upc AS VARCHAR) AS offer_id
FROM complete_journey.coupon_redemptions AS r
INNER JOIN complete_journey.campaigns AS c ON c.campaign_id = r.campaign_id
