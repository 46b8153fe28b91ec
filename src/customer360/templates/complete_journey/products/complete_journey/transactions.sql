-- One row per basket and product.
-- A table, not a view: the time of day is turned into a day of the shop once, not by each reader.
SELECT
  basket_id,
  product_id,
  household_id,
  store_id,
  quantity,
  sales_value,
  retail_disc,
  coupon_disc,
  coupon_match_disc,
  week,
  transaction_timestamp,
  -- The source is UTC. Only on the clock of New York do its week numbers turn at midnight on Mondays.
  CAST((transaction_timestamp AT TIME ZONE 'UTC') AT TIME ZONE 'America/New_York' AS DATE) AS transaction_date
FROM raw_complete_journey.transactions
