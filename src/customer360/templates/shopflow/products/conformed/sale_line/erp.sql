-- One row per order taken by telephone: the ERP keeps no lines, so quantity counts orders.
WITH parcels AS (
  SELECT
    order_ref,
    SUM(CASE WHEN delivery_status = 'Returned' THEN 1 ELSE 0 END) AS returned,
    COUNT(*) AS parcels
  FROM logistics_wms.shipments
  GROUP BY order_ref
)
SELECT
  'erp' AS system,
  'erp:' || o.order_id AS line_item_id,
  'erp:' || o.order_id AS transaction_id,
  CAST(o.customer_id AS VARCHAR) AS record_id,
  'crm' AS record_system,
  CAST(o.order_date AS DATE) AS sale_date,
  o.order_date AS sold_at,
  1 AS quantity,
  'order' AS unit_of_measure,
  o.total_amount AS unit_price,
  o.total_amount AS order_amount,
  CAST(0 AS DECIMAL(12, 2)) AS discount_amount,
  o.total_amount AS net_sales_amount,
  'Phone' AS channel,
  COALESCE(p.returned, 0) > 0 AS is_return,
  -- What one of two parcels was worth is not known.
  CASE WHEN p.returned = p.parcels THEN o.total_amount END AS refund_amount,
  FALSE AS is_promotional
FROM sales_erp.orders AS o
LEFT JOIN parcels AS p ON p.order_ref = o.order_id
