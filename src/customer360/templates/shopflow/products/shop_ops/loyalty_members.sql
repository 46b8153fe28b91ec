-- One row per customer in the loyalty programme.
-- kind: view
SELECT
  customer_id,
  tier,
  since
FROM raw_shop_ops.loyalty_members
