-- One row per basket and product. Net is what the shop receives: sales_value.
SELECT
  'complete_journey' AS system,
  'complete_journey:' || t.basket_id || ':' || t.product_id AS line_item_id,
  'complete_journey:' || t.basket_id AS transaction_id,
  CAST(t.household_id AS VARCHAR) AS record_id,
  'complete_journey:' || t.product_id AS product_id,
  t.transaction_date AS sale_date,
  t.transaction_timestamp AS sold_at,
  CAST(t.quantity AS INTEGER) AS quantity,
  CASE WHEN p.product_type LIKE 'GASOLINE%' THEN 'thousandth gallon' ELSE 'piece' END AS unit_of_measure,
  -- The source has no price: what a piece cost before discounts. Quantity 0 has none.
  CAST(
    (t.sales_value + t.retail_disc + t.coupon_match_disc) / NULLIF(t.quantity, 0) AS DECIMAL(12, 4)
  ) AS unit_price,
  t.sales_value + t.retail_disc + t.coupon_match_disc AS order_amount,
  t.retail_disc + t.coupon_match_disc AS discount_amount,
  t.sales_value AS net_sales_amount,
  -- The maker pays this part back to the shop: it is in the net amount, but not in what the household paid.
  t.coupon_disc AS third_party_amount,
  'In-Store' AS channel,
  'complete_journey:' || t.store_id AS location_id,
  'Store' AS location_type,
  FALSE AS is_return,
  t.retail_disc + t.coupon_match_disc + t.coupon_disc > 0 AS is_promotional
FROM complete_journey.transactions AS t
LEFT JOIN complete_journey.products AS p ON p.product_id = t.product_id
