-- One row per promotion of a category.
-- kind: view
SELECT
  "start",
  "end",
  category,
  discount
FROM raw_shop_ops.promotions
