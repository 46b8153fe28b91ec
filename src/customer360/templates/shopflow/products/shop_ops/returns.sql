-- One row per order line that came back.
-- kind: view
SELECT
  order_id,
  return_date,
  quantity,
  refund_amount,
  reason
FROM raw_shop_ops.returns
