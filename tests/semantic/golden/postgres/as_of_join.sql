WITH sales_totals AS (
  /* one row per order line, totalled by customer_segment */
  SELECT
    customer.segment AS customer_segment,
    SUM(sales.net) AS revenue
  FROM (
    SELECT
      s.*,
      c.customer_id,
      d.calendar_date AS sold_on
    FROM gold.sales AS s
    LEFT JOIN gold.customer AS c
      ON s.customer_key = c.customer_key
    LEFT JOIN gold.calendar AS d
      ON s.order_date_key = d.date_key
  ) AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_id = customer.customer_id
    AND customer.valid_from <= sales.sold_on
    AND (
      sales.sold_on < customer.valid_to OR customer.valid_to IS NULL
    )
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  revenue
FROM sales_totals
ORDER BY
  customer_segment ASC
