-- One row per product of the invoices. Postage and fees are products too.
SELECT
  'online_retail' AS system,
  'online_retail:' || stock_code AS product_id,
  stock_code AS source_product_id,
  COALESCE(product_name, stock_code) AS product_name,
  CASE WHEN LEFT(stock_code, 1) BETWEEN '0' AND '9' THEN 'Goods' ELSE 'Postage and fees' END AS category,
  CASE WHEN LEFT(stock_code, 1) BETWEEN '0' AND '9' THEN 'Goods' ELSE 'Postage and fees' END AS category_level_1,
  CAST(price AS DECIMAL(12, 2)) AS base_price
FROM online_retail.product
