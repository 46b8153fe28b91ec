-- One row per line of an invoice to a known customer. A return is a row of its own, outside revenue.
SELECT
  'online_retail' AS system,
  'online_retail:' || invoice_no || ':' || line_number AS line_item_id,
  'online_retail:' || invoice_no AS transaction_id,
  CAST(customer_id AS VARCHAR) AS record_id,
  'online_retail:' || stock_code AS product_id,
  CAST(invoiced_at AS DATE) AS sale_date,
  invoiced_at AS sold_at,
  ABS(quantity) AS quantity,
  'piece' AS unit_of_measure,
  unit_price,
  CAST(ABS(amount) AS DECIMAL(12, 2)) AS order_amount,
  CAST(0 AS DECIMAL(12, 2)) AS discount_amount,
  CAST(ABS(amount) AS DECIMAL(12, 2)) AS net_sales_amount,
  'Online' AS channel,
  line_kind = 'return' AS is_return,
  CASE WHEN line_kind = 'return' THEN CAST(invoiced_at AS DATE) END AS return_date,
  CASE WHEN line_kind = 'return' THEN ABS(quantity) END AS returned_quantity,
  CASE WHEN line_kind = 'return' THEN CAST(ABS(amount) AS DECIMAL(12, 2)) END AS refund_amount,
  FALSE AS is_promotional
FROM online_retail.invoice_line
WHERE line_kind IN ('sale', 'return') AND customer_id IS NOT NULL
