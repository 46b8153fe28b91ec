-- One row per order.
-- kind: view
SELECT
  order_id,
  customer_id,
  order_date,
  total_amount
FROM raw_erp.erp_orders
