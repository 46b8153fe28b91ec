-- One row per purchase of one product in a store.
-- kind: view
SELECT
  transaction_id,
  customer_id,
  product_id,
  purchase_date,
  quantity,
  total_amount,
  store_id
FROM raw_cdp.purchase_transactions
