WITH tickets_totals AS (
  /* one row per ticket_id, totalled by tickets_created_at_week */
  SELECT
    CAST(DATE_TRUNC('week', CAST(tickets.created_at AS TIMESTAMP)) AS DATE) AS tickets_created_at_week,
    COUNT(tickets.ticket_id) AS tickets
  FROM gold.tickets AS tickets
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  tickets_created_at_week,
  COALESCE(tickets, 0) AS tickets
FROM tickets_totals
ORDER BY
  tickets_created_at_week ASC
