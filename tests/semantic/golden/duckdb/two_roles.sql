WITH sales_totals AS (
  /* one row per order line, totalled by order_date_day_month, ship_date_weekday */
  SELECT
    CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS DATE) AS order_date_day_month,
    ship_date.weekday AS ship_date_weekday,
    COUNT(*) AS lines
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  LEFT JOIN gold.calendar AS ship_date
    ON sales.ship_date_key = ship_date.date_key
  WHERE
    NOT sales.is_test
  GROUP BY
    1,
    2
)
/* the figures asked for */
SELECT
  order_date_day_month,
  COALESCE(ship_date_weekday, '(none)') AS ship_date_weekday,
  COALESCE(lines, 0) AS lines
FROM sales_totals
ORDER BY
  order_date_day_month ASC,
  ship_date_weekday ASC
