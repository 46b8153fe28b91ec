WITH tickets_totals AS (
  /* one row per ticket_id, totalled by customer_segment */
  SELECT
    customer.segment AS customer_segment,
    COUNT(tickets.ticket_id) AS tickets
  FROM (
    SELECT
      *
    FROM gold.tickets
    WHERE
      CAST((
        CAST(CAST('2024-11-30' AS DATE) AS DATE) - CAST(CAST(created_at AS DATE) AS DATE)
      ) AS BIGINT) < 365
  ) AS tickets
  LEFT JOIN gold.customer AS customer
    ON tickets.customer_key = customer.customer_key
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  COALESCE(tickets, 0) AS tickets
FROM tickets_totals
ORDER BY
  customer_segment ASC
