-- One row per order line item: an order and a product.
-- kind: view
SELECT
  order_id,
  customer_id,
  product_id,
  order_date,
  order_amount,
  quantity,
  discount_amount,
  payment_method
FROM raw_shop.orders
