WITH stock_last_day AS (
  /* the last day of each period */
  SELECT
    CAST(DATE_TRUNC('MONTH', stock.day) AS DATE) AS time_month,
    MAX(stock.day) AS balance_day
  FROM gold.stock AS stock
  GROUP BY
    1
), stock_totals AS (
  /* one row per product_key, day, totalled by product_brand, time_month */
  SELECT
    product.brand AS product_brand,
    CAST(DATE_TRUNC('MONTH', stock.day) AS DATE) AS time_month,
    CAST(SUM(stock.on_hand) AS BIGINT) AS stock_on_hand
  FROM gold.stock AS stock
  LEFT JOIN gold.product AS product
    ON stock.product_key = product.product_key
  JOIN stock_last_day
    ON stock.day = stock_last_day.balance_day
  WHERE
    NOT stock.day IS NULL
  GROUP BY
    1,
    2
), stock_days AS (
  /* how many days each period has */
  SELECT
    CAST(DATE_TRUNC('MONTH', stock.day) AS DATE) AS time_month,
    COUNT(DISTINCT stock.day) AS days
  FROM gold.stock AS stock
  GROUP BY
    1
), stock_totals_2 AS (
  /* one row per product_key, day, totalled by product_brand, time_month */
  SELECT
    product.brand AS product_brand,
    CAST(DATE_TRUNC('MONTH', stock.day) AS DATE) AS time_month,
    CAST(SUM(stock.on_hand) AS BIGINT) / NULLIF(MAX(stock_days.days), 0) AS average_stock
  FROM gold.stock AS stock
  LEFT JOIN gold.product AS product
    ON stock.product_key = product.product_key
  JOIN stock_days
    ON CAST(DATE_TRUNC('MONTH', stock.day) AS DATE) = stock_days.time_month
  WHERE
    NOT stock.day IS NULL
  GROUP BY
    1,
    2
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    product_brand,
    time_month,
    stock_on_hand,
    CAST(NULL AS INT) AS average_stock
  FROM stock_totals
  UNION ALL
  SELECT
    product_brand,
    time_month,
    CAST(NULL AS INT) AS stock_on_hand,
    average_stock
  FROM stock_totals_2
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    product_brand,
    time_month,
    MAX(stock_on_hand) AS stock_on_hand,
    MAX(average_stock) AS average_stock
  FROM all_facts
  GROUP BY
    1,
    2
)
/* the figures asked for */
SELECT
  COALESCE(product_brand, '(none)') AS product_brand,
  time_month,
  stock_on_hand,
  average_stock
FROM side_by_side
ORDER BY
  product_brand ASC,
  time_month ASC
