WITH sales_totals AS (
  /* one row per order line, totalled by time_fiscal_year */
  SELECT
    CAST(CAST(DATE_TRUNC('YEAR', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) AS time_fiscal_year,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  time_fiscal_year,
  revenue
FROM sales_totals
ORDER BY
  time_fiscal_year ASC NULLS LAST
