-- One row per product, under the name that most of its lines have.
SELECT stock_code, description AS product_name, price
FROM (
  SELECT
    stock_code,
    description,
    MAX(MAX(unit_price)) OVER (PARTITION BY stock_code) AS price,
    ROW_NUMBER() OVER (
      PARTITION BY stock_code ORDER BY CASE WHEN description IS NULL THEN 1 ELSE 0 END, COUNT(*) DESC, description
    ) AS place
  FROM online_retail.invoice_line
  WHERE line_kind IN ('sale', 'return')
  GROUP BY stock_code, description
) AS names
WHERE place = 1
