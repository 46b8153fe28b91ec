-- One row per household that bought, was mailed or told us about itself. 801 of the 2,469 have a profile.
SELECT
  h.household_id,
  d.household_id IS NOT NULL AS has_profile,
  d.age,
  d.income,
  d.home_ownership,
  d.marital_status,
  d.household_size,
  d.household_comp,
  d.kids_count
FROM (
  SELECT household_id FROM raw_complete_journey.transactions
  UNION
  SELECT household_id FROM raw_complete_journey.campaigns
  UNION
  SELECT household_id FROM raw_complete_journey.coupon_redemptions
  UNION
  SELECT household_id FROM raw_complete_journey.demographics
) AS h
LEFT JOIN raw_complete_journey.demographics AS d ON d.household_id = h.household_id
