-- One row per purchase in a store: one product, no discounts, no costs.
SELECT
  'cdp' AS system,
  'cdp:' || transaction_id AS line_item_id,
  'cdp:' || transaction_id AS transaction_id,
  CAST(customer_id AS VARCHAR) AS record_id,
  'cdp:' || product_id AS product_id,
  purchase_date AS sale_date,
  quantity,
  'piece' AS unit_of_measure,
  CAST(CAST(total_amount AS DECIMAL(12, 2)) / NULLIF(quantity, 0) AS DECIMAL(12, 4)) AS unit_price,
  CAST(total_amount AS DECIMAL(12, 2)) AS order_amount,
  CAST(0 AS DECIMAL(12, 2)) AS discount_amount,
  CAST(total_amount AS DECIMAL(12, 2)) AS net_sales_amount,
  'In-Store' AS channel,
  'cdp:' || store_id AS location_id,
  'Store' AS location_type,
  FALSE AS is_return,
  FALSE AS is_promotional
FROM cdp.purchase_transactions
