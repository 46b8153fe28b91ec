-- One row per customer with a first sale or session: when and by which channel they came.
WITH firsts AS (
  SELECT customer_id, purchase_date AS day, channel, 1 AS priority, transaction_id AS tie
  FROM gold.customer_purchases
  UNION ALL
  SELECT x.customer_id, e.event_date, e.channel, 2, e.event_id
  FROM conformed.web_event AS e
  INNER JOIN identity.customer_xref AS x ON x.system = e.system AND x.record_id = e.record_id
  WHERE e.event_date <= as_of()
),
ranked AS (
  SELECT
    customer_id,
    channel,
    MIN(day) OVER (PARTITION BY customer_id) AS first_seen_date,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY priority, day, tie) AS place
  FROM firsts
)
SELECT customer_id, first_seen_date, channel AS acquisition_channel
FROM ranked
WHERE place = 1
