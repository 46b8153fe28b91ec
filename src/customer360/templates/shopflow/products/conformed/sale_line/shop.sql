-- One row per order line of the web shop. Lines of one customer, day and payment method are one basket.
WITH promoted AS (
  SELECT DISTINCT p.category, d.order_date
  FROM (SELECT DISTINCT order_date FROM shop.orders) AS d
  INNER JOIN shop_ops.promotions AS p ON d.order_date BETWEEN p."start" AND p."end"
)
SELECT
  'shop' AS system,
  'shop:' || o.order_id AS line_item_id,
  -- Who is unknown shares no basket.
  'shop:' || COALESCE(o.customer_id, o.order_id) || ':' || CAST(o.order_date AS VARCHAR) || ':'
  || COALESCE(o.payment_method, '') AS transaction_id,
  o.customer_id AS record_id,
  'shop:' || o.product_id AS product_id,
  o.order_date AS sale_date,
  m.event_timestamp AS sold_at,
  o.quantity,
  'piece' AS unit_of_measure,
  CAST(o.order_amount / NULLIF(o.quantity, 0) AS DECIMAL(12, 4)) AS unit_price,
  o.order_amount,
  COALESCE(o.discount_amount, 0) AS discount_amount,
  o.order_amount - COALESCE(o.discount_amount, 0) AS net_sales_amount,
  p.cost * o.quantity AS cost_amount,
  -- The device of the purchase event decides; a sale without one counts as Online.
  CASE WHEN m.device_type IN ('Mobile', 'Tablet') THEN 'Mobile App' ELSE 'Online' END AS channel,
  o.payment_method,
  -- A line of which anything came back is a return; refund_amount says how much was paid back.
  r.order_id IS NOT NULL AS is_return,
  r.return_date,
  r.quantity AS returned_quantity,
  r.refund_amount,
  COALESCE(o.discount_amount, 0) > 0 AND s.category IS NOT NULL AS is_promotional,
  'shop:' || m.session_id AS session_id
FROM shop.orders AS o
LEFT JOIN shop.products AS p ON p.product_id = o.product_id
LEFT JOIN shop.purchase_matches AS m ON m.order_id = o.order_id
LEFT JOIN shop_ops.returns AS r ON r.order_id = o.order_id AND r.return_date <= as_of()
LEFT JOIN promoted AS s ON s.category = p.category AND s.order_date = o.order_date
