-- One row per household, coupon, campaign and day it was redeemed.
SELECT
  household_id,
  coupon_upc,
  campaign_id,
  CAST(redemption_date AS DATE) AS redemption_date
FROM raw_complete_journey.coupon_redemptions
