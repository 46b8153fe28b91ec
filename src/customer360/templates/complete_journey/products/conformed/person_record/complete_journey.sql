-- One row per household. It has no name, address or contact data.
SELECT
  'complete_journey' AS system,
  CAST(household_id AS VARCHAR) AS record_id,
  age AS age_band,
  income AS income_band,
  household_size
FROM complete_journey.households
